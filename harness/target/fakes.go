package target

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/nodehttp/conform/vectors"
)

// Fakes lists the names of the fakes, without their prefix "fake:".
func Fakes() []string { return []string{"silent", "reset", "always-200", "always-400", "echo"} }

// NewFake returns a target that does one simple thing on every connection,
// whatever the vector says, and never records anything. Fakes exist to be
// caught: a vector that they pass proves little. As a server they listen by
// themselves, as a client they connect once to the peer.
func NewFake(kind string) (Target, error) {
	fakes := map[string]*fake{
		"silent":     {serve: discard, request: discard},
		"reset":      {serve: resetAtOnce, request: resetAtOnce},
		"always-200": {serve: answering("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"), request: asking("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")},
		"always-400": {serve: refusing("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"), request: asking("GET\r\n\r\n")},
		"echo":       {serve: sendBack, request: sendBack},
	}
	f, ok := fakes[kind]
	if !ok {
		return nil, fmt.Errorf("there is no fake called %q; there are %s", kind, strings.Join(Fakes(), ", "))
	}
	f.kind = kind
	return f, nil
}

type fake struct {
	kind    string
	serve   func(net.Conn) // what it does with a connection it accepted
	request func(net.Conn) // what it does with the connection it opened
	running sync.WaitGroup
}

func (f *fake) Describe(context.Context) (Description, error) {
	return Description{
		Name:           "fake:" + f.kind,
		Implementation: "fake",
		Version:        f.kind,
		Edition:        vectors.V12,
		Capabilities:   []string{"net", "tls", "unix"},
		MaxInFlight:    512, // most of its time is spent waiting for what never comes
		Steady:         true,
	}, nil
}

func (f *fake) Applicable(*vectors.Vector) string { return "" }

func (f *fake) Close() error {
	f.running.Wait()
	return nil
}

func (f *fake) Start(ctx context.Context, run Run) (Session, error) {
	session := &fakeSession{shortSession: newShortSession(), connections: map[net.Conn]bool{}}
	session.end = session.closeAll
	if run.Vector.PeerListens() {
		f.running.Go(func() {
			conn, err := connectFake(ctx, run)
			if err != nil {
				return // nobody listens any more: there is nothing to be caught at
			}
			session.handle(conn, f.request)
		})
		return session, nil
	}
	listener, err := listenFake(ctx, run)
	if err != nil {
		return nil, fmt.Errorf("fake:%s cannot listen: %w", f.kind, err)
	}
	session.listener = listener
	f.running.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			f.running.Go(func() { session.handle(conn, f.serve) })
		}
	})
	ready := &Ready{}
	switch address := listener.Addr().(type) {
	case *net.TCPAddr:
		ready.Port = address.Port
	case *net.UnixAddr:
		ready.Path = address.Name
	}
	session.events <- Event{Ready: ready}
	return session, nil
}

func connectFake(ctx context.Context, run Run) (net.Conn, error) {
	var dialer net.Dialer
	network, address := "tcp", net.JoinHostPort(run.Bindings.Host, fmt.Sprint(run.Bindings.Port))
	if run.Vector.Transport == vectors.Unix {
		network, address = "unix", run.Bindings.SocketPath
	}
	conn, err := dialer.DialContext(ctx, network, address)
	if err != nil || run.Vector.Transport != vectors.TLS {
		return conn, err
	}
	trusted := x509.NewCertPool()
	trusted.AppendCertsFromPEM([]byte(run.Bindings.Certificate.CA))
	return tls.Client(conn, &tls.Config{RootCAs: trusted, ServerName: "localhost"}), nil
}

func listenFake(ctx context.Context, run Run) (net.Listener, error) {
	var config net.ListenConfig
	if run.Vector.Transport == vectors.Unix {
		return config.Listen(ctx, "unix", run.Bindings.SocketPath)
	}
	listener, err := config.Listen(ctx, "tcp", net.JoinHostPort(run.Bindings.Host, "0"))
	if err != nil || run.Vector.Transport != vectors.TLS {
		return listener, err
	}
	pair, err := tls.X509KeyPair([]byte(run.Bindings.Certificate.Cert), []byte(run.Bindings.Certificate.Key))
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	return tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{pair}}), nil
}

type fakeSession struct {
	*shortSession
	listener net.Listener

	mu          sync.Mutex
	over        bool
	connections map[net.Conn]bool
}

func (s *fakeSession) handle(conn net.Conn, behave func(net.Conn)) {
	s.mu.Lock()
	over := s.over
	s.connections[conn] = true
	s.mu.Unlock()
	if !over {
		behave(conn)
	}
	conn.Close()
	s.mu.Lock()
	delete(s.connections, conn)
	s.mu.Unlock()
}

func (s *fakeSession) closeAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over = true
	if s.listener != nil {
		s.listener.Close()
	}
	for conn := range s.connections {
		// A deadline in the past ends reads and writes without the TLS goodbye
		// that a close would wait to send.
		conn.SetDeadline(time.Unix(1, 0))
	}
}

func discard(conn net.Conn) { io.Copy(io.Discard, conn) }

func sendBack(conn net.Conn) { io.Copy(conn, conn) }

func resetAtOnce(conn net.Conn) {
	raw := conn
	if overTLS, ok := conn.(*tls.Conn); ok {
		raw = overTLS.NetConn()
	}
	if tcp, ok := raw.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	raw.Close()
}

// answering sends the same response after each empty line that ends a head,
// and keeps the connection open.
func answering(response string) func(net.Conn) {
	return func(conn net.Conn) {
		for reader := bufio.NewReader(conn); skipHead(reader) == nil; {
			if _, err := io.WriteString(conn, response); err != nil {
				return
			}
		}
	}
}

// refusing sends one response and closes the connection.
func refusing(response string) func(net.Conn) {
	return func(conn net.Conn) {
		if skipHead(bufio.NewReader(conn)) == nil {
			io.WriteString(conn, response)
		}
	}
}

func asking(request string) func(net.Conn) {
	return func(conn net.Conn) {
		if _, err := io.WriteString(conn, request); err == nil {
			discard(conn)
		}
	}
}

func skipHead(reader *bufio.Reader) error {
	for {
		line, err := reader.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err != nil {
			return err
		}
		if len(line) <= 2 && strings.TrimSpace(string(line)) == "" {
			return nil
		}
	}
}

// A shortSession belongs to a target that has so little to say that its events
// fit in the channel: what it does before the end is at most one event.
type shortSession struct {
	events chan Event
	end    func() // stops what still runs; must not block
	once   sync.Once
}

func newShortSession() *shortSession { return &shortSession{events: make(chan Event, 2)} }

func (s *shortSession) Events() <-chan Event { return s.events }

// Signal does nothing: what cannot run programs has no handlers.
func (s *shortSession) Signal(string, any) error { return nil }

func (s *shortSession) Finish() error {
	s.once.Do(func() {
		s.end()
		s.events <- Event{Ended: &Ended{}}
		close(s.events)
	})
	return nil
}

func (s *shortSession) Cancel() {
	s.once.Do(func() {
		s.end()
		close(s.events)
	})
}
