package vectors

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// A source is one file, parsed but not yet understood. It collects the faults
// that are found in it.
type source struct {
	file   string
	root   *yaml.Node
	faults []*LoadError

	// Keys that unknown keys of a mapping most likely stand for: they are not
	// reported as missing too.
	meant map[*yaml.Node][]string
}

// An element is a node of a source with the path that led to it.
type element struct {
	*yaml.Node
	path string
}

func (e element) member(name string, node *yaml.Node) element {
	if e.path == "" {
		return element{node, name}
	}
	return element{node, e.path + "." + name}
}

func (e element) index(i int) element {
	return element{e.Content[i], fmt.Sprintf("%s[%d]", e.path, i)}
}

// A pair is one key of a mapping and its value. The value's path holds the key.
type pair struct {
	key     string
	keyNode *yaml.Node
	value   element
}

func (s *source) position(node *yaml.Node) Position {
	line := 1
	if node != nil && node.Line > 0 {
		line = node.Line
	}
	return Position{File: s.file, Line: line}
}

func (s *source) fault(at element, want, problem string, arguments ...any) {
	s.faults = append(s.faults, &LoadError{
		Pos: s.position(at.Node), Key: at.path, Problem: fmt.Sprintf(problem, arguments...), Want: want,
	})
}

var yamlLine = regexp.MustCompile(`\bline:? ?(\d+)`)

// readSource parses a file. Its faults hold what is wrong with it as YAML, and
// what YAML allows and these files do not: aliases, tags, several documents,
// keys twice. A source with a nil root cannot be read further.
func readSource(file string, data []byte) *source {
	s := &source{file: file}
	if !utf8.Valid(data) {
		s.faults = append(s.faults, &LoadError{
			Pos: Position{file, lineOfInvalidText(data)}, Problem: "is not UTF-8",
			Want: `write a byte above 0x7F as an escape, "\xFF"`,
		})
		return s
	}
	var documents []yaml.Node
	err := parseYAML(data, &documents)
	if err != nil {
		line := 1
		problem := strings.TrimPrefix(err.Error(), "yaml: ")
		if found := yamlLine.FindStringSubmatch(problem); found != nil {
			line, _ = strconv.Atoi(found[1])
			problem = strings.TrimPrefix(problem, found[0]+": ")
		}
		s.faults = append(s.faults, &LoadError{Pos: Position{file, line}, Problem: "is not YAML: " + problem})
		return s
	}
	switch {
	case len(documents) == 0 || len(documents[0].Content) == 0 || documents[0].Content[0].ShortTag() == "!!null":
		s.faults = append(s.faults, &LoadError{Pos: Position{file, 1}, Problem: "is empty"})
		return s
	case len(documents) > 1:
		s.fault(element{Node: documents[1].Content[0]}, "write one file for each", "a second document in one file")
		return s
	}
	root := documents[0].Content[0]
	if s.checkYAML(element{Node: root}, 0) {
		s.root = root
	}
	return s
}

// parseYAML reads all documents. The parser is other people's code fed with
// other people's files, so that a panic of it becomes a fault of the file.
func parseYAML(data []byte, documents *[]yaml.Node) (err error) {
	defer func() {
		if recovered := recover(); recovered != nil {
			err = fmt.Errorf("the parser gave up: %v", recovered)
		}
	}()
	decoder := yaml.NewDecoder(strings.NewReader(string(data)))
	for {
		var document yaml.Node
		if err := decoder.Decode(&document); err != nil {
			if err.Error() == "EOF" {
				return nil
			}
			return err
		}
		if document.Kind != yaml.DocumentNode || len(document.Content) != 1 {
			continue
		}
		*documents = append(*documents, document)
		if len(*documents) > 1 {
			return nil
		}
	}
}

// maxNesting is far beyond what a vector needs, and keeps every walk short.
const maxNesting = 100

