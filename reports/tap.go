package reports

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// TAP renders streams in the Test Anything Protocol, version 14: one test point
// for each vector, with its target, in the order of the streams. What is not
// applicable is skipped, a failure that the baseline knows is a to-do.
func TAP(w io.Writer, source Source) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, "TAP version 14")
	target, number := "", 0
	point := func(ok bool, name, directive string) {
		number++
		word := "ok"
		if !ok {
			word = "not ok"
		}
		line := fmt.Sprintf("%s %d - %s", word, number, tapText(target+": "+name))
		if directive != "" {
			line += " # " + tapText(directive)
		}
		fmt.Fprintln(out, line)
	}
	err := source.Each(func(line Line) error {
		switch {
		case line.Header != nil:
			target = line.Header.Target.Name
			fmt.Fprintf(out, "# %s\n", oneLine(fmt.Sprintf("%s %s, edition %s", line.Header.Target.Implementation, line.Header.Target.Version, line.Header.Edition)))
		case line.Vector != nil:
			tapVector(out, line.Vector, point)
		case line.Footer != nil:
			if line.Footer.Incomplete != "" {
				point(false, "the run is incomplete: "+line.Footer.Incomplete, "")
			}
			for _, stale := range line.Footer.Baseline {
				point(false, fmt.Sprintf("baseline entry %s, %s: %s", stale.Target, stale.Vectors, stale.Problem), "")
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "1..%d\n", number)
	return out.Flush()
}

func tapVector(out io.Writer, v *Vector, point func(ok bool, name, directive string)) {
	switch v.Verdict {
	case "fail", "flaky", "error":
		directive := ""
		if v.Known != "" {
			directive = "TODO " + v.Known
		}
		point(false, v.ID, directive)
	case "not-applicable":
		point(true, v.ID, "SKIP "+v.Reason)
		return
	default:
		point(true, v.ID, "")
	}
	if v.Verdict == "pass" {
		return
	}
	fmt.Fprintf(out, "  ---\n  verdict: %s\n", v.Verdict)
	if v.Reason != "" {
		fmt.Fprintf(out, "  reason: %s\n", yamlText(v.Reason))
	}
	if len(v.Errata) > 0 {
		fmt.Fprintf(out, "  errata: %s\n", yamlText(strings.Join(v.Errata, ", ")))
	}
	if f := v.Failure; f != nil {
		fmt.Fprintf(out, "  clauses: %s\n  at: %s\n  permitted: %s\n  seen: %s\n",
			yamlText(strings.Join(f.Clauses, ", ")), yamlText(f.Position), yamlText(f.Permitted), yamlText(f.Seen))
		if len(f.WantRecords)+len(f.GotRecords) > 0 {
			fmt.Fprintf(out, "  recordsWanted: %s\n  recordsMade: %s\n", yamlText(listed(f.WantRecords)), yamlText(listed(f.GotRecords)))
		}
	}
	fmt.Fprintf(out, "  ...\n")
}

// tapText is text for a description or the reason of a directive.
func tapText(text string) string {
	return strings.NewReplacer(`\`, `\\`, `#`, `\#`).Replace(oneLine(text))
}

// yamlText is a double-quoted scalar of YAML; JSON's escapes are among YAML's.
func yamlText(text string) string {
	encoded, err := encode(text)
	if err != nil {
		return strconv.Quote(text)
	}
	var b strings.Builder
	for _, r := range string(encoded) {
		if r >= 0x7f && r < 0xa0 {
			fmt.Fprintf(&b, `\u%04x`, r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// oneLine is text with its control characters visible, so that it can stand in
// a format of lines.
func oneLine(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteRune(' ')
		case r < 0x20 || r >= 0x7f && r < 0xa0:
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
