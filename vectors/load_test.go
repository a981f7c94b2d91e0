package vectors_test

import (
	"io/fs"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/nodehttp/conform/vectors"
)

// tree makes a file system of files, each a name and what it holds.
func tree(files ...string) fs.FS {
	system := fstest.MapFS{}
	for i := 0; i+1 < len(files); i += 2 {
		system[files[i]] = &fstest.MapFile{Data: []byte(strings.TrimPrefix(files[i+1], "\n"))}
	}
	return system
}

const endClauses = `
class: http.ServerResponse
sections:
  - section: response.end
    title: response.end([data])
    clauses:
      - id: response.end/sends-data
        editions: [v12, v10]
        level: stated
        text: The data is sent.
        erratum:
          - editions: [v10]
            text: Nothing is sent.
      - id: response.end/returns-this
        editions: [v12, v13]
        level: implied
        text: It returns the response.
        untestable: for the sake of this test
`

const endVectors = `
section: response.end
vectors:
  - id: response.end/with-data
    clauses: [response.end/sends-data]
    program: |
      http.createServer(function (req, res) { res.end('x'); }).listen(port, host, ready);
    wire:
      - send: "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
      - receive: {status: 200, version: 1.1, headers: {Content-Length: [1]}, body: x}
`

func TestLoadReadsClausesAndVectors(t *testing.T) {
	g := NewWithT(t)
	catalogue, err := vectors.Load(tree("clauses/response.yaml", endClauses, "message/response.end.yaml", endVectors))
	g.Expect(err).NotTo(HaveOccurred())

	clause := catalogue.Clause("response.end/sends-data")
	g.Expect(clause.Class).To(Equal("http.ServerResponse"))
	g.Expect(clause.Section).To(Equal("response.end"))
	g.Expect(clause.Editions).To(Equal([]vectors.Edition{vectors.V10, vectors.V12}), "oldest first")
	g.Expect(clause.Pos.String()).To(Equal("clauses/response.yaml:6"))
	g.Expect(clause.Errata).To(Equal([]vectors.Erratum{{Editions: []vectors.Edition{vectors.V10}, Text: "Nothing is sent."}}))

	vector := catalogue.Vector("response.end/with-data")
	g.Expect(vector.Pos.String()).To(Equal("message/response.end.yaml:3"))
	g.Expect(vector.Editions).To(Equal([]vectors.Edition{vectors.V10, vectors.V12}), "those of its clauses")
	g.Expect(vector.Transport).To(Equal(vectors.TCP))
	g.Expect(vector.PeerListens()).To(BeFalse())
	g.Expect(vector.Records).To(BeEmpty(), "nothing is to be recorded")
	message := vector.Wire[1].Receive
	g.Expect(message.Status).To(Equal(200.0))
	g.Expect(message.Version).To(Equal("1.1"), "text as it is written")
	g.Expect(message.Headers).To(Equal([]vectors.NamedValues{{Name: "content-length", Values: []any{"1"}}}))
	g.Expect(catalogue.VectorsOf("response.end/sends-data")).To(ConsistOf(vector))
	g.Expect(catalogue.ClausesOf("response.end")).To(HaveLen(2))
	g.Expect(catalogue.Classes()).To(Equal([]string{"http.ServerResponse"}))
}

// script loads one wire script.
func script(g Gomega, wire string) []vectors.Step {
	catalogue, err := vectors.Load(tree("clauses/response.yaml", endClauses, "message/response.end.yaml", `
section: response.end
vectors:
  - id: response.end/script
    clauses: [response.end/sends-data]
    program: ready();
    wire:
`+wire))
	g.Expect(err).NotTo(HaveOccurred())
	return catalogue.Vector("response.end/script").Wire
}

