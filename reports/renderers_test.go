package reports

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"

	"github.com/nodehttp/conform/vectors"
)

// extensions are the golden files' by format.
var extensions = map[string]string{
	"ndjson": "ndjson", "json": "json", "junit": "junit.xml", "tap": "tap", "sarif": "sarif", "github": "github.txt",
	"markdown": "md", "html": "html", "badge": "svg", "badge-json": "badge.json",
}

// noVectorsStream is a whole stream of a run that selected nothing.
func noVectorsStream(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	w := NewWriter(&b)
	w.Header(Header{Tool: Tool{"conform", "v1.2.3"}, Target: Target{Name: "<none> & nothing"}, Edition: "v12", Started: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)})
	if err := w.Footer(Footer{Incomplete: "nothing ran: no vector was selected"}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// otherTargetStream is the stream of a second target, judged by another
// edition, which states less and where the clause held.
func otherTargetStream(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	w := NewWriter(&b)
	w.Header(Header{
		Tool: Tool{"conform", "v1.2.3"}, Target: Target{Name: "reference", Implementation: "conform-reference", Version: "v1.2.3"},
		Edition: "v10", Seed: 1, Started: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Selection: Selection{Vectors: 1},
		Sections: []Section{{"server.earlier", "server.earlier", "http.Server"}, {"server.trial", "Event: '<trial>'", "http.Server"}},
		Clauses: []Clause{
			{ID: "server.earlier/only-here", Section: "server.earlier", Class: "http.Server", Level: "stated", Editions: []string{"v10"}, Text: "Only v10 says so."},
			{ID: "server.trial/stated", Section: "server.trial", Class: "http.Server", Level: "stated", Editions: []string{"v10", "v12"}, Text: "A <b>clause</b> & its \"text\" | `code`."},
		},
	})
	w.Vector(Vector{ID: "server.trial/pass", Clauses: []string{"server.trial/stated"}, Section: "server.trial", Class: "http.Server", Edition: "v10", Verdict: "pass", DurationMS: 1, Attempts: 1})
	if err := w.Footer(Footer{Counts: map[string]int{"pass": 1}, Clauses: map[string]int{"pass": 1}, ElapsedMS: 10}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func rendered(t *testing.T, name string, stream []byte) []byte {
	t.Helper()
	renderer, ok := RendererNamed(name)
	if !ok {
		t.Fatalf("there is no renderer %s", name)
	}
	var b bytes.Buffer
	if err := renderer.Render(&b, source(stream)); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return b.Bytes()
}

func TestGoldenReports(t *testing.T) {
	for stream, data := range map[string][]byte{
		"every-verdict": everyVerdictStream(t),
		"no-vectors":    noVectorsStream(t),
		"two-targets":   append(everyVerdictStream(t), otherTargetStream(t)...),
	} {
		for _, renderer := range Renderers() {
			t.Run(stream+" as "+renderer.Name, func(t *testing.T) {
				golden(t, stream+"."+extensions[renderer.Name], rendered(t, renderer.Name, data))
			})
		}
	}
}

// An early stream says nothing of its clauses; what the vectors name is all
// there is.
func TestStreamsWithoutClausesAreRendered(t *testing.T) {
	stream := regexp.MustCompile(`,"sections":\[.*?\],"clauses":\[\{.*?\}\]\}\n`).ReplaceAll(everyVerdictStream(t), []byte("}\n"))
	if bytes.Contains(stream, []byte(`"sections"`)) {
		t.Fatal("the header still has clauses")
	}
	for _, renderer := range Renderers() {
		rendered(t, renderer.Name, stream)
	}
	if page := rendered(t, "html", stream); !bytes.Contains(page, []byte(`id="server.trial/stated"`)) {
		t.Error("the page does not show the clause")
	}
}

func TestScore(t *testing.T) {
	all, err := Summarize(source(append(everyVerdictStream(t), otherTargetStream(t)...)))
	if err != nil {
		t.Fatal(err)
	}
	// stated failed, contradicted followed its erratum, untested does not count.
	if score := all[0].Score(nil); score != (Score{Held: 1, Tested: 2}) || score.Percent() != 50 {
		t.Errorf("score %+v, want 1 of 2", score)
	}
	if score := all[1].Score(nil); score != (Score{Held: 1, Tested: 1}) {
		t.Errorf("score %+v of the other, want 1 of 1", score)
	}
	if verdict := all[0].Clauses[2].Verdict; verdict != Untested {
		t.Errorf("the clause without vectors is %s", verdict)
	}
}

// The page must not let anything that a target or a vector says become markup.
func TestPageEscapes(t *testing.T) {
	page := string(rendered(t, "html", everyVerdictStream(t)))
	for _, wrong := range []string{"<script>alert", "<b>clause", "fail<&", "\x00", "\x01"} {
		if strings.Contains(page, wrong) {
			t.Errorf("the page has %q", wrong)
		}
	}
	if n := strings.Count(page, "</script"); n != 1 {
		t.Errorf("%d scripts end, want 1", n)
	}
}

func TestPageNeedsNoNetwork(t *testing.T) {
	page := string(rendered(t, "html", append(everyVerdictStream(t), otherTargetStream(t)...)))
	if found := regexp.MustCompile(`(?i)(src|href)="?(https?:)?//|@import|url\(|<link[^>]+stylesheet`).FindString(page); found != "" {
		t.Errorf("the page has %q", found)
	}
}

// Every link within the page leads somewhere, and no id stands twice.
func TestPageLinksLeadSomewhere(t *testing.T) {
	page := string(rendered(t, "html", append(everyVerdictStream(t), otherTargetStream(t)...)))
	ids := map[string]bool{}
	for _, match := range regexp.MustCompile(` id="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if ids[match[1]] {
			t.Errorf("the id %s stands twice", match[1])
		}
		ids[match[1]] = true
	}
	links := regexp.MustCompile(` href="#([^"]*)"`).FindAllStringSubmatch(page, -1)
	for _, match := range links {
		name, err := strconv.Unquote(`"` + strings.ReplaceAll(match[1], "%", `\x`) + `"`)
		if err != nil || !ids[name] {
			t.Errorf("the link #%s leads nowhere", match[1])
		}
	}
	for _, match := range regexp.MustCompile(` data-failures="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		for _, id := range strings.Fields(match[1]) {
			if !ids[id] {
				t.Errorf("a cell names %s, which is not there", id)
			}
		}
	}
	if len(links) < 8 {
		t.Errorf("%d links", len(links))
	}
}

// compiled is a schema of vectors/schema, or one from testdata.
func compiled(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	compiler := jsonschema.NewCompiler()
	add := func(file string, data []byte, err error) {
		if err != nil {
			t.Fatal(err)
		}
		document, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if err := compiler.AddResource(file, document); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []string{"result.schema.json", "report.schema.json", "diff.schema.json"} {
		data, err := fs.ReadFile(vectors.Schemas(), file)
		add(file, data, err)
	}
	if strings.HasPrefix(name, "testdata/") {
		data, err := os.ReadFile(name)
		add(name, data, err)
	}
	schema, err := compiler.Compile(name)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func validates(t *testing.T, schema *jsonschema.Schema, data []byte) {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(value); err != nil {
		t.Error(err)
	}
}

func TestJSONAndSARIFMeetTheirSchemas(t *testing.T) {
	for name, data := range map[string][]byte{
		"every verdict": everyVerdictStream(t),
		"no vectors":    noVectorsStream(t),
		"two targets":   append(everyVerdictStream(t), otherTargetStream(t)...),
	} {
		t.Run(name, func(t *testing.T) {
			validates(t, compiled(t, "report.schema.json"), rendered(t, "json", data))
			validates(t, compiled(t, "testdata/sarif.schema.json"), rendered(t, "sarif", data))
		})
	}
}

func TestReportSchemaRefuses(t *testing.T) {
	document := string(rendered(t, "json", everyVerdictStream(t)))
	schema := compiled(t, "report.schema.json")
	for name, change := range map[string][2]string{
		"another format":      {`"format":1,"runs"`, `"format":2,"runs"`},
		"a verdict unheard":   {`"verdict":"untested"`, `"verdict":"hm"`},
		"no score":            {`"score":`, `"scores":`},
		"a vector without id": {`"id":"server.trial/pass",`, ``},
	} {
		changed := strings.Replace(document, change[0], change[1], 1)
		if changed == document {
			t.Fatalf("%s: nothing was changed", name)
		}
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(changed))
		if err != nil {
			t.Fatal(err)
		}
		if schema.Validate(value) == nil {
			t.Errorf("%s is not refused", name)
		}
	}
}

func TestSARIFRulesAndResultsAgree(t *testing.T) {
	var document struct {
		Runs []struct {
			Tool struct {
				Driver struct {
					Rules []struct{ ID string }
				}
			}
			Results []struct {
				RuleID       string
				RuleIndex    int
				Suppressions []struct{}
			}
		}
	}
	if err := json.Unmarshal(rendered(t, "sarif", everyVerdictStream(t)), &document); err != nil {
		t.Fatal(err)
	}
	suppressed := 0
	for _, result := range document.Runs[0].Results {
		if rule := document.Runs[0].Tool.Driver.Rules[result.RuleIndex].ID; rule != result.RuleID {
			t.Errorf("the result of %s points to the rule %s", result.RuleID, rule)
		}
		suppressed += len(result.Suppressions)
	}
	// fail, known, warn, flaky.
	if len(document.Runs[0].Results) != 4 || suppressed != 1 {
		t.Errorf("%d results, %d suppressed; want 4 and 1", len(document.Runs[0].Results), suppressed)
	}
}

// junitElements is what the published schema of JUnit reports (the one of the
// xUnit plug-in of Jenkins, junit-10.xsd) permits: the attributes of each
// element, which of them are needed, and its children.
var junitElements = map[string]struct{ attributes, needed, children string }{
	"testsuites": {"name time tests failures disabled errors", "", "testsuite"},
	"testsuite":  {"name tests failures errors group time skipped timestamp hostname id package file log url version", "name", "testsuite properties testcase system-out system-err"},
	"properties": {"", "", "property"},
	"property":   {"name value", "name value", ""},
	"testcase":   {"name time classname group file line status assertions", "name", "skipped error failure system-out system-err"},
	"skipped":    {"type message", "", ""},
	"error":      {"type message", "", ""},
	"failure":    {"type message", "", ""},
	"system-out": {"", "", ""},
	"system-err": {"", "", ""},
}

func TestJUnitMeetsThePublishedSchema(t *testing.T) {
	number := regexp.MustCompile(`^\d+(\.\d+)?$`)
	moment := regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$`)
	words := func(list, word string) bool { return strings.Contains(" "+list+" ", " "+word+" ") }
	for _, stream := range [][]byte{everyVerdictStream(t), noVectorsStream(t)} {
		decoder := xml.NewDecoder(bytes.NewReader(rendered(t, "junit", stream)))
		var path []string
		for {
			token, err := decoder.Token()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			switch token := token.(type) {
			case xml.StartElement:
				name := token.Name.Local
				rule, known := junitElements[name]
				if !known || len(path) == 0 && name != "testsuites" || len(path) > 0 && !words(junitElements[path[len(path)-1]].children, name) {
					t.Fatalf("%s stands within %v", name, path)
				}
				has := ""
				for _, attribute := range token.Attr {
					has += " " + attribute.Name.Local
					if !words(rule.attributes, attribute.Name.Local) {
						t.Errorf("%s has the attribute %s", name, attribute.Name.Local)
					}
					switch attribute.Name.Local {
					case "tests", "failures", "errors", "skipped", "time":
						if !number.MatchString(attribute.Value) {
							t.Errorf("%s of %s is %q", attribute.Name.Local, name, attribute.Value)
						}
					case "timestamp":
						if !moment.MatchString(attribute.Value) {
							t.Errorf("the timestamp is %q", attribute.Value)
						}
					}
				}
				for needed := range strings.FieldsSeq(rule.needed) {
					if !words(has, needed) {
						t.Errorf("%s lacks %s", name, needed)
					}
				}
				path = append(path, name)
			case xml.EndElement:
				path = path[:len(path)-1]
			case xml.CharData:
				if len(path) > 0 && junitElements[path[len(path)-1]].children != "" && strings.TrimSpace(string(token)) != "" {
					t.Errorf("text %q within %s", token, path[len(path)-1])
				}
			}
		}
	}
}

// A reader of TAP counts the points against the plan and parses the diagnostics.
func TestTAPCanBeRead(t *testing.T) {
	points, failed, plan := 0, 0, ""
	var diagnostics []string
	var block *strings.Builder
	for line := range strings.Lines(string(rendered(t, "tap", everyVerdictStream(t)))) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case line == "  ---":
			block = &strings.Builder{}
		case line == "  ...":
			diagnostics = append(diagnostics, block.String())
			block = nil
		case block != nil:
			block.WriteString(line + "\n")
		case strings.HasPrefix(line, "ok "), strings.HasPrefix(line, "not ok "):
			points++
			if !strings.Contains(line, fmt.Sprintf("ok %d - ", points)) {
				t.Errorf("point %d is %q", points, line)
			}
			if strings.HasPrefix(line, "not ") && !strings.Contains(line, " # TODO ") {
				failed++
			}
		case strings.HasPrefix(line, "1.."):
			plan = line
		case line != "TAP version 14" && !strings.HasPrefix(line, "# "):
			t.Errorf("a line of no kind: %q", line)
		}
	}
	// fail, error, flaky, incomplete, stale.
	if want := fmt.Sprintf("1..%d", points); plan != want || points != 10 || failed != 5 {
		t.Errorf("%d points, %d failed, plan %s; want 10, 5, %s", points, failed, plan, want)
	}
	if len(diagnostics) != 6 {
		t.Errorf("%d diagnostics, want 6", len(diagnostics))
	}
	for _, text := range diagnostics {
		var value map[string]any
		if err := yaml.Unmarshal([]byte(text), &value); err != nil || value["verdict"] == nil {
			t.Errorf("%v in\n%s", err, text)
		}
	}
}

