package vectors_test

import (
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/nodehttp/conform/vectors"
)

// The sound pair that each case breaks in one place.
const (
	closeClauses = `
class: http.Server
sections:
  - section: server.close
    title: server.close([callback])
    clauses:
      - id: server.close/stops-accepting
        editions: [v0.3, v12]
        level: stated
        text: No new connection is accepted.
        erratum:
          - editions: [v12]
            text: One more is accepted.
`
	closeVectors = `
section: server.close
vectors:
  - id: server.close/refuses
    clauses: [server.close/stops-accepting]
    program: |
      var server = http.createServer(function (req, res) {
        res.end('x');
      });
      on('go', function () { server.close(); });
      server.listen(port, host, ready);
    wire:
      - send: "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
      - receive: {status: 200}
      - signal: go
      - closed
`
)

func TestASoundCatalogueHasNoFindings(t *testing.T) {
	g := NewWithT(t)
	g.Expect(lint(t, "clauses/server.yaml", closeClauses, "server/close.yaml", closeVectors)).To(BeEmpty())
}

func lint(t *testing.T, files ...string) []string {
	t.Helper()
	catalogue, err := vectors.Load(tree(files...))
	if err != nil {
		t.Fatal(err)
	}
	found := []string{}
	for _, finding := range vectors.Lint(catalogue) {
		found = append(found, finding.String())
	}
	return found
}

// replaced changes the one place of a text where old stands.
func replaced(t *testing.T, text string, changes ...string) string {
	t.Helper()
	for i := 0; i+1 < len(changes); i += 2 {
		if strings.Count(text, changes[i]) != 1 {
			t.Fatalf("%q does not stand once", changes[i])
		}
		text = strings.Replace(text, changes[i], changes[i+1], 1)
	}
	return text
}

func TestLintOfClauses(t *testing.T) {
	for name, c := range map[string]struct {
		changes []string
		want    string
	}{
		"id of another section": {[]string{"id: server.close/", "id: server.listen/"},
			"clauses/server.yaml:6: the id of the clause server.listen/stops-accepting begins with its section: server.close/stops-accepting (id-section)"},
		"id with capitals": {[]string{"stops-accepting", "Stops-accepting"},
			"clauses/server.yaml:6: the words of the id of the clause server.close/Stops-accepting begin with small letters: keepAlive-pools-sockets (id-form)"},
		"no full stop": {[]string{"connection is accepted.", "connection is accepted"},
			"clauses/server.yaml:6: the text of the clause server.close/stops-accepting ends without a full stop (full-stop)"},
		"no full stop of an erratum": {[]string{"more is accepted.", "more is accepted"},
			"clauses/server.yaml:6: the text of an erratum of server.close/stops-accepting ends without a full stop (full-stop)"},
		"erratum of another edition": {[]string{"- editions: [v12]", "- editions: [v13]"},
			"clauses/server.yaml:6: the clause server.close/stops-accepting has an erratum for v13, whose document does not state it (erratum)"},
		"tested and untestable": {[]string{"        erratum:", "        untestable: it is not\n        erratum:"},
			"clauses/server.yaml:6: the clause server.close/stops-accepting is called untestable, and server.close/refuses tests it (clause-untested)"},
	} {
		t.Run(name, func(t *testing.T) {
			clauses := replaced(t, closeClauses, c.changes...)
			tested := closeVectors
			if i := strings.Index(clauses, "- id: "); !strings.HasPrefix(clauses[i:], "- id: server.close/stops-accepting") {
				id, _, _ := strings.Cut(clauses[i+len("- id: "):], "\n")
				tested = replaced(t, tested, "[server.close/stops-accepting]", "["+id+"]")
			}
			NewWithT(t).Expect(lint(t, "clauses/server.yaml", clauses, "server/close.yaml", tested)).To(Equal([]string{c.want}))
		})
	}
	t.Run("no vector", func(t *testing.T) {
		NewWithT(t).Expect(lint(t, "clauses/server.yaml", closeClauses)).To(Equal([]string{
			"clauses/server.yaml:6: the clause server.close/stops-accepting has no vector; write one, or say in untestable why there can be none (clause-untested)"}))
	})
}