func TestStepsMayBeWrittenShort(t *testing.T) {
	g := NewWithT(t)
	steps := script(g, `
      - accept
      - send: ab
      - send: [ab, {repeat: "x{i}", times: 9}, {pause: 200ms}, cd]
      - closed
      - ended: {after: 490ms, before: 5s, since: start}
      - signal: go
      - signal: {go: {n: 1}}
      - silent: 300ms
      - {on: main, halfClose: }
      - connections: 0
      - receive: "HTTP/1.1 {any}\r\n"
`)
	g.Expect(steps[0].Accept).To(BeTrue())
	g.Expect(steps[1].Send).To(Equal([]vectors.Segment{{Bytes: "ab", Repeat: 1}}))
	g.Expect(steps[2].Send).To(Equal([]vectors.Segment{
		{Bytes: "ab", Repeat: 1}, {Bytes: "x{i}", Repeat: 9}, {Pause: 200 * time.Millisecond}, {Bytes: "cd", Repeat: 1}}))
	g.Expect(*steps[3].Closed).To(Equal(vectors.Closed{How: vectors.AnyEnd}))
	g.Expect(*steps[4].Closed).To(Equal(vectors.Closed{
		How: vectors.EndFIN, After: 490 * time.Millisecond, Before: 5 * time.Second, Since: "start"}))
	g.Expect(*steps[5].Signal).To(Equal(vectors.Signal{Name: "go"}))
	g.Expect(*steps[6].Signal).To(Equal(vectors.Signal{Name: "go", Value: map[string]any{"n": 1.0}}))
	g.Expect(steps[7].Silent).To(Equal(300 * time.Millisecond))
	g.Expect(steps[8].HalfClose).To(BeTrue())
	g.Expect(*steps[9].Connections).To(Equal(0))
	g.Expect(*steps[10].ReceiveBytes).To(Equal("HTTP/1.1 {any}\r\n"))
}

func TestTheConnectionStaysInForceUntilAnotherIsNamed(t *testing.T) {
	g := NewWithT(t)
	steps := script(g, `
      - send: a
      - connect: second
      - send: b
      - {on: main, receive: {status: 200}}
      - anyOf:
          - [{on: second, receive: {status: 200}}, closed]
          - wasReset
          - {erratum: response.end/sends-data, steps: [ended]}
      - close
`)
	var on []string
	for _, step := range steps {
		on = append(on, step.On)
	}
	g.Expect(on).To(Equal([]string{"main", "second", "second", "main", "main", "main"}))
	alternatives := steps[4].AnyOf
	g.Expect(alternatives[0].Steps[1].On).To(Equal("second"))
	g.Expect(alternatives[1].Steps[0].On).To(Equal("main"), "alternatives do not see each other")
	g.Expect(alternatives[2].Erratum).To(Equal("response.end/sends-data"))
}

const (
	opening = "section: response.end\nvectors:\n  - id: response.end/a\n    clauses: [response.end/sends-data]\n"
	program = opening + "    program: ready();\n"
	wire    = program + "    wire:\n"
)

