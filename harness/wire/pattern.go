package wire

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// A bytePattern is a text of the script with placeholders, compared byte by
// byte as the bytes come. {any} may stand for nothing, so several places in the
// pattern can be the next one; the automaton keeps all of them.
type bytePattern struct {
	atoms []atom
}

type atom struct {
	kind    atomKind
	literal byte
}

type atomKind int

const (
	literalByte atomKind = iota
	anyText              // {any}: bytes other than CR and LF, as many as come
	dateStart            // {date}: the first of its dateLength bytes
	dateRest
)

const dateLength = len(http.TimeFormat)

// compilePattern resolves {host} and {port}, which are known by then.
func compilePattern(text, host string, port int) (*bytePattern, error) {
	p := &bytePattern{}
	literal := func(text string) error {
		bytes, err := wireBytes(text)
		for _, b := range bytes {
			p.atoms = append(p.atoms, atom{kind: literalByte, literal: b})
		}
		return err
	}
	for text != "" {
		before, rest, found := strings.Cut(text, "{")
		if err := literal(before); err != nil {
			return nil, err
		}
		if !found {
			break
		}
		if after, ok := strings.CutPrefix(rest, "{"); ok {
			p.atoms = append(p.atoms, atom{kind: literalByte, literal: '{'})
			text = after
			continue
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed {
			return nil, fmt.Errorf("{ without }: a brace is written {{")
		}
		var err error
		switch name {
		case "any":
			p.atoms = append(p.atoms, atom{kind: anyText})
		case "date":
			p.atoms = append(p.atoms, atom{kind: dateStart})
			for range dateLength - 1 {
				p.atoms = append(p.atoms, atom{kind: dateRest})
			}
		case "host":
			err = literal(host)
		case "port":
			err = literal(strconv.Itoa(port))
		default:
			err = fmt.Errorf("{%s} is no placeholder: there are {date}, {host}, {port}, {any}, and {{ for a brace", name)
		}
		if err != nil {
			return nil, err
		}
		text = after
	}
	return p, nil
}

// A matching is the comparison of one capture with a pattern.
type matching struct {
	pattern *bytePattern
	places  []int // where in the pattern the next byte may be; sorted, distinct
	at      int   // bytes taken
	met     bool
	wrong   bool // the byte at `at` cannot match
}

func (p *bytePattern) start() *matching {
	return &matching{pattern: p, places: p.close(nil, 0), met: len(p.atoms) == 0}
}

// close adds a place, and those behind an {any} that may be empty.
func (p *bytePattern) close(places []int, place int) []int {
	for {
		for _, known := range places {
			if known == place {
				return places
			}
		}
		places = append(places, place)
		if place == len(p.atoms) || p.atoms[place].kind != anyText {
			return places
		}
		place++
	}
}

// advance takes bytes until the pattern is met or cannot be. data is the
// capture from the first byte; finished says that nothing will follow. An {any}
// that ends the pattern takes the rest of the line; elsewhere the shortest
// match counts.
func (m *matching) advance(data []byte, finished bool) {
	last := len(m.pattern.atoms)
	openEnd := last > 0 && m.pattern.atoms[last-1].kind == anyText
	for !m.met && !m.wrong {
		complete := m.has(last)
		if complete && !openEnd {
			m.met = true
			return
		}
		if m.at == len(data) {
			m.met = complete && finished
			return
		}
		next := m.step(data)
		if len(next) == 0 {
			m.met, m.wrong = complete, !complete
			return
		}
		m.places = next
		m.at++
	}
}

func (m *matching) has(place int) bool {
	for _, p := range m.places {
		if p == place {
			return true
		}
	}
	return false
}

// step says where the pattern stands after the byte at m.at.
func (m *matching) step(data []byte) []int {
	var next []int
	c := data[m.at]
	for _, place := range m.places {
		if place == len(m.pattern.atoms) {
			continue
		}
		switch a := m.pattern.atoms[place]; a.kind {
		case literalByte:
			if c == a.literal {
				next = m.pattern.close(next, place+1)
			}
		case anyText:
			if c != '\r' && c != '\n' {
				next = m.pattern.close(next, place)
			}
		default:
			if m.dateByte(data, place) {
				next = m.pattern.close(next, place+1)
			}
		}
	}
	return next
}

// dateByte checks the shape of a date as it comes and its sense at its end.
func (m *matching) dateByte(data []byte, place int) bool {
	index := 0
	for m.pattern.atoms[place-index].kind != dateStart {
		index++
	}
	c := data[m.at]
	switch shape := "Aaa, 00 Aaa 0000 00:00:00 GMT"[index]; {
	case index > len("Aaa, 00 Aaa 0000 00:00:00"):
		if c != shape {
			return false
		}
	case shape == 'A':
		if c < 'A' || c > 'Z' {
			return false
		}
	case shape == 'a':
		if c < 'a' || c > 'z' {
			return false
		}
	case shape == '0':
		if c < '0' || c > '9' {
			return false
		}
	case c != shape:
		return false
	}
	if index < dateLength-1 {
		return true
	}
	text := string(data[m.at-index : m.at+1])
	date, err := http.ParseTime(text)
	return err == nil && date.UTC().Format(http.TimeFormat) == text
}

// wanted says what may come next.
func (m *matching) wanted() string {
	var parts []string
	for _, place := range m.places {
		if place == len(m.pattern.atoms) {
			continue
		}
		switch a := m.pattern.atoms[place]; a.kind {
		case literalByte:
			parts = append(parts, quote(m.pattern.literalRun(place)))
		case anyText:
			parts = append(parts, "{any}")
		default:
			parts = append(parts, "a {date}")
		}
	}
	return strings.Join(parts, " or ")
}

func (p *bytePattern) literalRun(place int) []byte {
	var run []byte
	for _, a := range p.atoms[place:] {
		if a.kind != literalByte {
			break
		}
		run = append(run, a.literal)
	}
	return run
}