func TestGitHubShowsTenAndCountsTheRest(t *testing.T) {
	stream := longStream(60, 1)
	lines := strings.Split(strings.TrimSpace(string(rendered(t, "github", stream))), "\n")
	if len(lines) != 10 || !strings.Contains(lines[9], "51 more") {
		t.Errorf("%d lines, the last %q", len(lines), lines[len(lines)-1])
	}
	for _, line := range lines {
		if !strings.HasPrefix(line, "::error title=") {
			t.Errorf("it is no command: %q", line)
		}
	}
}

func TestBadgeIsXML(t *testing.T) {
	for _, stream := range [][]byte{everyVerdictStream(t), noVectorsStream(t), otherTargetStream(t)} {
		if err := xml.Unmarshal(rendered(t, "badge", stream), &struct{}{}); err != nil {
			t.Error(err)
		}
	}
	if text := string(rendered(t, "badge-json", otherTargetStream(t))); !strings.Contains(text, `"message":"1 of 1 clauses","color":"brightgreen"`) {
		t.Error(text)
	}
}

// longStream has as many vectors over 500 clauses, one in some of which failed.
func longStream(vectors, oneIn int) []byte {
	var b bytes.Buffer
	w := NewWriter(&b)
	header := Header{Tool: Tool{"conform", "v1.2.3"}, Target: Target{Name: "long", Implementation: "long", Version: "1"}, Edition: "v12", Selection: Selection{Vectors: vectors}}
	for i := range 500 {
		section := fmt.Sprintf("server.section%d", i/10)
		if i%10 == 0 {
			header.Sections = append(header.Sections, Section{section, section, "http.Server"})
		}
		header.Clauses = append(header.Clauses, Clause{ID: fmt.Sprintf("%s/clause%d", section, i), Section: section, Class: "http.Server", Level: "stated", Editions: []string{"v12"}, Text: "What it says."})
	}
	w.Header(header)
	bytes := "HTTP/1.1 200 OK\r\n\r\n"
	counts := map[string]int{}
	for i := range vectors {
		clause := header.Clauses[i%500]
		v := Vector{ID: fmt.Sprintf("%s-%d", clause.ID, i), Clauses: []string{clause.ID}, Section: clause.Section, Class: "http.Server", Edition: "v12", Verdict: "pass", DurationMS: 1, Attempts: 1,
			Records: []Record{{Label: "end", HasValue: true, Value: map[string]any{"status": 200.0}}}}
		if i%oneIn == 0 {
			v.Verdict = "fail"
			v.Failure = &Failure{Clauses: v.Clauses, Position: "server/long.yaml:1", Permitted: "status 201", Seen: "status: wanted 201, got 200"}
			v.Transcript = []Entry{{AtMS: 1, Connection: "main", Event: "received", Bytes: &bytes}}
			v.Program, v.Script = strings.Repeat("record('a line of the program');\n", 10), []string{"connect: main"}
		}
		counts[v.Verdict]++
		w.Vector(v)
	}
	w.Footer(Footer{Counts: counts, Clauses: map[string]int{}})
	return b.Bytes()
}