// Each fault is reported with file, line, key, what is wrong, and what would be
// right. Line 3 of a vector file is its first vector's.
var faultsOfVectorFiles = map[string]struct{ file, want string }{
	"not YAML":        {"section: [", "message/response.end.yaml:2: is not YAML: did not find expected node content"},
	"not UTF-8":       {"section: a\nx: \xff", `message/response.end.yaml:2: is not UTF-8; write a byte above 0x7F as an escape, "\xFF"`},
	"empty":           {"# nothing\n", "message/response.end.yaml:1: is empty"},
	"two documents":   {"section: a\n---\nsection: b\n", "message/response.end.yaml:3: a second document in one file; write one file for each"},
	"alias":           {"section: &a b\nvectors: *a\n", "message/response.end.yaml:2: vectors: aliases are not used here; write the value out"},
	"tag":             {"section: !x b\nvectors: []\n", "message/response.end.yaml:1: section: tags are not used here, got !x; leave the tag out"},
	"key twice":       {"section: response.end\nvectors: []\nsection: b\n", "message/response.end.yaml:3: section: the key section stands twice, first in line 1; a key stands once"},
	"not a number":    {program + "    records: [{a: .nan}]\n", "message/response.end.yaml:6: vectors[0].records[0].a: .nan is no number of JSON; write $NaN, $Infinity or $-Infinity"},
	"not a mapping":   {"- a\n", "message/response.end.yaml:1: a vector file is a mapping, got a list; its keys are section, vectors"},
	"missing key":     {"section: response.end\n", "message/response.end.yaml:1: a vector file lacks vectors; add the key vectors"},
	"unknown key":     {opening + "    progam: x\n    records: [a]\n", "message/response.end.yaml:5: vectors[0].progam: unknown key progam of a vector; did you mean program?"},
	"bad section":     {"section: sockets\nvectors: []\n", `message/response.end.yaml:1: section: "sockets" is no section; write agent, client, server, response, message or http, alone or with a member: response.writeHead`},
	"bad id":          {strings.Replace(program, "response.end/a", "response.end", 1) + "    records: [a]\n", `message/response.end.yaml:3: vectors[0].id: "response.end" is no id; write the section, a slash and a few words: response.writeHead/headers-override-set-headers`},
	"unknown clause":  {strings.Replace(program, "sends-data", "sends-dat", 1) + "    records: [a]\n", "message/response.end.yaml:3: the vector response.end/a names the clause response.end/sends-dat, which does not exist; did you mean response.end/sends-data?"},
	"unknown app":     {opening + "    app: helo\n    records: [a]\n", "message/response.end.yaml:5: the vector response.end/a names the app helo, which does not exist; did you mean hello?"},
	"app and program": {program + "    app: hello\n    records: [a]\n", "message/response.end.yaml:3: vectors[0]: a vector has either a program or an app; write one of the two"},
	"nothing wanted":  {program, "message/response.end.yaml:3: vectors[0]: a vector has neither wire nor records; write one of them, or both"},
	"edition":         {program + "    editions: [v11]\n    records: [a]\n", "message/response.end.yaml:6: vectors[0].editions[0]: an edition cannot be v11; did you mean v10?"},
	"transport":       {program + "    transport: udp\n    records: [a]\n", "message/response.end.yaml:6: vectors[0].transport: transport cannot be udp; known are tcp, unix, tls"},
	"isolate":         {program + "    isolate: maybe\n    records: [a]\n", `message/response.end.yaml:6: vectors[0].isolate: isolate is true or false, got the text "maybe"`},
	"text":            {program + "    about: 12\n    records: [a]\n", `message/response.end.yaml:6: vectors[0].about: about is a string, got the number 12; write "12" in quotes`},
	"erratum alone":   {program + "    wire: [closed]\n    erratum: {clause: response.end/sends-data, records: [a]}\n", "message/response.end.yaml:3: vectors[0]: erratum replaces records, and there are none; the errata of a wire script stand in its anyOf"},

	"unknown step":       {wire + "      - close\n      - clsoed\n", "message/response.end.yaml:8: vectors[0].wire[1]: unknown step clsoed; did you mean closed?"},
	"unknown verb":       {wire + "      - recieve: {}\n", "message/response.end.yaml:7: vectors[0].wire[0].recieve: unknown key recieve of a step; did you mean receive?"},
	"two verbs":          {wire + "      - send: a\n        receive: b\n", "message/response.end.yaml:8: vectors[0].wire[0].receive: a step has one verb, got send and receive; make it two steps"},
	"no verb":            {wire + "      - on: a\n", "message/response.end.yaml:7: vectors[0].wire[0]: a step without a verb; its verb is one of connect, accept, send, halfClose, close, reset, stopListening, signal, mark, receive, receiveHead, ended, wasReset, closed, silent, recorded, connections, anyOf"},
	"verb alone":         {wire + "      - send\n", "message/response.end.yaml:7: vectors[0].wire[0]: the step send lacks what it is about; write send: ..."},
	"argument too much":  {wire + "      - close: a\n", `message/response.end.yaml:7: vectors[0].wire[0].close: close takes nothing, got the text "a"; for another connection write {on: name, close: }`},
	"no byte":            {wire + "      - send: \"1 \u20ac\"\n", `message/response.end.yaml:7: vectors[0].wire[0].send: the character '€' is no byte; write the bytes of its encoding, "\xE2\x82\xAC" for the euro sign in UTF-8`},
	"segment":            {wire + "      - send: [{repeat: x}]\n", "message/response.end.yaml:7: vectors[0].wire[0].send[0]: a segment lacks times; add the key times"},
	"duration":           {wire + "      - silent: 300\n", "message/response.end.yaml:7: vectors[0].wire[0].silent: silent is a duration, got the number 300; write a number and ms or s: 300ms, 5s"},
	"bounds":             {wire + "      - closed: {after: 5s, before: 1s}\n", "message/response.end.yaml:7: vectors[0].wire[0].closed: after is not below before"},
	"deed in anyOf":      {wire + "      - anyOf: [[send: a], closed]\n", "message/response.end.yaml:7: vectors[0].wire[0].anyOf[0][0].send: send cannot stand in anyOf; alternatives hold what the peer demands, none of its deeds"},
	"one alternative":    {wire + "      - anyOf: [closed]\n", "message/response.end.yaml:7: vectors[0].wire[0].anyOf: anyOf takes two alternatives or more; write a list of alternatives, each one demand or a list of them"},
	"message key":        {wire + "      - receive: {header: {a: [b]}}\n", "message/response.end.yaml:7: vectors[0].wire[0].receive.header: unknown key header of a message; did you mean headers?"},
	"value of a field":   {wire + "      - receive: {headers: {a: b}}\n", `message/response.end.yaml:7: vectors[0].wire[0].receive.headers.a: the values of a field are a list, got the text "b"; write [b]`},
	"field twice":        {wire + "      - receive: {headers: {a: [b], A: [b]}}\n", "message/response.end.yaml:7: vectors[0].wire[0].receive.headers.A: the field a stands twice; give all its values in one list"},
	"status":             {wire + "      - receive: {status: \"200\"}\n", `message/response.end.yaml:7: vectors[0].wire[0].receive.status: status is a number, got the text "200"; write it without quotes`},
	"body of a head":     {wire + "      - receiveHead: {body: a}\n", "message/response.end.yaml:7: vectors[0].wire[0].receiveHead.body: receiveHead does not read the body; write receive, or leave it out"},
	"placeholder":        {wire + "      - receive: \"Date: {dat}\"\n", "message/response.end.yaml:7: vectors[0].wire[0].receive: unknown placeholder {dat}; did you mean {date}?; a brace is written {{"},
	"signal of patterns": {wire + "      - signal: {go: {$type: string}}\n", "message/response.end.yaml:7: vectors[0].wire[0].signal.go.$type: $type is a pattern, and a value is wanted"},

	"regular expression": {program + "    records:\n      - {a: {$match: \"(\"}}\n", "message/response.end.yaml:7: vectors[0].records[0].a.$match: bad regular expression: missing closing ): `(`; RE2 syntax has no backreferences and no lookaround"},
	"operator":           {program + "    records:\n      - {a: {$mach: b}}\n", "message/response.end.yaml:7: vectors[0].records[0].a.$mach: unknown operator $mach; did you mean $match?"},
	"operator and key":   {program + "    records:\n      - {a: {$not: b, c: d}}\n", "message/response.end.yaml:7: vectors[0].records[0].a.$not: the operator $not stands alone in its mapping; put the other keys elsewhere"},
	"special value":      {program + "    records:\n      - {a: $undefind}\n", "message/response.end.yaml:7: vectors[0].records[0].a: unknown value $undefind; did you mean $undefined? a string that begins with $ is written $$undefind"},
	"type":               {program + "    records:\n      - {a: {$type: strin}}\n", "message/response.end.yaml:7: vectors[0].records[0].a.$type: $type cannot be strin; did you mean string?"},
	"between":            {program + "    records:\n      - {a: {$between: [2, 1]}}\n", "message/response.end.yaml:7: vectors[0].records[0].a.$between: $between takes two numbers, the lower one first; write [low, high]"},
	"includes":           {program + "    records:\n      - {a: {$includes: b}}\n", `message/response.end.yaml:7: vectors[0].records[0].a.$includes: $includes takes a mapping or a list, got the text "b"; for a part of a string write {$match: ...}`},
	"two labels":         {program + "    records:\n      - {a: 1, b: 2}\n", "message/response.end.yaml:7: vectors[0].records[0]: a record has one label, got 2; write {label: value}, and one entry for each record"},
	"group of records":   {program + "    records:\n      - {$anyof: [[a], [b]]}\n", "message/response.end.yaml:7: vectors[0].records[0].$anyof: unknown group $anyof of records; did you mean $anyOf?"},
}

