package vectors_test

import (
	"encoding/json"
	"io/fs"
	"slices"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"

	"github.com/nodehttp/conform/vectors"
)

// schema compiles one of the published schemas, as another program would.
func schema(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	compiler := jsonschema.NewCompiler()
	file, fragment, _ := strings.Cut(name, "#")
	data, err := fs.ReadFile(vectors.Schemas(), file)
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(string(data)))
	if err != nil {
		t.Fatal(err)
	}
	if err := compiler.AddResource(file, document); err != nil {
		t.Fatal(err)
	}
	if fragment != "" {
		file += "#" + fragment
	}
	compiled, err := compiler.Compile(file)
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

// asJSON turns YAML into what encoding/json would have read.
func asJSON(t *testing.T, text string) (any, bool) {
	t.Helper()
	var decoded any
	if err := yaml.Unmarshal([]byte(text), &decoded); err != nil {
		return nil, false
	}
	encoded, err := json.Marshal(decoded)
	if err != nil {
		return nil, false
	}
	return value(t, string(encoded)), true
}

func TestTheSchemasAcceptWhatIsSound(t *testing.T) {
	g := NewWithT(t)
	for name, text := range map[string]string{
		"clause-file.schema.json": endClauses, "vector-file.schema.json": endVectors, "app.schema.json": helloApp,
	} {
		document, _ := asJSON(t, text)
		g.Expect(schema(t, name).Validate(document)).To(Succeed())
	}
}

// What a schema cannot see, the loader does.
var beyondTheSchema = []string{"unknown clause", "unknown app", "bounds", "field twice", "placeholder", "signal of patterns",
	"regular expression", "between"}

func TestTheSchemaRefusesWhatTheLoaderRefuses(t *testing.T) {
	vectorFile := schema(t, "vector-file.schema.json")
	for name, c := range faultsOfVectorFiles {
		t.Run(name, func(t *testing.T) {
			document, readable := asJSON(t, c.file)
			if !readable || name == "tag" || name == "not UTF-8" || name == "two documents" {
				return // It is no JSON, or the parser here is more lenient.
			}
			if slices.Contains(beyondTheSchema, name) {
				NewWithT(t).Expect(vectorFile.Validate(document)).To(Succeed())
				return
			}
			NewWithT(t).Expect(vectorFile.Validate(document)).NotTo(Succeed())
		})
	}
}

func TestTheSchemaOfAdapterMessages(t *testing.T) {
	for _, c := range []struct {
		message                string
		toAdapter, fromAdapter bool
	}{
		{`{"type": "hello", "protocol": 1, "implementation": {"name": "node", "version": "12.22.9"}, "capabilities": ["tls"], "maxInFlight": 64}`, false, true},
		{`{"type": "hello", "protocol": 1, "implementation": {"name": "node"}, "capabilities": [], "maxInFlight": 64}`, false, false},
		{`{"type": "hello", "protocol": 1, "implementation": {"name": "a", "version": "1"}, "capabilities": [], "maxInFlight": 0}`, false, false},
		{`{"type": "run", "id": "1", "name": "a", "edition": "v12", "program": "", "bindings": {"host": "127.0.0.1", "port": 0}, "deadline": 8000}`, true, false},
		{`{"type": "run", "id": "1", "name": "a", "edition": "v11", "program": "", "bindings": {"host": "127.0.0.1", "port": 0}, "deadline": 8000}`, false, false},
		{`{"type": "run", "id": 1, "name": "a", "edition": "v12", "program": "", "bindings": {"host": "127.0.0.1", "port": 0}, "deadline": 8000}`, false, false},
		{`{"type": "signal", "id": "1", "name": "go", "value": null}`, true, false},
		{`{"type": "signal", "id": "1"}`, false, false},
		{`{"type": "finish", "id": "1", "unknown": "keys are ignored"}`, true, false},
		{`{"type": "cancel"}`, false, false},
		{`{"type": "ready", "id": "1", "port": 40001}`, false, true},
		{`{"type": "ready", "id": "1", "path": "/a"}`, false, true},
		{`{"type": "ready", "id": "1"}`, false, false},
		{`{"type": "ready", "id": "1", "port": 70000}`, false, false},
		{`{"type": "record", "id": "1", "label": "a"}`, false, true},
		{`{"type": "record", "id": "1", "label": "a", "value": [1]}`, false, true},
		{`{"type": "record", "id": "1", "value": 1}`, false, false},
		{`{"type": "result", "id": "1"}`, false, true},
		{`{"type": "lost", "reason": "a"}`, false, true},
		{`{"type": "lost"}`, false, false},
		{`{"type": "stop", "id": "1"}`, false, false},
		{`[]`, false, false},
	} {
		t.Run(c.message, func(t *testing.T) {
			g := NewWithT(t)
			accepts := func(name string) bool { return schema(t, name).Validate(value(t, c.message)) == nil }
			g.Expect(accepts("adapter-message.schema.json#/$defs/toAdapter")).To(Equal(c.toAdapter))
			g.Expect(accepts("adapter-message.schema.json#/$defs/fromAdapter")).To(Equal(c.fromAdapter))
			g.Expect(accepts("adapter-message.schema.json")).To(Equal(c.toAdapter || c.fromAdapter))
		})
	}
}
