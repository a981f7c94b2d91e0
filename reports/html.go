package reports

import (
	"bufio"
	"embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	"time"
)

//go:embed page/page.html page/page.css page/page.js
var pageFiles embed.FS

// cellVectors is how many failed vectors a cell of the page points to. A clause
// has a handful; the bound is for streams that are not of this project.
const cellVectors = 50

// HTML renders one page that needs no network: the score by class and section,
// every clause with its verdict by target, and what was seen of each vector
// that did not pass. Several streams become a matrix. Without scripts the page
// is whole; with them it filters, and shows a cell's vectors in place.
func HTML(w io.Writer, source Source) error {
	p, err := readPage(source)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(w, 64<<10)
	write := func(name string, data any) error { return pageTemplate.ExecuteTemplate(out, name, data) }
	if err := write("top", p); err != nil {
		return err
	}
	for _, class := range p.Classes {
		if err := write("class", class.Name); err != nil {
			return err
		}
		for _, section := range class.Sections {
			if err := write("section", section); err != nil {
				return err
			}
		}
	}
	if err := write("vectors", p.shown > 0); err != nil {
		return err
	}
	run, next := -1, 0
	err = source.Each(func(line Line) error {
		switch {
		case line.Header != nil:
			run, next = run+1, 0
		case line.Vector != nil && isShown(line.Vector):
			next++
			return write("vector", pageVector{line.Vector, vectorAnchor(run, next), p.Targets[run].Name, reproOf(line.Vector)})
		}
		return nil
	})
	if err != nil {
		return err
	}
	script, err := pageFiles.ReadFile("page/page.js")
	if err == nil {
		err = write("bottom", template.JS(script))
	}
	if err != nil {
		return err
	}
	return out.Flush()
}

type page struct {
	Title    string
	Version  string
	Style    template.CSS
	Several  bool
	Targets  []pageTarget
	Classes  []*pageClass
	Editions []string
	Verdicts []string

	shown int // vectors that did not pass
}

type pageTarget struct {
	Name, Title, Edition string
	Score                Score
	Counts               string
	Started, Elapsed     string
	Incomplete           string
	Missing              []string
	Stale                []Stale
}

type pageClass struct {
	Name     string
	Scores   []Score
	Sections []*pageSection
}

type pageSection struct {
	Anchor, Class, Title string
	Targets              []pageTarget
	Scores               []Score
	Clauses              []pageClause
}

type pageClause struct {
	Clause
	Editions string
	Verdicts string
	Differs  bool
	Cells    []pageCell
}

type pageCell struct {
	Anchor, Target, Verdict, Word string
	Title, Vectors, Note          string
	Failures, More                string
}

type pageVector struct {
	*Vector
	Anchor, Target, Repro string
}

// seenOf is what the page keeps of the vectors of a clause and a target.
type seenOf struct {
	failures []string // anchors
	more     int
	reasons  []string // why not applicable
}

func isShown(v *Vector) bool {
	return v.Failure != nil || v.Verdict == "error"
}

func vectorAnchor(run, number int) string { return fmt.Sprintf("vector-%d-%d", run+1, number) }

