package http1

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// script is a Handler that writes down its calls and answers as told.
type script struct {
	log                    []string
	onHead, onBody, onDone Action
	strings                []string
	target                 string
}

func (s *script) OnMessageBegin() { s.log = append(s.log, "begin") }
func (s *script) OnHead(h *Head) Action {
	s.strings, s.target = h.AppendStrings(nil)
	s.log = append(s.log, fmt.Sprintf("head %d chunked=%t", h.ContentLength, h.Chunked))
	return s.onHead
}
func (s *script) OnBody(chunk []byte) Action {
	s.log = append(s.log, fmt.Sprintf("body %s", chunk))
	return s.onBody
}
func (s *script) OnTrailers(f *Fields) {
	s.log = append(s.log, fmt.Sprintf("trailers %q", f.AppendStrings(nil)))
}
func (s *script) OnMessageComplete() Action {
	s.log = append(s.log, "complete")
	return s.onDone
}

func (s *script) expect(t *testing.T, want string) {
	t.Helper()
	if got := strings.Join(s.log, ", "); got != want {
		t.Fatalf("got  %s\nwant %s", got, want)
	}
	s.log = nil
}

func execute(t *testing.T, p *Parser, data string, want int) {
	t.Helper()
	if n, err := p.Execute([]byte(data)); n != want || err != nil {
		t.Fatalf("Execute(%q) = %d, %v, want %d", data, n, err, want)
	}
}

func TestPauseBehindHead(t *testing.T) {
	s := &script{onHead: Pause}
	var p Parser
	p.Reset(Request, s, Limits{}, nil, false)
	head := "POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\n"
	execute(t, &p, head+"abc", len(head))
	s.expect(t, "begin, head 3 chunked=false")
	if !p.Paused() {
		t.Fatal("not paused")
	}
	execute(t, &p, "abc", 0)
	p.Resume()
	execute(t, &p, "abc", 3)
	s.expect(t, "body abc, complete")
}

func TestPauseBehindHeadWithoutBody(t *testing.T) {
	s := &script{onHead: Pause}
	var p Parser
	p.Reset(Request, s, Limits{}, nil, false)
	execute(t, &p, "GET / HTTP/1.1\r\n\r\n", 18)
	s.expect(t, "begin, head -1 chunked=false")
	p.Resume()
	execute(t, &p, "", 0)
	s.expect(t, "complete")
}

func TestPauseInBody(t *testing.T) {
	s := &script{onBody: Pause}
	var p Parser
	p.Reset(Request, s, Limits{}, nil, false)
	first := "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc"
	rest := "\r\n2\r\nde\r\n0\r\nX: y\r\n\r\n"
	execute(t, &p, first+rest, len(first))
	s.expect(t, "begin, head -1 chunked=true, body abc")
	p.Resume()
	execute(t, &p, rest, 7)
	s.expect(t, "body de")
	p.Resume()
	execute(t, &p, rest[7:], len(rest)-7)
	s.expect(t, `trailers ["X" "y"], complete`)
}

func TestPauseBetweenPipelinedMessages(t *testing.T) {
	s := &script{onDone: Pause}
	var p Parser
	p.Reset(Request, s, Limits{}, nil, false)
	message := "GET / HTTP/1.1\r\n\r\n"
	execute(t, &p, message+message, len(message))
	s.expect(t, "begin, head -1 chunked=false, complete")
	p.Resume()
	execute(t, &p, message, len(message))
	s.expect(t, "begin, head -1 chunked=false, complete")
}

func TestUpgradeLeavesTheOtherProtocolsBytes(t *testing.T) {
	s := &script{onHead: Upgrade}
	var p Parser
	p.Reset(Request, s, Limits{}, nil, false)
	head := "GET / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"
	execute(t, &p, head+"other", len(head))
	s.expect(t, "begin, head -1 chunked=false, complete")
	if !p.Upgraded() {
		t.Fatal("not upgraded")
	}
	execute(t, &p, "other", 0)
	if err := p.Finish(); err != nil {
		t.Fatal(err)
	}
}

