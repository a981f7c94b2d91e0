package main

import (
	"slices"
	"strings"
	"time"

	"github.com/nodehttp/conform/harness"
	"github.com/nodehttp/conform/harness/wire"
	"github.com/nodehttp/conform/reports"
	"github.com/nodehttp/conform/vectors"
)

const (
	// What a line of the stream holds of a transcript, in bytes of the wire.
	transcriptLimit = 64 << 10
	entryLimit      = 8 << 10
)

// lineOf turns a result into its line of the stream.
func lineOf(result harness.Result, catalogue *vectors.Catalogue, known string) reports.Vector {
	v := result.Vector
	line := reports.Vector{
		ID: v.ID, Clauses: v.Clauses, Section: v.Section, Class: classOf(v, catalogue),
		Edition: string(result.Edition), Verdict: string(result.Verdict),
		DurationMS: milliseconds(result.Duration), Attempts: result.Attempts,
		Reason: result.Reason, Known: known, Errata: result.Errata,
	}
	for _, record := range result.Records {
		line.Records = append(line.Records, reports.Record{Label: record.Label, HasValue: record.HasValue, Value: record.Value})
	}
	if f := result.Failure; f != nil {
		line.Failure = &reports.Failure{
			Clauses: f.Clauses, Position: f.Position.String(), Step: f.Step,
			Permitted: f.Permitted, Seen: f.Seen, WantRecords: f.WantRecords, GotRecords: f.GotRecords,
		}
	}
	if result.Failure != nil {
		line.About, line.Program, line.Script = v.About, v.Program, scriptLines(v.Wire, "")
	}
	left := transcriptLimit
	for _, entry := range result.Transcript {
		line.Transcript = append(line.Transcript, entryOf(entry, &left))
	}
	return line
}

func entryOf(entry wire.Entry, left *int) reports.Entry {
	line := reports.Entry{
		AtMS: milliseconds(entry.At), Connection: entry.Connection, Event: string(entry.Event), Note: entry.Note,
	}
	if len(entry.Bytes) > 0 {
		shown := min(len(entry.Bytes), entryLimit, *left)
		*left -= shown
		text := latin1(entry.Bytes[:shown])
		line.Bytes, line.Omitted = &text, len(entry.Bytes)-shown
	}
	return line
}

func latin1(bytes []byte) string {
	var b strings.Builder
	for _, c := range bytes {
		b.WriteRune(rune(c))
	}
	return b.String()
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func classOf(v *vectors.Vector, catalogue *vectors.Catalogue) string {
	if section := catalogue.Section(v.Section); section != nil {
		return section.Class
	}
	for _, id := range v.Clauses {
		if clause := catalogue.Clause(id); clause != nil {
			return clause.Class
		}
	}
	return ""
}

func footerOf(summary harness.Summary) reports.Footer {
	footer := reports.Footer{
		Counts: map[string]int{}, Clauses: map[string]int{},
		ElapsedMS: milliseconds(summary.Elapsed), LongestMS: milliseconds(summary.LongestWait),
		Incomplete: summary.Incomplete, Missing: summary.Missing,
	}
	for verdict, count := range summary.Counts {
		footer.Counts[string(verdict)] = count
	}
	for _, clause := range summary.Clauses {
		footer.Clauses[string(clause.Verdict)]++
	}
	return footer
}

// clausesOf are the clauses that the edition states and their sections, in the
// order of the document: those of the vectors, or all for a run of everything.
func clausesOf(catalogue *vectors.Catalogue, edition vectors.Edition, chosen []*vectors.Vector, everything bool) ([]reports.Section, []reports.Clause) {
	touched := map[string]bool{}
	for _, v := range chosen {
		for _, id := range v.Clauses {
			touched[id] = touched[id] || v.AppliesTo(edition)
		}
	}
	var (
		sections []reports.Section
		clauses  []reports.Clause
		has      = map[string]bool{}
	)
	for _, clause := range catalogue.Clauses {
		if !slices.Contains(clause.Editions, edition) || !everything && !touched[clause.ID] {
			continue
		}
		erratum, _ := clause.ErratumIn(edition)
		line := reports.Clause{
			ID: clause.ID, Section: clause.Section, Class: clause.Class, Level: string(clause.Level),
			Text: clause.Text, Erratum: erratum, Untestable: clause.Untestable,
		}
		for _, e := range clause.Editions {
			line.Editions = append(line.Editions, string(e))
		}
		clauses = append(clauses, line)
		if section := catalogue.Section(clause.Section); section != nil && !has[section.ID] {
			has[section.ID] = true
			sections = append(sections, reports.Section{ID: section.ID, Title: section.Title, Class: section.Class})
		}
	}
	return sections, clauses
}