func TestFaultsOfVectorFiles(t *testing.T) {
	for name, c := range faultsOfVectorFiles {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			catalogue, err := vectors.Load(tree("clauses/response.yaml", endClauses, "apps/hello.yaml", helloApp, "message/response.end.yaml", c.file))
			faults := vectors.LoadErrors(err)
			g.Expect(faults).To(HaveLen(1), "%v", err)
			g.Expect(faults[0].Error()).To(Equal(c.want))
			g.Expect(catalogue.Vectors).To(BeEmpty(), "a vector with a fault is never run")
			g.Expect(catalogue.Clauses).To(HaveLen(2), "what is sound is there for lint")
		})
	}
}

const helloApp = `
app: hello
side: server
about: Says hello.
program: |
  http.createServer(function (req, res) { res.end('hello'); }).listen(port, host, ready);
`

func TestFaultsOfClauseFilesAndApps(t *testing.T) {
	for name, c := range map[string]struct{ path, file, want string }{
		"level":         {"clauses/a.yaml", strings.Replace(endClauses, "stated", "states", 1), "clauses/a.yaml:8: sections[0].clauses[0].level: level cannot be states; did you mean stated?"},
		"unknown key":   {"clauses/a.yaml", strings.Replace(endClauses, "untestable", "untestible", 1), "clauses/a.yaml:17: sections[0].clauses[1].untestible: unknown key untestible of a clause; did you mean untestable?"},
		"missing key":   {"clauses/a.yaml", strings.Replace(endClauses, "        level: stated\n", "", 1), "clauses/a.yaml:6: sections[0].clauses[0]: a clause lacks level; add the key level"},
		"erratum":       {"clauses/a.yaml", strings.Replace(endClauses, "          - editions: [v10]\n            text: Nothing is sent.\n", "          v10\n", 1), `clauses/a.yaml:11: sections[0].clauses[0].erratum: erratum is a list, got the text "v10"; write a list of {editions, text}`},
		"edition twice": {"clauses/a.yaml", strings.Replace(endClauses, "[v12, v10]", "[v12, v12]", 1), "clauses/a.yaml:7: sections[0].clauses[0].editions[1]: v12 stands twice in editions"},
		"id twice":      {"clauses/a.yaml", strings.Replace(endClauses, "returns-this", "sends-data", 1), "clauses/a.yaml:13: the clause response.end/sends-data stands twice, first in clauses/a.yaml:6; ids are unique"},
		"side":          {"apps/a.yaml", strings.Replace(helloApp, "side: server", "side: servers", 1), "apps/a.yaml:2: side: side cannot be servers; did you mean server?"},
		"name":          {"apps/a.yaml", strings.Replace(helloApp, "app: hello", "app: hello you", 1), `apps/a.yaml:1: app: "hello you" is no name; begin with a letter, go on with letters, digits, - and _`},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			_, err := vectors.Load(tree(c.path, c.file))
			faults := vectors.LoadErrors(err)
			g.Expect(faults).To(HaveLen(1), "%v", err)
			g.Expect(faults[0].Error()).To(Equal(c.want))
		})
	}
}

