package wire

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// A messageReader reads one HTTP/1.x message from a growing capture. It is
// strict on purpose: bytes that break RFC 9112 are an error, never repaired,
// since the program that sent them is what is being judged.
//
// Texts are Latin-1: each character is the byte of its number.
type messageReader struct {
	request bool   // reads a request, otherwise a response
	to      string // the method that the response answers
	headAll bool   // stop after the head

	state   readState
	at      int // everything before it has been read
	scanned int // no LF between at and here

	method, target  string
	status          int
	reason, version string
	fields          []field
	headEnd         int
	framing         string // length, chunked, close, none
	remaining       int    // of the body or the chunk
	body            []byte
	trailers        []field
}

type field struct{ name, value string }

type readState int

const (
	inStartLine readState = iota
	inFields
	inSized // a body of a known length
	inClose // a body until the connection ends
	inChunkSize
	inChunk
	inChunkEnd
	inTrailers
	messageDone
)

// headRead reports whether the head is complete.
func (r *messageReader) headRead() bool { return r.state > inFields }

// whole reports whether all that was asked for is there.
func (r *messageReader) whole() bool {
	return r.state == messageDone || r.headAll && r.headRead()
}

// end is where the next message begins, once whole.
func (r *messageReader) end() int {
	if r.headAll {
		return r.headEnd
	}
	return r.at
}

