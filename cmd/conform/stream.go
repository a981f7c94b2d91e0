package main

import (
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
