package reference_test

import (
	"context"
	"io"
	"net"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/nodehttp/conform/reference"
)

type (
	request  = *reference.IncomingMessage
	response = *reference.ServerResponse
	handler  = func(request, response)
)

// patience bounds every wait: a test that needs it has failed.
const patience = 10 * time.Second

// serve starts a server on a loopback port and ends it, with everything it has, when the test ends.
func serve(t *testing.T, options reference.ServerOptions, handle handler, prepare ...func(*reference.Server)) (*reference.Server, string) {
	t.Helper()
	server := reference.CreateServer(options, handle)
	for _, prepare := range prepare {
		prepare(server)
	}
	if err := server.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	address := server.Address().String()
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_ = server.Shutdown(ctx)
		server.DestroyConnections()
	})
	return server, address
}

// peer is the other side of a connection, byte by byte.
type peer struct {
	net.Conn
	t *testing.T
}

func connect(t *testing.T, address string) *peer {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(patience))
	return &peer{conn, t}
}

func (p *peer) send(text string) {
	p.t.Helper()
	if _, err := io.WriteString(p.Conn, text); err != nil {
		p.t.Fatal(err)
	}
}

// until reads to the end of mark.
func (p *peer) until(mark string) string {
	p.t.Helper()
	var got strings.Builder
	one := make([]byte, 1)
	for !strings.HasSuffix(got.String(), mark) {
		if _, err := p.Read(one); err != nil {
			p.t.Fatalf("after %q: %v", got.String(), err)
		}
		got.Write(one)
	}
	return got.String()
}

// rest reads until the connection ends.
func (p *peer) rest() string {
	p.t.Helper()
	all, err := io.ReadAll(p.Conn)
	if err != nil {
		p.t.Fatalf("after %q: %v", all, err)
	}
	return string(all)
}

var dateLine = regexp.MustCompile(`Date: [A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT\r\n`)

// dated replaces dates, which no test can know.
func dated(text string) string { return dateLine.ReplaceAllString(text, "Date: <DATE>\r\n") }

const lastRequest = "GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

// answer sends a request and returns what came back, with "[open]" behind it when the connection could be used for
// another exchange, and "[FIN]" when the server ended it.
func answer(t *testing.T, options reference.ServerOptions, raw string, handle handler, prepare ...func(*reference.Server)) string {
	t.Helper()
	_, address := serve(t, options, func(request request, response response) {
		if request.URL() == "/last" {
			response.SetSendDate(false)
			_ = response.SetHeader("Content-Length", "6")
			_ = response.EndText("<LAST>", nil)
			return
		}
		handle(request, response)
	}, prepare...)
	peer := connect(t, address)
	peer.send(raw + lastRequest)
	got := dated(peer.rest())
	const last = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\n<LAST>"
	if rest, open := strings.CutSuffix(got, last); open {
		return rest + "[open]"
	}
	return got + "[FIN]"
}

func end(body string) handler {
	return func(_ request, response response) { _ = response.EndText(body, nil) }
}

const get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
