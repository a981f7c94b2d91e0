package reports

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
)

// streamOf is a whole stream with these verdicts; those that fail say what was
// seen.
func streamOf(target string, verdicts map[string]string) []byte {
	var b bytes.Buffer
	w := NewWriter(&b)
	w.Header(Header{Tool: Tool{"conform", "v1"}, Target: Target{Name: target, Implementation: "node", Version: "1"}, Edition: "v12", Selection: Selection{Vectors: len(verdicts)}})
	counts := map[string]int{}
	var ids []string
	for id := range verdicts {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		v := Vector{ID: id, Clauses: []string{id}, Edition: "v12", Verdict: verdicts[id], Attempts: 1}
		switch v.Verdict {
		case "fail", "flaky", "warn":
			v.Failure = &Failure{Clauses: v.Clauses, Seen: "status | <b>404</b>\nmore"}
		case "error", "not-applicable":
			v.Reason = "no room"
		}
		counts[v.Verdict]++
		w.Vector(v)
	}
	w.Footer(Footer{Counts: counts})
	return b.Bytes()
}

func changedStreams() (old, new []byte) {
	old = streamOf("node@1", map[string]string{
		"stays": "pass", "breaks": "pass", "wobbles": "erratum", "heals": "fail", "goes": "pass", "warns": "pass", "is-lost": "pass", "gets-worse": "flaky", "fails-still": "fail",
	})
	new = streamOf("node@1", map[string]string{
		"stays": "pass", "breaks": "fail", "wobbles": "flaky", "heals": "pass", "comes": "fail", "warns": "warn", "is-lost": "not-applicable", "gets-worse": "error", "fails-still": "fail",
	})
	return old, new
}

func TestDiffTellsTheKinds(t *testing.T) {
	old, new := changedStreams()
	d, err := Diff(source(old), source(new))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, change := range d.Targets[0].Changes {
		got = append(got, change.Kind+" "+change.ID)
	}
	want := []string{"broke breaks", "broke wobbles", "fixed heals", "appeared comes", "vanished goes", "changed gets-worse", "changed is-lost", "changed warns"}
	if !slices.Equal(got, want) {
		t.Errorf("changes %q, want %q", got, want)
	}
	if !d.Regressed() || d.Targets[0].Counts["same"] != 2 {
		t.Errorf("regressed %v, counts %v", d.Regressed(), d.Targets[0].Counts)
	}
}

func TestGoldenDiffs(t *testing.T) {
	old, new := changedStreams()
	d, err := Diff(source(old), source(append(new, streamOf("bun", map[string]string{"stays": "pass"})...)))
	if err != nil {
		t.Fatal(err)
	}
	var text, markdown, document bytes.Buffer
	if err := errors.Join(d.Text(&text), d.Markdown(&markdown), d.JSON(&document)); err != nil {
		t.Fatal(err)
	}
	golden(t, "diff.txt", text.Bytes())
	golden(t, "diff.md", markdown.Bytes())
	golden(t, "diff.json", document.Bytes())
	validates(t, compiled(t, "diff.schema.json"), document.Bytes())
}

// What neither broke nor appeared is no regression, and versions can be
// compared although their names differ.
func TestDiffWithoutARegression(t *testing.T) {
	for name, streams := range map[string][2][]byte{
		"the same":        {everyVerdictStream(t), everyVerdictStream(t)},
		"only fixed":      {streamOf("node@1", map[string]string{"a": "fail"}), streamOf("node@2", map[string]string{"a": "pass"})},
		"new failures":    {streamOf("node@1", nil), streamOf("node@2", map[string]string{"a": "fail"})},
		"fails and erred": {streamOf("node@1", map[string]string{"a": "fail"}), streamOf("node@2", map[string]string{"a": "error"})},
	} {
		d, err := Diff(source(streams[0]), source(streams[1]))
		if err != nil || d.Regressed() || len(d.Targets) != 1 {
			t.Errorf("%s: %+v, error %v", name, d, err)
		}
	}
}

func TestDiffRefuses(t *testing.T) {
	one, two := streamOf("node@1", nil), streamOf("node@2", nil)
	for name, c := range map[string]struct {
		old, new []byte
		want     string
	}{
		"the same target twice":   {slices.Concat(one, one), one, "two streams of the target node@1"},
		"no target in common":     {slices.Concat(one, two), streamOf("bun", nil), "no target in common"},
		"a stream without an end": {one, one[:bytes.IndexByte(one, '\n')+1], "new: line 2: the footer is missing"},
	} {
		_, err := Diff(source(c.old), source(c.new))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", name, err, c.want)
		}
	}
}
