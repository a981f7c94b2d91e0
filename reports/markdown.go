package reports

import (
	"bufio"
	"fmt"
	"html"
	"io"
	"strings"
)

// markdownFailures is how many failures of a target are named; a pull request
// or a job summary bears no more, and has a limit in bytes besides.
const markdownFailures = 30

// Markdown renders a short summary: the score of each target, the score by
// section where targets miss something, and the first failures with what was
// seen. It is GitHub's Markdown, with its tables and its details.
func Markdown(w io.Writer, source Source) error {
	all, err := Summarize(source)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(w)
	fmt.Fprint(out, "## Conformance to the Node.js http documentation\n\n")
	fmt.Fprintln(out, "| target | edition | clauses held | vectors | |\n|---|---|---|---|---|")
	for _, summary := range all {
		score := summary.Score(nil)
		note := ""
		if summary.Footer.Incomplete != "" {
			note = "incomplete: " + summary.Footer.Incomplete
		}
		fmt.Fprintf(out, "| %s | %s | %d of %d (%d %%) | %s | %s |\n", cell(summary.Title()), summary.Header.Edition,
			score.Held, score.Tested, score.Percent(), countedVerdicts(summary.Footer.Counts), cell(note))
	}
	markdownSections(out, all)
	next := -1
	named, more := 0, 0
	ended := func() {
		if named > 0 {
			if more > 0 {
				fmt.Fprintf(out, "- and %d more\n", more)
			}
			fmt.Fprint(out, "\n</details>\n")
		}
		named, more = 0, 0
	}
	err = source.Each(func(line Line) error {
		switch {
		case line.Header != nil:
			next++
		case line.Vector != nil:
			v := line.Vector
			if v.Verdict != "fail" && v.Verdict != "flaky" && v.Verdict != "error" {
				return nil
			}
			if named == markdownFailures {
				more++
				return nil
			}
			if named == 0 {
				counts := all[next].Footer.Counts
				fmt.Fprintf(out, "\n<details><summary>%s: %d vectors did not pass</summary>\n\n",
					html.EscapeString(all[next].Title()), counts["fail"]+counts["flaky"]+counts["error"])
			}
			named++
			fmt.Fprintf(out, "- %s **%s**", codeSpan(v.ID), v.Verdict)
			if v.Known != "" {
				fmt.Fprintf(out, ", known: %s", plainText(v.Known))
			}
			seen := firstLine(v.Reason)
			if v.Failure != nil {
				seen = firstLine(v.Failure.Seen)
				if seen == "" {
					seen = "the records differ"
				}
			}
			fmt.Fprintf(out, " — %s\n", codeSpan(shortened(seen, 200)))
		case line.Footer != nil:
			ended()
			for _, stale := range line.Footer.Baseline {
				fmt.Fprintf(out, "\nBaseline entry %s, %s: %s.\n", codeSpan(stale.Target), codeSpan(stale.Vectors), plainText(stale.Problem))
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return out.Flush()
}

// markdownSections is the table of the sections in which some target misses a
// clause.
func markdownSections(out io.Writer, all []*Summary) {
	var rows []string
	for _, section := range mergeSummaries(all) {
		missed := false
		row := "| " + cell(section.Title) + " |"
		for i := range all {
			var score Score
			for _, clause := range section.Clauses {
				if clause.Cells[i] != nil {
					score.add(clause.Cells[i])
				}
			}
			missed = missed || score.Held < score.Tested
			if score.Tested == 0 {
				row += " |"
			} else {
				row += fmt.Sprintf(" %d/%d |", score.Held, score.Tested)
			}
		}
		if missed {
			rows = append(rows, row)
		}
	}
	if rows == nil {
		return
	}
	fmt.Fprint(out, "\nClauses held, in the sections where something is missed:\n\n| section |")
	for _, summary := range all {
		fmt.Fprintf(out, " %s |", cell(summary.Header.Target.Name))
	}
	fmt.Fprintf(out, "\n|---|%s\n%s\n", strings.Repeat("---|", len(all)), strings.Join(rows, "\n"))
}

func countedVerdicts(counts map[string]int) string {
	var parts []string
	for _, verdict := range Verdicts() {
		if counts[verdict] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[verdict], verdict))
		}
	}
	if parts == nil {
		return "none"
	}
	return strings.Join(parts, ", ")
}

// cell is text for a cell of a table.
func cell(text string) string { return strings.ReplaceAll(plainText(text), "|", `\|`) }

// plainText is text in which no character means anything to Markdown or HTML.
func plainText(text string) string {
	var b strings.Builder
	for _, r := range oneLine(text) {
		switch {
		case r == '<':
			b.WriteString("&lt;")
			continue
		case r == '&':
			b.WriteString("&amp;")
			continue
		case strings.ContainsRune("\\`*_[]~", r):
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// codeSpan is a span of code, whatever backticks are in the text.
func codeSpan(text string) string {
	text = oneLine(text)
	fence := "`"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	if len(fence) > 1 || text == "" {
		return fence + " " + text + " " + fence
	}
	return fence + text + fence
}

func shortened(text string, limit int) string {
	runes := []rune(text)
	if len(runes) <= limit {
		return text
	}
	return string(runes[:limit-1]) + "…"
}
