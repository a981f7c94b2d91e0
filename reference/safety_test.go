package reference_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nodehttp/conform/reference"
)

// stuck sends text again and again until the other side takes no more of it for a while, and returns how many bytes it
// took; at most limit.
func stuck(t *testing.T, conn net.Conn, text string, limit int) int {
	t.Helper()
	block := []byte(strings.Repeat(text, 64<<10/len(text)))
	sent := 0
	for sent < limit {
		_ = conn.SetWriteDeadline(time.Now().Add(200 * time.Millisecond))
		n, err := conn.Write(block)
		sent += n
		var timeout net.Error
		if errors.As(err, &timeout) && timeout.Timeout() {
			break
		}
		if err != nil {
			t.Fatalf("after %d bytes: %v", sent, err)
		}
	}
	return sent
}

// inMemory serves one connection that has no buffers but those of the server.
func inMemory(t *testing.T, handle handler) (ours net.Conn, socket *reference.Socket) {
	t.Helper()
	ours, theirs := net.Pipe()
	socket = reference.CreateServer(v12, handle).ServeConnection(theirs)
	closed := make(chan struct{})
	socket.EventClose.Once(func(bool) { close(closed) })
	t.Cleanup(func() {
		socket.Destroy(nil)
		within(t, "the end of the connection", closed)
		_ = ours.Close()
	})
	return ours, socket
}

// within waits for done.
func within(t *testing.T, what string, done <-chan struct{}) {
	t.Helper()
	select {
	case <-done:
	case <-time.After(patience):
		t.Errorf("waited for %s", what)
	}
}

// Requests in a pipeline that nobody answers stop the peer.
func TestUnansweredPipelineIsBounded(t *testing.T) {
	var requests atomic.Int64
	ours, _ := inMemory(t, func(request, response) { requests.Add(1) })
	const limit, bound = 64 << 20, 256 << 10
	sent := stuck(t, ours, get, limit)
	if sent > bound {
		t.Errorf("%d bytes were taken, and %d requests are kept", sent, requests.Load())
	}
	if requests.Load() == 0 {
		t.Error("no request has come")
	}
}

// Once they are answered, the peer can go on: every request is answered, in its order.
func TestAnsweredPipelineGoesOn(t *testing.T) {
	const requests = 5000
	kept := make(chan response, requests)
	ours, _ := inMemory(t, func(_ request, response response) { kept <- response })
	_ = ours.SetDeadline(time.Now().Add(patience))
	go func() {
		for range requests {
			_, _ = io.WriteString(ours, get)
		}
	}()
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		for i := range requests {
			_ = (<-kept).EndText("<"+itoa(i+1)+">", nil)
		}
	}()
	in := bufio.NewReader(ours)
	for i := range requests {
		body, err := in.ReadString('>')
		if err != nil {
			t.Fatalf("after %d answers: %v", i, err)
		}
		if !strings.HasSuffix(body, "<"+itoa(i+1)+">") {
			t.Fatalf("%q in the place of answer %d", body, i+1)
		}
	}
	within(t, "the answers", answered)
}

// A peer that sends requests and never reads what it is answered is stopped, too.
func TestUnreadResponsesAreBounded(t *testing.T) {
	var requests atomic.Int64
	ours, _ := inMemory(t, func(_ request, response response) {
		requests.Add(1)
		must(response.EndText(strings.Repeat("x", 10_000), nil))
	})
	const limit, bound = 64 << 20, 256 << 10
	if sent := stuck(t, ours, get, limit); sent > bound {
		t.Errorf("%d bytes of requests were taken", sent)
	}
	// As in Node, the requests of one read are told whole.
	if told := requests.Load(); told > bound/int64(len(get)) {
		t.Errorf("%d requests were told", told)
	}
}

