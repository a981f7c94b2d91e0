package vectors

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"go.yaml.in/yaml/v4"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// The published schemas, by their file names in schema/.
const (
	clauseFileSchema     = "clause-file.schema.json"
	vectorFileSchema     = "vector-file.schema.json"
	appSchema            = "app.schema.json"
	adapterMessageSchema = "adapter-message.schema.json"
)

//go:embed schema/*.json
var schemaFiles embed.FS

// Schemas returns the published JSON Schemas (draft 2020-12), one file each:
// clause-file, vector-file, app, adapter-message and what else stands in
// schema/, with the ending .schema.json.
func Schemas() fs.FS {
	sub, err := fs.Sub(schemaFiles, "schema")
	if err != nil {
		panic(err) // The name is valid.
	}
	return sub
}

// schemas are the compiled schemas of the files that Load reads, and what they
// were compiled from.
type schemas struct {
	compiled map[string]*jsonschema.Schema
	sources  map[string]any
}

var compiledSchemas = sync.OnceValues(func() (*schemas, error) {
	result := &schemas{compiled: make(map[string]*jsonschema.Schema), sources: make(map[string]any)}
	compiler := jsonschema.NewCompiler()
	names := []string{clauseFileSchema, vectorFileSchema, appSchema, adapterMessageSchema}
	for _, name := range names {
		data, err := schemaFiles.ReadFile("schema/" + name)
		if err != nil {
			return nil, err
		}
		document, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
		if err != nil {
			return nil, fmt.Errorf("schema %s: %w", name, err)
		}
		result.sources[name] = document
		if err := compiler.AddResource(name, document); err != nil {
			return nil, err
		}
	}
	for _, name := range names {
		compiled, err := compiler.Compile(name)
		if err != nil {
			return nil, err
		}
		result.compiled[name] = compiled
	}
	return result, nil
})

// validate adds what the schema finds where the decoder, whose words are
// better, found nothing.
func (s *source) validate(all *schemas, name string) {
	err := all.compiled[name].Validate(plain(s.root))
	var invalid *jsonschema.ValidationError
	if !errors.As(err, &invalid) {
		return
	}
	known := make(map[int]bool)
	for _, fault := range s.faults {
		known[fault.Pos.Line] = true
	}
	for _, leaf := range leaves(invalid) {
		fault := s.schemaFault(all, leaf)
		// A mapping with a fault in it is at fault too, by the schema.
		if !known[fault.Pos.Line] && !s.faultWithin(leaf.InstanceLocation) {
			s.faults = append(s.faults, fault)
		}
	}
}

// leaves picks the causes worth telling. Of alternatives it takes the one that
// came furthest, which is the one that the author had in mind.
func leaves(e *jsonschema.ValidationError) []*jsonschema.ValidationError {
	if len(e.Causes) == 0 {
		return []*jsonschema.ValidationError{e}
	}
	switch e.ErrorKind.(type) {
	case *kind.AnyOf, *kind.OneOf:
		best, bestDepth := e.Causes[:0], -1
		for i, cause := range e.Causes {
			if depth := depthOf(cause); depth > bestDepth {
				best, bestDepth = e.Causes[i:i+1], depth
			}
		}
		if bestDepth <= len(e.InstanceLocation) {
			return []*jsonschema.ValidationError{e}
		}
		return leaves(best[0])
	}
	var all []*jsonschema.ValidationError
	for _, cause := range e.Causes {
		all = append(all, leaves(cause)...)
	}
	return all
}

func depthOf(e *jsonschema.ValidationError) int {
	depth := len(e.InstanceLocation)
	if _, extra := e.ErrorKind.(*kind.AdditionalProperties); extra {
		depth++
	}
	for _, cause := range e.Causes {
		depth = max(depth, depthOf(cause))
	}
	return depth
}

func (s *source) schemaFault(all *schemas, e *jsonschema.ValidationError) *LoadError {
	at := s.locate(e.InstanceLocation)
	problem := e.ErrorKind.LocalizedString(message.NewPrinter(language.English))
	want := ""
	node := all.at(e.SchemaURL)
	if object, ok := node.(map[string]any); ok {
		if description, ok := object["description"].(string); ok {
			want = "wanted is " + description
		}
	}
	switch k := e.ErrorKind.(type) {
	case *kind.AdditionalProperties:
		problem = "unknown key " + strings.Join(k.Properties, ", ")
		if object, ok := node.(map[string]any); ok {
			properties, _ := object["properties"].(map[string]any)
			want = didYouMean(k.Properties[0], sortedKeys(properties))
		}
		at = s.locate(append(append([]string{}, e.InstanceLocation...), k.Properties[0]))
	case *kind.Required:
		problem = "lacks " + strings.Join(k.Missing, ", ")
	case *kind.AnyOf, *kind.OneOf:
		problem = "is none of what may stand here, got " + kindOf(at.Node)
	}
	return &LoadError{Pos: s.position(at.Node), Key: at.path, Problem: problem, Want: want}
}

// at resolves the URL of a part of a schema, file.json#/json/pointer.
func (all *schemas) at(url string) any {
	file, pointer, _ := strings.Cut(url, "#")
	node := all.sources[file[strings.LastIndexByte(file, '/')+1:]]
	for _, token := range strings.Split(strings.TrimPrefix(pointer, "/"), "/") {
		token = strings.NewReplacer("~1", "/", "~0", "~", "%24", "$").Replace(token)
		switch parent := node.(type) {
		case map[string]any:
			if token != "" {
				node = parent[token]
			}
		case []any:
			index, err := strconv.Atoi(token)
			if err != nil || index < 0 || index >= len(parent) {
				return nil
			}
			node = parent[index]
		}
	}
	return node
}

// locate finds the node that a JSON pointer stands for, or the deepest on the
// way to it.
func (s *source) locate(pointer []string) element {
	at := element{Node: s.root}
	for _, token := range pointer {
		switch at.Kind {
		case yaml.MappingNode:
			found := false
			for i := 0; i+1 < len(at.Content) && !found; i += 2 {
				if at.Content[i].Value == token {
					at, found = at.member(token, at.Content[i+1]), true
				}
			}
			if !found {
				return at
			}
		case yaml.SequenceNode:
			index, err := strconv.Atoi(token)
			if err != nil || index < 0 || index >= len(at.Content) {
				return at
			}
			at = at.index(index)
		}
	}
	return at
}

// faultWithin reports whether something at or below the pointer is known to be
// wrong already.
func (s *source) faultWithin(pointer []string) bool {
	path := s.locate(pointer).path
	for _, fault := range s.faults {
		if path == "" || fault.Key == path || strings.HasPrefix(fault.Key, path+".") || strings.HasPrefix(fault.Key, path+"[") {
			return true
		}
	}
	return false
}
