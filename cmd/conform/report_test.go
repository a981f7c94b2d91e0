package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/nodehttp/conform/reports"
)

// streamFor runs trial vectors and returns the file of the stream.
func streamFor(t *testing.T, status int, args ...string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "results.ndjson")
	trial(t, append(args, "--report", "ndjson="+name)...).want(t, status)
	return name
}

// failing are the words for a target that fails at once.
func failing(t *testing.T, more ...string) []string {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Date"] = nil // so that runs are alike to the byte
		w.WriteHeader(http.StatusNotFound)
	}))
	t.Cleanup(server.Close)
	return append([]string{"--url", server.URL, "--app", "hello"}, more...)
}

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// A report made while running is the one that is made of the stream later.
func TestReportsNowAndLaterAreTheSame(t *testing.T) {
	folder := t.TempDir()
	in := func(name string) string { return filepath.Join(folder, name) }
	var args []string
	for _, renderer := range reports.Renderers() {
		args = append(args, "--report", renderer.Name+"="+in(renderer.Name))
	}
	trial(t, failing(t, args...)...).want(t, exitFailed)
	for _, renderer := range reports.Renderers() {
		conform(t, "report", renderer.Name, in("ndjson"), "-o", in("later")).want(t, exitHeld)
		if read(t, in("later")) != read(t, in(renderer.Name)) {
			t.Errorf("%s differs", renderer.Name)
		}
	}
	for name, want := range map[string]string{
		"html": "wanted 200, got 404", "markdown": "vectors did not pass", "sarif": `"level":"error"`, "tap": "not ok ",
		"github": "::error title=http%3A//127.0.0.1", "badge": "1 of 2", "badge-json": `"color":"red"`, "json": `"verdict":"fail"`,
	} {
		if !strings.Contains(read(t, in(name)), want) {
			t.Errorf("%s lacks %q", name, want)
		}
	}
}

func TestReportOfSeveralFiles(t *testing.T) {
	first := streamFor(t, exitFailed, failing(t)...)
	second := streamFor(t, exitHeld, "--url", helloServer(t), "--app", "hello")
	r := conform(t, "report", "markdown", first, second)
	r.want(t, exitHeld, "| target | edition |", "1 pass, 1 fail", "2 pass")
}

func TestReportRefuses(t *testing.T) {
	stream := streamFor(t, exitFailed, failing(t)...)
	folder := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(folder, name)
		os.WriteFile(path, []byte(content), 0o644)
		return path
	}
	cut := file("cut.ndjson", read(t, stream)[:strings.LastIndex(strings.TrimSpace(read(t, stream)), "\n")+1])
	newer := file("newer.ndjson", strings.Replace(read(t, stream), `"format":1`, `"format":9`, 1))
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"a format that is none":   {[]string{"report", "pdf", stream}, `no format "pdf"; there are ndjson, json`},
		"no file":                 {[]string{"report", "html", filepath.Join(folder, "nowhere")}, "no such file"},
		"a stream without an end": {[]string{"report", "html", cut}, "cut.ndjson: line "},
		"a newer stream":          {[]string{"report", "html", stream, newer}, "newer.ndjson: line 1: the stream has format 9, which is newer than this conform"},
		"no stream":               {[]string{"report", "html", "report_test.go"}, "no line of a result stream"},
		"diff of one":             {[]string{"diff", stream}, "accepts 2 arg"},
		"diff in no format":       {[]string{"diff", stream, stream, "--format", "pdf"}, `no format "pdf"`},
		"merge without a shard":   {[]string{"merge", stream, stream}, "two whole runs"},
		"a shard that is none":    {[]string{"run", "--shard", "3/2"}, "is not I/N"},
		"an update of nothing":    {[]string{"run", "--update-baseline"}, "goes with --baseline"},
		"an update by a shard":    {[]string{"run", "--update-baseline", "--baseline", "a.yaml", "--shard", "1/2"}, "needs the whole run"},
		"standard input twice":    {[]string{"report", "html", "-", "-"}, "line 1: the stream is empty"},
	} {
		t.Run(name, func(t *testing.T) {
			to := filepath.Join(folder, "out")
			if c.args[0] == "report" {
				c.args = append(c.args, "-o", to)
			}
			conform(t, c.args...).want(t, exitUsage, c.want)
			if _, err := os.Stat(to); err == nil {
				t.Error("it leaves a file")
			}
		})
	}
}

