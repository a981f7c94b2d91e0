package reports

import (
	"bufio"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

// JUnit renders streams as the XML that continuous integration systems read:
// one suite for each stream, one case for each vector, its section as the
// class name. A fail or flaky is a failure and an error an error; what is not
// applicable, and a failure that the baseline knows, is skipped; the rest passes, with what
// there is to say in the output. An incomplete run and a stale baseline entry
// are errors of a case of their own, so that no system shows them as a success.
func JUnit(w io.Writer, source Source) error {
	out := bufio.NewWriter(w)
	var suites []junitSuite
	err := source.Each(func(line Line) error {
		switch {
		case line.Header != nil:
			suites = append(suites, junitSuite{header: *line.Header})
		case line.Vector != nil:
			suites[len(suites)-1].count(junitOf(line.Vector))
		case line.Footer != nil:
			suite := &suites[len(suites)-1]
			suite.seconds = line.Footer.ElapsedMS / 1000
			for _, extra := range junitOfFooter(line.Footer) {
				suite.count(extra)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	var all junitSuite
	for _, suite := range suites {
		all.tests += suite.tests
		all.failures += suite.failures
		all.errors += suite.errors
		all.skipped += suite.skipped
		all.seconds += suite.seconds
	}
	fmt.Fprintf(out, "%s<testsuites name=\"conform\" tests=\"%d\" failures=\"%d\" errors=\"%d\" time=\"%.3f\">\n",
		xml.Header, all.tests, all.failures, all.errors, all.seconds)
	next := 0
	err = source.Each(func(line Line) error {
		switch {
		case line.Header != nil:
			suites[next].open(out)
			next++
		case line.Vector != nil:
			junitOf(line.Vector).write(out, line.Vector)
		case line.Footer != nil:
			for _, extra := range junitOfFooter(line.Footer) {
				extra.write(out, &Vector{ID: "the run itself", Section: "conform"})
			}
			fmt.Fprint(out, "  </testsuite>\n")
		}
		return nil
	})
	if err != nil {
		return err
	}
	fmt.Fprint(out, "</testsuites>\n")
	return out.Flush()
}

type junitSuite struct {
	header                           Header
	tests, failures, errors, skipped int
	seconds                          float64
}

func (s *junitSuite) count(c junitCase) {
	s.tests++
	switch c.element {
	case "failure":
		s.failures++
	case "error":
		s.errors++
	case "skipped":
		s.skipped++
	}
}

func (s *junitSuite) open(out io.Writer) {
	h := s.header
	fmt.Fprintf(out, "  <testsuite name=\"%s\" tests=\"%d\" failures=\"%d\" errors=\"%d\" skipped=\"%d\" time=\"%.3f\" timestamp=\"%s\">\n",
		escaped(h.Target.Name+" ("+h.Edition+")"), s.tests, s.failures, s.errors, s.skipped, s.seconds,
		h.Started.UTC().Format(time.RFC3339)[:19])
	fmt.Fprint(out, "    <properties>\n")
	for _, property := range [][2]string{
		{"conform.version", h.Tool.Version},
		{"target.implementation", h.Target.Implementation},
		{"target.version", h.Target.Version},
		{"edition", h.Edition},
		{"seed", fmt.Sprint(h.Seed)},
	} {
		fmt.Fprintf(out, "      <property name=\"%s\" value=\"%s\"></property>\n", property[0], escaped(property[1]))
	}
	fmt.Fprint(out, "    </properties>\n")
}

// A junitCase is what a line becomes: an element inside the case, or none.
type junitCase struct {
	element string // failure, error, skipped or ""
	message string
	kind    string // the type attribute of failure and error
	text    string
	output  string // what a passing case has to say
}

func junitOf(v *Vector) junitCase {
	switch v.Verdict {
	case "fail", "flaky":
		c := junitCase{element: "failure", kind: v.Verdict, message: v.Reason}
		if v.Failure != nil {
			c.text = Explain(v)
			if c.message == "" {
				c.message = "seen: " + firstLine(v.Failure.Seen)
			}
		}
		if v.Known != "" {
			return junitCase{element: "skipped", message: "known to fail: " + v.Known, output: c.text}
		}
		return c
	case "error":
		return junitCase{element: "error", kind: "error", message: firstLine(v.Reason), text: v.Reason}
	case "not-applicable":
		return junitCase{element: "skipped", message: v.Reason}
	case "warn":
		return junitCase{output: "warning: a recommendation is not followed\n" + Explain(v)}
	case "erratum":
		return junitCase{output: "follows the erratum of " + strings.Join(v.Errata, ", ")}
	}
	return junitCase{}
}

func junitOfFooter(f *Footer) []junitCase {
	var cases []junitCase
	if f.Incomplete != "" {
		cases = append(cases, junitCase{element: "error", kind: "incomplete", message: f.Incomplete,
			text: strings.Join(append([]string{f.Incomplete}, f.Missing...), "\n")})
	}
	for _, stale := range f.Baseline {
		message := fmt.Sprintf("baseline entry %s, %s: %s", stale.Target, stale.Vectors, stale.Problem)
		cases = append(cases, junitCase{element: "error", kind: "baseline", message: message, text: message})
	}
	return cases
}

func (c junitCase) write(out io.Writer, v *Vector) {
	fmt.Fprintf(out, "    <testcase name=\"%s\" classname=\"%s\" time=\"%.3f\">\n", escaped(v.ID), escaped(v.Section), v.DurationMS/1000)
	switch c.element {
	case "failure", "error":
		fmt.Fprintf(out, "      <%s message=\"%s\" type=\"%s\">%s</%s>\n",
			c.element, escaped(c.message), escaped(c.kind), content(c.text), c.element)
	case "skipped":
		fmt.Fprintf(out, "      <skipped message=\"%s\"></skipped>\n", escaped(c.message))
	}
	if c.output != "" {
		fmt.Fprintf(out, "      <system-out>%s</system-out>\n", content(c.output))
	}
	fmt.Fprint(out, "    </testcase>\n")
}

// escaped is text as XML can hold it: what XML has no way to write shows as
// \xNN.
func escaped(text string) string {
	var plain strings.Builder
	for i, r := range text {
		switch {
		case r == utf8.RuneError:
			if _, size := utf8.DecodeRuneInString(text[i:]); size == 1 {
				fmt.Fprintf(&plain, `\x%02x`, text[i])
				continue
			}
			plain.WriteRune(r)
		case r < 0x20 && r != '\n' && r != '\t' && r != '\r', r == 0xfffe, r == 0xffff:
			fmt.Fprintf(&plain, `\x%02x`, r)
		default:
			plain.WriteRune(r)
		}
	}
	var b strings.Builder
	xml.EscapeText(&b, []byte(plain.String()))
	return b.String()
}

// content is escaped text for the inside of an element, where line ends may
// stand as they are.
func content(text string) string { return strings.ReplaceAll(escaped(text), "&#xA;", "\n") }

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}