// checkYAML reports whether the tree can be walked without surprises.
func (s *source) checkYAML(at element, depth int) bool {
	if depth > maxNesting {
		s.fault(element{Node: at.Node}, "", "is nested more than %d deep", maxNesting)
		return false
	}
	if at.Kind == yaml.AliasNode {
		s.fault(at, "write the value out", "aliases are not used here")
		return false
	}
	if at.Style&yaml.TaggedStyle != 0 {
		s.fault(at, "leave the tag out", "tags are not used here, got %s", at.Tag)
		return false
	}
	ok := true
	switch at.Kind {
	case yaml.MappingNode:
		first := make(map[string]int)
		for i := 0; i+1 < len(at.Content); i += 2 {
			key := at.Content[i]
			if key.Kind != yaml.ScalarNode {
				s.fault(element{key, at.path}, "", "a key that is no string")
				ok = false
				continue
			}
			value := at.member(key.Value, at.Content[i+1])
			if line, twice := first[key.Value]; twice {
				s.fault(element{key, value.path}, "a key stands once", "the key %s stands twice, first in line %d", key.Value, line)
				ok = false
			} else {
				first[key.Value] = key.Line
			}
			if key.Value == "<<" && key.Style == 0 {
				s.fault(element{key, value.path}, "write the keys out", "merges are not used here")
				ok = false
			}
			ok = s.checkYAML(value, depth+1) && ok
		}
	case yaml.SequenceNode:
		for i := range at.Content {
			ok = s.checkYAML(at.index(i), depth+1) && ok
		}
	case yaml.ScalarNode:
		if at.ShortTag() == "!!float" || at.ShortTag() == "!!int" {
			if number, valid := numberOf(at.Node); !valid || math.IsNaN(number) || math.IsInf(number, 0) {
				s.fault(at, "write $NaN, $Infinity or $-Infinity", "%s is no number of JSON", at.Value)
				ok = false
			}
		}
	default:
		s.fault(at, "", "cannot be read")
		ok = false
	}
	return ok
}

func numberOf(node *yaml.Node) (float64, bool) {
	var number float64
	if whole, err := strconv.ParseInt(node.Value, 0, 64); err == nil {
		return float64(whole), true
	}
	if err := node.Decode(&number); err != nil {
		return 0, false
	}
	return number, true
}

// plain turns a node into what encoding/json would have decoded it to.
func plain(node *yaml.Node) any {
	switch node.Kind {
	case yaml.MappingNode:
		object := make(map[string]any, len(node.Content)/2)
		for i := 0; i+1 < len(node.Content); i += 2 {
			object[node.Content[i].Value] = plain(node.Content[i+1])
		}
		return object
	case yaml.SequenceNode:
		list := make([]any, len(node.Content))
		for i, item := range node.Content {
			list[i] = plain(item)
		}
		return list
	}
	switch node.ShortTag() {
	case "!!null":
		return nil
	case "!!bool":
		return strings.EqualFold(node.Value, "true")
	case "!!int", "!!float":
		number, _ := numberOf(node)
		return number
	}
	return node.Value
}

// textual is plain, save that scalars stay as they are written: the version
// 1.1 and the body 12 are text.
func textual(node *yaml.Node) any {
	switch node.Kind {
	case yaml.SequenceNode:
		list := make([]any, len(node.Content))
		for i, item := range node.Content {
			list[i] = textual(item)
		}
		return list
	case yaml.MappingNode:
		object := make(map[string]any, len(node.Content)/2)
		for i := 0; i+1 < len(node.Content); i += 2 {
			operand := textual(node.Content[i+1])
			if node.Content[i].Value == "$between" {
				operand = plain(node.Content[i+1])
			}
			object[node.Content[i].Value] = operand
		}
		return object
	}
	if node.ShortTag() == "!!null" && node.Value == "" {
		return nil
	}
	return node.Value
}

// What a node should be, for messages.
func kindOf(node *yaml.Node) string {
	switch node.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	switch node.ShortTag() {
	case "!!null":
		return "nothing"
	case "!!bool":
		return "the boolean " + node.Value
	case "!!int", "!!float":
		return "the number " + node.Value
	}
	return "the text " + strconv.Quote(node.Value)
}

