package http1

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// nodeCase is one input for both parsers.
type nodeCase struct {
	mode    Mode
	lenient bool
	answer  Action // what OnHead returns: Continue, SkipBody or Upgrade
	pieces  [][]byte
}

func (c nodeCase) line() string {
	mode := "req"
	if c.mode == Response {
		mode = "res"
	}
	lenient := "0"
	if c.lenient {
		lenient = "1"
	}
	var pieces []string
	for _, piece := range c.pieces {
		pieces = append(pieces, hex.EncodeToString(piece))
	}
	return fmt.Sprintf("%s %s %d %s", mode, lenient, c.answer, strings.Join(pieces, ","))
}

// nodeJournal is a Handler that writes what testdata/nodeparser.cjs writes.
type nodeJournal struct {
	c    nodeCase
	out  []string
	body strings.Builder
}

func (j *nodeJournal) note(text string) {
	if j.body.Len() > 0 {
		j.out = append(j.out, "D "+quote([]byte(j.body.String())))
		j.body.Reset()
	}
	j.out = append(j.out, text)
}

func quote(text []byte) string {
	quoted := []byte{'"'}
	for _, c := range text {
		if c < ' ' || c > '~' || c == '"' || c == '\\' {
			quoted = fmt.Appendf(quoted, `\x%02x`, c)
		} else {
			quoted = append(quoted, c)
		}
	}
	return string(append(quoted, '"'))
}

func quoteList(f *Fields) string {
	var list []string
	for i := range f.Len() {
		list = append(list, quote(f.Name(i)), quote(f.Value(i)))
	}
	return "[" + strings.Join(list, " ") + "]"
}

func (j *nodeJournal) OnMessageBegin() {}
func (j *nodeJournal) OnHead(h *Head) Action {
	what := h.Method.String()
	if j.c.mode == Response {
		what = strconv.Itoa(h.StatusCode)
	}
	keep, upgrade := "-", "-"
	if h.KeepAlive {
		keep = "K"
	}
	if h.Upgrade {
		upgrade = "U"
	}
	j.note(fmt.Sprintf("H %s %s %d.%d %s%s %s", what, quote(h.Target()), h.Major, h.Minor, keep, upgrade, quoteList(&h.Fields)))
	return j.c.answer
}
func (j *nodeJournal) OnBody(chunk []byte) Action {
	j.body.Write(chunk)
	return Continue
}
func (j *nodeJournal) OnTrailers(f *Fields) { j.note("T " + quoteList(f)) }
func (j *nodeJournal) OnMessageComplete() Action {
	j.note("C")
	return Continue
}

func runCase(c nodeCase, quirks *Quirks, limit int) string {
	j := &nodeJournal{c: c}
	var p Parser
	p.Reset(c.mode, j, Limits{HeadBytes: limit}, quirks, c.lenient)
	for _, piece := range c.pieces {
		var n int
		var err error
		if len(piece) == 0 {
			err = p.Finish()
		} else {
			n, err = p.Execute(piece)
		}
		if violation, ok := err.(*Error); ok {
			j.note(fmt.Sprintf("E %s %s @%d", violation.Code, violation.Reason, violation.BytesParsed))
			break
		}
		if n < len(piece) {
			j.note(fmt.Sprintf("U @%d", n))
			break
		}
		p.Resume()
	}
	j.note(".")
	return strings.Join(j.out, "; ")
}

var corpus = []string{
	"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
	"POST /a?b#c HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabcGET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
	"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n3;a=b\r\nabc\r\n0A\r\n0123456789\r\n0\r\nX: 1\r\ny: 2 \r\n\r\nPUT * HTTP/1.1\r\n\r\n",
	"CONNECT a.b:80 HTTP/1.1\r\nHost: x\r\n\r\nHEAD",
	"GET /u HTTP/1.1\r\nConnection: Upgrade, close\r\nUpgrade: foo\r\n\r\nhead",
	"POST /u HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: foo\r\nContent-Length: 3\r\n\r\nabcmore",
	"GET http://u:p@h:81/p?q HTTP/1.1\r\nProxy-Connection: close , x\r\nX-Long: a b\tc \t \r\n folded\r\n\tagain \r\nY:\r\n z\r\n\r\n",
	"M-SEARCH * HTTP/1.1\r\n\r\nUNSUBSCRIBE /\r\n\r\nGET /x\r\n\r\n",
	"POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
	"PUT / HTTP/1.1\nA:b\nContent-Length: 2 \n\nhi",
	"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiHTTP/1.1 204 No Content\r\n\r\nHTTP/1.0 200 OK\r\nX: y\r\n\r\nbody",
	"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 It is: fine\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-T: 1\r\n\r\n",
	"HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: foo\r\n\r\nhead",
	"HTTP/1.1 304\r\nContent-Length: 5\r\nConnection: keep-alive,close\r\n\r\nHTTP/1.1 200\nTransfer-Encoding: gzip\n\nrest",
}

// Short pieces of what frames a message, combined at random besides the mutations.
var fragments = []string{"chunked", "Chunked", "gzip", ",", ", ", " ,", " ", "  ", "\t", "\r\n ", "\r\n\t", "\n ", "close", "keep-alive", "Upgrade", "upgrade", "x", "chunke", "clos", "1", "2", "0", "\x01", ":", "\x00", "e", "\r", "\r "}

