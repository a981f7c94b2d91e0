package adapter_test

import (
	"encoding/json"
	"io/fs"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/nodehttp/conform/harness/adapter"
	"github.com/nodehttp/conform/vectors"
)

// direction compiles one direction of the published schema.
func direction(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	const file = "adapter-message.schema.json"
	text, err := fs.ReadFile(vectors.Schemas(), file)
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource(file, document); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile(file + "#/$defs/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func valid(t *testing.T, schema *jsonschema.Schema, line string) bool {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(line))
	return err == nil && schema.Validate(document) == nil
}

func TestWhatIsSentMeetsTheSchema(t *testing.T) {
	schema := direction(t, "toAdapter")
	full := adapter.Run{
		ID: "17", Name: "a/b", Edition: "v12", Program: "record('\u2028 <a>')", Deadline: 8000,
		Bindings: adapter.Bindings{
			Host: "127.0.0.1", Port: 80, SocketPath: "/s",
			Certificate: &adapter.Certificate{Key: "k", Cert: "c", CA: "a"},
		},
	}
	for _, message := range []adapter.ToAdapter{
		full,
		adapter.Run{ID: "17", Edition: "v0.3", Deadline: 1},
		adapter.Signal{ID: "17", Name: "go"},
		adapter.Signal{ID: "17", Name: "go", HasValue: true, Value: []any{"$undefined", nil}},
		adapter.Finish{ID: "17"},
		adapter.Cancel{ID: "17"},
	} {
		line, err := adapter.Encode(message)
		g := NewWithT(t)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(strings.Count(string(line), "\n")).To(Equal(1))
		g.Expect(valid(t, schema, string(line))).To(BeTrue(), "%s", line)
	}

	line, err := adapter.Encode(full)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	var back adapter.Run
	NewWithT(t).Expect(json.Unmarshal(line, &back)).To(Succeed())
	NewWithT(t).Expect(back).To(Equal(full))
}

func TestWhatCannotBeSent(t *testing.T) {
	for name, message := range map[string]adapter.ToAdapter{
		"no id":            adapter.Finish{},
		"no deadline":      adapter.Run{ID: "1"},
		"no signal name":   adapter.Signal{ID: "1"},
		"not UTF-8":        adapter.Run{ID: "1", Deadline: 1, Program: "\xff"},
		"too long":         adapter.Run{ID: "1", Deadline: 1, Program: strings.Repeat("x", adapter.MaxLine)},
		"a function value": adapter.Signal{ID: "1", Name: "go", HasValue: true, Value: func() {}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := adapter.Encode(message)
			NewWithT(t).Expect(err).To(HaveOccurred())
		})
	}
}

// The decoder and the schema agree on every line, and the decoder says what is
// wrong.
func TestWhatIsReceivedMeetsTheSchema(t *testing.T) {
	schema := direction(t, "fromAdapter")
	for line, want := range map[string]adapter.FromAdapter{
		goodHello: adapter.Hello{
			Protocol: 1, Implementation: adapter.Implementation{Name: "fake", Version: "1"},
			Capabilities: []string{"net"}, MaxInFlight: 8,
		},
		`{"type":"ready","id":"1","port":65535}`:                        adapter.Ready{ID: "1", Port: 65535},
		`{"type":"ready","id":"1","path":"/s","host":"::1","extra":[]}`: adapter.Ready{ID: "1", Path: "/s", Host: "::1"},
		`{"type":"record","id":"1","label":"a"}`:                        adapter.Record{ID: "1", Label: "a"},
		`{"type":"record","id":"1","label":"a","value":null}`:           adapter.Record{ID: "1", Label: "a", HasValue: true},
		`{"type":"record","id":"1","label":"","value":{"$bytes":"é"}}`: adapter.Record{
			ID: "1", HasValue: true, Value: map[string]any{"$bytes": "é"},
		},
		`{"type":"result","id":"1"}`:  adapter.Result{ID: "1"},
		`{"type":"lost","reason":""}`: adapter.Lost{},
	} {
		g := NewWithT(t)
		message, err := adapter.Decode([]byte(line))
		g.Expect(err).NotTo(HaveOccurred(), line)
		g.Expect(message).To(Equal(want), line)
		g.Expect(valid(t, schema, line)).To(BeTrue(), line)
	}
	for line, says := range map[string]string{
		`hello`:    "is no JSON object",
		`null`:     "is no JSON object",
		`["type"]`: "is no JSON object",
		`{"type":"record","id":"1","label":"a"} {}`: "is no JSON object",
		`{"id":"1"}`:                                                             `"type" is missing`,
		`{"type":"run","id":"1"}`:                                                `"run" is none of`,
		`{"type":7}`:                                                             `"type" should be a string`,
		`{"type":"result"}`:                                                      `"id" is missing`,
		`{"type":"result","id":""}`:                                              `"id" is empty`,
		`{"type":"result","id":17}`:                                              `"id" should be a string`,
		`{"type":"record","id":"1"}`:                                             `"label" is missing`,
		`{"type":"record","id":"1","label":null}`:                                `"label" is null`,
		`{"type":"lost"}`:                                                        `"reason" is missing`,
		`{"type":"ready","id":"1"}`:                                              `"port" should be given, or else "path"`,
		`{"type":"ready","id":"1","port":80,"path":"/s"}`:                        `and not both`,
		`{"type":"ready","id":"1","port":0}`:                                     `"port" should be from 1 to 65535`,
		`{"type":"ready","id":"1","port":"80"}`:                                  `"port" should be an integer`,
		`{"type":"ready","id":"1","path":""}`:                                    `"path" is empty`,
		strings.Replace(goodHello, `"maxInFlight":8`, `"a":1`, 1):                `"maxInFlight" is missing`,
		strings.Replace(goodHello, `"maxInFlight":8`, `"maxInFlight":0`, 1):      `"maxInFlight" should be 1 or more`,
		strings.Replace(goodHello, `["net"]`, `"net"`, 1):                        `"capabilities" should be a list of strings`,
		strings.Replace(goodHello, `"name":"fake"`, `"name":""`, 1):              `"implementation" needs a "name"`,
		strings.Replace(goodHello, `,"version":"1"`, ``, 1):                      `"implementation" needs a "version"`,
		strings.Replace(goodHello, `{"name":"fake","version":"1"}`, `"fake"`, 1): `"implementation" should be an object`,
	} {
		g := NewWithT(t)
		_, err := adapter.Decode([]byte(line))
		g.Expect(err).To(MatchError(ContainSubstring(says)), line)
		g.Expect(valid(t, schema, line)).To(BeFalse(), line)
	}
}