// readPage reads the source once, and keeps what does not grow with the number
// of vectors.
func readPage(source Source) (*page, error) {
	p := &page{}
	var (
		all  []*Summary
		s    *summarizer
		seen []map[string]*seenOf
		next int
	)
	err := source.Each(func(line Line) error {
		switch {
		case line.Header != nil:
			s, next = newSummarizer(line.Header), 0
			seen = append(seen, map[string]*seenOf{})
		case line.Vector != nil:
			anchor := ""
			if isShown(line.Vector) {
				next++
				p.shown++
				anchor = vectorAnchor(len(seen)-1, next)
			}
			for _, clause := range s.vector(line.Vector) {
				if anchor == "" && line.Vector.Verdict != "not-applicable" {
					continue
				}
				one := seen[len(seen)-1][clause.ID]
				if one == nil {
					one = &seenOf{}
					seen[len(seen)-1][clause.ID] = one
				}
				one.add(anchor, line.Vector.Reason)
			}
		case line.Footer != nil:
			all = append(all, s.footer(line.Footer))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	style, err := pageFiles.ReadFile("page/page.css")
	if err != nil {
		return nil, err
	}
	p.Style, p.Several, p.Title = template.CSS(style), len(all) > 1, "Conformance of several targets"
	if !p.Several {
		p.Title = "Conformance of " + all[0].Title()
	}
	names := map[string]int{}
	for i, summary := range all {
		if !slices.Contains(strings.Split(p.Version, ", "), summary.Header.Tool.Version) {
			p.Version = strings.TrimPrefix(p.Version+", "+summary.Header.Tool.Version, ", ")
		}
		target := targetOf(summary)
		// Two runs of the same target are told apart by their number.
		if names[target.Name]++; names[target.Name] > 1 {
			target.Name = fmt.Sprintf("%s #%d", target.Name, i+1)
		}
		p.Targets = append(p.Targets, target)
	}
	p.fill(all, seen)
	return p, nil
}

func (s *seenOf) add(anchor, reason string) {
	switch {
	case anchor != "" && len(s.failures) < cellVectors:
		s.failures = append(s.failures, anchor)
	case anchor != "":
		s.more++
	case len(s.reasons) < 3 && !slices.Contains(s.reasons, reason):
		s.reasons = append(s.reasons, reason)
	}
}

func targetOf(summary *Summary) pageTarget {
	started := "at an unknown time"
	if !summary.Header.Started.IsZero() {
		started = summary.Header.Started.UTC().Format("2006-01-02 15:04 UTC")
	}
	return pageTarget{
		Name: summary.Header.Target.Name, Title: summary.Title(), Edition: summary.Header.Edition,
		Score: summary.Score(nil), Counts: countedVerdicts(summary.Footer.Counts),
		Started: started, Elapsed: (time.Duration(summary.Footer.ElapsedMS) * time.Millisecond).Round(10 * time.Millisecond).String(),
		Incomplete: summary.Footer.Incomplete, Missing: summary.Footer.Missing, Stale: summary.Footer.Baseline,
	}
}

func (p *page) fill(all []*Summary, seen []map[string]*seenOf) {
	editions, verdicts := map[string]bool{}, map[string]bool{}
	classes := map[string]*pageClass{}
	for _, section := range mergeSummaries(all) {
		class := classes[section.Class]
		if class == nil {
			class = &pageClass{Name: section.Class, Scores: make([]Score, len(all))}
			if class.Name == "" {
				class.Name = "other"
			}
			classes[section.Class] = class
			p.Classes = append(p.Classes, class)
		}
		one := &pageSection{
			Anchor: "section-" + section.ID, Class: class.Name, Title: section.Title,
			Targets: p.Targets, Scores: make([]Score, len(all)),
		}
		if one.Title == "" {
			one.Title = section.ID
		}
		for _, clause := range section.Clauses {
			row := pageClause{Clause: clause.Clause, Editions: strings.Join(clause.Editions, " ")}
			for _, edition := range clause.Editions {
				editions[edition] = true
			}
			var found, tested []string
			for i, verdict := range clause.Cells {
				if verdict == nil {
					row.Cells = append(row.Cells, pageCell{Target: p.Targets[i].Name})
					continue
				}
				class.Scores[i].add(verdict)
				one.Scores[i].add(verdict)
				verdicts[verdict.Verdict] = true
				if !slices.Contains(found, verdict.Verdict) {
					found = append(found, verdict.Verdict)
				}
				if verdict.Verdict != Untested && verdict.Verdict != "not-applicable" && !slices.Contains(tested, verdict.Verdict) {
					tested = append(tested, verdict.Verdict)
				}
				row.Cells = append(row.Cells, p.cell(i, verdict, seen[i][clause.ID]))
			}
			row.Verdicts, row.Differs = strings.Join(found, " "), len(tested) > 1
			one.Clauses = append(one.Clauses, row)
		}
		class.Sections = append(class.Sections, one)
	}
	p.Editions = sortedEditions(editions)
	for _, verdict := range append(Verdicts(), Untested) {
		if verdicts[verdict] {
			p.Verdicts = append(p.Verdicts, verdict)
		}
	}
}

func (p *page) cell(target int, clause *ClauseVerdict, seen *seenOf) pageCell {
	name := p.Targets[target].Name
	cell := pageCell{
		Anchor: strings.ReplaceAll(clause.ID+"@@"+name, " ", "_"), Target: name, Verdict: clause.Verdict, Word: clause.Verdict,
		Title: fmt.Sprintf("%s, %s: %s", clause.ID, name, clause.Verdict),
	}
	if clause.Verdict == "not-applicable" {
		cell.Word = "n/a"
	}
	if clause.Verdict != Untested {
		cell.Vectors = countedVerdicts(clause.Counts)
	}
	var notes []string
	if clause.Erratum != "" {
		notes = append(notes, "Real Node of "+p.Targets[target].Edition+" does otherwise: "+clause.Erratum)
	}
	if seen != nil {
		if len(seen.reasons) > 0 {
			notes = append(notes, "Not applicable: "+strings.Join(seen.reasons, "; "))
		}
		cell.Failures = strings.Join(seen.failures, " ")
		if seen.more > 0 {
			cell.More = fmt.Sprintf("and %d more below", seen.more)
		}
	}
	cell.Note = strings.Join(notes, " ")
	return cell
}

// sortedEditions are the names in the order of their numbers.
func sortedEditions(set map[string]bool) []string {
	var names []string
	for name := range set {
		names = append(names, name)
	}
	number := func(name string) float64 {
		var n float64
		fmt.Sscanf(name, "v%g", &n)
		return n
	}
	slices.SortFunc(names, func(a, b string) int {
		switch x, y := number(a), number(b); {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return strings.Compare(a, b)
	})
	return names
}

// reproOf are the commands that show a failure again, with and without conform.
func reproOf(v *Vector) string {
	if v.Again == "" || v.Failure == nil {
		return v.Again
	}
	return v.Again + "\nconform repro " + v.ID + " --edition " + v.Edition
}

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
	"visible": visible,
	"lines": func(lines []string) string {
		if len(lines) == 0 {
			return "(none)"
		}
		return visible(strings.Join(lines, "\n"))
	},
	"bytes":  visibleBytes,
	"broken": broken,
}).ParseFS(pageFiles, "page/page.html"))

// visible is text whose control characters can be seen; line ends stay.
func visible(text string) string {
	var b strings.Builder
	for i, r := range strings.Split(text, "\n") {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(oneLine(r))
	}
	return b.String()
}

// visibleBytes marks what cannot be seen of wire bytes, line ends above all.
func visibleBytes(latin1 *string) template.HTML {
	var b strings.Builder
	for _, r := range *latin1 {
		switch {
		case r == '\r':
			b.WriteString(`<span class="byte">CR</span>`)
		case r == '\n':
			b.WriteString("<span class=\"byte\">LF</span>\n")
		case r < 0x20 || r >= 0x7f:
			fmt.Fprintf(&b, `<span class="byte">%02X</span>`, r)
		default:
			b.WriteString(template.HTMLEscapeString(string(r)))
		}
	}
	return template.HTML(b.String())
}

// broken lets a target's name break where its version begins.
func broken(name string) template.HTML {
	return template.HTML(strings.ReplaceAll(template.HTMLEscapeString(name), "@", "@<wbr>"))
}
