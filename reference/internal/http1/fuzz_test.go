package http1

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
)

// FuzzCuts feeds the same bytes whole, byte by byte and cut as the fuzzer says. All must report the same.
func FuzzCuts(f *testing.F) {
	for _, v := range readVerdicts(f) {
		f.Add(v.test.pieces[0], v.test.mode == Response, v.test.lenient, uint8(v.test.answer), uint16(3), uint16(40))
	}
	for _, text := range corpus {
		f.Add([]byte(text), strings.HasPrefix(text, "HTTP"), false, uint8(0), uint16(20), uint16(1))
	}
	f.Fuzz(func(t *testing.T, input []byte, response, lenient bool, answer uint8, first, second uint16) {
		c := nodeCase{lenient: lenient, answer: Action(answer % 3)}
		if response {
			c.mode = Response
		}
		report := func(pieces ...[]byte) string {
			j := &nodeJournal{c: c}
			var p Parser
			p.Reset(c.mode, j, Limits{}, nil, c.lenient)
			for _, piece := range pieces {
				n, err := p.Execute(piece)
				if n < 0 || n > len(piece) {
					t.Fatalf("consumed %d of %d", n, len(piece))
				}
				if violation, ok := err.(*Error); ok {
					if violation.BytesParsed != n {
						t.Fatalf("consumed %d, error says %d", n, violation.BytesParsed)
					}
					if violation.Code == CodeHeaderOverflow {
						return "overflow" // seen at the end of a piece, so possibly behind another violation
					}
					j.note("E " + violation.Code + violation.Reason)
					break
				}
				if n < len(piece) {
					break
				}
			}
			p.Finish()
			j.note(".")
			return strings.Join(j.out, "; ")
		}
		whole := report(input)
		var single [][]byte
		for i := range input {
			single = append(single, input[i:i+1])
		}
		a, b := min(int(first), len(input)), min(int(first)+int(second), len(input))
		for _, got := range []string{report(single...), report(input[:a], input[a:b], input[b:])} {
			if got != whole && got != "overflow" && whole != "overflow" {
				t.Fatalf("%q\n cut   %s\n whole %s", input, got, whole)
			}
		}
	})
}

// rewriter serializes what it is told.
type rewriter struct {
	out     []byte
	mode    Mode
	chunked bool
	open    bool
	skip    bool
	journal nodeJournal
}

func (r *rewriter) OnMessageBegin() {}

func (r *rewriter) OnHead(h *Head) Action {
	list, target := h.AppendStrings(nil)
	if r.mode == Request {
		r.out = AppendRequestLine(r.out, h.Method.String(), target)
	} else {
		r.out = AppendStatusLine(r.out, h.StatusCode, target)
	}
	if h.Major != 1 || h.Minor != 1 || r.mode == Response && h.StatusCode < 100 {
		r.skip = true // not what is ever written
	}
	for i := 0; i < len(list); i += 2 {
		if list[i] == "" || strings.HasSuffix(list[i], " ") || strings.HasPrefix(list[i], " ") {
			r.skip = true
		}
		r.out = AppendField(r.out, list[i], list[i+1])
	}
	r.out = AppendHeadEnd(r.out)
	r.chunked, r.open = h.Chunked, false
	r.journal.c.mode = r.mode
	return r.journal.OnHead(h)
}

func (r *rewriter) OnBody(chunk []byte) Action {
	if r.chunked {
		r.out = AppendChunk(r.out, chunk)
	} else {
		r.out = append(r.out, chunk...)
	}
	r.open = true
	return r.journal.OnBody(chunk)
}

func (r *rewriter) OnTrailers(f *Fields) {
	r.out = AppendLastChunk(r.out)
	list := f.AppendStrings(nil)
	for i := 0; i < len(list); i += 2 {
		r.out = AppendField(r.out, list[i], list[i+1])
	}
	r.out = AppendHeadEnd(r.out)
	r.chunked = false
	r.journal.OnTrailers(f)
}

func (r *rewriter) OnMessageComplete() Action {
	if r.chunked && (r.mode == Request || r.open) {
		r.out = AppendHeadEnd(AppendLastChunk(r.out))
	} else if r.chunked {
		r.skip = true // a response without body may announce chunks that do not come
	}
	r.journal.OnMessageComplete()
	return Pause
}

// foldedConnection finds a Connection field of several lines. Node's parser takes a token at the end of any of them for
// one, here as measured, so that the same value in one line says something else.
var foldedConnection = regexp.MustCompile("(?i)connection[ \t]*:[^\n]*\n[ \t]")

// FuzzRewrite parses one message, serializes it and parses the result: the message must be the same.
func FuzzRewrite(f *testing.F) {
	for _, v := range readVerdicts(f) {
		f.Add(v.test.pieces[0], v.test.mode == Response)
	}
	for _, text := range corpus {
		f.Add([]byte(text), strings.HasPrefix(text, "HTTP"))
	}
	f.Fuzz(func(t *testing.T, input []byte, response bool) {
		mode := Request
		if response {
			mode = Response
		}
		parse := func(data []byte) *rewriter {
			r := &rewriter{mode: mode}
			var p Parser
			p.Reset(mode, r, Limits{HeadBytes: 1 << 20}, nil, false)
			p.Execute(data)
			if p.phase != phaseIdle || !p.Paused() || r.skip {
				return nil
			}
			return r
		}
		first := parse(input)
		if first == nil || foldedConnection.Match(input) {
			return
		}
		second := parse(first.out)
		if second == nil {
			t.Fatalf("%q was written as %q and is refused", input, first.out)
		}
		if a, b := strings.Join(first.journal.out, "; "), strings.Join(second.journal.out, "; "); a != b || !bytes.Equal(first.out, second.out) && !first.chunked {
			t.Fatalf("%q was written as %q\n before %s\n after  %s", input, first.out, a, b)
		}
	})
}
