package vectors

import (
	"testing"

	. "github.com/onsi/gomega"
)

// The decoder finds most faults first. What only the schema finds is told with
// line, key and what would be right all the same.
func TestFaultsThatTheSchemaFinds(t *testing.T) {
	all, err := compiledSchemas()
	if err != nil {
		t.Fatal(err)
	}
	const opening = "section: server\nvectors:\n  - id: server/a\n    clauses: [a]\n    program: ready();\n    wire:\n"
	for name, c := range map[string]struct{ schema, file, want string }{
		"unknown key": {vectorFileSchema, opening + "      - close\n      - receive: {statu: 1}\n",
			"server/a.yaml:8: vectors[0].wire[1].receive.statu: unknown key statu; did you mean status?"},
		"missing key": {appSchema, "app: a\nside: server\nabout: b\n", "server/a.yaml:1: lacks program"},
		"description": {vectorFileSchema, opening + "      - silent: a while\n",
			"server/a.yaml:7: vectors[0].wire[0].silent: 'a while' does not match pattern '^[0-9]+(\\\\.[0-9]+)?(ms|s|m)$'; wanted is a number and ms or s: 300ms, 5s"},
		"alternatives": {vectorFileSchema, opening + "      - hide\n",
			`server/a.yaml:7: vectors[0].wire[0]: is none of what may stand here, got the text "hide"; wanted is a step: the word of a verb, or a mapping with one verb and perhaps on`},
		"one of": {clauseFileSchema, "class: a\nsections:\n  - section: server\n    title: b\n    clauses:\n      - {id: server/a, editions: [v12], level: firm, text: c}\n",
			"server/a.yaml:6: sections[0].clauses[0].level: value must be one of 'stated', 'implied', 'advisory', 'observed'"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			source := readSource("server/a.yaml", []byte(c.file))
			source.validate(all, c.schema)
			g.Expect(source.faults).To(HaveLen(1))
			g.Expect(source.faults[0].Error()).To(Equal(c.want))
		})
	}
}