func TestGitHubGetsAJobSummary(t *testing.T) {
	summary := filepath.Join(t.TempDir(), "summary.md")
	os.WriteFile(summary, []byte("before\n"), 0o644)
	t.Setenv(summaryVariable, summary)
	r := trial(t, failing(t, "--report", "github=-")...)
	r.want(t, exitFailed)
	if !strings.HasPrefix(r.stdout, "::error ") {
		t.Errorf("standard output begins with %.100q", r.stdout)
	}
	if text := read(t, summary); !strings.HasPrefix(text, "before\n## Conformance") {
		t.Errorf("the summary is %q", text)
	}
}

func TestDiff(t *testing.T) {
	url := helloServer(t)
	held := streamFor(t, exitHeld, "--url", url, "--app", "hello")
	failed := streamFor(t, exitFailed, failing(t)...)
	conform(t, "diff", held, held).want(t, exitHeld, "0 broke")
	conform(t, "diff", held, failed).want(t, exitFailed, "broke     server.trial/hello  pass -> fail")
	conform(t, "diff", failed, held).want(t, exitHeld, "fixed     server.trial/hello")
	conform(t, "diff", held, failed, "--format", "markdown").want(t, exitFailed, "## Conformance: a regression")
	r := conform(t, "diff", held, failed, "--format", "json")
	r.want(t, exitFailed)
	var document struct{ Regressed bool }
	if err := json.Unmarshal([]byte(r.stdout), &document); err != nil || !document.Regressed {
		t.Errorf("%v in %s", err, r.stdout)
	}
	incomplete := streamFor(t, exitIncomplete, "fake:reset", "--only", "server.trial/hello", "--skip", "server.trial/*")
	conform(t, "diff", failed, incomplete).want(t, exitIncomplete, "incomplete: nothing ran")
}

var moments = regexp.MustCompile(`"(started|elapsedMs|durationMs|atMs)":("[^"]*"|[0-9.]+)`)

// timeless is a stream without what differs from run to run.
func timeless(stream string) string {
	stream = moments.ReplaceAllString(stream, `"$1":0`)
	return regexp.MustCompile(`127\.0\.0\.1:\d+`).ReplaceAllString(stream, "127.0.0.1:0")
}

// However a run is divided, merging its streams gives what merging the one
// stream of the whole gives.
func TestShardsMergeToTheUnshardedStream(t *testing.T) {
	for name, args := range map[string][]string{
		"narrowed":             {"run", "reference", "--only", "server.close/*", "--only", "server.listening/*"},
		"all, and two targets": append([]string{"run", "reference", "--edition", "v0.3"}, failing(t)...),
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			run := func(file string, more ...string) string {
				path := filepath.Join(folder, file)
				conform(t, append(append(append([]string{}, args...), more...), "--report", "ndjson="+path)...)
				return path
			}
			whole := conform(t, "merge", run("whole"))
			var shards []string
			for _, shard := range []string{"3/3", "1/3", "2/3"} {
				shards = append(shards, run(strings.ReplaceAll(shard, "/", "of"), "--shard", shard))
			}
			merged := conform(t, append([]string{"merge"}, shards...)...)
			wanted := strings.Split(timeless(whole.stdout), "\n")
			for i, line := range strings.Split(timeless(merged.stdout), "\n") {
				if i >= len(wanted) || line != wanted[i] {
					t.Fatalf("line %d merged:\n%s\nand of the whole:\n%s", i+1, line, wanted[min(i, len(wanted)-1)])
				}
			}
			if merged.status != exitHeld || strings.Count(merged.stdout, "\n") < 5 {
				t.Errorf("status %d, %s", merged.status, merged.stderr)
			}
			conform(t, append([]string{"merge"}, shards[1:]...)...).want(t, exitUsage, "the shard 3 of 3 is missing")
		})
	}
}

