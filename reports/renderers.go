package reports

import (
	"io"
)

// A Renderer makes a report of one kind. Render reads the source as often as it
// likes; whatever is wrong with a stream is an error, and what was written by
// then is of no use.
type Renderer struct {
	Name   string
	About  string
	Render func(io.Writer, Source) error
}

// Renderers are all there are, in the order in which they are listed.
func Renderers() []Renderer {
	return []Renderer{
		{"ndjson", "the result stream itself", Copy},
		{"json", "one document of clauses and vectors", JSON},
		{"junit", "XML for continuous integration systems", JUnit},
		{"tap", "the Test Anything Protocol, version 14", TAP},
		{"sarif", "SARIF 2.1.0, for code scanning", SARIF},
		{"github", "annotations of a GitHub workflow", GitHub},
		{"markdown", "a short summary for a pull request", Markdown},
		{"html", "a page for one target, or a matrix of several", HTML},
		{"badge", "an SVG badge of the score", Badge},
		{"badge-json", "the same for badge services to draw", BadgeJSON},
	}
}

// RendererNamed returns the renderer of a name, and whether there is one.
func RendererNamed(name string) (Renderer, bool) {
	for _, renderer := range Renderers() {
		if renderer.Name == name {
			return renderer, true
		}
	}
	return Renderer{}, false
}

// Copy writes the streams as they are, once they have proved to be whole.
func Copy(w io.Writer, source Source) error {
	if err := source.Each(func(Line) error { return nil }); err != nil {
		return err
	}
	r, err := source()
	if err != nil {
		return err
	}
	defer r.Close()
	_, err = io.Copy(w, r)
	return err
}

// Join is a source of the streams of several sources, one after the other.
func Join(sources ...Source) Source {
	return func() (io.ReadCloser, error) { return &joined{rest: sources}, nil }
}

// joined opens one source at a time.
type joined struct {
	open io.ReadCloser
	rest []Source
	last byte
}

func (j *joined) Read(p []byte) (int, error) {
	for {
		if j.open == nil {
			if len(j.rest) == 0 {
				return 0, io.EOF
			}
			// A file whose last line has no end must not run into the next.
			if j.last != 0 && j.last != '\n' && len(p) > 0 {
				j.last = '\n'
				p[0] = '\n'
				return 1, nil
			}
			r, err := j.rest[0]()
			if err != nil {
				return 0, err
			}
			j.open, j.rest = r, j.rest[1:]
		}
		n, err := j.open.Read(p)
		if n > 0 {
			j.last = p[n-1]
		}
		if err != io.EOF {
			return n, err
		}
		closed := j.open.Close()
		j.open = nil
		if n > 0 || closed != nil {
			return n, closed
		}
	}
}

func (j *joined) Close() error {
	if j.open == nil {
		return nil
	}
	return j.open.Close()
}