// A peer that does not read makes a writer wait, in the blocking style.
func TestUnreadResponseBlocksItsWriter(t *testing.T) {
	failed := make(chan error, 1)
	var written atomic.Int64
	ours, _ := inMemory(t, func(_ request, response response) {
		go func() {
			chunk := make([]byte, 16<<10)
			for {
				n, err := response.Write(chunk)
				written.Add(int64(n))
				if err != nil {
					failed <- err
					return
				}
			}
		}()
	})
	_, err := io.WriteString(ours, get)
	must(err)
	_, err = io.ReadFull(ours, make([]byte, 100<<10))
	must(err)
	_ = ours.Close()
	select {
	case err := <-failed:
		if err == nil || written.Load() > 1<<20 {
			t.Errorf("%d bytes were written, then %v", written.Load(), err)
		}
	case <-time.After(patience):
		t.Fatal("the writer does not learn that the connection has ended")
	}
}

// A line of 1 MiB is refused long before its end.
func TestHugeHeaderLine(t *testing.T) {
	for _, line := range []string{"GET /" + strings.Repeat("x", 1<<20) + " HTTP/1.1\r\n", "GET / HTTP/1.1\r\nX: " + strings.Repeat("x", 1<<20) + "\r\n",
		"GET / HTTP/1.1\r\n" + strings.Repeat("x", 1<<20) + ": y\r\n"} {
		heard := make(chan error, 1)
		var took atomic.Int64
		_, address := serve(t, v12, end("x"), func(server *reference.Server) {
			server.EventConnection.On(func(socket *reference.Socket) {
				socket.EventClose.On(func(bool) { took.Store(socket.BytesRead()) })
			})
			server.EventClientError.On(func(err error, socket *reference.Socket) {
				select {
				case heard <- err:
				default: // what comes behind a violation is one again
				}
				socket.End([]byte("HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\n\r\n"), nil)
			})
		})
		peer := connect(t, address)
		go func() { _, _ = io.WriteString(peer.Conn, line) }()
		select {
		case err := <-heard:
			if !errors.Is(err, &reference.Error{Code: "HPE_HEADER_OVERFLOW"}) {
				t.Errorf("%.30q: %v", line, err)
			}
		case <-time.After(patience):
			t.Fatalf("%.30q: nothing happened", line)
		}
		_, _ = io.Copy(io.Discard, peer.Conn)
	}

	t.Run("is answered with 431 by default", func(t *testing.T) {
		ours, socket := inMemory(t, end("x"))
		go func() { _, _ = io.WriteString(ours, "GET / HTTP/1.1\r\nX: "+strings.Repeat("x", 1<<20)) }()
		_ = ours.SetDeadline(time.Now().Add(patience))
		got, _ := io.ReadAll(ours)
		if !strings.HasPrefix(string(got), "HTTP/1.1 431 Request Header Fields Too Large\r\n") {
			t.Errorf("got %q", got)
		}
		if n := socket.BytesRead(); n > 256<<10 {
			t.Errorf("%d bytes were read", n)
		}
	})
}

// A peer that sends its header a little at a time is cut, however busy it is.
func TestSlowHeaderIsCut(t *testing.T) {
	const limit = 50 * time.Millisecond
	_, address := serve(t, v12, end("x"), func(server *reference.Server) { server.SetHeadersTimeout(limit) })
	peer := connect(t, address)
	began := time.Now()
	peer.send("GET / HTTP/1.1\r\nX: ")
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = io.Copy(io.Discard, peer.Conn)
	}()
	tick := time.NewTicker(limit / 10)
	defer tick.Stop()
	for open := true; open; {
		select {
		case <-ended:
			open = false
		case <-tick.C:
			_, _ = io.WriteString(peer.Conn, "y")
		}
		if time.Since(began) > patience {
			t.Fatal("it is still open")
		}
	}
	if took := time.Since(began); took < limit {
		t.Errorf("cut after %v", took)
	}
}

