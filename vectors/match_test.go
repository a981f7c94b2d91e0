package vectors_test

import (
	"encoding/json"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/nodehttp/conform/vectors"
)

// value reads JSON, as records arrive.
func value(t *testing.T, text string) any {
	t.Helper()
	var decoded any
	if err := json.Unmarshal([]byte(text), &decoded); err != nil {
		t.Fatal(err)
	}
	return decoded
}

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		pattern, value string
		mismatch       string // "" when they match
	}{
		{`1`, `1`, ``},
		{`1`, `2`, `wanted 1, got 2`},
		{`1`, `"1"`, `wanted 1, got "1"`},
		{`null`, `null`, ``},
		{`null`, `"$undefined"`, `wanted null, got $undefined`},
		{`"text/plain"`, `"text/html"`, `wanted text/plain, got text/html`},
		{`"a\r\n"`, `""`, `wanted "a\r\n", got ""`},
		{`"$$x"`, `"$$x"`, ``},
		{`["a", "b"]`, `["a", "b"]`, ``},
		{`["a", "b"]`, `["a"]`, `wanted [a, b], got [a]`},
		{`["a", {"b": [1, 2]}]`, `["a", {"b": [1, 3]}]`, `at [1].b[1]: wanted 2, got 3`},
		{`{"a": 1}`, `{"a": 1, "b": 2}`, `at .b: wanted no such key, got 2`},
		{`{"a": 1, "b": 2}`, `{"a": 1}`, `at .b: wanted 2, got no such key`},
		{`{"a": "$undefined"}`, `{}`, ``},
		{`{"a": "$any"}`, `{}`, `at .a: wanted $any, got no such key`},
		{`{}`, `{"$bytes": ""}`, `wanted {}, got {$bytes: ""}`},

		{`"$any"`, `{"a": [1]}`, ``},
		{`{"$type": "string"}`, `"$$a"`, ``},
		{`{"$type": "string"}`, `"$undefined"`, `wanted {$type: string}, got $undefined`},
		{`{"$type": "number"}`, `"$NaN"`, ``},
		{`{"$type": "function"}`, `"$function"`, ``},
		{`{"$type": "buffer"}`, `{"$bytes": "a"}`, ``},
		{`{"$type": "error"}`, `{"$error": {"name": "Error"}}`, ``},
		{`{"$type": "object"}`, `null`, `wanted {$type: object}, got null`},
		{`{"$type": "object"}`, `[]`, ``},
		{`{"$type": "array"}`, `{}`, `wanted {$type: array}, got {}`},
		{`{"$type": ["null", "undefined"]}`, `"$undefined"`, ``},
		{`{"$match": "^a.c$"}`, `"abc"`, ``},
		{`{"$match": "^a.c$"}`, `"abcd"`, `wanted {$match: "^a.c$"}, got abcd`},
		{`{"$match": "^.x"}`, `"$$x"`, ``}, // of the text $x
		{`{"$match": "undefined"}`, `"$undefined"`, `wanted {$match: undefined}, got $undefined`},
		{`{"$match": "("}`, `"("`, `wanted {$match: "("}, got "("`},
		{`{"$between": [1, 3]}`, `3`, ``},
		{`{"$between": [1, 3]}`, `3.5`, `wanted {$between: [1, 3]}, got 3.5`},
		{`{"$between": [1, 3]}`, `"2"`, ``}, // a header value
		{`{"$anyOf": [1, {"$type": "string"}]}`, `"a"`, ``},
		{`{"$anyOf": [1, 2]}`, `3`, `wanted {$anyOf: [1, 2]}, got 3`},
		{`{"$not": 1}`, `2`, ``},
		{`{"$not": 1}`, `1`, `wanted {$not: 1}, got 1`},
		{`{"$includes": {"a": 1}}`, `{"a": 1, "b": 2}`, ``},
		{`{"$includes": {"a": 1}}`, `{"a": 2, "b": 2}`, `at .a: wanted 1, got 2`},
		{`{"$includes": {"b": "$undefined"}}`, `{"a": 2}`, ``},
		{`{"$includes": ["b", "a"]}`, `["a", "c", "b"]`, ``},
		{`{"$includes": ["a", "a"]}`, `["a", "c"]`, `wanted {$includes: [a, a]}, got [a, c]`},
		// Greedy assignment would give the first pattern the only a.
		{`{"$unordered": [{"$type": "string"}, "a"]}`, `["a", "b"]`, ``},
		{`{"$unordered": ["a", "b"]}`, `["b", "a", "a"]`, `wanted {$unordered: [a, b]}, got [b, a, a]`},
		{`{"$bytes": "$a"}`, `{"$bytes": "$a"}`, ``},
		{`{"$bytes": "a"}`, `"a"`, `wanted {$bytes: a}, got a`},
		{`{"$bytes": {"$match": "^a"}}`, `{"$bytes": "ba"}`, `at .$bytes: wanted {$match: "^a"}, got ba`},
		{`{"$error": {"code": "ECONNRESET"}}`, `{"$error": {"code": "ECONNRESET", "name": "Error", "message": "x"}}`, ``},
		{`{"$error": {"code": "ECONNRESET"}}`, `{"$error": {"name": "Error"}}`, `at .$error.code: wanted ECONNRESET, got no such key`},
		{`{"$error": {"code": "ECONNRESET"}}`, `{"code": "ECONNRESET"}`, `wanted {$error: {code: ECONNRESET}}, got {code: ECONNRESET}`},
	} {
		t.Run(c.pattern+" and "+c.value, func(t *testing.T) {
			got := ""
			if mismatch := vectors.Match(value(t, c.pattern), value(t, c.value)); mismatch != nil {
				got = mismatch.String()
			}
			NewWithT(t).Expect(got).To(Equal(c.mismatch))
		})
	}
}