func TestAllFaultsAreReportedAtOnceInOrder(t *testing.T) {
	g := NewWithT(t)
	_, err := vectors.Load(tree(
		"clauses/response.yaml", endClauses,
		"message/b.yaml", "section: response.end\nvectors:\n  - id: response.end/x\n    clauses: [a]\n    wire: [clsed, sned]\n",
		"message/a.yaml", "section: 1\n",
	))
	var places []string
	for _, fault := range vectors.LoadErrors(err) {
		places = append(places, fault.Pos.String())
	}
	g.Expect(places).To(Equal([]string{"message/a.yaml:1", "message/a.yaml:1", "message/b.yaml:3", "message/b.yaml:5", "message/b.yaml:5"}))
}

func TestFilesBeyondAllMeasureAreRefused(t *testing.T) {
	for name, c := range map[string]struct{ file, want string }{
		"lists in lists":    {strings.Repeat("[", 9000) + strings.Repeat("]", 9000), "server/a.yaml:1: is nested more than 100 deep"},
		"more than YAML":    {strings.Repeat("[", 200000), "server/a.yaml:1: is not YAML: exceeded max depth of 10000"},
		"steps in steps":    {wire + "      - " + strings.Repeat("anyOf: [{", 3000) + strings.Repeat("}]", 3000), "server/a.yaml:7: is nested more than 100 deep"},
		"a program of noes": {opening + "    records: [a]\n    program: '" + strings.Repeat("!", 1<<20) + "1'\n", "server/a.yaml:6: vectors[0].program: program has 1048577 bytes; stay below 65536 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			_, err := vectors.Load(tree("clauses/response.yaml", endClauses, "server/a.yaml", c.file))
			g.Expect(err).To(MatchError(c.want))
		})
	}
}

