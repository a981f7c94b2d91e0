package reference

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"testing"
	"time"
)

// A connection whose goroutine is replaced while it waits, or while bytes arrive, loses nothing.
func TestRenewedConnectionGoesOn(t *testing.T) {
	server := CreateServer(ServerOptions{}, func(_ *IncomingMessage, response *ServerResponse) {
		_ = response.EndText("hello", nil)
	})
	sockets := make(chan *Socket, 1)
	server.EventConnection.On(func(socket *Socket) { sockets <- socket })
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
	_ = client.SetDeadline(time.Now().Add(20 * time.Second))
	answers := bufio.NewReader(client)
	exchange := func() {
		t.Helper()
		if _, err := io.WriteString(client, "GET / HTTP/1.1\r\nHost: here\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		response, err := http.ReadResponse(answers, nil)
		if err != nil {
			t.Fatal(err)
		}
		if body, err := io.ReadAll(response.Body); err != nil || string(body) != "hello" {
			t.Fatalf("body %q, %v", body, err)
		}
	}
	exchange()
	socket := <-sockets
	renewals := 0
	for range 200 {
		stop, stopped := make(chan struct{}), make(chan int)
		go func() {
			n := 0
			for {
				select {
				case <-stop:
					stopped <- n
					return
				default:
					if socket.idling.Load() {
						socket.renew()
						n++
					}
				}
			}
		}()
		exchange()
		close(stop)
		renewals += <-stopped
	}
	if renewals == 0 {
		t.Error("the goroutine was never replaced")
	}
	if socket.Destroyed() {
		t.Error("the connection was closed")
	}
}