// What a renderer holds must not grow with the stream: the live heap, looked at
// again and again while it writes, stays within the same bound for ten times
// the vectors.
func TestMemoryDoesNotGrowWithTheStream(t *testing.T) {
	if testing.Short() {
		t.Skip("it renders 100,000 lines")
	}
	folder := t.TempDir()
	file := func(vectors int) Source {
		path := filepath.Join(folder, fmt.Sprint(vectors))
		if err := os.WriteFile(path, longStream(vectors, 50), 0o644); err != nil {
			t.Fatal(err)
		}
		return func() (io.ReadCloser, error) { return os.Open(path) }
	}
	few, many := file(10_000), file(100_000)
	for _, renderer := range Renderers() {
		t.Run(renderer.Name, func(t *testing.T) {
			small := heldWhileRendering(t, renderer, few)
			large := heldWhileRendering(t, renderer, many)
			t.Logf("%d KB live with 10,000 lines, %d KB with 100,000", small>>10, large>>10)
			if large > 2*small+(2<<20) {
				t.Errorf("%d KB live with 100,000 lines, %d KB with 10,000", large>>10, small>>10)
			}
		})
	}
}

// heldWhileRendering is the most live heap, above what lived before, at any of
// a number of points of the output and of the input.
func heldWhileRendering(t *testing.T, renderer Renderer, of Source) int64 {
	t.Helper()
	live := func() int64 {
		runtime.GC()
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		return int64(stats.HeapAlloc)
	}
	before, most := live(), int64(0)
	size := int64(0)
	if r, err := of(); err == nil {
		size, _ = io.Copy(io.Discard, r)
		r.Close()
	}
	probed := func() (io.ReadCloser, error) {
		r, err := of()
		return &probe{ReadCloser: r, every: size / 5, left: size / 5, look: func() { most = max(most, live()-before) }}, err
	}
	if err := renderer.Render(io.Discard, probed); err != nil {
		t.Fatal(err)
	}
	return most
}

// A probe looks once in so many bytes.
type probe struct {
	io.ReadCloser
	every, left int64
	look        func()
}

func (p *probe) Read(b []byte) (int, error) {
	n, err := p.ReadCloser.Read(b)
	if p.left -= int64(n); p.left <= 0 {
		p.left = p.every
		p.look()
	}
	return n, err
}

func BenchmarkRenderers(b *testing.B) {
	stream := longStream(100_000, 50)
	for _, renderer := range Renderers() {
		b.Run(renderer.Name, func(b *testing.B) {
			b.SetBytes(int64(len(stream)))
			for b.Loop() {
				if err := renderer.Render(io.Discard, source(stream)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
