package reference_test

import (
	"encoding/base64"
	"errors"
	"io"
	"net"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/nodehttp/conform/reference"
)

// conversations are what a server may have to read, well-formed and not.
var conversations = []string{
	get,
	get + "GET /2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
	"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello" + lastRequest,
	"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n2\r\nde\r\n0\r\nX-T: 1\r\n\r\n" + lastRequest,
	"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\nabc" + lastRequest,
	"HEAD / HTTP/1.0\r\n\r\n",
	"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: foo\r\n\r\nrest",
	"CONNECT a:80 HTTP/1.1\r\n\r\nrest",
	"BAD\r\n\r\n",
	"POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
	"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
	"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc",
	"GET / HTTP/1.1\r\nHos",
}

// TestCuts sends every conversation whole and byte by byte: the answers have to be the same.
func TestCuts(t *testing.T) {
	echo := func(request request, response response) {
		body, err := io.ReadAll(request)
		if err != nil {
			return
		}
		_ = response.EndText("<"+request.URL()+" "+string(body)+">", nil)
	}
	for _, conversation := range conversations {
		answers := map[int]string{}
		for _, piece := range []int{len(conversation), 1} {
			_, address := serve(t, v12, echo)
			peer := connect(t, address)
			go func() {
				for at := 0; at < len(conversation); at += piece {
					if _, err := io.WriteString(peer.Conn, conversation[at:at+piece]); err != nil {
						return
					}
				}
				_ = peer.Conn.(*net.TCPConn).CloseWrite()
			}()
			got, _ := io.ReadAll(peer)
			answers[piece] = dated(string(got))
		}
		if answers[1] != answers[len(conversation)] {
			t.Errorf("%q\nwhole:  %q\npieces: %q", conversation, answers[len(conversation)], answers[1])
		}
	}
}

func FuzzServer(f *testing.F) {
	for i, conversation := range conversations {
		f.Add([]byte(conversation), i+1, uint8(i))
	}
	styles := []handler{
		end("hello"),
		func(request request, response response) {
			_, _ = io.Copy(response, request)
			_ = response.End(nil, nil)
		},
		func(request request, response response) {
			go func() {
				_, _ = io.Copy(response, request)
				_ = response.End(nil, nil)
			}()
		},
		func(request request, response response) {
			request.EventData.On(func(chunk []byte) { _, _ = response.Send(chunk, nil) })
			request.EventEnd.On(func() { _ = response.End(nil, nil) })
		},
		func(request request, response response) {},
	}
	f.Fuzz(func(t *testing.T, sent []byte, piece int, choice uint8) {
		if piece < 1 || len(sent) > 1<<20 {
			t.Skip()
		}
		server := reference.CreateServer(in(reference.Edition(choice>>4%5)), styles[int(choice&15)%len(styles)])
		if choice&8 != 0 {
			server.EventUpgrade.On(func(_ request, socket *reference.Socket, _ []byte) { socket.Resume() })
		}
		ours, theirs := net.Pipe()
		socket := server.ServeConnection(theirs)
		closed := make(chan struct{})
		socket.EventClose.Once(func(bool) { close(closed) })
		_ = ours.SetDeadline(time.Now().Add(patience))
		go func() { _, _ = io.Copy(io.Discard, ours) }()
		for len(sent) > 0 {
			n := min(piece, len(sent))
			if _, err := ours.Write(sent[:n]); err != nil {
				break
			}
			sent = sent[n:]
		}
		_ = ours.Close()
		select {
		case <-closed:
		case <-time.After(time.Second):
			// Nobody reads the connection; it has to end when it is told to.
			socket.Destroy(nil)
			select {
			case <-closed:
			case <-time.After(patience):
				t.Fatal("the connection does not end")
			}
		}
	})
}

// wire is a connection whose other side sends what it was made with and then waits. It keeps what it was sent.
type wire struct {
	in     *strings.Reader
	closed chan struct{}
	once   sync.Once
	mu     sync.Mutex
	out    strings.Builder
}

func newWire(in string) *wire { return &wire{in: strings.NewReader(in), closed: make(chan struct{})} }

func (w *wire) Read(p []byte) (int, error) {
	if w.in.Len() > 0 {
		return w.in.Read(p)
	}
	<-w.closed
	return 0, io.EOF
}

func (w *wire) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.out.Write(p)
}

func (w *wire) Close() error {
	w.once.Do(func() { close(w.closed) })
	return nil
}

func (w *wire) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.out.String()
}

