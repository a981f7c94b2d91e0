package reference_test

import (
	"bytes"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/nodehttp/conform/reference"
)

// The peer in these benchmarks allocates nothing, so that what is counted is the reference's. The benchmarks of the
// module in benchmarks compare it with others; these are for profiles.

const shortRequest = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"

var manyFields = "GET /articles?page=2 HTTP/1.1\r\nHost: www.example.test\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\n" +
	"Accept: text/html,application/xhtml+xml\r\nAccept-Language: en-US,en;q=0.7,de;q=0.3\r\nAccept-Encoding: gzip, deflate, br\r\n" +
	"Referer: https://www.example.test/articles/2021/11/\r\nConnection: keep-alive\r\n" +
	"Cookie: session=0123456789abcdef0123456789abcdef; theme=dark\r\nUpgrade-Insecure-Requests: 1\r\nSec-Fetch-Dest: document\r\n" +
	"If-None-Match: \"5f3e0c9a7b6d4e21a0b1c2d3e4f50617\"\r\nCache-Control: max-age=0\r\n\r\n"

func benchmarkHello(b *testing.B, request string, depth int) {
	greeting := []byte("hello world\n")
	server := reference.CreateServer(reference.ServerOptions{}, func(_ *reference.IncomingMessage, response *reference.ServerResponse) {
		_ = response.SetHeader("Content-Type", "text/plain")
		_ = response.End(greeting, nil)
	})
	if err := server.Listen("tcp", "127.0.0.1:0"); err != nil {
		b.Fatal(err)
	}
	defer func() {
		server.DestroyConnections()
		server.Close(nil)
	}()
	client, err := net.Dial("tcp", server.Address().String())
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	requests := []byte(strings.Repeat(request, depth))
	buffer := make([]byte, 64<<10)
	exchange := func() {
		if _, err := client.Write(requests); err != nil {
			b.Fatal(err)
		}
		for answered := 0; answered < depth; {
			n, err := client.Read(buffer)
			if err != nil {
				b.Fatal(err)
			}
			answered += bytes.Count(buffer[:n], greeting)
		}
	}
	exchange()
	b.ReportAllocs()
	for b.Loop() {
		exchange()
	}
}

func BenchmarkHello(b *testing.B)           { benchmarkHello(b, shortRequest, 1) }
func BenchmarkHelloManyFields(b *testing.B) { benchmarkHello(b, manyFields, 1) }

// An operation is 16 requests.
func BenchmarkHelloPipelined(b *testing.B) { benchmarkHello(b, shortRequest, 16) }

func BenchmarkGet(b *testing.B) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	go func() {
		answer := []byte("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n" +
			"Connection: keep-alive\r\nContent-Length: 12\r\n\r\nhello world\n")
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = conn.Close() }()
				for buffer := make([]byte, 4096); ; {
					if _, err := conn.Read(buffer); err != nil {
						return
					}
					if _, err := conn.Write(answer); err != nil {
						return
					}
				}
			}()
		}
	}()
	agent, err := reference.NewAgent(reference.AgentOptions{KeepAlive: true})
	if err != nil {
		b.Fatal(err)
	}
	defer agent.Destroy()
	options := reference.RequestOptions{Agent: agent, Host: "127.0.0.1", Port: listener.Addr().(*net.TCPAddr).Port, Path: "/"}

	b.Run("events", func(b *testing.B) {
		ended := make(chan struct{})
		done := func() { ended <- struct{}{} }
		responded := func(response *reference.IncomingMessage) {
			response.EventEnd.On(done)
			response.Resume()
		}
		b.ReportAllocs()
		for b.Loop() {
			if _, err := reference.Get(options, responded); err != nil {
				b.Fatal(err)
			}
			<-ended
		}
	})
	b.Run("blocking", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			response, err := reference.Do(b.Context(), options, nil)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, response); err != nil {
				b.Fatal(err)
			}
		}
	})
}
