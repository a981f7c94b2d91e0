package reports

import (
	"cmp"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
)

// A Merged is one run, joined from the streams of its shards.
type Merged struct {
	Header  Header
	Vectors []Vector // in the order of their ids
	Footer  Footer
}

// Write writes the stream of the run.
func (m *Merged) Write(w *Writer) error {
	w.Header(m.Header)
	for _, v := range m.Vectors {
		w.Vector(v)
	}
	return w.Footer(m.Footer)
}

// A MergeError says why streams are not the shards of one run.
type MergeError struct {
	Target  string
	Problem string
}

func (e *MergeError) Error() string { return fmt.Sprintf("%s: %s", e.Target, e.Problem) }

// Merge joins the streams of shards, target by target, in the order in which
// targets appear. What it makes is what the run would have been without shards,
// with the vectors in the order of their ids: merging that run's one stream
// gives the same, times apart. It began when the first shard did and took as
// long as the longest. Errors are Read's and *MergeError: a shard that is
// missing or there twice, and runs that differ in more than their shard.
// All vectors are in memory.
func Merge(sources ...Source) ([]*Merged, error) {
	var runs []*merging
	for _, source := range sources {
		var into *merging
		err := source.Each(func(line Line) error {
			switch {
			case line.Header != nil:
				at := slices.IndexFunc(runs, func(run *merging) bool { return run.Header.Target.Name == line.Header.Target.Name })
				if at < 0 {
					runs = append(runs, newMerging(line.Header))
					at = len(runs) - 1
				}
				into = runs[at]
				return into.header(line.Header)
			case line.Vector != nil:
				return into.vector(line.Vector)
			default:
				into.footer(line.Footer)
				return nil
			}
		})
		if err != nil {
			return nil, err
		}
	}
	var merged []*Merged
	for _, run := range runs {
		if err := run.finish(); err != nil {
			return nil, err
		}
		merged = append(merged, &run.Merged)
	}
	return merged, nil
}

type merging struct {
	Merged
	of      int          // how many shards there are; 0 for a whole run
	shards  map[int]bool // which were seen
	counted *summarizer
	ids     map[string]bool
}

func newMerging(header *Header) *merging {
	m := &merging{shards: map[int]bool{}, ids: map[string]bool{}, counted: newSummarizer(header)}
	m.Header = *header
	m.Header.Selection.Shard = nil
	m.Header.Selection.Vectors = 0
	m.Footer.Counts, m.Footer.Clauses = map[string]int{}, map[string]int{}
	if header.Selection.Shard != nil {
		m.of = header.Selection.Shard.Of
	}
	return m
}

func (m *merging) wrong(format string, arguments ...any) error {
	return &MergeError{m.Header.Target.Name, fmt.Sprintf(format, arguments...)}
}

func (m *merging) header(header *Header) error {
	shard := Shard{Index: 0, Of: 0}
	if header.Selection.Shard != nil {
		shard = *header.Selection.Shard
	}
	switch {
	case shard.Of != m.of:
		return m.wrong("a stream is of %d shards, another of %d (0: a whole run)", m.of, shard.Of)
	case m.shards[shard.Index] && shard.Of == 0:
		return m.wrong("there are two whole runs; only the shards of one can be merged")
	case m.shards[shard.Index]:
		return m.wrong("the shard %d of %d is there twice", shard.Index, shard.Of)
	case shard.Index < 0 || shard.Index > shard.Of || shard.Of > 0 && shard.Index == 0:
		return m.wrong("there is no shard %d of %d", shard.Index, shard.Of)
	}
	m.shards[shard.Index] = true
	m.Header.Selection.Vectors += header.Selection.Vectors
	if header.Started.Before(m.Header.Started) {
		m.Header.Started = header.Started
	}
	return m.alike(header)
}

// alike makes sure that nothing but the shard tells the runs apart.
func (m *merging) alike(header *Header) error {
	a, b := m.Header, *header
	for _, h := range []*Header{&a, &b} {
		h.Started = m.Header.Started
		h.Selection.Shard, h.Selection.Vectors = nil, 0
	}
	for _, c := range []struct {
		what string
		a, b any
	}{
		{"version of conform", a.Tool, b.Tool}, {"target", a.Target, b.Target}, {"edition", a.Edition, b.Edition},
		{"seed", a.Seed, b.Seed}, {"selection", a.Selection, b.Selection}, {"clauses", a.Clauses, b.Clauses}, {"sections", a.Sections, b.Sections},
	} {
		if !reflect.DeepEqual(c.a, c.b) {
			if text, err := json.Marshal([]any{c.a, c.b}); err == nil && len(text) < 300 {
				return m.wrong("the shards differ in their %s: %s", c.what, text)
			}
			return m.wrong("the shards differ in their %s", c.what)
		}
	}
	return nil
}

func (m *merging) vector(v *Vector) error {
	if m.ids[v.ID] {
		return m.wrong("the vector %s is there twice", v.ID)
	}
	m.ids[v.ID] = true
	m.Vectors = append(m.Vectors, *v)
	m.Footer.Counts[v.Verdict]++
	m.counted.vector(v)
	return nil
}

func (m *merging) footer(footer *Footer) {
	m.Footer.ElapsedMS = max(m.Footer.ElapsedMS, footer.ElapsedMS)
	m.Footer.LongestMS = max(m.Footer.LongestMS, footer.LongestMS)
	m.Footer.Missing = append(m.Footer.Missing, footer.Missing...)
	for _, stale := range footer.Baseline {
		if !slices.Contains(m.Footer.Baseline, stale) {
			m.Footer.Baseline = append(m.Footer.Baseline, stale)
		}
	}
}

func (m *merging) finish() error {
	for i := 1; i <= m.of; i++ {
		if !m.shards[i] {
			return m.wrong("the shard %d of %d is missing", i, m.of)
		}
	}
	slices.SortFunc(m.Vectors, func(a, b Vector) int { return cmp.Compare(a.ID, b.ID) })
	slices.Sort(m.Footer.Missing)
	for i := range m.counted.summary.Clauses {
		if verdict := m.counted.summary.Clauses[i].Verdict; verdict != Untested {
			m.Footer.Clauses[verdict]++
		}
	}
	// A shard in which nothing ran is no fault of the whole, so it is judged anew.
	counts := m.Footer.Counts
	switch selected := m.Header.Selection.Vectors; {
	case len(m.Footer.Missing) > 0:
		m.Footer.Incomplete = fmt.Sprintf("interrupted: %d of %d vectors have a verdict", len(m.Vectors), selected)
	case len(m.Vectors) == 0:
		m.Footer.Incomplete = "nothing ran: no vector was selected"
	case counts["error"] > 0 && counts["not-applicable"]+counts["error"] == len(m.Vectors):
		m.Footer.Incomplete = "nothing ran: every vector met a fault of the harness or the set-up"
	case counts["not-applicable"] == len(m.Vectors):
		m.Footer.Incomplete = "nothing ran: no selected vector is applicable to this target"
	case counts["error"] > 0:
		m.Footer.Incomplete = fmt.Sprintf("%d vectors met a fault of the harness or the set-up", counts["error"])
	}
	return nil
}