func TestSkippedBody(t *testing.T) {
	s := &script{onHead: SkipBody}
	var p Parser
	p.Reset(Response, s, Limits{}, nil, false)
	head := "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n"
	execute(t, &p, head+head, 2*len(head))
	s.expect(t, "begin, head 3 chunked=false, complete, begin, head 3 chunked=false, complete")
}

func TestFinish(t *testing.T) {
	for _, test := range []struct {
		mode  Mode
		input string
		want  string
	}{
		{Request, "", ""},
		{Request, "\r\n", ""},
		{Request, "GET / HTTP/1.1\r\n\r\n", ""},
		{Request, "G", CodeInvalidEOFState},
		{Request, "POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\n", CodeInvalidEOFState},
		{Request, "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", CodeInvalidEOFState},
		{Response, "HTTP/1.1 200 OK\r\n\r\nabc", ""},
		{Response, "HTTP/1.1 200 OK\r\n", CodeInvalidEOFState},
	} {
		var p Parser
		p.Reset(test.mode, &script{}, Limits{}, nil, false)
		execute(t, &p, test.input, len(test.input))
		err := p.Finish()
		var violation *Error
		if errors.As(err, &violation) != (test.want != "") || violation != nil && violation.Code != test.want {
			t.Errorf("Finish behind %q = %v, want %q", test.input, err, test.want)
		}
	}
}

