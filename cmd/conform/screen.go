package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/nodehttp/conform/harness"
	"github.com/nodehttp/conform/reports"
)

// A screen shows people how a run goes: on a terminal a live line and what
// failed above it, elsewhere plain lines. It is safe for concurrent use.
type screen struct {
	out     io.Writer
	verbose bool
	live    bool // out is a terminal
	width   int

	mu      sync.Mutex
	shown   bool // the live line is on the terminal
	began   time.Time
	drawn   time.Time
	longest time.Duration // of prescribed waits: the run takes at least so long
	total   int
	running int
	done    int
	counts  map[harness.Verdict]int
}

func newScreen(out io.Writer, verbose bool) *screen {
	s := &screen{out: out, verbose: verbose}
	if file, ok := out.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		s.live = true
		s.width = 80
		if width, _, err := term.GetSize(int(file.Fd())); err == nil && width > 0 {
			s.width = width
		}
	}
	return s
}

// note shows a sentence about what takes long.
func (s *screen) note(message string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.erase()
	fmt.Fprintln(s.out, message)
}

// problem shows an error that ends one target's run, not the command.
func (s *screen) problem(err error) {
	s.note(fmt.Sprintf("conform: %v", err))
}

func (s *screen) begin(begin harness.Begin) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.began, s.longest, s.total = time.Now(), begin.Longest, begin.Total
	s.running, s.done, s.counts = 0, 0, map[harness.Verdict]int{}
	if !s.live {
		fmt.Fprintf(s.out, "%s, edition %s: %d vectors\n", targetTitle(begin.Target.Name, begin.Target.Implementation, begin.Target.Version), begin.Edition, begin.Total)
	}
}

func (s *screen) start(start harness.Start) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running++
	s.draw(false)
}

func (s *screen) result(result harness.Result, known string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.done++
	s.counts[result.Verdict]++
	if result.Attempts > 0 {
		s.running -= result.Attempts
	}
	word := string(result.Verdict)
	if known != "" {
		word = "known"
	}
	switch {
	case s.verbose, result.Verdict == harness.Fail, result.Verdict == harness.Flaky, result.Verdict == harness.Error, result.Verdict == harness.Warn:
		s.erase()
		fmt.Fprintf(s.out, "%-14s %s", word, result.Vector.ID)
		if s.verbose && result.Attempts > 0 {
			fmt.Fprintf(s.out, "  %s", seconds(result.Duration))
		}
		if result.Verdict == harness.NotApplicable || result.Verdict == harness.Error {
			fmt.Fprintf(s.out, "  %s", firstLine(result.Reason))
		}
		fmt.Fprintln(s.out)
	}
	s.draw(s.done == s.total)
}

// draw puts the live line on a terminal, not more often than people can read.
func (s *screen) draw(force bool) {
	if !s.live || !force && time.Since(s.drawn) < 100*time.Millisecond {
		return
	}
	s.drawn = time.Now()
	line := fmt.Sprintf("%d/%d", s.done, s.total)
	if s.total > 0 {
		line = fmt.Sprintf("%3d%%  %s", 100*s.done/s.total, line)
	}
	if failed := s.counts[harness.Fail] + s.counts[harness.Flaky]; failed > 0 {
		line += fmt.Sprintf("  %d failed", failed)
	}
	if s.running > 0 {
		line += fmt.Sprintf("  %d running", s.running)
	}
	if eta := s.eta(); eta > 0 {
		line += fmt.Sprintf("  about %s left", eta)
	}
	if len(line) >= s.width {
		line = line[:s.width-1]
	}
	fmt.Fprintf(s.out, "\r\x1b[K%s", line)
	s.shown = true
}

// eta reckons from the pace so far; a run takes at least as long as its longest
// wait.
func (s *screen) eta() time.Duration {
	elapsed := time.Since(s.began)
	left := s.longest - elapsed
	if s.done > 0 {
		left = max(left, elapsed*time.Duration(s.total-s.done)/time.Duration(s.done))
	}
	if s.done == s.total {
		return 0
	}
	return max(left, time.Second).Round(time.Second)
}

func (s *screen) erase() {
	if s.shown {
		fmt.Fprint(s.out, "\r\x1b[K")
		s.shown = false
	}
}

func (s *screen) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.erase()
}

// summary says what the run came to, and explains each failure.
func (s *screen) summary(summary harness.Summary, t *targetRun, stale []harness.StaleEntry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.erase()
	known := 0
	for _, result := range summary.Results {
		if t.known(result) != "" {
			known++
			continue
		}
		s.explain(result, t)
	}
	fmt.Fprintf(s.out, "\n%s, edition %s: %s\n", targetTitle(summary.Target.Name, summary.Target.Implementation, summary.Target.Version),
		summary.Edition, seconds(summary.Elapsed))
	fmt.Fprintf(s.out, "  vectors  %s\n", counted(summary.Counts))
	clauses := map[harness.Verdict]int{}
	for _, clause := range summary.Clauses {
		clauses[clause.Verdict]++
	}
	fmt.Fprintf(s.out, "  clauses  %s\n", counted(clauses))
	if known > 0 {
		fmt.Fprintf(s.out, "  %d failures are known to the baseline\n", known)
	}
	if s.verbose {
		fmt.Fprintf(s.out, "  longest prescribed wait %s", seconds(summary.LongestWait))
		if summary.LongestID != "" {
			fmt.Fprintf(s.out, " (%s)", summary.LongestID)
		}
		fmt.Fprintf(s.out, ", total time %s\n", seconds(summary.Elapsed))
	}
	for _, entry := range stale {
		fmt.Fprintf(s.out, "  baseline entry {target: %s, vectors: %s}: %s; take it out\n", entry.Target, entry.BaselineEntry.Vectors, entry.Problem)
	}
	if summary.Incomplete != "" {
		fmt.Fprintf(s.out, "  incomplete: %s\n", summary.Incomplete)
	}
}

// explain prints all there is to know of a vector that did not pass.
func (s *screen) explain(result harness.Result, t *targetRun) {
	var text string
	switch result.Verdict {
	case harness.Fail, harness.Flaky, harness.Warn:
		line := lineOf(result, t.catalogue, "")
		text = reports.Explain(&line)
		if result.Verdict == harness.Flaky {
			text = result.Reason + "\n" + text
		}
	case harness.Error:
		text = result.Reason + "\n"
	default:
		return
	}
	text += "again      " + t.again(result.Vector.ID, result.Edition) + "\n"
	fmt.Fprintf(s.out, "\n%s  %s\n", result.Verdict, result.Vector.ID)
	for line := range strings.Lines(text) {
		fmt.Fprintf(s.out, "  %s", line)
	}
}

func counted(counts map[harness.Verdict]int) string {
	var parts []string
	for _, verdict := range harness.Verdicts() {
		if counts[verdict] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[verdict], verdict))
		}
	}
	if parts == nil {
		return "none"
	}
	return strings.Join(parts, ", ")
}

func targetTitle(name, implementation, version string) string {
	described := strings.TrimSpace(implementation + " " + version)
	if described == "" || strings.ReplaceAll(described, " ", "@") == name || strings.ReplaceAll(described, " ", ":") == name {
		return name
	}
	return fmt.Sprintf("%s (%s)", name, described)
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}
