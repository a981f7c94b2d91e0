package reports

import (
	"fmt"
	"strings"
)

// Explain says in plain text why a vector failed: its clauses, what was
// permitted, what was seen, and the records where they differ. It ends with a
// line end, and is empty for a vector without a failure.
func Explain(v *Vector) string {
	f := v.Failure
	if f == nil {
		return ""
	}
	var b strings.Builder
	for _, clause := range f.Clauses {
		fmt.Fprintf(&b, "clause     %s\n", clause)
	}
	where := f.Position
	if f.Step > 0 {
		where += fmt.Sprintf(" (step %d of the wire script)", f.Step)
	}
	fmt.Fprintf(&b, "at         %s\n", where)
	indented(&b, "permitted", f.Permitted)
	indented(&b, "seen", f.Seen)
	if len(f.WantRecords)+len(f.GotRecords) > 0 {
		indented(&b, "records wanted", listed(f.WantRecords))
		indented(&b, "records made", listed(f.GotRecords))
	}
	return b.String()
}

func listed(lines []string) string {
	if len(lines) == 0 {
		return "(none)"
	}
	return strings.Join(lines, "\n")
}

func indented(b *strings.Builder, name, text string) {
	text = strings.TrimSuffix(text, "\n")
	if !strings.Contains(text, "\n") && len(name) <= 10 {
		fmt.Fprintf(b, "%-10s %s\n", name, text)
		return
	}
	fmt.Fprintf(b, "%s\n", name)
	for line := range strings.SplitSeq(text, "\n") {
		fmt.Fprintf(b, "           %s\n", line)
	}
}
