package reports

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/nodehttp/conform/vectors"
)

var update = flag.Bool("update", false, "write the golden files anew")

// everyVerdictStream is a stream in which each verdict occurs, with bytes,
// markup and several lines where they can.
func everyVerdictStream(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	w := NewWriter(&b)
	w.Header(Header{
		Tool: Tool{"conform", "v1.2.3"}, Target: Target{"node@12.22.9", "node", "12.22.9", []string{"net", "tls"}},
		Edition: "v12", Seed: 7, Started: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Selection: Selection{Only: []string{"server.*"}, Vectors: 9, TimeoutScale: 1, Fragment: "none", Shard: &Shard{1, 2}},
		Sections:  []Section{{"server.trial", "Event: '<trial>'", "http.Server"}},
		Clauses: []Clause{
			{ID: "server.trial/stated", Section: "server.trial", Class: "http.Server", Level: "stated", Editions: []string{"v10", "v12"}, Text: "A <b>clause</b> & its \"text\" | `code`."},
			{ID: "server.trial/contradicted", Section: "server.trial", Class: "http.Server", Level: "implied", Editions: []string{"v12"}, Text: "Another.", Erratum: "Real Node does <otherwise>."},
			{ID: "server.trial/untested", Section: "server.trial", Class: "http.Server", Level: "advisory", Editions: []string{"v12"}, Text: "Nobody tests it.", Untestable: "it is advice"},
		},
	})
	raw := "HTTP/1.1 200 OK\r\nX: \x00\u00ff<&>\r\n\r\n"
	failure := &Failure{
		Clauses: []string{"server.trial/stated"}, Position: "server/trial.yaml:12", Step: 2,
		Permitted: "status 201", Seen: "status: wanted 201, got 200\nHTTP/1.1 200 OK\\r\\n\n<b>&amp;</b> \x01",
		WantRecords: []string{"{a: 1}", "b"}, GotRecords: []string{"{a: \"]]>\"}"},
	}
	vector := func(id, verdict string) Vector {
		return Vector{
			ID: "server.trial/" + id, Clauses: []string{"server.trial/stated"}, Section: "server.trial", Class: "http.Server",
			Edition: "v12", Verdict: verdict, DurationMS: 12.5, Attempts: 1,
		}
	}
	pass := vector("pass", "pass")
	pass.Records = []Record{{Label: "null", HasValue: true}, {Label: "none"}, {Label: "text", HasValue: true, Value: "<&>\r\n"}}
	w.Vector(pass)
	fail := vector("fail<&\">", "fail")
	fail.Attempts, fail.Failure = 2, failure
	fail.About, fail.Program, fail.Script = "What </script> it is about.", "record('</script><script>alert(1)</script>');\n", []string{"connect: main", `send: "GET / HTTP/1.1\r\n<&>"`}
	fail.Again = "conform run 'node@12.22.9' --only 'server.trial/fail<&\">'"
	fail.Transcript = []Entry{{AtMS: 0.25, Connection: "main", Event: "received", Bytes: &raw, Omitted: 3}, {AtMS: 1, Event: "signalled", Note: "go"}}
	w.Vector(fail)
	known := vector("known", "fail")
	known.Attempts, known.Failure, known.Known = 2, failure, "issue 12 of the target"
	w.Vector(known)
	warn := vector("warn", "warn")
	warn.Failure = failure
	w.Vector(warn)
	erratum := vector("erratum", "erratum")
	erratum.Clauses = []string{"server.trial/contradicted"}
	erratum.Errata = []string{"server.trial/contradicted"}
	w.Vector(erratum)
	unfit := vector("unfit", "not-applicable")
	unfit.Attempts, unfit.DurationMS, unfit.Reason = 0, 0, "a black box cannot run the vector's own program"
	w.Vector(unfit)
	fault := vector("fault", "error")
	fault.Reason = "the wire peer cannot be opened: no room\nleft"
	w.Vector(fault)
	flaky := vector("flaky", "flaky")
	flaky.Attempts, flaky.Failure, flaky.Reason = 2, failure, "failed among others, then passed when it ran alone"
	w.Vector(flaky)
	err := w.Footer(Footer{
		Counts:  map[string]int{"pass": 1, "fail": 2, "warn": 1, "erratum": 1, "not-applicable": 1, "error": 1, "flaky": 1},
		Clauses: map[string]int{"fail": 1, "erratum": 1}, ElapsedMS: 1500, LongestMS: 1000,
		Incomplete: "interrupted: 8 of 9 vectors have a verdict", Missing: []string{"server.trial/missing"},
		Baseline: []Stale{{"bun@*", "server.trial/gone", "it matches no vector"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func source(data []byte) Source {
	return func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs (go test ./reports -update writes it anew):\n%s", path, got)
	}
}

func TestGoldenStream(t *testing.T) { golden(t, "every-verdict.ndjson", everyVerdictStream(t)) }

func TestGoldenExplanation(t *testing.T) {
	var b strings.Builder
	Read(bytes.NewReader(everyVerdictStream(t)), func(line Line) error {
		if line.Vector != nil && line.Vector.Verdict == "fail" {
			b.WriteString(Explain(line.Vector))
		}
		return nil
	})
	golden(t, "failure.txt", []byte(b.String()))
}

func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	data, err := fs.ReadFile(vectors.Schemas(), "result.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AddResource("result.schema.json", document)
	compiled, err := compiler.Compile("result.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

func TestStreamMeetsItsSchema(t *testing.T) {
	schema := schema(t)
	for line := range bytes.Lines(everyVerdictStream(t)) {
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(line))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(value); err != nil {
			t.Errorf("%s\n%v", line, err)
		}
	}
}

func TestSchemaRefuses(t *testing.T) {
	schema := schema(t)
	for name, line := range map[string]string{
		"no type":                     `{}`,
		"another type":                `{"type":"report"}`,
		"a newer format":              `{"type":"header","format":2,"tool":{"name":"a","version":"b"},"target":{"name":"a","implementation":"b","version":"c"},"edition":"v12","seed":1,"started":"2026-01-02T03:04:05Z","selection":{"vectors":1}}`,
		"a footer that counts little": `{"type":"footer","counts":{"pass":1},"clauses":{},"elapsedMs":1,"longestWaitMs":1}`,
		"a fail without reasons":      `{"type":"vector","id":"a","clauses":[],"section":"","class":"","edition":"v12","verdict":"fail","durationMs":1,"attempts":1,"observations":[]}`,
		"another verdict":             `{"type":"vector","id":"a","clauses":[],"section":"","class":"","edition":"v12","verdict":"good","durationMs":1,"attempts":1,"observations":[]}`,
	} {
		value, _ := jsonschema.UnmarshalJSON(strings.NewReader(line))
		if schema.Validate(value) == nil {
			t.Errorf("%s is not refused", name)
		}
	}
}

func TestReadGivesBackWhatWasWritten(t *testing.T) {
	stream := everyVerdictStream(t)
	var b bytes.Buffer
	w := NewWriter(&b)
	err := Read(bytes.NewReader(stream), func(line Line) error {
		switch {
		case line.Header != nil:
			return w.Header(*line.Header)
		case line.Vector != nil:
			return w.Vector(*line.Vector)
		default:
			return w.Footer(*line.Footer)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b.Bytes(), stream) {
		t.Errorf("read and written again it is\n%s\nand was\n%s", b.Bytes(), stream)
	}
}

func TestReadTakesStreamsOneAfterTheOther(t *testing.T) {
	stream := everyVerdictStream(t)
	headers := 0
	err := Read(bytes.NewReader(append(bytes.Clone(stream), stream...)), func(line Line) error {
		if line.Header != nil {
			headers++
		}
		return nil
	})
	if err != nil || headers != 2 {
		t.Errorf("%d headers, error %v", headers, err)
	}
}

func TestReadRefuses(t *testing.T) {
	stream := string(everyVerdictStream(t))
	lines := strings.SplitAfter(stream, "\n")
	for name, c := range map[string]struct{ stream, want string }{
		"nothing":                {"", "empty"},
		"a missing footer":       {strings.Join(lines[:len(lines)-2], ""), "footer is missing"},
		"a line cut short":       {stream[:len(stream)-20], "no line of a result stream"},
		"a missing header":       {strings.Join(lines[1:], ""), "begins with a header"},
		"a second header":        {lines[0] + lines[0], "not whole"},
		"a newer format":         {strings.Replace(stream, `"format":1`, `"format":2`, 1), "newer than this conform"},
		"counts that are wrong":  {strings.Replace(stream, `"counts":{"erratum":1,"error":1`, `"counts":{"erratum":1,"error":2`, 1), "the footer counts 2 of error"},
		"a verdict unheard of":   {strings.Replace(stream, `"verdict":"warn"`, `"verdict":"hm"`, 1), `no verdict "hm"`},
		"a line of another type": {lines[0] + `{"type":"chapter"}` + "\n", `no line of type "chapter"`},
		"text":                   {"hello\n", "no line of a result stream"},
	} {
		t.Run(name, func(t *testing.T) {
			err := Read(strings.NewReader(c.stream), func(Line) error { return nil })
			var streamError *StreamError
			if !errors.As(err, &streamError) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want a StreamError with %q", err, c.want)
			}
			for _, renderer := range Renderers() {
				if err := renderer.Render(io.Discard, source([]byte(c.stream))); !errors.As(err, &streamError) {
					t.Errorf("%s renders it all the same, error %v", renderer.Name, err)
				}
			}
		})
	}
}

// What a continuous integration system reads: the counts are those of the
// elements, and each failing vector has one.
func TestJUnitCountsAgree(t *testing.T) {
	var b bytes.Buffer
	stream := everyVerdictStream(t)
	if err := JUnit(&b, source(append(bytes.Clone(stream), stream...))); err != nil {
		t.Fatal(err)
	}
	var document struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Errors   int `xml:"errors,attr"`
		Suites   []struct {
			Tests    int `xml:"tests,attr"`
			Failures int `xml:"failures,attr"`
			Errors   int `xml:"errors,attr"`
			Skipped  int `xml:"skipped,attr"`
			Cases    []struct {
				Name    string    `xml:"name,attr"`
				Failure *struct{} `xml:"failure"`
				Error   *struct{} `xml:"error"`
				Skipped *struct{} `xml:"skipped"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal(b.Bytes(), &document); err != nil {
		t.Fatal(err)
	}
	if len(document.Suites) != 2 {
		t.Fatalf("%d suites, want 2", len(document.Suites))
	}
	for _, suite := range document.Suites {
		failures, errs, skipped := 0, 0, 0
		for _, c := range suite.Cases {
			if c.Failure != nil {
				failures++
			}
			if c.Error != nil {
				errs++
			}
			if c.Skipped != nil {
				skipped++
			}
		}
		if suite.Tests != len(suite.Cases) || suite.Failures != failures || suite.Errors != errs || suite.Skipped != skipped {
			t.Errorf("the suite counts %d, %d, %d, %d; it has %d, %d, %d, %d", suite.Tests, suite.Failures, suite.Errors, suite.Skipped,
				len(suite.Cases), failures, errs, skipped)
		}
		// fail, flaky; error, incomplete, baseline; not-applicable, known.
		if failures != 2 || errs != 3 || skipped != 2 {
			t.Errorf("%d failures, %d errors, %d skipped; want 2, 3, 2", failures, errs, skipped)
		}
	}
	if document.Failures != 4 || document.Errors != 6 {
		t.Errorf("in all %d failures and %d errors, want 4 and 6", document.Failures, document.Errors)
	}
}

func TestWriterKeepsItsError(t *testing.T) {
	w := NewWriter(brokenPipe{})
	if w.Header(Header{}) == nil || w.Vector(Vector{}) == nil || !errors.Is(w.Footer(Footer{}), io.ErrClosedPipe) {
		t.Error("an error of the file is lost")
	}
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestRecordTellsNullFromNothing(t *testing.T) {
	for _, record := range []Record{{Label: "a"}, {Label: "a", HasValue: true}, {Label: "a", HasValue: true, Value: "x"}} {
		data, _ := json.Marshal(record)
		var back Record
		if err := json.Unmarshal(data, &back); err != nil || back != record {
			t.Errorf("%s reads as %+v, error %v", data, back, err)
		}
	}
}
