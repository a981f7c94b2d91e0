package reference_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/nodehttp/conform/reference"
)

// A server, stopped in an orderly way.
func ExampleCreateServer() {
	server := reference.CreateServer(reference.ServerOptions{}, func(request *reference.IncomingMessage, response *reference.ServerResponse) {
		_ = response.SetHeader("Content-Type", "text/plain")
		_ = response.EndText("hello "+request.URL(), nil)
	})
	if err := server.Listen("tcp", "127.0.0.1:0"); err != nil {
		fmt.Println(err)
		return
	}
	conn, err := net.Dial("tcp", server.Address().String())
	if err != nil {
		fmt.Println(err)
		return
	}
	_, _ = io.WriteString(conn, "GET /world HTTP/1.1\r\nHost: example\r\nConnection: close\r\n\r\n")
	answer, _ := io.ReadAll(conn)
	_ = conn.Close()
	fmt.Println(strings.Split(string(answer), "\r\n\r\n")[1])
	fmt.Println(server.Shutdown(context.Background()))
	// Output:
	// hello /world
	// <nil>
}

// Any connection can be served: here both ends are in memory. The body is read and written in the blocking style, and
// trailers follow it.
func ExampleServer_ServeConnection() {
	server := reference.CreateServer(reference.ServerOptions{}, func(request *reference.IncomingMessage, response *reference.ServerResponse) {
		response.SetSendDate(false)
		_ = response.WriteHead(200, reference.Field("Trailer", "X-Length"))
		n, _ := io.Copy(response, request)
		_ = response.AddTrailers(reference.Field("X-Length", fmt.Sprint(n)))
		_ = response.End(nil, nil)
	})
	ours, theirs := net.Pipe()
	server.ServeConnection(theirs)
	go func() {
		_, _ = io.WriteString(ours, "POST / HTTP/1.1\r\nHost: example\r\nContent-Length: 4\r\nConnection: close\r\n\r\nping")
	}()
	lines := bufio.NewScanner(ours)
	for lines.Scan() {
		fmt.Printf("%q\n", lines.Text())
	}
	// Output:
	// "HTTP/1.1 200 OK"
	// "Trailer: X-Length"
	// "Connection: close"
	// "Transfer-Encoding: chunked"
	// ""
	// "4"
	// "ping"
	// "0"
	// "X-Length: 4"
	// ""
}

// A protocol of its own behind an upgrade: the socket belongs to the listener, and bytes that came with the head too.
func ExampleServer_upgrade() {
	server := reference.CreateServer(reference.ServerOptions{}, nil)
	server.EventUpgrade.On(func(request *reference.IncomingMessage, socket *reference.Socket, head []byte) {
		socket.Send([]byte("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n"), nil)
		socket.Send(head, nil)
		socket.EventData.On(func(chunk []byte) { socket.Send(chunk, nil) })
		socket.EventEnd.On(func() { socket.End(nil, nil) })
	})
	ours, theirs := net.Pipe()
	server.ServeConnection(theirs)
	go func() {
		_, _ = io.WriteString(ours, "GET / HTTP/1.1\r\nHost: example\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\none\n")
		_, _ = io.WriteString(ours, "two\n")
	}()
	lines := bufio.NewScanner(ours)
	for lines.Scan() {
		fmt.Println(lines.Text())
		if lines.Text() == "two" {
			_ = ours.Close()
		}
	}
	// Output:
	// HTTP/1.1 101 Switching Protocols
	// Connection: Upgrade
	// Upgrade: echo
	//
	// one
	// two
}
