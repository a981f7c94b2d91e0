package main

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nodehttp/conform/harness"
	"github.com/nodehttp/conform/reports"
)

// The test binary plays the other programs that these tests need.
func TestMain(m *testing.M) {
	switch os.Getenv("CONFORM_TEST_ROLE") {
	case "client":
		response, err := http.Get(os.Args[len(os.Args)-1])
		if err != nil {
			os.Exit(7)
		}
		if _, err := io.Copy(os.Stdout, response.Body); err != nil {
			os.Exit(18)
		}
		os.Exit(0)
	case "conform":
		main()
	case "garbage":
		fmt.Println("Hello, I am no adapter.")
		io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// ran is what became of a command.
type ran struct {
	status         int
	stdout, stderr string
}

func conform(t *testing.T, args ...string) ran {
	t.Helper()
	var stdout, stderr bytes.Buffer
	status := Main(args, strings.NewReader(""), &stdout, &stderr)
	return ran{status, stdout.String(), stderr.String()}
}

// trial runs the trial vectors, which stand beside the embedded ones.
func trial(t *testing.T, args ...string) ran {
	t.Helper()
	return conform(t, append([]string{"run", "--vectors", "testdata/vectors", "--only", "server.trial/*"}, args...)...)
}

func (r ran) want(t *testing.T, status int, texts ...string) {
	t.Helper()
	if r.status != status {
		t.Errorf("exit status %d, want %d\n%s%s", r.status, status, r.stdout, r.stderr)
	}
	for _, text := range texts {
		if !strings.Contains(r.stdout+r.stderr, text) {
			t.Errorf("it does not say %q:\n%s%s", text, r.stdout, r.stderr)
		}
	}
}

func helloServer(t *testing.T) string {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		io.WriteString(w, "hello world")
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestRunURL(t *testing.T) {
	r := trial(t, "--url", helloServer(t), "--app", "hello", "--verbose")
	r.want(t, exitHeld, "2 pass, 3 not-applicable", "a black box cannot run the vector's own program", "stands in for hello", "longest prescribed wait")
}

func TestRunURLOverTLS(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello world") }))
	t.Cleanup(server.Close)
	trial(t, "--url", server.URL, "--app", "hello", "--only", "server.trial/hello").want(t, exitHeld, "2 pass")
}

func TestRunURLThatFails(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	r := trial(t, "--url", server.URL, "--app", "hello")
	r.want(t, exitFailed, "1 pass, 1 fail, 3 not-applicable",
		"clause     server.trial/answers", "permitted", "status 200", "wanted 200, got 404", `HTTP/1.1 404 Not Found\r\n`,
		"again      conform run --url "+server.URL+" --app hello --edition v12 --only server.trial/hello --vectors testdata/vectors")
}

func TestRunClientCommand(t *testing.T) {
	t.Setenv("CONFORM_TEST_ROLE", "client")
	r := trial(t, "--client", shellQuoted(os.Args[0])+" {url}", "--app", "get")
	r.want(t, exitHeld, "2 pass, 3 not-applicable")
}

func TestRunClientCommandThatFails(t *testing.T) {
	t.Setenv("CONFORM_TEST_ROLE", "client")
	// It asks for another target than the vector demands.
	r := trial(t, "--client", shellQuoted(os.Args[0])+" {url}other", "--app", "get")
	r.want(t, exitFailed, "1 pass, 1 fail", "target: wanted /, got /other")
}

func TestFakesAreCaught(t *testing.T) {
	for fake, passes := range map[string]string{
		"fake:reset": "4 fail", "fake:always-200": "fail", "fake:always-400": "1 pass", "fake:echo": "fail",
	} {
		t.Run(fake, func(t *testing.T) {
			args := []string{fake, "--skip", "server.trial/own-program"}
			if fake != "fake:reset" {
				args = append(args, "--skip", "server.trial/get*") // they wait there for what never comes
			}
			trial(t, args...).want(t, exitFailed, passes)
		})
	}
}

func TestSeveralTargets(t *testing.T) {
	r := trial(t, "fake:reset", "--url", helloServer(t), "--app", "hello", "--only", "server.trial/hello", "--skip", "server.trial/get*", "--skip", "server.trial/own-program")
	r.want(t, exitFailed, "fake:reset, edition v12", "2 fail", "2 pass")
}

func TestUsageErrors(t *testing.T) {
	url := helloServer(t)
	baseline := func(content string) string {
		file := filepath.Join(t.TempDir(), "baseline.yaml")
		os.WriteFile(file, []byte(content), 0o644)
		return file
	}
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"an unknown command":           {[]string{"walk"}, `unknown command "walk"`},
		"an unknown flag":              {[]string{"run", "--frob"}, "unknown flag: --frob"},
		"an unknown target":            {[]string{"run", "nodee"}, `unknown target "nodee"; there are reference, node`},
		"an unknown fake":              {[]string{"run", "fake:loud"}, `no fake called "loud"; there are silent`},
		"a target twice":               {[]string{"run", "node", "node"}, "named twice"},
		"a version that is no version": {[]string{"run", "node@twelve"}, "node@12.22.9"},
		"an unknown edition":           {[]string{"run", "--edition", "v11"}, `no edition "v11"; there are v0.3, v6`},
		"an unknown class":             {[]string{"run", "--class", "Servant"}, `"Servant" is no class`},
		"a glob that is none":          {[]string{"run", "--only", "server.[/*"}, "is no glob"},
		"a glob that matches nothing":  {[]string{"run", "--only", "server.nowhere/*"}, "matches no vector and no clause"},
		"a skip that matches nothing":  {[]string{"run", "--skip", "server.nowhere/*"}, "matches no vector and no clause"},
		"an unknown fragmentation":     {[]string{"run", "--fragment", "halves"}, "none of none, bytes, random"},
		"a parallel below zero":        {[]string{"run", "--parallel", "-1"}, "--parallel"},
		"a scale of zero":              {[]string{"run", "--timeout-scale", "0"}, "--timeout-scale"},
		"a report without a file":      {[]string{"run", "--report", "junit"}, "FORMAT=FILE"},
		"an unknown report":            {[]string{"run", "--report", "pdf=a.pdf"}, `no format "pdf"`},
		"a report in no folder":        {[]string{"run", "--report", "junit=/nowhere/at/all.xml"}, "no such file"},
		"two reports on stdout":        {[]string{"run", "--report", "junit=-", "--report", "ndjson=-"}, "only one report"},
		"vectors in no folder":         {[]string{"run", "--vectors", "testdata/nowhere"}, "no such file"},
		"vectors in a file":            {[]string{"run", "--vectors", "main_test.go"}, "not a folder"},
		"bad YAML":                     {[]string{"run", "--vectors", "testdata/broken"}, "server/server.trial.yaml:5"},
		"a URL with a path":            {[]string{"run", "--url", url + "/app", "--app", "hello"}, "may have no path"},
		"a URL that is none":           {[]string{"run", "--url", "ftp://a", "--app", "hello"}, "http:// or https://"},
		"a URL without an app":         {[]string{"run", "--url", url}, "--app is needed"},
		"a URL with a client's app":    {[]string{"run", "--url", url, "--app", "get"}, "is a client"},
		"an unknown app":               {[]string{"run", "--url", url, "--app", "hallo"}, `no app "hallo"; there are echo, hello`},
		"an app without a black box":   {[]string{"run", "--app", "hello"}, "--app goes with"},
		"a client without {url}":       {[]string{"run", "--client", "curl", "--app", "get"}, "needs {url}"},
		"a client with a server's app": {[]string{"run", "--client", "curl {url}", "--app", "hello"}, "is a server"},
		"a client with an open quote":  {[]string{"run", "--client", "curl '{url}", "--app", "get"}, "curl '{url}"},
		"no baseline":                  {[]string{"run", "--baseline", "nowhere.yaml"}, "no such file"},
		"a baseline that is no YAML":   {[]string{"run", "--baseline", baseline("known-failing: [")}, "baseline.yaml"},
		"a baseline with other keys":   {[]string{"run", "--baseline", baseline("known: []")}, "known-failing"},
		"a baseline without a reason":  {[]string{"run", "--baseline", baseline("known-failing: [{target: a, vectors: b}]")}, "entry 1: it needs target, vectors and reason"},
		"a baseline with a bad glob":   {[]string{"run", "--baseline", baseline("known-failing: [{target: a, vectors: '[', reason: c}]")}, "is no glob"},
		"explain nothing":              {[]string{"explain", "server.nowhere"}, "there is no vector server.nowhere"},
		"repro nothing":                {[]string{"repro", "server.nowhere"}, "there is no vector server.nowhere"},
		"list nothing":                 {[]string{"list", "things"}, `invalid argument "things"`},
		"check no adapter":             {[]string{"adapter", "check"}, "conform adapter check -- node my-adapter.js"},
	} {
		t.Run(name, func(t *testing.T) {
			r := conform(t, c.args...)
			r.want(t, exitUsage, c.want)
			if r.stdout != "" {
				t.Errorf("standard output has %q", r.stdout)
			}
		})
	}
}

func TestTargetsThatAreNotThere(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	free := "http://" + listener.Addr().String()
	listener.Close()
	t.Run("a server", func(t *testing.T) {
		trial(t, "--url", free, "--app", "hello").want(t, exitIncomplete, "nothing answers at "+free)
	})
	t.Run("a client", func(t *testing.T) {
		trial(t, "--client", "no-such-program-anywhere {url}", "--app", "get").want(t, exitIncomplete, "no-such-program-anywhere")
	})
	t.Run("an adapter", func(t *testing.T) {
		trial(t, "--adapter", "no-such-program-anywhere").want(t, exitIncomplete, "no-such-program-anywhere")
	})
	t.Run("a runtime, without npm", func(t *testing.T) {
		t.Setenv("PATH", t.TempDir())
		t.Setenv("CONFORM_CACHE", t.TempDir())
		trial(t, "node@12.22.9").want(t, exitIncomplete, "npm")
	})
	t.Run("and another that is", func(t *testing.T) {
		r := trial(t, "--adapter", "no-such-program-anywhere", "--url", helloServer(t), "--app", "hello")
		r.want(t, exitIncomplete, "no-such-program-anywhere", "2 pass")
	})
}

func TestAdapterThatPrintsGarbage(t *testing.T) {
	t.Setenv("CONFORM_TEST_ROLE", "garbage")
	t.Run("run", func(t *testing.T) {
		trial(t, "--adapter", shellQuoted(os.Args[0])).want(t, exitIncomplete, "Hello, I am no adapter.")
	})
	t.Run("adapter check", func(t *testing.T) {
		conform(t, "adapter", "check", "--", os.Args[0]).want(t, exitFailed, "wrong", "Hello, I am no adapter.")
	})
}

// A program may want a port that somebody has. That is the program's failure,
// it is said at once, and what else there is to run goes on.
func TestPortInUse(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/vectors")); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "server", "server.trial.yaml")
	vectors, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	vectors = fmt.Appendf(vectors, `
  - id: server.trial/fixed-port
    clauses: [server.trial/answers]
    program: |
      http.createServer(function (req, res) { res.end('ok'); }).listen(%d, host, ready);
    wire:
      - send: "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
      - receive: {status: 200}
`, taken.Addr().(*net.TCPAddr).Port)
	if err := os.WriteFile(file, vectors, 0o600); err != nil {
		t.Fatal(err)
	}
	conform(t, "run", "--vectors", dir, "--only", "server.trial/fixed-port", "--only", "server.trial/own-program").
		want(t, exitFailed, "fail  server.trial/fixed-port", "EADDRINUSE", "1 pass, 1 fail")
}

func TestNothingRan(t *testing.T) {
	t.Run("nothing selected", func(t *testing.T) {
		trial(t, "fake:reset", "--skip", "server.trial/*").want(t, exitIncomplete, "nothing ran")
	})
	t.Run("nothing applicable", func(t *testing.T) {
		r := conform(t, "run", "--vectors", "testdata/vectors", "--only", "server.trial/own-program", "--url", helloServer(t), "--app", "hello")
		r.want(t, exitIncomplete, "nothing ran", "1 not-applicable")
	})
}

func TestInterrupt(t *testing.T) {
	file := filepath.Join(t.TempDir(), "results.ndjson")
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	// A server that takes the request and interrupts the run instead of
	// answering it.
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		interrupt()
		<-r.Context().Done()
	}))
	t.Cleanup(server.Close)
	var out bytes.Buffer
	status := execute(ctx, []string{"run", "--vectors", "testdata/vectors", "--only", "server.trial/hello", "--url", server.URL, "--app", "hello",
		"--report", "ndjson=" + file}, strings.NewReader(""), &out, &out)
	(ran{status, out.String(), ""}).want(t, exitIncomplete, "interrupted: 0 of 1 vectors have a verdict")
	footer := readStream(t, file)
	if footer.Incomplete == "" || len(footer.Missing) != 1 {
		t.Errorf("footer %+v, want it incomplete", footer)
	}
}

