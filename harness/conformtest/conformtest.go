// Package conformtest runs vectors as subtests of a Go test: against somebody's
// own HTTP server, or against anything else that package target can open.
//
//	func TestConformance(t *testing.T) {
//		server := httptest.NewServer(myHandler)
//		defer server.Close()
//		conformtest.Server(t, server.URL, "hello", conformtest.Options{})
//	}
//
// What the handler must do to stand in for an app such as hello is told by
// "conform explain hello".
package conformtest

import (
	"slices"
	"strings"
	"testing"

	"github.com/nodehttp/conform/harness"
	"github.com/nodehttp/conform/harness/target"
	"github.com/nodehttp/conform/reports"
	"github.com/nodehttp/conform/vectors"
)

// Options say what to run and what is known. The zero value runs everything
// that comes with conform.
type Options struct {
	Edition vectors.Edition // "": what the target describes itself by, v12 for a server
	Only    []string        // globs of vector or clause ids; nil: all
	Skip    []string        // globs of vector or clause ids
	Class   string          // http.Server, ...; "": all

	// KnownFailing has globs of vector ids, each with the reason why it is
	// borne that they fail. Their subtests are skipped. A glob that matches no
	// vector, or whose vectors all pass by now, fails the test.
	KnownFailing map[string]string

	Catalogue    *vectors.Catalogue // nil: the one that comes with conform
	TimeoutScale float64            // multiplies every upper bound, for slow machines; 0: 1
}

// Server tests the HTTP or HTTPS server at the URL, which has no path and
// behaves like the named app.
func Server(t *testing.T, url, app string, options Options) {
	t.Helper()
	catalogue := options.catalogue(t)
	standsIn := catalogue.Apps[app]
	if standsIn == nil {
		t.Fatalf("conformtest: there is no app %q", app)
	}
	server, err := target.NewURL(url, standsIn)
	if err != nil {
		t.Fatalf("conformtest: %v", err)
	}
	defer server.Close()
	options.Catalogue = catalogue
	Run(t, server, options)
}

// Run tests a target with a subtest for each vector that the target can
// express, named by the vector's id. All of them run side by side before the
// first subtest reports, so go test's -run only chooses what is shown;
// Options.Only narrows what runs. The test fails when nothing could run. The
// target is not closed.
func Run(t *testing.T, tested target.Target, options Options) {
	t.Helper()
	catalogue := options.catalogue(t)
	selected, err := catalogue.Select(vectors.Selection{Only: options.Only, Skip: options.Skip, Class: options.Class})
	if err != nil {
		t.Fatalf("conformtest: %v", err)
	}
	known := knownFailing(t, options.KnownFailing)
	summary, err := harness.Run(t.Context(), harness.Config{
		Target: tested, Catalogue: catalogue, Vectors: selected, Edition: options.Edition, TimeoutScale: options.TimeoutScale,
	}, func(harness.Event) {})
	if err != nil {
		t.Fatalf("conformtest: %v", err)
	}
	for _, result := range summary.Results {
		if result.Verdict == harness.NotApplicable {
			continue
		}
		reason := known.reason(result)
		t.Run(result.Vector.ID, func(t *testing.T) { report(t, result, reason) })
	}
	if n := summary.Counts[harness.NotApplicable]; n > 0 {
		t.Logf("%d of %d vectors are not applicable to %s", n, len(summary.Results), summary.Target.Name)
	}
	known.judge(t, catalogue)
	if summary.Incomplete != "" {
		t.Errorf("conformtest: %s", summary.Incomplete)
	}
}

func (o *Options) catalogue(t *testing.T) *vectors.Catalogue {
	t.Helper()
	if o.Catalogue != nil {
		return o.Catalogue
	}
	catalogue, err := vectors.Embedded()
	if err != nil {
		t.Fatalf("conformtest: %v", err)
	}
	return catalogue
}

// report is the subtest of one vector.
func report(t *testing.T, result harness.Result, known string) {
	explained := ""
	if f := result.Failure; f != nil {
		explained = "\n" + reports.Explain(&reports.Vector{Failure: &reports.Failure{
			Clauses: f.Clauses, Position: f.Position.String(), Step: f.Step,
			Permitted: f.Permitted, Seen: f.Seen, WantRecords: f.WantRecords, GotRecords: f.GotRecords,
		}})
	}
	switch result.Verdict {
	case harness.Fail:
		if known != "" {
			t.Skipf("known to fail: %s%s", known, explained)
		}
		t.Error(explained)
	case harness.Flaky:
		if known != "" {
			t.Skipf("known to fail: %s: %s%s", known, result.Reason, explained)
		}
		t.Errorf("%s%s", result.Reason, explained)
	case harness.Error:
		t.Errorf("a fault of the harness or the set-up: %s", result.Reason)
	case harness.Warn:
		t.Logf("advice is not followed%s", explained)
	case harness.Erratum:
		t.Logf("follows real Node where the document says otherwise: %s", strings.Join(result.Errata, ", "))
	}
}

// knownGlobs are what is known to fail, and what became of it.
type knownGlobs []*knownGlob

type knownGlob struct {
	glob        *vectors.Glob
	reason      string
	ran, failed int
}

func knownFailing(t *testing.T, entries map[string]string) knownGlobs {
	t.Helper()
	var known knownGlobs
	for pattern, reason := range entries {
		glob, err := vectors.ParseGlob(pattern)
		if err != nil {
			t.Fatalf("conformtest: KnownFailing: %v", err)
		}
		if strings.TrimSpace(reason) == "" {
			t.Fatalf("conformtest: KnownFailing: %q has no reason", pattern)
		}
		known = append(known, &knownGlob{glob: glob, reason: reason})
	}
	slices.SortFunc(known, func(a, b *knownGlob) int { return strings.Compare(a.glob.String(), b.glob.String()) })
	return known
}

// reason says why the result is known to fail, or "", and counts what ran.
func (k knownGlobs) reason(result harness.Result) string {
	reason := ""
	failed := result.Verdict == harness.Fail || result.Verdict == harness.Flaky
	for _, entry := range k {
		if !entry.glob.Match(result.Vector.ID) {
			continue
		}
		entry.ran++
		if failed || result.Verdict == harness.Error {
			entry.failed++
		}
		if failed && reason == "" {
			reason = entry.reason
		}
	}
	return reason
}

// judge fails the test for entries that should be taken out.
func (k knownGlobs) judge(t *testing.T, catalogue *vectors.Catalogue) {
	t.Helper()
	for _, entry := range k {
		problem := ""
		switch {
		case entry.ran > 0 && entry.failed == 0:
			problem = "what it covers passes now"
		case !slices.ContainsFunc(catalogue.Vectors, func(v *vectors.Vector) bool { return entry.glob.Match(v.ID) }):
			problem = "it matches no vector"
		}
		if problem != "" {
			t.Errorf("conformtest: KnownFailing: %q: %s", entry.glob, problem)
		}
	}
}