// advance reads on. data is the capture from the message's first byte; finished
// says that it ends with a FIN.
func (r *messageReader) advance(data []byte, finished bool) error {
	for !r.whole() {
		switch r.state {
		case inSized, inChunk:
			n := min(r.remaining, len(data)-r.at)
			r.body = append(r.body, data[r.at:r.at+n]...)
			r.at += n
			r.remaining -= n
			if r.remaining > 0 {
				return nil
			}
			if r.state == inSized {
				r.state = messageDone
			} else {
				r.state = inChunkEnd
			}
		case inClose:
			r.body = append(r.body, data[r.at:]...)
			r.at = len(data)
			if !finished {
				return nil
			}
			r.state = messageDone
		default:
			if r.state == inStartLine {
				if err := r.checkBeginning(data); err != nil {
					return err
				}
			}
			line, ok, err := r.line(data)
			if err != nil || !ok {
				return err
			}
			if err := r.takeLine(line); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkBeginning refuses what cannot become a start line, before its end has
// come.
func (r *messageReader) checkBeginning(data []byte) error {
	if r.request {
		if len(data) > 0 && !tokenByte(data[0]) {
			return fmt.Errorf("no request begins with %s", quote(data[:1]))
		}
		return nil
	}
	const prefix = "HTTP/"
	n := min(len(data), len(prefix))
	if string(data[:n]) != prefix[:n] {
		return fmt.Errorf("no response begins with %s", quote(data[:n]))
	}
	return nil
}

// line returns the next line without its CRLF.
func (r *messageReader) line(data []byte) ([]byte, bool, error) {
	from := max(r.at, r.scanned)
	i := bytes.IndexByte(data[from:], '\n')
	if i < 0 {
		r.scanned = len(data)
		// A CR that is not the last byte so far cannot be a line's end.
		if i := bytes.IndexByte(data[r.at:], '\r'); i >= 0 && r.at+i < len(data)-1 {
			return nil, false, fmt.Errorf("a CR without LF in %s", quote(data[r.at:]))
		}
		return nil, false, nil
	}
	line := data[r.at : from+i]
	if len(line) == 0 || line[len(line)-1] != '\r' {
		return nil, false, fmt.Errorf("a line that ends without CR: %s", quote(line))
	}
	line = line[:len(line)-1]
	if bytes.IndexByte(line, '\r') >= 0 {
		return nil, false, fmt.Errorf("a CR without LF in %s", quote(line))
	}
	r.at = from + i + 1
	return line, true, nil
}

func (r *messageReader) takeLine(line []byte) error {
	switch r.state {
	case inStartLine:
		r.state = inFields
		if r.request {
			return r.takeRequestLine(line)
		}
		return r.takeStatusLine(line)
	case inFields:
		if len(line) > 0 {
			f, err := parseField(line)
			r.fields = append(r.fields, f)
			return err
		}
		r.headEnd = r.at
		return r.frame()
	case inChunkSize:
		size, err := parseChunkSize(line)
		r.remaining = size
		r.state = inChunk
		if size == 0 {
			r.state = inTrailers
		}
		return err
	case inChunkEnd:
		r.state = inChunkSize
		if len(line) > 0 {
			return fmt.Errorf("a chunk longer than its size: %s follows", quote(line))
		}
	case inTrailers:
		if len(line) == 0 {
			r.state = messageDone
			return nil
		}
		f, err := parseField(line)
		r.trailers = append(r.trailers, f)
		return err
	}
	return nil
}

func (r *messageReader) takeRequestLine(line []byte) error {
	parts := strings.Split(string(line), " ")
	if len(parts) != 3 || !isToken(parts[0]) || parts[1] == "" {
		return fmt.Errorf("%s is no request line", quote(line))
	}
	for i := range len(parts[1]) {
		if c := parts[1][i]; c <= ' ' || c > '~' {
			return fmt.Errorf("a request target with the byte %s", quote([]byte{c}))
		}
	}
	r.method, r.target = parts[0], parts[1]
	return r.takeVersion(parts[2])
}

func (r *messageReader) takeStatusLine(line []byte) error {
	text := string(line)
	version, rest, ok := strings.Cut(text, " ")
	status, reason, second := strings.Cut(rest, " ")
	if !ok || !second || len(status) != 3 || !digits(status) || status[0] == '0' {
		return fmt.Errorf("%s is no status line", quote(line))
	}
	if !fieldContent(reason) {
		return fmt.Errorf("a reason with a control character: %s", quote(line))
	}
	r.status, _ = strconv.Atoi(status)
	r.reason = latin1(reason)
	return r.takeVersion(version)
}

func (r *messageReader) takeVersion(text string) error {
	if len(text) != 8 || text[:5] != "HTTP/" || !digits(text[5:6]) || text[6] != '.' || !digits(text[7:]) {
		return fmt.Errorf("%s is no HTTP version", quote([]byte(text)))
	}
	if text[5] != '1' {
		return fmt.Errorf("%s is not HTTP/1", text)
	}
	r.version = text[5:]
	return nil
}

// frame decides how the body is delimited, as RFC 9112 section 6.3 orders it.
func (r *messageReader) frame() error {
	var lengths, codings []string
	for _, f := range r.fields {
		switch strings.ToLower(f.name) {
		case "content-length":
			lengths = append(lengths, f.value)
		case "transfer-encoding":
			codings = append(codings, f.value)
		}
	}
	if !r.request {
		bodiless := r.to == "HEAD" || r.status < 200 || r.status == 204 || r.status == 304
		tunnel := r.to == "CONNECT" && r.status < 300
		if bodiless || tunnel {
			r.framing, r.state = "none", messageDone
			return nil
		}
	}
	switch {
	case len(codings) > 0:
		if r.version == "1.0" {
			return fmt.Errorf("Transfer-Encoding in an HTTP/1.0 message")
		}
		list := strings.Split(strings.Join(codings, ","), ",")
		if strings.EqualFold(strings.Trim(list[len(list)-1], " \t"), "chunked") {
			r.framing, r.state = "chunked", inChunkSize
			return nil
		}
		if r.request {
			return fmt.Errorf("a request whose last Transfer-Encoding is not chunked")
		}
		r.framing, r.state = "close", inClose
	case len(lengths) > 0:
		if len(lengths) > 1 {
			return fmt.Errorf("several Content-Length fields")
		}
		length, err := strconv.Atoi(lengths[0])
		if err != nil || !digits(lengths[0]) {
			return fmt.Errorf("Content-Length: %s is no length", quote([]byte(lengths[0])))
		}
		r.framing, r.state, r.remaining = "length", inSized, length
	case r.request:
		r.framing, r.state = "none", messageDone
	default:
		r.framing, r.state = "close", inClose
	}
	return nil
}

func parseField(line []byte) (field, error) {
	name, value, ok := strings.Cut(string(line), ":")
	if !ok || !isToken(name) {
		return field{}, fmt.Errorf("%s is no header field", quote(line))
	}
	value = strings.Trim(value, " \t")
	if !fieldContent(value) {
		return field{}, fmt.Errorf("a header field with a control character: %s", quote(line))
	}
	return field{name, latin1(value)}, nil
}

func parseChunkSize(line []byte) (int, error) {
	text, extension, _ := strings.Cut(string(line), ";")
	text = strings.TrimRight(text, " \t")
	size, err := strconv.ParseUint(text, 16, 62)
	if err != nil || text[0] == '+' || !fieldContent(extension) {
		return 0, fmt.Errorf("%s is no chunk size", quote(line))
	}
	return int(size), nil
}

func quote(b []byte) string {
	const most = 80
	if len(b) > most {
		return `"` + Visible(b[:most]) + `..."`
	}
	return `"` + Visible(b) + `"`
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

func isToken(s string) bool {
	for i := range len(s) {
		if !tokenByte(s[i]) {
			return false
		}
	}
	return s != ""
}

func tokenByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
		strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0
}

// fieldContent allows what may stand in field values and reasons.
func fieldContent(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

// latin1 decodes bytes held in a string.
func latin1(s string) string {
	ascii := true
	for i := range len(s) {
		ascii = ascii && s[i] < 0x80
	}
	if ascii {
		return s
	}
	runes := make([]rune, len(s))
	for i := range len(s) {
		runes[i] = rune(s[i])
	}
	return string(runes)
}

// wireBytes encodes a script's text: each character is one byte.
func wireBytes(text string) ([]byte, error) {
	out := make([]byte, 0, len(text))
	for _, r := range text {
		if r > 0xff {
			return nil, fmt.Errorf("%q is no byte", r)
		}
		out = append(out, byte(r))
	}
	return out, nil
}
