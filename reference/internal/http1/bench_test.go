package http1

import (
	"strings"
	"testing"
	"time"
)

// A request as browsers send it: 12 fields, about 700 bytes.
var browserRequest = []byte("GET /articles/2021/11/a-long-title-with-words?page=2&order=newest HTTP/1.1\r\n" +
	"Host: www.example.test\r\n" +
	"User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:94.0) Gecko/20100101 Firefox/94.0\r\n" +
	"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n" +
	"Accept-Language: en-US,en;q=0.7,de;q=0.3\r\n" +
	"Accept-Encoding: gzip, deflate, br\r\n" +
	"Referer: https://www.example.test/articles/2021/11/\r\n" +
	"Connection: keep-alive\r\n" +
	"Cookie: session=0123456789abcdef0123456789abcdef0123456789abcdef; theme=dark; consent=1; region=eu-west-1\r\n" +
	"Upgrade-Insecure-Requests: 1\r\n" +
	"Sec-Fetch-Dest: document\r\n" +
	"If-None-Match: \"5f3e0c9a7b6d4e21a0b1c2d3e4f50617\"\r\n" +
	"Cache-Control: max-age=0\r\n\r\n")

type silent struct{}

func (silent) OnMessageBegin()           {}
func (silent) OnHead(*Head) Action       { return Continue }
func (silent) OnBody([]byte) Action      { return Continue }
func (silent) OnTrailers(*Fields)        {}
func (silent) OnMessageComplete() Action { return Continue }

type taking struct {
	silent
	list   []string
	target string
}

func (k *taking) OnHead(h *Head) Action {
	k.list, k.target = h.AppendStrings(k.list[:0])
	return Continue
}

func benchmarkHandler(b *testing.B, handler Handler) {
	var p Parser
	p.Reset(Request, handler, Limits{}, nil, false)
	b.SetBytes(int64(len(browserRequest)))
	b.ReportAllocs()
	for b.Loop() {
		if n, err := p.Execute(browserRequest); n != len(browserRequest) || err != nil {
			b.Fatal(n, err)
		}
	}
}

func BenchmarkParse(b *testing.B)        { benchmarkHandler(b, silent{}) }
func BenchmarkParseStrings(b *testing.B) { benchmarkHandler(b, &taking{}) }

func BenchmarkParseChunked(b *testing.B) {
	message := []byte("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + strings.Repeat("400\r\n"+strings.Repeat("x", 1024)+"\r\n", 16) + "0\r\n\r\n")
	var p Parser
	p.Reset(Request, silent{}, Limits{}, nil, false)
	b.SetBytes(int64(len(message)))
	b.ReportAllocs()
	for b.Loop() {
		if n, err := p.Execute(message); n != len(message) || err != nil {
			b.Fatal(n, err)
		}
	}
}

func BenchmarkAppendResponse(b *testing.B) {
	var dates Dates
	now := time.Now()
	buffer := make([]byte, 0, 512)
	b.ReportAllocs()
	for b.Loop() {
		buffer = AppendStatusLine(buffer[:0], 200, "OK")
		buffer = AppendField(buffer, "Content-Type", "text/plain")
		buffer = append(buffer, "Date: "...)
		buffer = dates.Append(buffer, now)
		buffer = append(buffer, "\r\n"...)
		buffer = AppendField(buffer, "Connection", "keep-alive")
		buffer = AppendIntField(buffer, "Content-Length", 12)
		buffer = AppendHeadEnd(buffer)
		buffer = append(buffer, "Hello World\n"...)
	}
}
