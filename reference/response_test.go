package reference_test

import (
	"testing"

	"github.com/nodehttp/conform/reference"
)

var field = reference.Field

// must fails loudly in a handler, where there is no *testing.T at hand.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

const (
	keepAliveV12 = "Connection: keep-alive\r\nKeep-Alive: timeout=5\r\n"
	date         = "Date: <DATE>\r\n"
	ok           = "HTTP/1.1 200 OK\r\n"
)

func TestResponseBytes(t *testing.T) {
	for _, test := range []struct {
		name    string
		request string
		handle  handler
		want    string
	}{
		{"end", get, end(""), ok + date + keepAliveV12 + "Content-Length: 0\r\n\r\n[open]"},
		{"end with a body", get, end("hello"), ok + date + keepAliveV12 + "Content-Length: 5\r\n\r\nhello[open]"},
		{"write, end", get, func(_ request, r response) {
			_, _ = r.WriteString("hello")
			must(r.End(nil, nil))
		}, ok + date + keepAliveV12 + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n[open]"},
		{"send, end with a body", get, func(_ request, r response) {
			_, _ = r.SendText("a", nil)
			must(r.EndText("bc", nil))
		}, ok + date + keepAliveV12 + "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n2\r\nbc\r\n0\r\n\r\n[open]"},
		{"the client asks to close", "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", end("hello"),
			ok + date + "Connection: close\r\nContent-Length: 5\r\n\r\nhello[FIN]"},
		{"an empty write sends the head", get, func(_ request, r response) {
			_, _ = r.Send(nil, nil)
			must(r.End(nil, nil))
		}, ok + date + keepAliveV12 + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n[open]"},
		{"writeHead makes it chunked", get, func(_ request, r response) {
			must(r.WriteHead(200, field("Content-Type", "text/plain")))
			must(r.EndText("hello", nil))
		}, ok + "Content-Type: text/plain\r\n" + date + keepAliveV12 + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n[open]"},
		{"case and order are kept", get, func(_ request, r response) {
			must(r.SetHeader("content-TYPE", "text/plain"))
			must(r.SetHeader("X-B", "1"))
			must(r.SetHeader("x-a", "2"))
			must(r.SetHeader("x-b", "3"))
			must(r.EndText("hello", nil))
		}, ok + "content-TYPE: text/plain\r\nx-b: 3\r\nx-a: 2\r\n" + date + keepAliveV12 + "Content-Length: 5\r\n\r\nhello[open]"},
		{"writeHead wins over setHeader", get, func(_ request, r response) {
			must(r.SetHeader("Content-Type", "text/html"))
			must(r.SetHeader("X-Foo", "bar"))
			must(r.WriteHead(200, field("content-type", "text/plain"), field("X-New", "n")))
			must(r.EndText("ok", nil))
		}, ok + "content-type: text/plain\r\nX-Foo: bar\r\nX-New: n\r\n" + date + keepAliveV12 + "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n[open]"},
		{"lists are lines", get, func(_ request, r response) {
			must(r.SetHeader("Set-Cookie", "a=1", "b=2"))
			must(r.SetHeader("Cookie", "a=1", "b=2"))
			must(r.End(nil, nil))
		}, ok + "Set-Cookie: a=1\r\nSet-Cookie: b=2\r\nCookie: a=1; b=2\r\n" + date + keepAliveV12 + "Content-Length: 0\r\n\r\n[open]"},
		{"reason", get, func(_ request, r response) {
			must(r.WriteHeadReason(200, "Fine", field("X-A", "1")))
			must(r.End(nil, nil))
		}, "HTTP/1.1 200 Fine\r\nX-A: 1\r\n" + date + keepAliveV12 + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n[open]"},
		{"status message", get, func(_ request, r response) {
			r.SetStatusCode(404)
			r.SetStatusMessage("Nope")
			must(r.End(nil, nil))
		}, "HTTP/1.1 404 Nope\r\n" + date + keepAliveV12 + "Content-Length: 0\r\n\r\n[open]"},
		{"unknown status", get, func(_ request, r response) {
			r.SetStatusCode(299)
			must(r.End(nil, nil))
		}, "HTTP/1.1 299 unknown\r\n" + date + keepAliveV12 + "Content-Length: 0\r\n\r\n[open]"},
		{"latin-1 head", get, func(_ request, r response) {
			must(r.SetHeader("X-L", "café"))
			must(r.End(nil, nil))
		}, ok + "X-L: caf\xe9\r\n" + date + keepAliveV12 + "Content-Length: 0\r\n\r\n[open]"},
		{"a head that leaves with text has the encoding of the text", get, func(_ request, r response) {
			must(r.SetHeader("X-L", "café"))
			must(r.EndText("€", nil))
		}, ok + "X-L: café\r\n" + date + keepAliveV12 + "Content-Length: 3\r\n\r\n€[open]"},
		{"no date", get, func(_ request, r response) {
			must(r.RemoveHeader("Date"))
			must(r.End(nil, nil))
		}, ok + keepAliveV12 + "Content-Length: 0\r\n\r\n[open]"},
		{"removed connection", get, func(_ request, r response) {
			must(r.RemoveHeader("Connection"))
			must(r.EndText("x", nil))
		}, ok + date + "Content-Length: 1\r\n\r\nx[FIN]"},
		{"removed content-length", get, func(_ request, r response) {
			must(r.RemoveHeader("Content-Length"))
			must(r.EndText("x", nil))
		}, ok + date + keepAliveV12 + "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n[open]"},
		{"removed transfer-encoding", get, func(_ request, r response) {
			must(r.RemoveHeader("Transfer-Encoding"))
			_, _ = r.WriteString("x")
			must(r.End(nil, nil))
		}, ok + date + keepAliveV12 + "\r\nx[open]"},
		{"connection: close", get, func(_ request, r response) {
			must(r.SetHeader("Connection", "close"))
			must(r.EndText("x", nil))
		}, ok + "Connection: close\r\n" + date + "Content-Length: 1\r\n\r\nx[FIN]"},
		{"own keep-alive", get, func(_ request, r response) {
			must(r.SetHeader("Keep-Alive", "timeout=9"))
			must(r.EndText("x", nil))
		}, ok + "Keep-Alive: timeout=9\r\n" + date + "Connection: keep-alive\r\nContent-Length: 1\r\n\r\nx[open]"},
		{"HEAD", "HEAD / HTTP/1.1\r\nHost: x\r\n\r\n", end("hello"), ok + date + keepAliveV12 + "\r\n[open]"},
		{"204", get, func(_ request, r response) {
			r.SetStatusCode(204)
			must(r.EndText("hello", nil))
		}, "HTTP/1.1 204 No Content\r\n" + date + keepAliveV12 + "\r\n[open]"},
		{"304 that says it is chunked", get, func(_ request, r response) {
			must(r.WriteHead(304, field("Transfer-Encoding", "chunked")))
			must(r.EndText("hello", nil))
		}, "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n" + date + "Connection: close\r\n\r\n[FIN]"},
		{"HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", end("hello"), ok + date + "Connection: close\r\n\r\nhello[FIN]"},
		{"HTTP/1.0 keep-alive without a length", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", end("hello"),
			ok + date + "Connection: close\r\n\r\nhello[FIN]"},
		{"HTTP/1.0 keep-alive with a length", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", func(_ request, r response) {
			must(r.SetHeader("Content-Length", "5"))
			must(r.EndText("hello", nil))
		}, ok + "Content-Length: 5\r\n" + date + keepAliveV12 + "\r\nhello[open]"},
		{"100 and 102 before the answer", get, func(_ request, r response) {
			r.WriteContinue(nil)
			r.WriteProcessing(nil)
			must(r.EndText("ok", nil))
		}, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n" + ok + date + keepAliveV12 + "Content-Length: 2\r\n\r\nok[open]"},
		{"trailers", get, func(_ request, r response) {
			must(r.WriteHead(200, field("Trailer", "Content-MD5")))
			_, _ = r.WriteString("data")
			must(r.AddTrailers(field("Content-MD5", "abc")))
			must(r.End(nil, nil))
		}, ok + "Trailer: Content-MD5\r\n" + date + keepAliveV12 + "Transfer-Encoding: chunked\r\n\r\n4\r\ndata\r\n0\r\nContent-MD5: abc\r\n\r\n[open]"},
		{"trailers without chunks are dropped", get, func(_ request, r response) {
			must(r.AddTrailers(field("X-T", "1")))
			must(r.EndText("data", nil))
		}, ok + date + keepAliveV12 + "Content-Length: 4\r\n\r\ndata[open]"},
		{"a second writeHead wins, with the first reason", get, func(_ request, r response) {
			must(r.WriteHead(200))
			must(r.WriteHead(201))
			must(r.End(nil, nil))
		}, "HTTP/1.1 201 OK\r\n" + date + keepAliveV12 + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n[open]"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := answer(t, reference.ServerOptions{}, test.request, test.handle); got != test.want {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}

func TestResponseBytesOfEditions(t *testing.T) {
	emptyWrite := func(_ request, r response) {
		_, _ = r.Send(nil, func(error) { panic("called for nothing") })
		must(r.EndText("x", nil))
	}
	trailers := func(_ request, r response) {
		_ = r.WriteHead(200, field("Trailer", "X-T"))
		must(r.AddTrailers(field("X-T", "1")))
		must(r.EndText("data", nil))
	}
	const keepAlive = "Connection: keep-alive\r\n"
	for _, test := range []struct {
		name    string
		edition reference.Edition
		request string
		handle  handler
		want    string
	}{
		{"no Keep-Alive header", reference.V13, get, end("x"), ok + date + keepAlive + "Content-Length: 1\r\n\r\nx[open]"},
		{"no Keep-Alive header", reference.V10, get, end("x"), ok + date + keepAlive + "Content-Length: 1\r\n\r\nx[open]"},
		{"no Keep-Alive header", reference.V6, get, end("x"), ok + date + keepAlive + "Content-Length: 1\r\n\r\nx[open]"},
		{"always chunked", reference.V03, get, end("x"), ok + date + keepAlive + "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n[open]"},
		{"an empty write does nothing", reference.V10, get, emptyWrite,
			ok + date + keepAlive + "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n[open]"},
		{"trailers of HTTP/1.0 are dropped", reference.V6, "GET / HTTP/1.0\r\n\r\n", trailers,
			ok + "Trailer: X-T\r\n" + date + "Connection: close\r\n\r\ndata[FIN]"},
		{"trailers of HTTP/1.0 are refused, and the head with them", reference.V10, "GET / HTTP/1.0\r\n\r\n", trailers,
			ok + date + "Connection: close\r\n\r\ndata[FIN]"},
		{"cookies are one line each", reference.V6, get, func(_ request, r response) {
			must(r.SetHeader("Cookie", "a=1", "b=2"))
			must(r.End(nil, nil))
		}, ok + "Cookie: a=1\r\nCookie: b=2\r\n" + date + keepAlive + "Content-Length: 0\r\n\r\n[open]"},
	} {
		t.Run(test.edition.String()+" "+test.name, func(t *testing.T) {
			t.Parallel()
			if got := answer(t, in(test.edition), test.request, test.handle); got != test.want {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}