func TestHeadLimit(t *testing.T) {
	// Node 12.22.9 counts the target, names and values: 1+4+1+1 here, and the value of X.
	for size, want := range map[int]string{8184: "", 8185: CodeHeaderOverflow} {
		var p Parser
		p.Reset(Request, &script{}, Limits{}, nil, false)
		_, err := p.Execute([]byte("GET / HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("a", size) + "\r\n\r\n"))
		if violation, _ := err.(*Error); (violation != nil) != (want != "") || violation != nil && violation.Code != want {
			t.Errorf("value of %d bytes: %v", size, err)
		}
	}
	// Older parsers count everything.
	for size, want := range map[int]bool{81887: true, 81888: false} {
		var p Parser
		p.Reset(Request, &script{}, Limits{HeadBytes: 81920}, &Quirks{CountEveryHeadByte: true}, false)
		_, err := p.Execute([]byte("GET / HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("a", size) + "\r\n\r\n"))
		if (err == nil) != want {
			t.Errorf("old parser, value of %d bytes: %v", size, err)
		}
	}
}

func TestUncountedBytesAreBounded(t *testing.T) {
	for _, filler := range []string{" ", "\t \r\n ", ":\r\n"} {
		var p Parser
		p.Reset(Request, &script{}, Limits{}, nil, false)
		_, err := p.Execute([]byte("GET / HTTP/1.1\r\nX:"))
		for i := 0; err == nil && i < 1000; i++ {
			_, err = p.Execute(bytes.Repeat([]byte(filler), 4096))
		}
		if violation, _ := err.(*Error); violation == nil || violation.Code != CodeHeaderOverflow {
			t.Errorf("endless %q: %v", filler, err)
		}
	}
}

func TestStringsAreDecodedAndOwned(t *testing.T) {
	s := &script{}
	var p Parser
	p.Reset(Request, s, Limits{}, nil, false)
	input := []byte("GET /\xe9 HTTP/1.1\r\nX: a\xe9\xffb \r\n\r\n")
	if _, err := p.Execute(input); err != nil {
		t.Fatal(err)
	}
	clear(input)
	if s.target != "/é" || fmt.Sprint(s.strings) != "[X aéÿb]" {
		t.Fatalf("%q %q", s.target, s.strings)
	}
	for _, text := range []string{"GET /\xe9 HTTP/1.1\r\n\r\n", "GET /aé HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nX: \xe9\r\n\r\n",
		"GET / HTTP/1.1\r\nX: 012345678\xe9\r\nY: 0123456789\r\n\r\n", "GET / HTTP/1.1\r\nConnection: \xe9\r\n\r\n", "GET / HTTP/1.1\r\nX:\r\n \xe9\r\n a\r\n\r\n",
		"GET / HTTP/1.1\r\nX: a\r\n \xe9\r\n\r\n"} {
		s := &script{}
		var p Parser
		p.Reset(Request, s, Limits{}, nil, false)
		execute(t, &p, text, len(text))
		if all := s.target + fmt.Sprint(s.strings); !strings.Contains(all, "Ã©") && !strings.Contains(all, "é") {
			t.Errorf("%q gives %q", text, all)
		}
	}
}

// closing is a Handler that closes its parser at the head.
type closing struct {
	silent
	parser *Parser
	name   string
}

func (c *closing) OnHead(h *Head) Action {
	c.parser.Close()
	c.name = string(h.Name(0))
	return Continue
}

func (c *closing) OnBody([]byte) Action { panic("body behind Close") }

func TestCloseFromHandler(t *testing.T) {
	var p Parser
	c := &closing{parser: &p}
	p.Reset(Request, c, Limits{}, nil, false)
	head := "POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\n"
	execute(t, &p, head+"abc", len(head))
	if c.name != "Content-Length" {
		t.Fatal(c.name)
	}
}

func TestIdleParserHoldsNoBuffer(t *testing.T) {
	var p Parser
	p.Reset(Request, &script{}, Limits{}, nil, false)
	for _, piece := range []string{"GET / HT", "TP/1.1\r\nA: b", "\r\n\r\n"} {
		execute(t, &p, piece, len(piece))
		if between := piece == "\r\n\r\n"; (p.scratch == nil) != between {
			t.Fatalf("behind %q: scratch %v", piece, p.scratch)
		}
	}
}

func TestNoAllocation(t *testing.T) {
	var p Parser
	p.Reset(Request, silent{}, Limits{}, nil, false)
	pieces := [][]byte{browserRequest[:100], browserRequest[100:101], browserRequest[101:], browserRequest,
		[]byte("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX: y\r\n\r\n")}
	run := func() {
		for _, piece := range pieces {
			if _, err := p.Execute(piece); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n := testing.AllocsPerRun(100, run); n > 0.5 && !raceDetector { // which makes pools forget at random
		t.Errorf("%v allocations", n)
	}
}

// Rows parse.cl_te, parse.te_cl, parse.dup_cl_diff and upg.upgrade_hdr_no_connection of Node 0.8.
func TestQuirksOfTheOldestParsers(t *testing.T) {
	quirks := &Quirks{NoReasons: true, ExactTransferEncoding: true, UpgradeFieldAlone: true, AllowLengthConflict: true}
	const chunked, length = "Transfer-Encoding: chunked\r\n", "Content-Length: 3\r\n"
	for _, test := range []struct{ input, want string }{
		{length + chunked + "\r\n3\r\nabc\r\n0\r\n\r\n", "begin, head 3 chunked=true, body abc, complete"},
		{chunked + length + "\r\n3\r\nabc\r\n0\r\n\r\n", "begin, head 3 chunked=true, body abc, complete"},
		{length + "Content-Length: 4\r\n\r\nabcd", "begin, head 4 chunked=false, body abcd, complete"},
		{"Upgrade: x\r\n\r\n", "begin, head -1 chunked=false, complete"},
	} {
		s := &script{}
		var p Parser
		p.Reset(Request, s, Limits{}, quirks, false)
		input := "POST / HTTP/1.1\r\n" + test.input
		execute(t, &p, input, len(input))
		s.expect(t, test.want)
		if p.Upgraded() != strings.HasPrefix(test.input, "Upgrade") {
			t.Errorf("%q: upgraded %t", input, p.Upgraded())
		}
	}
}