func TestLintOfVectors(t *testing.T) {
	const signal = "      - signal: go\n      - closed\n"
	const handler = "      on('go', function () { server.close(); });\n"
	for name, c := range map[string]struct {
		changes []string
		want    string
	}{
		"id of another section": {[]string{"server.close/refuses", "server.listen/refuses"},
			"server/close.yaml:3: the id of the vector server.listen/refuses begins with its section: server.close/refuses (id-section)"},
		"edition that no clause names": {[]string{"    program: |", "    editions: [v12, v13]\n    program: |"},
			"server/close.yaml:3: the vector server.close/refuses names v13, and none of its clauses does (edition)"},
		"erratum of no clause": {[]string{signal, "      - anyOf: [closed, {erratum: server.close/nothing, steps: [closed]}]\n", handler, ""},
			"server/close.yaml:13: the vector server.close/refuses relies on an erratum of server.close/nothing, which does not exist (erratum)"},
		"erratum of another edition": {[]string{"    program: |", "    editions: [v0.3]\n    program: |", signal, signal +
			"    records: [a]\n    erratum: {clause: server.close/stops-accepting, records: [b]}\n"},
			"server/close.yaml:3: the vector server.close/refuses relies on an erratum of server.close/stops-accepting, which has none for v0.3 (erratum)"},

		"nothing but a close": {[]string{"      - receive: {status: 200}\n", ""},
			"server/close.yaml:3: a target that does nothing could pass server.close/refuses: let it receive or record something (cannot-fail)"},
		"nothing but a close, or records that need not come": {[]string{"      - receive: {status: 200}\n", "", signal, signal + "    records: [{$anyOf: [[], [a]]}]\n"},
			"server/close.yaml:3: a target that does nothing could pass server.close/refuses: let it receive or record something (cannot-fail)"},
		"silence at the end": {[]string{signal, signal + "      - silent: 300ms\n"},
			"server/close.yaml:16: no exchange follows the silence in server.close/refuses: let it receive something after it (silent)"},
		"unknown connection": {[]string{"- closed", "- {on: second, closed: }"},
			"server/close.yaml:15: no connection is called second here; it is opened by accept or connect (connection)"},
		"connection of the same name": {[]string{"- closed", "- connect: main"},
			"server/close.yaml:15: the connection main is there already; give this one a name of its own (connection)"},
		"stopListening of a peer that connects": {[]string{"- closed", "- stopListening"},
			"server/close.yaml:15: the peer of server.close/refuses does not listen, so it cannot stop (connection)"},
		"connect of a peer that listens": {[]string{"      - send:", "      - accept\n      - send:", "- closed", "- connect: second"},
			"server/close.yaml:16: connect and accept do not go together: the peer of server.close/refuses listens (connection)"},
		"since of no mark": {[]string{"- closed", "- closed: {after: 10ms, since: start}"},
			"server/close.yaml:15: since names start, and no step before it marks that moment (mark)"},
		"record that is not expected": {[]string{"- closed", "- recorded: closed\n    records: [close]"},
			"server/close.yaml:15: the script of server.close/refuses waits for the record closed, which its records do not have (recorded)"},
		"signal that nobody waits for": {[]string{"on('go'", "on('stop'"},
			"server/close.yaml:14: the script signals go, and the program has no on('go', ...) (signal)"},
		"never ready": {[]string{"host, ready)", "host)"},
			"server/close.yaml:6: the peer of server.close/refuses connects, and the program never says ready where it listens (ready)"},
		"unix without its path": {[]string{"    program: |", "    transport: unix\n    program: |"},
			"server/close.yaml:7: the transport of server.close/refuses is unix, and its program does not use socketPath (transport)"},

		"syntax": {[]string{"res.end('x');", "res.end('x';"},
			"server/close.yaml:7: the program is no JavaScript: Unexpected token ; (program-syntax)"},
		"a brace too many": {[]string{"host, ready);", "host, ready); }"},
			"server/close.yaml:10: the program is no JavaScript: Unexpected token } (program-syntax)"},
		"function left early": {[]string{"host, ready);", "host, ready); }); (function () {"},
			"server/close.yaml:6: the program is no JavaScript: a brace too many (program-syntax)"},
		"let where v0.3 is named": {[]string{"var server", "let server"},
			"server/close.yaml:6: let is ES2015, and v0.3 is among the editions, whose programs are ES5 (program-edition)"},
		"arrow function where v0.3 is named": {[]string{"on('go', function () { server.close(); });", "on('go', () => server.close());"},
			"server/close.yaml:9: an arrow function is ES2015, and v0.3 is among the editions, whose programs are ES5 (program-edition)"},
		"Promise where v0.3 is named": {[]string{"res.end('x');", "Promise.resolve('x');"},
			"server/close.yaml:7: Promise is ES2015, and v0.3 is among the editions, whose programs are ES5 (program-edition)"},
		"newer than ES2015": {[]string{"    program: |", "    editions: [v12]\n    program: |", "res.end('x');", "res?.end('x');"},
			"server/close.yaml:8: optional chaining is newer than ES2015, which is what programs may use (program-edition)"},
		"unknown name": {[]string{"res.end('x');", "recrod('x');"},
			"server/close.yaml:7: programs do not see recrod; did you mean record? (program-name)"},
	} {
		t.Run(name, func(t *testing.T) {
			NewWithT(t).Expect(lint(t, "clauses/server.yaml", closeClauses, "server/close.yaml", replaced(t, closeVectors, c.changes...))).
				To(Equal([]string{c.want}))
		})
	}
}