func TestAShardWithNothingToRunIsNoFault(t *testing.T) {
	status := map[int]int{}
	for _, shard := range []string{"1/4", "2/4", "3/4", "4/4"} {
		status[trial(t, "--url", helloServer(t), "--app", "hello", "--only", "server.trial/hello", "--skip", "server.trial/get*", "--skip", "server.trial/own-program", "--shard", shard).status]++
	}
	if status[exitHeld] != 4 {
		t.Errorf("exit statuses %v, want four of %d", status, exitHeld)
	}
}

// One shard cannot tell that an entry is stale; merge can.
func TestBaselineOfShards(t *testing.T) {
	folder := t.TempDir()
	baseline := filepath.Join(folder, "baseline.yaml")
	os.WriteFile(baseline, []byte("known-failing:\n- {target: 'http*', vectors: 'server.trial/*', reason: it did once}\n"), 0o644)
	url := helloServer(t)
	args := []string{"merge", "--vectors", "testdata/vectors", "--baseline", baseline}
	for _, shard := range []string{"1/2", "2/2"} {
		name := filepath.Join(folder, shard[:1])
		trial(t, "--url", url, "--app", "hello", "--shard", shard, "--baseline", baseline, "--report", "ndjson="+name).want(t, exitHeld)
		args = append(args, name)
	}
	conform(t, args...).want(t, exitFailed, "what it covers passes now; take it out", `"baseline":[{"target":"http*"`)
}

func TestUpdateBaseline(t *testing.T) {
	baseline := filepath.Join(t.TempDir(), "baseline.yaml")
	broken := failing(t, "--baseline", baseline)
	trial(t, append(broken, "--update-baseline")...).want(t, exitHeld, "1 entries added, 0 taken out")
	first := read(t, baseline)
	for _, want := range []string{"target: http://127.0.0.1:", "vectors: server.trial/hello", "reason: 'not looked into yet; seen: "} {
		if !strings.Contains(first, want) {
			t.Errorf("it lacks %q:\n%s", want, first)
		}
	}
	// It is what the next run needs, and a second update changes nothing.
	trial(t, broken...).want(t, exitHeld, "1 failures are known")
	trial(t, append(broken, "--update-baseline")...).want(t, exitHeld, "0 entries added, 0 taken out")
	if read(t, baseline) != first {
		t.Error("an update without a change changes the file")
	}
	// What passes leaves; comments, and what other targets need, stay.
	url := helloServer(t)
	os.WriteFile(baseline, []byte(`# Why we bear this.
known-failing:
  # Another day.
  - target: bun
    vectors: server.trial/*
    reason: issue 4
  - {target: '`+url+`', vectors: server.trial/hello, reason: it did once}
`), 0o644)
	trial(t, "--url", url, "--app", "hello", "--baseline", baseline, "--update-baseline").want(t, exitHeld, "0 entries added, 1 taken out")
	text := read(t, baseline)
	if !strings.Contains(text, "# Why we bear this.") || !strings.Contains(text, "# Another day.") || !strings.Contains(text, "issue 4") || strings.Contains(text, url) {
		t.Errorf("the baseline is now\n%s", text)
	}
}

func TestAnIncompleteRunUpdatesNoBaseline(t *testing.T) {
	baseline := filepath.Join(t.TempDir(), "baseline.yaml")
	trial(t, "fake:reset", "--skip", "server.trial/*", "--baseline", baseline, "--update-baseline").want(t, exitIncomplete, "stays as it is")
	if _, err := os.Stat(baseline); err == nil {
		t.Error("there is a baseline")
	}
}

func TestReportFromStandardInput(t *testing.T) {
	stream := read(t, streamFor(t, exitFailed, failing(t)...))
	var stdout, stderr bytes.Buffer
	if status := Main([]string{"report", "badge-json", "-"}, strings.NewReader(stream), &stdout, &stderr); status != exitHeld || !strings.Contains(stdout.String(), "schemaVersion") {
		t.Errorf("status %d: %s%s", status, stdout.String(), stderr.String())
	}
}