func TestMatchTakesGoValues(t *testing.T) {
	g := NewWithT(t)
	g.Expect(vectors.Match(200.0, 200)).To(BeNil())
	g.Expect(vectors.Match(map[string]any{"$between": []any{400.0, 431.0}}, uint16(431))).To(BeNil())
	g.Expect(vectors.Match([]any{"a", "b"}, []string{"a", "b"})).To(BeNil())
	g.Expect(vectors.Match([]any{[]any{"A", "b"}}, [][]string{{"A", "b"}})).To(BeNil())
	g.Expect(vectors.Match(1.0, json.Number("1"))).To(BeNil())
}

func TestTextOfTheWireIsEncodedBeforeItIsMatched(t *testing.T) {
	g := NewWithT(t)
	g.Expect(vectors.EncodeText("a$")).To(Equal("a$"))
	g.Expect(vectors.Match("$$any", vectors.EncodeText("$any"))).To(BeNil())
	g.Expect(vectors.Match(map[string]any{"$type": "string"}, vectors.EncodeText("$undefined"))).To(BeNil())
}

// expectations reads a list of records as a vector holds it.
func expectations(t *testing.T, records string) []vectors.RecordPattern {
	t.Helper()
	catalogue, err := vectors.Load(tree("clauses/response.yaml", endClauses, "message/response.end.yaml",
		"section: response.end\nvectors:\n  - id: response.end/a\n    clauses: [response.end/sends-data]\n    program: ready();\n    records: "+records+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	return catalogue.Vector("response.end/a").Records
}

// recorded reads "a b=1" as the records a and {b: 1}.
func recorded(t *testing.T, text string) []vectors.Record {
	t.Helper()
	var records []vectors.Record
	for _, word := range strings.Fields(text) {
		label, of, hasValue := strings.Cut(word, "=")
		record := vectors.Record{Label: label, HasValue: hasValue}
		if hasValue {
			record.Value = value(t, of)
		}
		records = append(records, record)
	}
	return records
}

func TestMatchRecords(t *testing.T) {
	for _, c := range []struct {
		patterns, records string
		whole             string // what MatchRecords says; "" when they match
		prefix            string // what MatchRecordPrefix says
	}{
		{`[a, b]`, `a b`, ``, ``},
		{`[a, b]`, `a`, `record 2: wanted b, got no more records`, ``},
		{`[a, b]`, `a c`, `record 2: wanted b, got c`, `record 2: wanted b, got c`},
		{`[a]`, `a a`, `record 2: wanted no more records, got a`, `record 2: wanted no more records, got a`},
		{`[]`, ``, ``, ``},
		{`[]`, `a`, `record 1: wanted no more records, got a`, `record 1: wanted no more records, got a`},
		{`[a, b, {error: ECONNRESET}]`, `a b close`, `record 3: wanted {error: ECONNRESET}, got close`, `record 3: wanted {error: ECONNRESET}, got close`},
		{`[{a: 1}]`, `a=2`, `record 1: wanted {a: 1}, got {a: 2}`, `record 1: wanted {a: 1}, got {a: 2}`},
		{`[{a: $any}]`, `a`, `record 1: wanted {a: $any}, got a`, `record 1: wanted {a: $any}, got a`},
		{`[a]`, `a=null`, `record 1: wanted a, got {a: null}`, `record 1: wanted a, got {a: null}`},

		// Runs may begin alike, be empty, and are told apart as late as possible.
		{`[{$anyOf: [[a, b], [a, c, d]]}, e]`, `a c d e`, ``, ``},
		{`[{$anyOf: [[a, b], [a, c, d]]}, e]`, `a`, `record 2: wanted one of b, c, got no more records`, ``},
		{`[{$anyOf: [[a, b], [a, c, d]]}, e]`, `a b d`, `record 3: wanted e, got d`, `record 3: wanted e, got d`},
		{`[{$anyOf: [[], [a]]}, a]`, `a`, ``, ``},
		{`[{$anyOf: [[], [a]]}, a]`, `a a`, ``, ``},
		{`[{$anyOf: [[], [a]]}]`, ``, ``, ``},

		// Groups take their members in any order, each once.
		{`[{$unordered: [a, b, c]}, d]`, `c a b d`, ``, ``},
		{`[{$unordered: [a, b, c]}, d]`, `c c`, `record 2: wanted one of a, b, got c`, `record 2: wanted one of a, b, got c`},
		{`[{$unordered: [a, b]}, d]`, `a d`, `record 2: wanted b, got d`, `record 2: wanted b, got d`},
		{`[{$unordered: [a, {$anyOf: [[], [b]]}]}, d]`, `a d`, ``, ``},
		{`[{$unordered: [a, {$anyOf: [[], [b]]}]}, d]`, `b a d`, ``, ``},
		{`[{$unordered: [{a: $any}, {a: 1}]}]`, `a=1 a=2`, ``, ``},
		{`[{$unordered: [{a: $any}, {a: 1}]}]`, `a=2 a=2`, `record 2: wanted {a: 1}, got {a: 2}`, `record 2: wanted {a: 1}, got {a: 2}`},
		{`[{$unordered: [{$unordered: [a, b]}, c]}]`, `b a c`, ``, ``},
	} {
		t.Run(c.patterns+" and "+c.records, func(t *testing.T) {
			g := NewWithT(t)
			patterns, records := expectations(t, c.patterns), recorded(t, c.records)
			g.Expect(said(vectors.MatchRecords(patterns, records))).To(Equal(c.whole))
			g.Expect(said(vectors.MatchRecordPrefix(patterns, records))).To(Equal(c.prefix))
		})
	}
}

func said(mismatch *vectors.RecordMismatch) string {
	if mismatch == nil {
		return ""
	}
	return mismatch.String()
}

func TestAMismatchNamesTheLineOfThePattern(t *testing.T) {
	mismatch := vectors.MatchRecords(expectations(t, "\n      - a\n      - b"), recorded(t, "a"))
	NewWithT(t).Expect(mismatch.Pos.String()).To(Equal("message/response.end.yaml:8"))
}

// Members that are alike, and members that match alike, must not multiply the
// ways to go on beyond bearing.
func TestLargeGroupsAreMatchedInReasonableTime(t *testing.T) {
	g := NewWithT(t)
	alike := expectations(t, "[{$unordered: ["+strings.Repeat("a, ", 199)+"a]}]")
	g.Expect(vectors.MatchRecords(alike, recorded(t, strings.Repeat("a ", 200)))).To(BeNil())
	overlapping := expectations(t, "[{$unordered: [{a: {$between: [0, 1]}}, {a: {$between: [0, 2]}}, {a: {$between: [0, 3]}}, {a: {$between: [0, 4]}}, "+
		"{a: {$between: [0, 5]}}, {a: {$between: [0, 6]}}, {a: {$between: [0, 7]}}, {a: {$between: [0, 8]}}]}]")
	g.Expect(vectors.MatchRecords(overlapping, recorded(t, "a=8 a=7 a=6 a=5 a=4 a=3 a=2 a=1"))).To(BeNil())
	g.Expect(vectors.MatchRecords(overlapping, recorded(t, "a=1 a=1 a=1 a=1 a=1 a=1 a=1 a=1"))).To(BeNil())
}

func TestSelect(t *testing.T) {
	catalogue, err := vectors.Load(tree(
		"clauses/response.yaml", endClauses,
		"clauses/server.yaml", "class: http.Server\nsections:\n  - section: server.close\n    title: server.close()\n    clauses:\n"+
			"      - {id: server.close/stops, editions: [v6, v12], level: stated, text: It stops.}\n",
		"message/response.end.yaml", endVectors,
		"server/close.yaml", "section: server.close\nvectors:\n"+
			"  - {id: server.close/once, clauses: [server.close/stops], program: ready(), records: [a]}\n"+
			"  - {id: server.close/twice, clauses: [server.close/stops], editions: [v12], program: ready(), records: [a]}\n",
	))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		selection vectors.Selection
		want      string
	}{
		"all, in the order of the documents": {vectors.Selection{}, "server.close/once server.close/twice response.end/with-data"},
		"a glob crosses the slash":           {vectors.Selection{Only: []string{"server.*"}}, "server.close/once server.close/twice"},
		"the id of a clause":                 {vectors.Selection{Only: []string{"response.end/sends-data"}}, "response.end/with-data"},
		"two globs":                          {vectors.Selection{Only: []string{"*/once", "response.*"}}, "server.close/once response.end/with-data"},
		"skip":                               {vectors.Selection{Skip: []string{"*/once"}}, "server.close/twice response.end/with-data"},
		"a class":                            {vectors.Selection{Class: "http.Server"}, "server.close/once server.close/twice"},
		"a class in short":                   {vectors.Selection{Class: "serverResponse"}, "response.end/with-data"},
		"an edition":                         {vectors.Selection{Edition: vectors.V6}, "server.close/once"},
		"nothing in common":                  {vectors.Selection{Only: []string{"*/twice"}, Edition: vectors.V6}, ""},
		"a clause without vectors":           {vectors.Selection{Only: []string{"*/returns-this"}}, ""},
		"no match":                           {vectors.Selection{Only: []string{"server.close/onc"}}, `"server.close/onc" matches no vector and no clause; did you mean server.close/once?`},
		"no match of skip":                   {vectors.Selection{Skip: []string{"zzzzzzzzzzzzzzzzzzz"}}, `"zzzzzzzzzzzzzzzzzzz" matches no vector and no clause`},
		"bad glob":                           {vectors.Selection{Only: []string{"{a"}}, `"{a" is no glob: `},
		"unknown class":                      {vectors.Selection{Class: "Severs"}, `"Severs" is no class; known are http.Server, http.ServerResponse`},
		"unknown edition":                    {vectors.Selection{Edition: "v11"}, `"v11" is no edition; did you mean v10?`},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			selected, err := catalogue.Select(c.selection)
			if err != nil {
				g.Expect(err).To(BeAssignableToTypeOf(&vectors.SelectionError{}))
				g.Expect(err.Error()).To(HavePrefix(c.want))
				g.Expect(c.want).NotTo(BeEmpty())
				return
			}
			var ids []string
			for _, vector := range selected {
				ids = append(ids, vector.ID)
			}
			g.Expect(strings.Join(ids, " ")).To(Equal(c.want))
		})
	}
}
