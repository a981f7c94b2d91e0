package reference_test

import (
	"bytes"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/nodehttp/conform/reference"
)

// pipeline sends GET requests in one write to a server that answers each with the body, and returns what had been
// queued on the server's socket, in spite of an idle peer, when each of the requests came.
func pipeline(t *testing.T, requests int, body string) (queued []int) {
	t.Helper()
	lengths := make(chan int, requests)
	server := reference.CreateServer(reference.ServerOptions{}, func(request *reference.IncomingMessage, response *reference.ServerResponse) {
		lengths <- request.Socket().WritableLength()
		_ = response.EndText(body, nil)
	})
	if err := server.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	defer func() {
		server.DestroyConnections()
		server.Close(nil)
	}()
	client, err := net.Dial("tcp", server.Address().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	_ = client.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := client.Write([]byte(strings.Repeat("GET / HTTP/1.1\r\n\r\n", requests))); err != nil {
		t.Fatal(err)
	}
	var received []byte
	for buffer := make([]byte, 64<<10); bytes.Count(received, []byte(body)) < requests; {
		n, err := client.Read(buffer)
		if err != nil {
			t.Fatalf("after %d bytes of responses: %v", len(received), err)
		}
		received = append(received, buffer[:n]...)
	}
	for range requests {
		queued = append(queued, <-lengths)
	}
	return queued
}

// Requests that came in one read are answered in one write: each response waits for the next one.
func TestResponsesToOneReadLeaveInOneWrite(t *testing.T) {
	queued := pipeline(t, 8, "hello")
	for i := 1; i < len(queued); i++ {
		if queued[i] <= queued[i-1] {
			t.Fatalf("queued when each request came: %d, want more every time", queued)
		}
	}
}

// What is held for the one write is bounded: it leaves at the high-water mark.
func TestHeldResponsesAreBounded(t *testing.T) {
	queued := pipeline(t, 100, strings.Repeat("x", 1<<10))
	const bound = 20 << 10 // the high-water mark and one response
	for _, n := range queued {
		if n > bound {
			t.Fatalf("queued when each request came: %d, want at most %d", queued, bound)
		}
	}
}
