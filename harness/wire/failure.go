package wire

import (
	"fmt"
	"strings"
	"time"

	"github.com/nodehttp/conform/vectors"
)

// A Failure says which step was not met, and why.
type Failure struct {
	Pos          vectors.Position
	Verb         string        // of the step: receive, closed, ...
	On           string        // the connection; "" for steps about none
	Wanted       string        // what was permitted
	Problem      string        // the one thing that is wrong
	Seen         string        // unread bytes, readable, and how the connection ended
	Waited       time.Duration // since the step began
	Alternatives []*Failure    // of an anyOf: why each of them was not met
}

// Error renders the failure over several lines.
func (f *Failure) Error() string {
	var b strings.Builder
	f.write(&b, "")
	return strings.TrimSuffix(b.String(), "\n")
}

func (f *Failure) write(b *strings.Builder, indent string) {
	fmt.Fprintf(b, "%s%s: %s", indent, f.Pos, f.Verb)
	if f.On != "" {
		fmt.Fprintf(b, " on %s", f.On)
	}
	fmt.Fprintf(b, ": %s (after %s)\n", f.Problem, f.Waited.Round(time.Millisecond))
	writeField(b, indent, "permitted", f.Wanted)
	writeField(b, indent, "seen", f.Seen)
	for i, alternative := range f.Alternatives {
		fmt.Fprintf(b, "%s  alternative %d:\n", indent, i+1)
		alternative.write(b, indent+"    ")
	}
}

func writeField(b *strings.Builder, indent, name, text string) {
	if text == "" {
		return
	}
	fmt.Fprintf(b, "%s  %s:", indent, name)
	if !strings.Contains(text, "\n") {
		fmt.Fprintf(b, " %s\n", text)
		return
	}
	b.WriteByte('\n')
	for line := range strings.SplitSeq(text, "\n") {
		fmt.Fprintf(b, "%s    %s\n", indent, line)
	}
}

// A ScriptError is a fault of the vector, not of the program: a step about a
// connection that does not exist, a mark that was never made.
type ScriptError struct {
	Pos     vectors.Position
	Problem string
}

func (e *ScriptError) Error() string { return fmt.Sprintf("%s: %s", e.Pos, e.Problem) }