var (
	tokenForm = regexp.MustCompile("^[!#$%&'*+\\-.^_`|~0-9A-Za-z]+$")
	valueForm = regexp.MustCompile(`^[\t\x20-\x7e\x{80}-\x{ff}]*$`)
	pathForm  = regexp.MustCompile(`^[\x21-\x{ff}]+$`)
)

// isValue reports whether a header can have a value: text in UTF-8 of characters that ISO 8859-1 has.
func isValue(value string) bool { return utf8.ValidString(value) && valueForm.MatchString(value) }

// latin1 encodes characters as they are sent.
func latin1(text string) string {
	var bytes []byte
	for _, c := range text {
		bytes = append(bytes, byte(c))
	}
	return string(bytes)
}

// read is a strict reader: it takes a message apart into first line, field lines and body, and fails at every line end
// or NUL that has no business there.
func read(t *testing.T, message string) (first string, fields []string, body string) {
	t.Helper()
	head, body, whole := strings.Cut(message, "\r\n\r\n")
	if !whole {
		t.Fatalf("no whole head in %q", message)
	}
	lines := strings.Split(head, "\r\n")
	for _, line := range lines {
		if strings.ContainsAny(line, "\r\n\x00") {
			t.Fatalf("%q is no line; sent: %q", line, message)
		}
	}
	for _, line := range lines[1:] {
		if name, _, isField := strings.Cut(line, ": "); !isField || !tokenForm.MatchString(name) {
			t.Fatalf("%q is no field; sent: %q", line, message)
		}
	}
	return lines[0], lines[1:], body
}

// added are the names of the fields that a message gets by itself.
var added = regexp.MustCompile(`^(?:Host|Connection|Keep-Alive|Content-Length|Transfer-Encoding): `)

// sentExactly fails unless the fields are those that were set, in their order, with nothing but those of the message
// itself around them, and the body is empty or made of nothing but the trailers that were set.
func sentExactly(t *testing.T, message string, fields []string, want []string, body string, trailers []string) {
	t.Helper()
	rest := fields
	for len(rest) > 0 && len(want) > 0 {
		switch {
		case rest[0] == want[0]:
			want = want[1:]
		case !added.MatchString(rest[0]):
			t.Fatalf("%q was not set; sent: %q", rest[0], message)
		}
		rest = rest[1:]
	}
	if len(want) > 0 {
		t.Fatalf("%q is missing; sent: %q", want, message)
	}
	for _, field := range rest {
		if !added.MatchString(field) {
			t.Fatalf("%q was not set; sent: %q", field, message)
		}
	}
	chunked := "0\r\n"
	for _, trailer := range trailers {
		chunked += trailer + "\r\n"
	}
	if body != "" && body != chunked+"\r\n" {
		t.Fatalf("a body of %q; sent: %q", body, message)
	}
}

// refused fails unless err is what has to be said of a name and of the values that go with it.
func refused(t *testing.T, edition reference.Edition, err error, validName, validValues bool) {
	t.Helper()
	want := ""
	switch {
	case !validName:
		want = "ERR_INVALID_HTTP_TOKEN"
	case !validValues:
		want = "ERR_INVALID_CHAR"
	}
	coded(t, edition, err, want)
}

// coded fails unless err has a code; editions before v10 have no codes.
func coded(t *testing.T, edition reference.Edition, err error, want string) {
	t.Helper()
	if want == "" {
		if err != nil {
			t.Fatalf("refused: %v", err)
		}
		return
	}
	var typed *reference.Error
	if !errors.As(err, &typed) {
		t.Fatalf("got %v, want %s", err, want)
	}
	if edition == reference.V03 || edition == reference.V6 {
		want = ""
	}
	if typed.Code != want {
		t.Fatalf("got %v, want %s", err, want)
	}
}

var headerSeeds = [][2]string{
	{"X-Name", "value"}, {"X-Name", "value\r\nInjected: yes"}, {"X-Name\r\nInjected", "yes"}, {"", ""}, {"Content-Length", "5"},
	{"Transfer-Encoding", "chunked"}, {"Connection", "keep-alive"}, {"Trailer", "X"}, {"Set-Cookie", "a=b"}, {"Expect", "100-continue"},
	{"X", "\x00"}, {"X", "\u010a\u010d"}, {"X", "\u00e9\u0085"}, {"X", "\xff"}, {" X", "\x7f"}, {"X:", "\t"}, {"Cookie", "a"}, {"Date", "never"},
}