func TestAVectorStandsOnce(t *testing.T) {
	g := NewWithT(t)
	_, err := vectors.Load(tree("clauses/response.yaml", endClauses, "message/a.yaml", endVectors, "message/b.yaml", endVectors))
	g.Expect(err).To(MatchError("message/b.yaml:3: the vector response.end/with-data stands twice, first in message/a.yaml:3; ids are unique"))
}

func TestWithLeavesTheCatalogueAsItIs(t *testing.T) {
	g := NewWithT(t)
	first, err := vectors.Load(tree("clauses/response.yaml", endClauses, "message/response.end.yaml", endVectors, "apps/hello.yaml", helloApp))
	g.Expect(err).NotTo(HaveOccurred())
	both, err := first.With(tree("mine/response.end.yaml", `
section: response.end
vectors:
  - id: response.end/mine
    clauses: [response.end/returns-this]
    app: hello
    wire: [{send: "GET / HTTP/1.0\r\n\r\n"}, {receive: {status: 200}}]
`))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(first.Vectors).To(HaveLen(1))
	g.Expect(both.Vectors).To(HaveLen(2))
	g.Expect(both.Vector("response.end/mine").Program).To(Equal(both.Apps["hello"].Program))
}

func TestATreeThatCannotBeReadIsAnError(t *testing.T) {
	g := NewWithT(t)
	catalogue, err := vectors.Load(os.DirFS(t.TempDir() + "/missing"))
	g.Expect(err).To(MatchError(fs.ErrNotExist))
	g.Expect(catalogue).To(BeNil())
}

func TestEmbeddedIsSharedSafely(t *testing.T) {
	g := NewWithT(t)
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			catalogue, _ := vectors.Embedded()
			vectors.Lint(catalogue)
			_, _ = catalogue.Select(vectors.Selection{Class: "Server"})
		})
	}
	readers.Wait()
	catalogue, err := vectors.Embedded()
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(catalogue.Clauses).NotTo(BeEmpty())
	g.Expect(catalogue.Apps).To(HaveKey("hello"))
}

// Whatever YAML a user writes, it is loaded or refused, with a line.
func FuzzLoad(f *testing.F) {
	for _, seed := range []string{endVectors, endClauses, helloApp, "a: &a [*a]", "{}", "- ", "? [a]\n: b", "\"\\xFF\"", "a: 0x1f\nb: .inf",
		"section: response.end\nvectors: [{wire: [{anyOf: [{erratum: }, [[]]]}, {send: [{}]}, {closed: {}}, {signal: {}}]}]",
		"section: a\nvectors: [{records: [{$anyOf: [[{$unordered: []}]]}, {}, [], {a: {$bytes: {$match: '['}}}]}]"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, file := range []string{"clauses/a.yaml", "apps/a.yaml", "server/a.yaml"} {
			catalogue, err := vectors.Load(fstest.MapFS{
				"clauses/response.yaml": {Data: []byte(endClauses)},
				file:                    {Data: []byte(text)},
			})
			for _, fault := range vectors.LoadErrors(err) {
				if fault.Pos.File == "" || fault.Pos.Line < 1 || fault.Problem == "" {
					t.Errorf("a fault without a place: %#v", fault)
				}
			}
			vectors.Lint(catalogue)
		}
	})
}
