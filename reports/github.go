package reports

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// annotationsOfAKind is how many errors, and how many warnings, GitHub shows of
// one step.
const annotationsOfAKind = 10

// GitHub writes the commands by which a step of a GitHub workflow annotates the
// run: an error for each failure that no baseline knows, a warning for each
// recommendation that is not followed. What would not be shown is counted in
// the last one. The job summary is Markdown's.
func GitHub(w io.Writer, source Source) error {
	total := map[string]int{}
	count := func(kind, _, _ string) { total[kind]++ }
	if err := annotations(source, count); err != nil {
		return err
	}
	out := bufio.NewWriter(w)
	written := map[string]int{}
	err := annotations(source, func(kind, title, message string) {
		written[kind]++
		switch left := total[kind] - written[kind]; {
		case written[kind] < annotationsOfAKind || written[kind] == annotationsOfAKind && left == 0:
			fmt.Fprintf(out, "::%s title=%s::%s\n", kind, commandProperty(title), commandText(message))
		case written[kind] == annotationsOfAKind:
			more := fmt.Sprintf("%d more", left+1)
			fmt.Fprintf(out, "::%s title=%s::%s\n", kind, more, commandText(more+" are in the log and in the reports"))
		}
	})
	if err != nil {
		return err
	}
	return out.Flush()
}

func annotations(source Source, annotate func(kind, title, message string)) error {
	target := ""
	return source.Each(func(line Line) error {
		switch {
		case line.Header != nil:
			target = line.Header.Target.Name
		case line.Vector != nil:
			v := line.Vector
			title := fmt.Sprintf("%s: %s", target, v.ID)
			switch {
			case v.Known != "":
			case v.Verdict == "fail", v.Verdict == "flaky":
				text := Explain(v)
				if v.Verdict == "flaky" {
					text = v.Reason + "\n" + text
				}
				if v.Again != "" {
					text += "again      " + v.Again + "\n"
				}
				annotate("error", title, text)
			case v.Verdict == "error":
				annotate("error", title, v.Reason)
			case v.Verdict == "warn":
				annotate("warning", title, Explain(v))
			}
		case line.Footer != nil:
			if line.Footer.Incomplete != "" {
				annotate("error", target+": incomplete", line.Footer.Incomplete)
			}
			for _, stale := range line.Footer.Baseline {
				annotate("error", "baseline: "+stale.Vectors, fmt.Sprintf("the entry for %s, %s: %s", stale.Target, stale.Vectors, stale.Problem))
			}
		}
		return nil
	})
}

// commandText is text for the message of a workflow command.
func commandText(text string) string {
	text = strings.TrimSuffix(text, "\n")
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(text)
}

func commandProperty(text string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(commandText(text))
}