// FuzzResponseHeader sets a header, in every way there is, and the status line: what is set is refused with its code, or
// it is what the peer reads.
func FuzzResponseHeader(f *testing.F) {
	for i, seed := range headerSeeds {
		for operation := range uint8(8) {
			f.Add(operation, uint8(i), seed[0], seed[1], "other", 200)
		}
	}
	f.Fuzz(func(t *testing.T, operation, choice uint8, name, value, other string, status int) {
		edition := reference.Edition(choice % 5)
		var want, trailers []string
		reason := ""
		stream := newWire("")
		socket := reference.NewSocket(stream, reference.SocketOptions{})
		defer ended(socket)()
		response := reference.NewServerResponse(reference.NewMessage(reference.MessageOptions{Edition: edition, Method: "GET", Major: 1, Minor: 1}))
		must(response.AssignSocket(socket))
		response.SetSendDate(false)
		validName := tokenForm.MatchString(name)
		validValue, validOther := isValue(value), isValue(other)
		line := name + ": " + latin1(value)
		switch operation % 8 {
		case 0:
			err := response.SetHeader(name, value)
			refused(t, edition, err, validName, validValue)
			if err == nil {
				want = append(want, line)
			}
		case 1:
			err := response.SetHeader(name, value, other)
			refused(t, edition, err, validName, validValue && validOther)
			if err == nil {
				want = append(want, line, name+": "+latin1(other))
			}
			if strings.EqualFold(name, "cookie") {
				t.Skip("joined in some editions")
			}
		case 2:
			err := response.WriteHead(200, field(name, value))
			if strings.EqualFold(name, "trailer") {
				t.Skip("needs a chunked body in some editions")
			}
			refused(t, edition, err, validName, validValue)
			if err == nil {
				want = append(want, line)
			}
		case 3:
			must(response.SetHeader("X-First", "1"))
			want = append(want, "X-First: 1")
			err := response.WriteHead(200, field(name, value))
			if name == "" || strings.EqualFold(name, "x-first") || strings.EqualFold(name, "trailer") {
				t.Skip("ignored, replaced or only for a chunked body")
			}
			refused(t, edition, err, validName, validValue)
			if err == nil {
				want = append(want, line)
			}
		case 4:
			err := response.WriteHeadReason(status, value)
			reason = value
			switch {
			case status < 100 || status > 999:
				coded(t, edition, err, "ERR_HTTP_INVALID_STATUS_CODE")
			case edition == reference.V03 || edition == reference.V6:
				// They check nothing, but send one line.
				must(err)
				reason = ""
			default:
				refused(t, edition, err, true, validValue)
			}
			if err != nil {
				response.SetStatusMessage("")
				reason = ""
			}
		case 5:
			response.SetStatusMessage(value)
			reason = value
			err := response.FlushHeaders()
			if edition == reference.V03 || edition == reference.V6 {
				must(err)
				reason = ""
				break
			}
			refused(t, edition, err, true, validValue)
			if err != nil {
				response.SetStatusMessage("")
				reason = ""
			}
		case 6:
			must(response.SetHeader("Transfer-Encoding", "chunked"))
			want = append(want, "Transfer-Encoding: chunked")
			err := response.AddTrailers(field(name, value))
			refused(t, edition, err, validName, validValue)
			if err == nil {
				trailers = append(trailers, line)
			}
		case 7:
			lines := []string{"safe"}
			must(response.SetHeaderValue("X-List", reference.LiveListValue(nil, func() []string { return lines })))
			lines = []string{value}
			err := response.FlushHeaders()
			refused(t, edition, err, true, validValue)
			if err != nil {
				lines = []string{"safe"}
			}
			want = append(want, "X-List: "+latin1(lines[0]))
		}
		finished := make(chan struct{})
		response.EventFinish.Once(func() { close(finished) })
		must(response.End(nil, nil))
		<-finished
		sent := stream.String()
		first, fields, body := read(t, sent)
		if !regexp.MustCompile(`^HTTP/1\.1 [1-9]\d\d .*$`).MatchString(first) || reason != "" && first[len("HTTP/1.1 200 "):] != latin1(reason) {
			t.Fatalf("%q is no status line for %q", first, reason)
		}
		sentExactly(t, sent, fields, want, body, trailers)
	})
}

// ended returns what destroys a socket and waits for its end.
func ended(socket *reference.Socket) func() {
	closed := make(chan struct{})
	socket.EventClose.Once(func(bool) { close(closed) })
	return func() {
		socket.Destroy(nil)
		<-closed
	}
}