// readStream checks a whole stream and returns its last footer.
func readStream(t *testing.T, file string) reports.Footer {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var footer reports.Footer
	err = reports.Read(f, func(line reports.Line) error {
		if line.Footer != nil {
			footer = *line.Footer
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return footer
}

func TestReports(t *testing.T) {
	dir := t.TempDir()
	ndjson, junit := filepath.Join(dir, "r.ndjson"), filepath.Join(dir, "r.xml")
	r := trial(t, "fake:always-400", "--skip", "server.trial/get*", "--skip", "server.trial/own-program",
		"--report", "ndjson="+ndjson, "--report", "junit="+junit)
	r.want(t, exitFailed)
	footer := readStream(t, ndjson)
	if footer.Counts["pass"] != 1 || footer.Counts["fail"] != 1 {
		t.Errorf("counts %v", footer.Counts)
	}
	data, err := os.ReadFile(junit)
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
	}
	if err := xml.Unmarshal(data, &document); err != nil || document.Tests != 2 || document.Failures != 1 {
		t.Errorf("%+v, error %v\n%s", document, err, data)
	}
}

func TestReportOnStandardOutput(t *testing.T) {
	r := trial(t, "fake:reset", "--only", "server.trial/hello", "--skip", "server.trial/own-program", "--report", "ndjson=-")
	if r.status != exitFailed || !strings.HasPrefix(r.stdout, `{"type":"header"`) || !strings.Contains(r.stderr, "4 fail") {
		t.Errorf("status %d\n%s\n%s", r.status, r.stdout, r.stderr)
	}
	if err := reports.Read(strings.NewReader(r.stdout), func(reports.Line) error { return nil }); err != nil {
		t.Error(err)
	}
}

func TestBaseline(t *testing.T) {
	run := func(t *testing.T, entries string) ran {
		file := filepath.Join(t.TempDir(), "baseline.yaml")
		if err := os.WriteFile(file, []byte("known-failing:\n"+entries), 0o644); err != nil {
			t.Fatal(err)
		}
		// It fails hello and passes bad-request.
		return trial(t, "fake:always-400", "--skip", "server.trial/get*", "--skip", "server.trial/own-program", "--baseline", file)
	}
	hello := "  - {target: 'fake:*', vectors: server.trial/hello, reason: it is a fake}\n"
	t.Run("a known failure", func(t *testing.T) {
		run(t, hello).want(t, exitHeld, "1 failures are known to the baseline")
	})
	t.Run("for another target", func(t *testing.T) {
		run(t, "  - {target: node, vectors: server.trial/hello, reason: a}\n").want(t, exitFailed)
	})
	t.Run("an entry that matches nothing", func(t *testing.T) {
		run(t, hello+"  - {target: 'fake:*', vectors: server.gone/*, reason: a}\n").want(t, exitFailed, "it matches no vector")
	})
	t.Run("an entry that passes now", func(t *testing.T) {
		run(t, hello+"  - {target: '*', vectors: server.trial/bad-*, reason: a}\n").want(t, exitFailed, "passes now")
	})
}

func TestList(t *testing.T) {
	for _, kind := range []string{"clauses", "vectors", "sections", "editions", "targets"} {
		t.Run(kind, func(t *testing.T) {
			var text ran
			if text = conform(t, "list", kind, "--vectors", "testdata/vectors"); text.status != exitHeld {
				t.Fatal(text)
			}
			r := conform(t, "list", kind, "--vectors", "testdata/vectors", "--format", "json")
			r.want(t, exitHeld)
			var items []map[string]any
			if err := json.Unmarshal([]byte(r.stdout), &items); err != nil || len(items) == 0 {
				t.Fatalf("%d items, error %v", len(items), err)
			}
			if lines := strings.Count(text.stdout, "\n"); lines != len(items) {
				t.Errorf("%d lines of text for %d items", lines, len(items))
			}
		})
	}
	conform(t, "list", "clauses", "--format", "xml").want(t, exitUsage, "neither text nor json")
}

func TestExplain(t *testing.T) {
	explain := func(id string, want ...string) {
		t.Helper()
		conform(t, "explain", id, "--vectors", "testdata/vectors").want(t, exitHeld, want...)
	}
	explain("server.trial/get", "vector server.trial/get", "It asks with GET.", "the app get", "accept: main", "{body: ok}", "http.get(")
	explain("server.trial/answers", "clause server.trial/answers", "stated in v10 v12", "vector server.trial/hello")
	explain("server.trial", "section server.trial of http.Server", "clause server.trial/asks")
	explain("hello", "app hello, a server")
}

func TestHelpShowsExamples(t *testing.T) {
	for _, words := range []string{"", "run", "list", "explain", "repro", "lint", "adapter check"} {
		conform(t, append(strings.Fields(words), "--help")...).want(t, exitHeld, "Examples:", "conform "+words)
	}
	conform(t, "version").want(t, exitHeld, "conform ")
	conform(t, "completion", "bash").want(t, exitHeld, "conform")
	conform(t, "__complete", "run", "--only", "server.").want(t, exitHeld, "server.")
	conform(t, "__complete", "run", "fake:s").want(t, exitHeld, "fake:silent")
}

func TestLint(t *testing.T) {
	conform(t, "lint", "--vectors", "testdata/broken").want(t, exitFailed, "server/server.trial.yaml:5", "findings")
}

func TestReproduction(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("the scripts are for node, which is not on PATH")
	}
	for id, held := range map[string]bool{"server.trial/hello": true, "server.trial/get": true, "server.trial/get-nothing": true, "server.trial/own-program": true} {
		t.Run(id, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "scripts")
			conform(t, "repro", id, "--vectors", "testdata/vectors", "--dir", dir).want(t, exitHeld, "node peer.js node program.cjs")
			for _, wrong := range []bool{false, true} {
				if wrong {
					// What the program does is no more what is permitted.
					program, _ := os.ReadFile(filepath.Join(dir, "program.cjs"))
					broken := strings.NewReplacer("'hello world'", "'good bye'", "http.get(", "http.got(", "record('it', 1)", "record('it', 2)").Replace(string(program))
					os.WriteFile(filepath.Join(dir, "program.cjs"), []byte(broken), 0o644)
				}
				command := exec.CommandContext(t.Context(), node, "peer.js", node, "program.cjs")
				command.Dir = dir
				output, err := command.CombinedOutput()
				if (err == nil) != (held != wrong) {
					t.Errorf("broken %v: error %v\n%s", wrong, err, output)
				}
			}
		})
	}
}