func framing(r *rand.Rand, mode Mode) []byte {
	text := []string{"POST / HTTP/1.1\r\n", "GET / HTTP/1.0\n", "CONNECT a:1 HTTP/1.1\r\n", "POST / HTTP/2.0\r\n"}[r.Intn(4)]
	if mode == Response {
		text = []string{"HTTP/1.1 200 OK\r\n", "HTTP/1.1 101 \r\n", "HTTP/1.0 204\r\n", "HTTP/1.1 304 x\n"}[r.Intn(4)]
	}
	for range r.Intn(4) {
		text += []string{"Transfer-Encoding", "Content-Length", "Connection", "Upgrade", "proxy-Connection", "X"}[r.Intn(6)]
		text += []string{":", ": ", " :", ":\t"}[min(3, r.Intn(12))]
		for range r.Intn(5) {
			text += fragments[r.Intn(len(fragments))]
		}
		text += []string{"\r\n", "\n"}[r.Intn(8)/7]
	}
	return []byte(text + "\r\n3\r\nabc\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n")
}

// enlarge puts a long run near the head size limit somewhere.
func enlarge(r *rand.Rand, input []byte) []byte {
	for range 1 + r.Intn(2) {
		at := r.Intn(len(input) + 1)
		run := strings.Repeat([]string{"a", "a", "a", " ", "/", "A: b\r\n"}[r.Intn(6)], []int{8100 + r.Intn(100), 4000 + r.Intn(200), 1000}[r.Intn(3)])
		input = append(input[:at:at], append([]byte(run), input[at:]...)...)
	}
	return input
}

var splices = []string{"\r", "\n", "\r\n", " ", "\t", ":", ",", ";", "\x00", "\x01", "\x7f", "\x80", "\xff", "0", "9", "f", "/", "?", "#", "@", "*", "[",
	"HTTP/1.1", "Content-Length: 1\r\n", "Content-Length", "Transfer-Encoding: chunked\r\n", "chunked", "chunked, ", "Connection: close\r\n", "keep-alive", "close", "upgrade", "Upgrade: x\r\n",
	"99999999999999999999", "ffffffffffffffff", "\r\n ", "\r\n\r\n", "0\r\n\r\n", "GET ", "SOURCE", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/", "ICE/1.0", "A: b\r\n", ": c\r\n", "100", "101", "204"}

func mutate(r *rand.Rand, mode Mode) []byte {
	var text string
	for {
		text = corpus[r.Intn(len(corpus))]
		if strings.HasPrefix(text, "HTTP/") == (mode == Response) {
			break
		}
	}
	b := []byte(text)
	for range r.Intn(5) {
		at := r.Intn(len(b) + 1)
		switch r.Intn(6) {
		case 0, 1:
			s := splices[r.Intn(len(splices))]
			b = append(b[:at:at], append([]byte(s), b[at:]...)...)
		case 2:
			to := min(len(b), at+1+r.Intn(3))
			b = append(b[:at:at], b[to:]...)
		case 3:
			if at < len(b) {
				b[at] = byte(r.Intn(256))
			}
		case 4:
			if at < len(b) {
				b[at] ^= 0x20
			}
		case 5:
			if from := r.Intn(len(b) + 1); from < at {
				part := append([]byte(nil), b[from:at]...)
				b = append(b[:at:at], append(part, b[at:]...)...)
			}
		}
	}
	return b
}

// TestAgainstNode compares this parser with the one of a real Node on mutated messages cut at random. It
// runs when HTTP1_NODE names a Node binary; HTTP1_CASES is the number of cases, 20000 by default.
func TestAgainstNode(t *testing.T) {
	binary := os.Getenv("HTTP1_NODE")
	if binary == "" {
		t.Skip("HTTP1_NODE does not name a Node binary")
	}
	count, _ := strconv.Atoi(os.Getenv("HTTP1_CASES"))
	if count == 0 {
		count = 20000
	}
	version, err := exec.Command(binary, "-p", "process.versions.node").Output()
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.TrimSpace(string(version)); got != "12.22.9" {
		t.Fatalf("the parser to compare with is the one of Node 12.22.9, not %s", got)
	}
	command := exec.Command(binary, "testdata/nodeparser.cjs")
	command.Stderr = os.Stderr
	in, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	defer command.Wait()
	seed := time.Now().UnixNano()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewSource(seed))
	cases := make([]nodeCase, count)
	for i := range cases {
		c := nodeCase{mode: Mode(r.Intn(2)), lenient: r.Intn(4) == 0, answer: [...]Action{Continue, Continue, Continue, SkipBody, Upgrade}[r.Intn(5)]}
		input := mutate(r, c.mode)
		if i%3 == 0 {
			input = framing(r, c.mode)
		}
		if i%16 == 1 {
			input = enlarge(r, input)
		}
		if i%2 == 0 {
			for len(input) > 0 {
				n := 1 + r.Intn(1+r.Intn(len(input)))
				c.pieces = append(c.pieces, input[:n])
				input = input[n:]
			}
		} else if len(input) > 0 {
			c.pieces = [][]byte{input}
		}
		if len(c.pieces) == 0 || r.Intn(2) == 0 {
			c.pieces = append(c.pieces, nil)
		}
		cases[i] = c
	}
	go func() {
		defer in.Close()
		w := bufio.NewWriter(in)
		defer w.Flush()
		for _, c := range cases {
			io.WriteString(w, c.line()+"\n")
		}
	}()
	lines := bufio.NewReader(out)
	different := 0
	for _, c := range cases {
		want, err := lines.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		want = strings.TrimSuffix(want, "\n")
		if got := runCase(c, nil, 0); got != want {
			if different++; different <= 15 {
				t.Errorf("mode %d lenient %t answer %d %q\n  here %s\n  node %s", c.mode, c.lenient, c.answer, c.pieces, got, want)
			}
		}
	}
	t.Logf("%d of %d cases differ", different, count)
}