// FuzzRequestHeader sets a header of a request, in every way there is, and its request line: what is set is refused with
// its code, or it is what the server reads.
func FuzzRequestHeader(f *testing.F) {
	for i, seed := range headerSeeds {
		for operation := range uint8(9) {
			f.Add(operation, uint8(i), seed[0], seed[1])
		}
	}
	f.Add(uint8(5), uint8(0), "", "/a b")
	f.Add(uint8(5), uint8(1), "", "/a\r\nInjected:yes")
	f.Add(uint8(8), uint8(0), "user:password", "a::b")
	var agents []*reference.Agent
	for edition := range reference.Edition(5) {
		agent, err := reference.NewAgent(reference.AgentOptions{Edition: edition})
		must(err)
		agents = append(agents, agent)
	}
	f.Fuzz(func(t *testing.T, operation, choice uint8, name, value string) {
		edition := reference.Edition(choice % 5)
		stream := newWire("")
		socket := reference.NewSocket(stream, reference.SocketOptions{})
		defer ended(socket)()
		options := reference.RequestOptions{DefaultAgent: agents[edition], Method: "POST",
			CreateConnection: func(*reference.RequestOptions, func(error, *reference.Socket)) (*reference.Socket, error) {
				return socket, nil
			}}
		validName, validValue := tokenForm.MatchString(name), isValue(value)
		validPath := utf8.ValidString(value) && pathForm.MatchString(value)
		if edition == reference.V03 || edition == reference.V6 {
			validPath = !strings.ContainsAny(value, " \r\n\x00") && isValue(value)
		}
		line := name + ": " + latin1(value)
		method, path := "POST", "/"
		var want, trailers []string
		if strings.EqualFold(name, "cookie") || strings.EqualFold(name, "trailer") || strings.EqualFold(name, "host") {
			t.Skip("joined, refused or replaced in some editions")
		}
		unescaped := func(err error) {
			if validPath {
				coded(t, edition, err, "")
			} else {
				coded(t, edition, err, "ERR_UNESCAPED_CHARACTERS")
			}
		}
		var request *reference.ClientRequest
		var err error
		switch operation % 9 {
		case 0:
			options.Headers = []reference.HeaderField{field(name, value)}
			request, err = reference.Request(options, nil)
			refused(t, edition, err, validName, validValue)
			want = append(want, line)
		case 1:
			options.HeaderList = true
			options.Headers = []reference.HeaderField{field(name, value), field(name, value)}
			request, err = reference.Request(options, nil)
			refused(t, edition, err, validName, validValue)
			want = append(want, line, line)
		case 2:
			request, err = reference.Request(options, nil)
			must(err)
			err = request.SetHeader(name, value)
			refused(t, edition, err, validName, validValue)
			if err == nil {
				want = append(want, line)
			}
			err = nil
		case 3:
			options.Headers = []reference.HeaderField{field("Transfer-Encoding", "chunked")}
			want = append(want, "Transfer-Encoding: chunked")
			request, err = reference.Request(options, nil)
			must(err)
			err = request.AddTrailers(field(name, value))
			refused(t, edition, err, validName, validValue)
			if err == nil {
				trailers = append(trailers, line)
			}
			err = nil
		case 4:
			options.Method = value
			request, err = reference.Request(options, nil)
			if method = strings.ToUpper(value); value == "" {
				method = "GET"
			}
			refused(t, edition, err, tokenForm.MatchString(method), true)
		case 5:
			options.Path = value
			request, err = reference.Request(options, nil)
			if path = latin1(value); value == "" {
				path, validPath = "/", true
			}
			unescaped(err)
		case 6:
			request, err = reference.Request(options, nil)
			must(err)
			if err = request.SetMethod(value); err == nil {
				method = value
			}
			refused(t, edition, err, tokenForm.MatchString(value), true)
			err = nil
		case 7:
			request, err = reference.Request(options, nil)
			must(err)
			validPath = validPath && value != ""
			if err = request.SetPath(value); err == nil {
				path = latin1(value)
			}
			unescaped(err)
			err = nil
		case 8:
			// The host and the credentials end up in headers.
			options.Auth, options.Hostname = name, value
			request, err = reference.Request(options, nil)
			if name != "" {
				want = append(want, "Authorization: Basic "+base64.StdEncoding.EncodeToString([]byte(name)))
			}
			refused(t, edition, err, true, validValue)
		}
		if err != nil {
			return
		}
		finished := make(chan struct{})
		request.EventFinish.Once(func() { close(finished) })
		must(request.End(nil, nil))
		<-finished
		sent := stream.String()
		first, fields, body := read(t, sent)
		if first != method+" "+path+" HTTP/1.1" {
			t.Fatalf("%q is no request line for %q and %q", first, method, path)
		}
		sentExactly(t, sent, fields, want, body, trailers)
	})
}