func TestLintOfFiles(t *testing.T) {
	g := NewWithT(t)
	g.Expect(lint(t, "clauses/server.yaml", closeClauses, "server/closing.yaml", closeVectors)).To(Equal([]string{
		"server/closing.yaml:1: the vectors of the section server.close belong into server/close.yaml (section-file)"}))

	g.Expect(lint(t, "clauses/server.yaml", closeClauses, "server/close.yaml", closeVectors,
		"server/more.yaml", strings.ReplaceAll(closeVectors, "/refuses", "/also-refuses"))).To(Equal([]string{
		"server/more.yaml:1: the section server.close is split: it has vectors in server/close.yaml too (section-file)",
		"server/more.yaml:1: the vectors of the section server.close belong into server/close.yaml (section-file)"}))

	g.Expect(lint(t, "clauses/server.yaml", closeClauses,
		"server/clos.yaml", strings.NewReplacer("section: server.close", "section: server.clos", "id: server.close", "id: server.clos").Replace(closeVectors))).
		To(Equal([]string{"server/clos.yaml:1: no clause file has the section server.clos; did you mean server.close? (section)"}))
}

func TestLintKnowsWhereEachSectionBelongs(t *testing.T) {
	for section, file := range map[string]string{
		"agent":                      "agent/agent.yaml",
		"client.abort":               "client/abort.yaml",
		"server.event-checkContinue": "server/event-checkContinue.yaml",
		"response.writeHead":         "message/response.writeHead.yaml",
		"message":                    "message/message.yaml",
		"http.request":               "client/http.request.yaml",
		"http.STATUS_CODES":          "message/http.STATUS_CODES.yaml",
	} {
		t.Run(section, func(t *testing.T) {
			rename := strings.NewReplacer("server.close", section)
			NewWithT(t).Expect(lint(t, "clauses/a.yaml", replaced(t, rename.Replace(closeClauses), section+"([callback])", "title"),
				file, replaced(t, rename.Replace(closeVectors), section+"();", "server.close();"))).To(BeEmpty())
		})
	}
}

// Programs declare names in many ways, and none of them is taken for a name
// that is missing.
func TestLintKnowsDeclaredNames(t *testing.T) {
	const program = `
      var a, b = 1, {c, d: e, f = 2} = {}, [g, , ...h] = [];
      const i = (j, {k}) => j + k;
      let l = function m(n = a, ...o) { return m(n, o, arguments); };
      class P { q(r) { return super.q(r, P); } }
      outer: for (var s in {}) { for (const t of []) { if (t) continue outer; } }
      try { u(); } catch (v) { record('x', v, v.w, {x: a, i, [b]: 1}); }
      function u() { return typeof z === 'undefined' && b + c + e + f + g + h + i + l + P + s; }
      for (let y = 0; y < 1; y++) record('y', y);
      ready();
`
	clauses := replaced(t, closeClauses, "[v0.3, v12]", "[v12]")
	NewWithT(t).Expect(lint(t, "clauses/server.yaml", clauses, "server/close.yaml",
		"section: server.close\nvectors:\n  - id: server.close/a\n    clauses: [server.close/stops-accepting]\n    records: [x]\n    program: |"+program)).
		To(BeEmpty())
}

func TestLintOfApps(t *testing.T) {
	g := NewWithT(t)
	app := replaced(t, helloApp, "function (req, res) {", "(req, res) => {")
	g.Expect(lint(t, "apps/hello.yaml", app)).To(BeEmpty())
	g.Expect(lint(t, "apps/hello.yaml", app, "clauses/server.yaml", closeClauses, "server/close.yaml", `
section: server.close
vectors:
  - id: server.close/app
    clauses: [server.close/stops-accepting]
    app: hello
    wire: [{send: x}, {receive: {status: 400}}]
`)).To(Equal([]string{
		"apps/hello.yaml:5: an arrow function is ES2015, and v0.3 is among the editions, whose programs are ES5 (program-edition)"}))

	vector := `
section: server.close
vectors:
  - id: server.close/app
    clauses: [server.close/stops-accepting]
    app: hello
`
	g.Expect(lint(t, "apps/hello.yaml", helloApp, "clauses/server.yaml", closeClauses,
		"server/close.yaml", vector+"    wire: [accept, {receive: {method: GET}}]\n")).To(Equal([]string{
		"server/close.yaml:3: the app hello is a server, and so is the peer of server.close/app (app)"}))
	g.Expect(lint(t, "apps/hello.yaml", helloApp, "clauses/server.yaml", closeClauses,
		"server/close.yaml", vector+"    wire: [{send: x}, {receive: {status: 400}}]\n    records: [a]\n")).To(Equal([]string{
		"server/close.yaml:3: the app hello is a server, which records nothing, and server.close/app expects records (app)"}))
}
