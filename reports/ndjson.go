package reports

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
)

// MarshalJSON writes a record whose value is null as such, and one without a
// value without the key.
func (r Record) MarshalJSON() ([]byte, error) {
	if !r.HasValue {
		return encode(struct {
			Label string `json:"label"`
		}{r.Label})
	}
	return encode(struct {
		Label string `json:"label"`
		Value any    `json:"value"`
	}{r.Label, r.Value})
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (r *Record) UnmarshalJSON(data []byte) error {
	var raw struct {
		Label string          `json:"label"`
		Value json.RawMessage `json:"value"`
	}
	if err := json.Unmarshal(data, &raw); err != nil {
		return err
	}
	*r = Record{Label: raw.Label, HasValue: raw.Value != nil}
	if raw.Value == nil {
		return nil
	}
	return json.Unmarshal(raw.Value, &r.Value)
}

func encode(value any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false) // the stream is read by people, too
	err := encoder.Encode(value)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// A Writer writes streams, one after the other. Lines are written whole and at
// once, so that a reader can follow. Errors stay: after one, every call returns
// it. Not safe for concurrent use.
type Writer struct {
	w   io.Writer
	err error
}

// NewWriter returns a writer of streams to w.
func NewWriter(w io.Writer) *Writer { return &Writer{w: w} }

// Header begins a stream.
func (w *Writer) Header(header Header) error {
	header.Type, header.Format = "header", Format
	return w.line(header)
}

// Vector writes one verdict.
func (w *Writer) Vector(vector Vector) error {
	vector.Type = "vector"
	if vector.Records == nil {
		vector.Records = []Record{}
	}
	return w.line(vector)
}

// Footer ends the stream. Verdicts that did not occur are counted as 0.
func (w *Writer) Footer(footer Footer) error {
	footer.Type = "footer"
	footer.Counts = everyVerdict(footer.Counts)
	footer.Clauses = everyVerdict(footer.Clauses)
	return w.line(footer)
}

func everyVerdict(counts map[string]int) map[string]int {
	all := make(map[string]int)
	for _, verdict := range Verdicts() {
		all[verdict] = counts[verdict]
	}
	return all
}

func (w *Writer) line(value any) error {
	if w.err != nil {
		return w.err
	}
	line, err := encode(value)
	if err == nil {
		_, err = w.w.Write(append(line, '\n'))
	}
	w.err = err
	return err
}

// A Line is one line of a stream. Exactly one field is set.
type Line struct {
	Header *Header
	Vector *Vector
	Footer *Footer
}

// A StreamError says which line of a stream is wrong, and how.
type StreamError struct {
	Line    int // from 1
	Problem string
}

func (e *StreamError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Problem) }

// maxLine bounds a line of a stream.
const maxLine = 64 << 20

// Read passes the lines of one or more streams to the visitor, in order and
// with one in memory at a time. It returns the visitor's error, that of r, or a
// *StreamError: a line that is none, lines out of order, a newer format, counts
// that are not those of the lines, a stream without its footer, nothing at all.
func Read(r io.Reader, visit func(Line) error) error {
	scanner := bufio.NewScanner(r)
	scanner.Buffer(nil, maxLine)
	var (
		number int
		open   bool
		counts map[string]int
	)
	wrong := func(format string, arguments ...any) error {
		return &StreamError{number, fmt.Sprintf(format, arguments...)}
	}
	for scanner.Scan() {
		number++
		var kind struct {
			Type   string `json:"type"`
			Format int    `json:"format"`
		}
		if err := json.Unmarshal(scanner.Bytes(), &kind); err != nil {
			return wrong("it is no line of a result stream: %v", err)
		}
		var line Line
		var into any
		switch {
		case kind.Type == "header" && kind.Format > Format:
			return wrong("the stream has format %d, which is newer than this conform; it knows format %d", kind.Format, Format)
		case kind.Type == "header" && kind.Format < 1:
			return wrong("the header has no format")
		case kind.Type == "header" && open:
			return wrong("a header follows before the footer: the stream before it is not whole")
		case kind.Type == "header":
			open, counts = true, map[string]int{}
			line.Header = &Header{}
			into = line.Header
		case !open:
			return wrong("a stream begins with a header, and this is %q", kind.Type)
		case kind.Type == "vector":
			line.Vector = &Vector{}
			into = line.Vector
		case kind.Type == "footer":
			open = false
			line.Footer = &Footer{}
			into = line.Footer
		default:
			return wrong("there is no line of type %q", kind.Type)
		}
		if err := json.Unmarshal(scanner.Bytes(), into); err != nil {
			return wrong("%v", err)
		}
		if line.Vector != nil {
			if !slices.Contains(Verdicts(), line.Vector.Verdict) {
				return wrong("there is no verdict %q", line.Vector.Verdict)
			}
			counts[line.Vector.Verdict]++
		}
		if line.Footer != nil {
			for _, verdict := range Verdicts() {
				if line.Footer.Counts[verdict] != counts[verdict] {
					return wrong("the footer counts %d of %s, the stream has %d", line.Footer.Counts[verdict], verdict, counts[verdict])
				}
			}
		}
		if err := visit(line); err != nil {
			return err
		}
	}
	switch err := scanner.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		number++
		return wrong("it is longer than %d bytes", maxLine)
	case err != nil:
		return err
	case open:
		number++
		return wrong("the footer is missing: the stream is not whole")
	case number == 0:
		number++
		return wrong("the stream is empty")
	}
	return nil
}

// A Source opens a stream for reading. Renderers may read it more than once, so
// that they need not keep it in memory.
type Source func() (io.ReadCloser, error)

// Each passes the lines of the source to the visitor; errors are as Read's.
func (s Source) Each(visit func(Line) error) error {
	r, err := s()
	if err != nil {
		return err
	}
	return errors.Join(Read(r, visit), r.Close())
}
