package wire

import (
	"fmt"
	"strings"
	"testing"
)

// readMessage feeds the reader in steps of size bytes.
func readMessage(r *messageReader, text string, size int, fin bool) error {
	data := []byte(text)
	for n := 0; n <= len(data); n += size {
		if err := r.advance(data[:n:n], false); err != nil {
			return err
		}
	}
	return r.advance(data, fin)
}

func TestMessagesAreReadWithTheirFraming(t *testing.T) {
	for _, c := range []struct {
		text          string
		request       bool
		to            string
		framing, body string
		rest          string // what is not the message's
	}{
		{text: "GET / HTTP/1.1\r\n\r\nGET", request: true, framing: "none", rest: "GET"},
		{text: "PUT / HTTP/1.0\r\nContent-Length: 2\r\n\r\nokGET", request: true, framing: "length", body: "ok", rest: "GET"},
		{text: "HTTP/1.1 200 \r\ncontent-length:0\r\n\r\nX", framing: "length", rest: "X"},
		{text: "HTTP/1.1 200 OK\r\n\r\nall of it", framing: "close", body: "all of it"},
		{text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nzz", framing: "close", body: "zz"},
		{text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, Chunked\r\nContent-Length: 1\r\n\r\nA ; a=\"b\"\r\n0123456789\r\n00\r\nT: x\r\n\r\nX",
			framing: "chunked", body: "0123456789", rest: "X"},
		{text: "HTTP/1.1 204 No\r\nContent-Length: 2\r\n\r\nX", framing: "none", rest: "X"},
		{text: "HTTP/1.1 304 No\r\nTransfer-Encoding: chunked\r\n\r\nX", framing: "none", rest: "X"},
		{text: "HTTP/1.1 101 Switching\r\n\r\nX", framing: "none", rest: "X"},
		{text: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nX", to: "HEAD", framing: "none", rest: "X"},
		{text: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nX", to: "CONNECT", framing: "none", rest: "X"},
		{text: "HTTP/1.1 407 No\r\nContent-Length: 2\r\n\r\nnoX", to: "CONNECT", framing: "length", body: "no", rest: "X"},
	} {
		for _, size := range []int{1, 2, 7, 1000} {
			r := &messageReader{request: c.request, to: c.to}
			if err := readMessage(r, c.text, size, true); err != nil || !r.whole() {
				t.Errorf("%q by %d: whole %v, %v", c.text, size, r.whole(), err)
				continue
			}
			if r.framing != c.framing || string(r.body) != c.body || c.text[r.end():] != c.rest {
				t.Errorf("%q by %d: framing %s, body %q, rest %q", c.text, size, r.framing, r.body, c.text[r.end():])
			}
		}
	}
}

func TestMessagesThatBreakTheSyntaxAreRefused(t *testing.T) {
	response := func(rest string) string { return "HTTP/1.1 200 OK\r\n" + rest }
	chunked := func(rest string) string { return response("Transfer-Encoding: chunked\r\n\r\n" + rest) }
	for _, text := range []string{
		"\r\nHTTP/1.1 200 OK\r\n\r\n", "hello", "HTTP/1.1 200\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1  200 OK\r\n\r\n",
		"HTTP/2.0 200 OK\r\n\r\n", "http/1.1 200 OK\r\n\r\n", "HTTP/1.1 099 OK\r\n\r\n", "HTTP/1.1 200 O\x00K\r\n\r\n",
		"HTTP/1.1 200 OK\n\n", "HTTP/1.1 200 O\rK\r\n\r\n",
		response("A: b\n\r\n"), response("A : b\r\n\r\n"), response(": b\r\n\r\n"), response("A\r\n\r\n"), response("A: b\r\n c\r\n\r\n"),
		response("A: \x01\r\n\r\n"), response("A: b\rc\r\n\r\n"),
		response("Content-Length: +1\r\n\r\n"), response("Content-Length: 1, 1\r\n\r\n"), response("Content-Length:\r\n\r\n"),
		response("Content-Length: 1\r\nContent-Length: 1\r\n\r\n"), response("Content-Length: 99999999999999999999\r\n\r\n"),
		chunked("x\r\n"), chunked("\r\n"), chunked("+1\r\n"), chunked("0x1\r\n"), chunked("1\nx"), chunked("1\r\nxy\r\n"), chunked("-1\r\n"),
		chunked("0\r\nT\r\n\r\n"), chunked("ffffffffffffffff\r\n"),
		"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	} {
		for _, size := range []int{1, 1000} {
			if err := readMessage(&messageReader{}, text, size, true); err == nil {
				t.Errorf("%q was read", text)
			}
		}
	}
	for _, text := range []string{
		"GET /\r\n\r\n", "GET  / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1 \r\n\r\n", "G(T / HTTP/1.1\r\n\r\n", "GET /\xff HTTP/1.1\r\n\r\n",
		"GET / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", "GET / HTTPS/1.1\r\n\r\n", " GET",
	} {
		if err := readMessage(&messageReader{request: true}, text, 1, true); err == nil {
			t.Errorf("%q was read", text)
		}
	}
}

func TestIncompleteMessagesAreNotWhole(t *testing.T) {
	for _, text := range []string{
		"", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n",
	} {
		r := &messageReader{}
		if err := readMessage(r, text, 1, true); err != nil || r.whole() {
			t.Errorf("%q: whole %v, %v", text, r.whole(), err)
		}
	}
	r := &messageReader{}
	if err := readMessage(r, "HTTP/1.1 200 OK\r\n\r\nx", 1, false); err != nil || r.whole() {
		t.Errorf("a body until close was whole before the FIN: %v", err)
	}
}

func TestFieldValuesAreLatin1(t *testing.T) {
	r := &messageReader{}
	if err := readMessage(r, "HTTP/1.1 200 \xfc\r\nX: \xe9\t! \r\n\r\n", 1, true); err != nil {
		t.Fatal(err)
	}
	if r.reason != "\u00fc" || r.fields[0].value != "\u00e9\t!" {
		t.Errorf("reason %q, value %q", r.reason, r.fields[0].value)
	}
}

func TestPatterns(t *testing.T) {
	const date = "Sun, 06 Nov 1994 08:49:37 GMT"
	for _, c := range []struct {
		pattern, data string
		fin           bool
		want          string // met N, wrong N, or pending
	}{
		{"", "x", false, "met 0"},
		{"abc", "abcd", false, "met 3"},
		{"abc", "ab", false, "pending"},
		{"abc", "abX", false, "wrong 2"},
		{"{{any}", "{any}", false, "met 5"},
		{"a}b", "a}b", false, "met 3"},
		{"{host}:{port}", "h:80", false, "met 4"},
		{"{host}:{port}", "h:81", false, "wrong 3"},
		{"a{any}c\r", "abccc\r", false, "met 6"},
		{"a{any}{any}c", "axxc", false, "met 4"},
		{"a{any}c", "ab\rc", false, "wrong 2"},
		{"a{any}", "abc\r\n", false, "met 3"},
		{"a{any}", "abc", false, "pending"},
		{"a{any}", "abc", true, "met 3"},
		{"{date}\r", date + "\r", false, "met 30"},
		{"{date}", date[:20], false, "pending"},
		{"{date}", "Mon" + date[3:], false, "wrong 28"},
		{"{date}", "Sun, 6 Nov", false, "wrong 6"},
		{"{date}", "1994", false, "wrong 0"},
		{"{date}", strings.Replace(date, "GMT", "UTC", 1), false, "wrong 26"},
	} {
		p, err := compilePattern(c.pattern, "h", 80)
		if err != nil {
			t.Fatal(err)
		}
		m := p.start()
		for n := range len(c.data) {
			m.advance([]byte(c.data[:n]), false)
		}
		m.advance([]byte(c.data), c.fin)
		got := "pending"
		if m.met {
			got = fmt.Sprintf("met %d", m.at)
		} else if m.wrong {
			got = fmt.Sprintf("wrong %d", m.at)
		}
		if got != c.want {
			t.Errorf("%q with %q: %s, want %s", c.pattern, c.data, got, c.want)
		}
	}
	for _, bad := range []string{"{x}", "{", "{date", "\u0100"} {
		if _, err := compilePattern(bad, "h", 80); err == nil {
			t.Errorf("%q was compiled", bad)
		}
	}
}

func TestVisible(t *testing.T) {
	got := Visible([]byte("HTTP/1.1 200 OK\r\n\tX\\\x00\xff\r\n\r\n"))
	want := `HTTP/1.1 200 OK\r\n` + "\n" + `\tX\\\x00\xff\r\n` + "\n" + `\r\n`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if text := (Entry{Event: Received, Bytes: make([]byte, 1<<20)}).String(); len(text) > 4*renderedBytes+200 {
		t.Errorf("an entry rendered in %d bytes", len(text))
	}
}

func TestCuts(t *testing.T) {
	sum := func(pieces []int) (n int) {
		for _, piece := range pieces {
			if piece < 1 {
				t.Errorf("a piece of %d", piece)
			}
			n += piece
		}
		return n
	}
	for _, length := range []int{0, 1, 2, 27, 5000, 1 << 20} {
		for seed := range uint64(20) {
			for _, fragment := range []Fragment{FragmentNone, FragmentBytes, FragmentRandom} {
				o := Options{Fragment: fragment, Seed: seed}
				pieces := o.cut(length, 3)
				if sum(pieces) != length || len(pieces) > mostPieces {
					t.Errorf("%s of %d: %d pieces, %d bytes", fragment, length, len(pieces), sum(pieces))
				}
				if again := o.cut(length, 3); fmt.Sprint(again) != fmt.Sprint(pieces) {
					t.Errorf("%s by the same seed was cut in two ways", fragment)
				}
			}
		}
	}
	one, other := Options{Fragment: FragmentRandom, Seed: 1}, Options{Fragment: FragmentRandom, Seed: 2}
	if fmt.Sprint(one.cut(1000, 0)) == fmt.Sprint(other.cut(1000, 0)) || fmt.Sprint(one.cut(1000, 0)) == fmt.Sprint(one.cut(1000, 1)) {
		t.Error("seed and number of the send must matter")
	}
}

// However the bytes are cut, the reader says the same and never panics.
func FuzzMessageReader(f *testing.F) {
	f.Add("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x\r\nok\r\n0\r\nT: x\r\n\r\n", false)
	f.Add("POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nokGET", true)
	f.Add("HTTP/1.1 200 OK\r\n\r\nrest", false)
	f.Fuzz(func(t *testing.T, text string, request bool) {
		whole := &messageReader{request: request}
		cut := &messageReader{request: request}
		wholeError, cutError := readMessage(whole, text, len(text)+1, true), readMessage(cut, text, 1, true)
		if (wholeError == nil) != (cutError == nil) || wholeError == nil && (whole.whole() != cut.whole() || whole.at != cut.at || string(whole.body) != string(cut.body)) {
			t.Errorf("%q: at once %v, %v; cut %v, %v", text, whole.whole(), wholeError, cut.whole(), cutError)
		}
	})
}