// Everything ends soon after the server was destroyed, whatever it was doing.
func TestDestroyedServerEnds(t *testing.T) {
	states := []string{
		"",
		"GET / HTTP/1.1\r\nHos",
		get,
		get + get + get,
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc",
		"POST /read HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc",
		"GET /write HTTP/1.1\r\nHost: x\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: foo\r\n\r\n",
		"CONNECT x:1 HTTP/1.1\r\n\r\n",
	}
	arrived := make(chan struct{}, len(states))
	server, address := serve(t, v12, func(request request, response response) {
		switch request.URL() {
		case "/read":
			arrived <- struct{}{}
			_, _ = io.Copy(io.Discard, request)
		case "/write":
			arrived <- struct{}{}
			for {
				if _, err := response.Write(make([]byte, 64<<10)); err != nil {
					return
				}
			}
		default:
			select {
			case arrived <- struct{}{}:
			default:
			}
		}
	}, func(server *reference.Server) {
		keep := func(_ request, socket *reference.Socket, _ []byte) {
			select {
			case arrived <- struct{}{}:
			default:
			}
			socket.Resume()
		}
		server.EventUpgrade.On(keep)
		server.EventConnect.On(keep)
	})
	var peers []*peer
	for _, state := range states {
		peer := connect(t, address)
		peer.send(state)
		peers = append(peers, peer)
	}
	for range 6 {
		within(t, "the requests", receive(arrived))
	}
	closed := make(chan struct{})
	server.Close(func(error) { close(closed) })
	server.DestroyConnections()
	within(t, "the end of all connections", closed)
	for _, peer := range peers {
		_ = peer.SetReadDeadline(time.Now().Add(patience))
		_, err := io.Copy(io.Discard, peer.Conn)
		var timeout net.Error
		if errors.As(err, &timeout) && timeout.Timeout() {
			t.Error("a connection is open")
		}
	}
	if n := server.Connections(); n != 0 {
		t.Errorf("%d connections", n)
	}
}

// receive returns a channel that is closed when one value was received.
func receive(from <-chan struct{}) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		<-from
		close(done)
	}()
	return done
}

// So does everything that a destroyed agent was doing.
func TestDestroyedAgentEnds(t *testing.T) {
	_, address := serve(t, v12, func(request request, response response) {
		switch request.URL() {
		case "/free":
			_ = response.End(nil, nil)
		case "/body":
			_, _ = response.WriteString("a beginning")
		}
	})
	port := portOf(address)
	agent, err := reference.NewAgent(reference.AgentOptions{KeepAlive: true})
	must(err)
	freed := make(chan struct{}, 1)
	agent.EventFree.On(func(*reference.Socket, *reference.RequestOptions) { freed <- struct{}{} })

	options := reference.RequestOptions{Agent: agent, Host: "127.0.0.1", Port: port, Path: "/free"}
	response, err := reference.Do(context.Background(), options, nil)
	must(err)
	_, err = io.Copy(io.Discard, response)
	must(err)
	within(t, "a free socket", freed)

	options.Path = "/body"
	body, err := reference.Do(context.Background(), options, nil)
	must(err)
	options.Path = "/silent"
	silent, err := reference.Get(options, nil)
	must(err)
	failed, closed := make(chan error, 1), make(chan struct{})
	silent.EventError.On(func(err error) { failed <- err })
	silent.EventClose.On(func() { close(closed) })
	connected := make(chan struct{})
	silent.EventFinish.On(func() { close(connected) })
	within(t, "the request to be sent", connected)

	agent.Destroy()
	within(t, "the request to close", closed)
	if err := <-failed; !errors.Is(err, &reference.Error{Code: "ECONNRESET"}) {
		t.Errorf("got %v", err)
	}
	if _, err := io.Copy(io.Discard, body); !errors.Is(err, &reference.Error{Code: "ECONNRESET"}) {
		t.Errorf("the body ended with %v", err)
	}
}

func portOf(address string) int {
	resolved, err := net.ResolveTCPAddr("tcp", address)
	must(err)
	return resolved.Port
}