// mapping returns the pairs of a mapping whose keys must be known ones.
func (s *source) mapping(at element, what string, known []string) []pair {
	if at.Kind != yaml.MappingNode {
		s.fault(at, "its keys are "+strings.Join(known, ", "), "%s is a mapping, got %s", what, kindOf(at.Node))
		return nil
	}
	var pairs []pair
	for i := 0; i+1 < len(at.Content); i += 2 {
		key := at.Content[i]
		value := at.member(key.Value, at.Content[i+1])
		if known != nil && !contains(known, key.Value) {
			if s.meant == nil {
				s.meant = make(map[*yaml.Node][]string)
			}
			s.meant[at.Node] = append(s.meant[at.Node], nearest(key.Value, known))
			s.fault(element{key, value.path}, didYouMean(key.Value, known), "unknown key %s of %s", key.Value, what)
			continue
		}
		pairs = append(pairs, pair{key.Value, key, value})
	}
	return pairs
}

func contains(list []string, word string) bool {
	for _, each := range list {
		if each == word {
			return true
		}
	}
	return false
}

// list returns the members of a list.
func (s *source) list(at element, what, want string) []element {
	if at.Kind != yaml.SequenceNode {
		s.fault(at, want, "%s is a list, got %s", what, kindOf(at.Node))
		return nil
	}
	members := make([]element, len(at.Content))
	for i := range at.Content {
		members[i] = at.index(i)
	}
	return members
}

// text returns a string that is not empty.
func (s *source) text(at element, what string) string {
	if at.Kind != yaml.ScalarNode || at.ShortTag() == "!!null" {
		s.fault(at, "", "%s is a string, got %s", what, kindOf(at.Node))
		return ""
	}
	if at.ShortTag() != "!!str" {
		s.fault(at, fmt.Sprintf("write %q in quotes", at.Value), "%s is a string, got %s", what, kindOf(at.Node))
		return ""
	}
	if at.Value == "" {
		s.fault(at, "", "%s is empty", what)
	}
	return at.Value
}

// texts returns a list of strings that is not empty and names nothing twice.
func (s *source) texts(at element, what string) []string {
	var words []string
	members := s.list(at, what, "write it in brackets: [...]")
	for _, member := range members {
		word := s.text(member, "a member of "+what)
		if word == "" {
			continue
		}
		if contains(words, word) {
			s.fault(member, "", "%s stands twice in %s", word, what)
			continue
		}
		words = append(words, word)
	}
	if at.Kind == yaml.SequenceNode && len(members) == 0 {
		s.fault(at, "leave it out, or name one", "%s is empty", what)
	}
	return words
}

func (s *source) boolean(at element, what string) bool {
	if at.Kind != yaml.ScalarNode || at.ShortTag() != "!!bool" {
		s.fault(at, "", "%s is true or false, got %s", what, kindOf(at.Node))
		return false
	}
	return strings.EqualFold(at.Value, "true")
}

func (s *source) number(at element, what string, least, most int) int {
	if at.Kind == yaml.ScalarNode && at.ShortTag() == "!!int" {
		if number, err := strconv.Atoi(at.Value); err == nil && number >= least && number <= most {
			return number
		}
	}
	s.fault(at, fmt.Sprintf("from %d to %d", least, most), "%s is a whole number, got %s", what, kindOf(at.Node))
	return least
}

func (s *source) oneOf(at element, what string, known ...string) string {
	word := s.text(at, what)
	if word != "" && !contains(known, word) {
		s.fault(at, didYouMean(word, known), "%s cannot be %s", what, word)
		return ""
	}
	return word
}

// need reports the keys that must stand and do not.
func (s *source) need(at element, what string, pairs []pair, names ...string) {
	if at.Kind != yaml.MappingNode {
		return
	}
	for _, name := range names {
		found := contains(s.meant[at.Node], name)
		for _, each := range pairs {
			found = found || each.key == name
		}
		if !found {
			s.fault(at, fmt.Sprintf("add the key %s", name), "%s lacks %s", what, name)
		}
	}
}

func lineOfInvalidText(data []byte) int {
	line := 1
	for len(data) > 0 {
		r, size := utf8.DecodeRune(data)
		if r == utf8.RuneError && size == 1 {
			break
		}
		if r == '\n' {
			line++
		}
		data = data[size:]
	}
	return line
}
