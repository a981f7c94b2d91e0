package reports

import "slices"

// A Summary is what a stream comes to, clause by clause. It has no vectors, so
// its size is that of the document and not that of the stream.
type Summary struct {
	Header  Header
	Footer  Footer
	Clauses []ClauseVerdict // in the order of the header, or of appearance when it names none
}

// A ClauseVerdict is what the vectors of a clause came to.
type ClauseVerdict struct {
	Clause
	Verdict  string         // the worst of its vectors, flaky as fail; Untested when it has none
	Counts   map[string]int // of its vectors' verdicts
	Position int            // among the clauses of the summary
}

// Untested is the verdict of a clause that no vector of the run tests.
const Untested = "untested"

// Scored tells whether the clause counts: advice and what is merely observed
// does not, nor what did not run.
func (c *ClauseVerdict) Scored() bool {
	return c.Level != "advisory" && c.Level != "observed" && c.Verdict != Untested && c.Verdict != "not-applicable"
}

// Held tells whether nothing that the clause demands was missed. Following real
// Node where it contradicts the document is no miss.
func (c *ClauseVerdict) Held() bool {
	return c.Verdict == "pass" || c.Verdict == "erratum" || c.Verdict == "warn"
}

// A Score counts clauses.
type Score struct{ Held, Tested int }

// Percent is rounded down, so that 100 means all; of nothing it is 0.
func (s Score) Percent() int {
	if s.Tested == 0 {
		return 0
	}
	return 100 * s.Held / s.Tested
}

func (s *Score) add(c *ClauseVerdict) {
	if !c.Scored() {
		return
	}
	s.Tested++
	if c.Held() {
		s.Held++
	}
}

// Score counts the clauses for which the condition holds; nil stands for all.
func (s *Summary) Score(condition func(*ClauseVerdict) bool) Score {
	var score Score
	for i := range s.Clauses {
		if condition == nil || condition(&s.Clauses[i]) {
			score.add(&s.Clauses[i])
		}
	}
	return score
}

// Title names the target, and what it is where the name does not say it.
func (s *Summary) Title() string {
	t := s.Header.Target
	described := t.Implementation
	if t.Version != "" && described != "" {
		described += " " + t.Version
	}
	if described == "" || t.Name == t.Implementation+"@"+t.Version {
		return t.Name
	}
	return t.Name + " (" + described + ")"
}

// Summarize reads the streams of a source and returns a summary of each.
// Errors are as Read's.
func Summarize(source Source) ([]*Summary, error) {
	var (
		all []*Summary
		s   *summarizer
	)
	err := source.Each(func(line Line) error {
		switch {
		case line.Header != nil:
			s = newSummarizer(line.Header)
		case line.Vector != nil:
			s.vector(line.Vector)
		case line.Footer != nil:
			all = append(all, s.footer(line.Footer))
		}
		return nil
	})
	return all, err
}

// A summarizer makes the summary of one stream as its lines come.
type summarizer struct {
	summary *Summary
	index   map[string]int
	stated  bool // the header says which clauses there are
}

func newSummarizer(header *Header) *summarizer {
	s := &summarizer{summary: &Summary{Header: *header}, index: map[string]int{}, stated: header.Clauses != nil}
	for _, clause := range header.Clauses {
		s.clause(clause)
	}
	// The clauses are kept once.
	s.summary.Header.Clauses = nil
	return s
}

func (s *summarizer) clause(clause Clause) *ClauseVerdict {
	at := len(s.summary.Clauses)
	s.index[clause.ID] = at
	s.summary.Clauses = append(s.summary.Clauses, ClauseVerdict{
		Clause: clause, Verdict: Untested, Counts: map[string]int{}, Position: at,
	})
	return &s.summary.Clauses[at]
}

// of are the clauses of the vector that the edition states. They stay valid
// until the next call.
func (s *summarizer) of(v *Vector) []*ClauseVerdict {
	if !s.stated {
		for _, id := range v.Clauses {
			if _, has := s.index[id]; !has {
				s.clause(Clause{ID: id, Section: v.Section, Class: v.Class, Editions: []string{v.Edition}})
			}
		}
	}
	var clauses []*ClauseVerdict
	for _, id := range v.Clauses {
		if at, has := s.index[id]; has {
			clauses = append(clauses, &s.summary.Clauses[at])
		}
	}
	return clauses
}

func (s *summarizer) vector(v *Vector) []*ClauseVerdict {
	clauses := s.of(v)
	for _, clause := range clauses {
		clause.Counts[v.Verdict]++
		clause.Verdict = worse(clause.Verdict, v.Verdict)
	}
	return clauses
}

func (s *summarizer) footer(footer *Footer) *Summary {
	s.summary.Footer = *footer
	return s.summary
}

// badness is the order of what a clause comes to, the worst last.
var badness = []string{Untested, "not-applicable", "pass", "erratum", "warn", "error", "fail"}

func worse(a, b string) string {
	if b == "flaky" {
		b = "fail"
	}
	if slices.Index(badness, b) > slices.Index(badness, a) {
		return b
	}
	return a
}

// sections are the sections of a summary in its order, each with its clauses.
func (s *Summary) sections() []sectionVerdicts {
	var list []sectionVerdicts
	at := map[string]int{}
	titles := map[string]Section{}
	for _, section := range s.Header.Sections {
		titles[section.ID] = section
	}
	for i := range s.Clauses {
		clause := &s.Clauses[i]
		if _, has := at[clause.Section]; !has {
			section, has := titles[clause.Section]
			if !has {
				section = Section{ID: clause.Section, Title: clause.Section, Class: clause.Class}
			}
			at[clause.Section] = len(list)
			list = append(list, sectionVerdicts{Section: section})
		}
		one := &list[at[clause.Section]]
		one.Clauses = append(one.Clauses, clause)
		one.Score.add(clause)
	}
	return list
}

type sectionVerdicts struct {
	Section
	Clauses []*ClauseVerdict
	Score   Score
}

// A mergedSection is a section of several targets, each of its clauses with its
// verdict by target.
type mergedSection struct {
	Section
	Clauses []mergedClause
}

type mergedClause struct {
	Clause
	Cells []*ClauseVerdict // by target; nil where the target's edition does not state it
}

// mergeSummaries joins the sections of all, in an order that fits each.
func mergeSummaries(all []*Summary) []mergedSection {
	var (
		sections []mergedSection
		at       = map[string]int{}
	)
	for i, summary := range all {
		before := 0 // where a section that is new belongs
		for _, section := range summary.sections() {
			where, has := at[section.ID]
			if !has {
				where = before
				sections = slices.Insert(sections, where, mergedSection{Section: section.Section})
				for id, index := range at {
					if index >= where {
						at[id] = index + 1
					}
				}
				at[section.ID] = where
			}
			before = where + 1
			mergeClauses(&sections[where], section.Clauses, i, len(all))
		}
	}
	return sections
}

func mergeClauses(into *mergedSection, clauses []*ClauseVerdict, target, targets int) {
	at := make(map[string]int, len(into.Clauses))
	for i := range into.Clauses {
		at[into.Clauses[i].ID] = i
	}
	var fresh []mergedClause
	for _, clause := range clauses {
		if i, has := at[clause.ID]; has {
			into.Clauses[i].Cells[target] = clause
			continue
		}
		one := mergedClause{Clause: clause.Clause, Cells: make([]*ClauseVerdict, targets)}
		one.Cells[target] = clause
		fresh = append(fresh, one)
	}
	into.Clauses = append(into.Clauses, fresh...)
}