func TestReproductionEdition(t *testing.T) {
	conform(t, "repro", "server.trial/hello", "--vectors", "testdata/vectors", "--dir", t.TempDir(), "--edition", "v6").
		want(t, exitUsage, "does not test v6; it tests v10 v12")
}

func TestLiveLine(t *testing.T) {
	var out bytes.Buffer
	s := &screen{out: &out, live: true, width: 60}
	s.total, s.done, s.running, s.began, s.longest = 200, 50, 7, time.Now(), 40*time.Second
	s.counts = map[harness.Verdict]int{"fail": 2}
	s.draw(true)
	if line := out.String(); !strings.HasPrefix(line, "\r\x1b[K") || !strings.Contains(line, " 25%  50/200  2 failed  7 running  about 40s left") {
		t.Errorf("the line is %q", line)
	}
	out.Reset()
	s.note("a sentence")
	if out.String() != "\r\x1b[Ka sentence\n" {
		t.Errorf("a note over the line is %q", out.String())
	}
}

func TestPlainLinesElsewhere(t *testing.T) {
	if r := trial(t, "fake:reset", "--only", "server.trial/hello", "--skip", "server.trial/own-program"); strings.ContainsAny(r.stdout, "\r\x1b") {
		t.Errorf("control characters in %q", r.stdout)
	}
}
