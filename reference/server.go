package reference

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nodehttp/conform/reference/internal/http1"
)

// ServerOptions are for CreateServer. The zero value is good.
type ServerOptions struct {
	// Edition selects documented differences. Default: V12.
	Edition Edition
	// Executor delivers all events. Default: nil, each connection delivers its own.
	Executor Executor
	// InsecureHTTPParser accepts what Node's lenient parser accepts: control characters in header values, and
	// Content-Length together with Transfer-Encoding. Default: false. Editions before v12 do not know it.
	InsecureHTTPParser bool
	// MaxHeaderSize limits a header block, in bytes; a larger one is answered with 431. Default: 16384. Only edition v13
	// has this option; the others have a limit that cannot be changed: 8192 in v12, 81920 before.
	MaxHeaderSize int
	// TLS makes Listen and Serve speak TLS.
	TLS *tls.Config
	// IncomingMessage sees each request before anybody else, to extend it.
	IncomingMessage func(*IncomingMessage)
	// ServerResponse sees each response before anybody else, to extend it.
	ServerResponse func(*ServerResponse)
}

// Server is an HTTP/1.x server. Methods may be called from any goroutine; events of one connection come one at a time
// and in order, those of different connections concurrently, unless there is an Executor.
type Server struct {
	// EventRequest has each request. Nothing is answered when nobody listens.
	EventRequest Event2[*IncomingMessage, *ServerResponse]
	// EventCheckContinue has requests that expect 100-continue. Default: WriteContinue and EventRequest.
	EventCheckContinue Event2[*IncomingMessage, *ServerResponse]
	// EventCheckExpectation has requests that expect something else. Default: 417.
	EventCheckExpectation Event2[*IncomingMessage, *ServerResponse]
	// EventUpgrade has requests to switch protocols. The socket is the listener's, the bytes are what came behind the
	// head. Default: an ordinary request (before v10: the connection is closed).
	EventUpgrade Event3[*IncomingMessage, *Socket, []byte]
	// EventConnect has CONNECT requests. Default: the connection is closed.
	EventConnect Event3[*IncomingMessage, *Socket, []byte]
	// EventClientError has what went wrong with a connection; the listener has to close it. Default: 400 or 431 where
	// nothing was sent yet (v6: nothing), and the connection is closed.
	EventClientError Event2[error, *Socket]
	// EventTimeout has sockets that were idle too long. Default: they are destroyed.
	EventTimeout Event1[*Socket]
	// EventConnection has each connection. Emit it to serve a connection of your own.
	EventConnection Event1[*Socket]
	EventListening  Event0        // Listen has succeeded
	EventClose      Event0        // Close was called and every accepted connection has ended
	EventError      Event1[error] // Listen or accepting failed

	behaviours *behaviours
	options    ServerOptions
	strand     *strand
	timeouts   timeouts
	dates      http1.Dates

	timeout          atomic.Int64
	keepAliveTimeout atomic.Int64
	headersTimeout   atomic.Int64
	maxHeadersCount  atomic.Int64
	allowHalfOpen    atomic.Bool

	mu          sync.Mutex
	listener    net.Listener
	closing     bool
	accepted    int
	connections map[*Socket]struct{} // accepted or emitted by hand, until they close
	ended       []chan struct{}
}

// CreateServer makes a server. request may be nil; it is added to EventRequest.
func CreateServer(options ServerOptions, request func(*IncomingMessage, *ServerResponse)) *Server {
	s := &Server{behaviours: behavioursOf(options.Edition), options: options, strand: newStrand(options.Executor),
		connections: map[*Socket]struct{}{}}
	s.timeout.Store(int64(s.behaviours.timeout))
	s.keepAliveTimeout.Store(int64(s.behaviours.keepAliveTimeout))
	s.headersTimeout.Store(int64(s.behaviours.headersTimeout))
	s.maxHeadersCount.Store(-1)
	s.EventConnection.On(s.accept)
	if request != nil {
		s.EventRequest.On(request)
	}
	return s
}

// Listen binds an address of network "tcp", "tcp4", "tcp6" or "unix" and accepts connections until Close.
// EventListening follows, or EventError with the error that is returned, such as EADDRINUSE.
func (s *Server) Listen(network, address string) error {
	s.mu.Lock()
	if s.listener != nil {
		s.mu.Unlock()
		return s.behaviours.alreadyListeningError()
	}
	s.mu.Unlock()
	listener, err := net.Listen(network, address)
	if err != nil {
		failure := listenError(err, address)
		s.strand.post(func() { s.EventError.Emit(failure) })
		return failure
	}
	return s.Serve(listener)
}

// Serve accepts connections from a listener, which the server owns from then on, until Close. It does not block.
func (s *Server) Serve(listener net.Listener) error {
	s.mu.Lock()
	if s.listener != nil {
		s.mu.Unlock()
		return s.behaviours.alreadyListeningError()
	}
	s.listener, s.closing = listener, false
	s.mu.Unlock()
	s.strand.post(func() {
		if s.Listening() {
			s.EventListening.Emit()
		}
	})
	go s.acceptLoop(listener)
	return nil
}

// ServeFile is Serve for the file descriptor of a listening socket.
func (s *Server) ServeFile(file *os.File) error {
	listener, err := net.FileListener(file)
	if err != nil {
		return listenError(err, "")
	}
	return s.Serve(listener)
}

// ServeConnection serves one connection, as emitting EventConnection with a socket of it does, and returns the socket.
func (s *Server) ServeConnection(stream io.ReadWriteCloser) *Socket {
	socket := NewSocket(stream, SocketOptions{Executor: s.options.Executor, AllowHalfOpen: true, timeouts: &s.timeouts})
	socket.strand.arrive(func() { s.EventConnection.Emit(socket) })
	return socket
}

func (s *Server) acceptLoop(listener net.Listener) {
	var delay time.Duration
	for {
		conn, err := listener.Accept()
		if err != nil {
			s.mu.Lock()
			gone := s.listener != listener
			s.mu.Unlock()
			if gone || errors.Is(err, net.ErrClosed) {
				return
			}
			failure := &Error{Code: errorCode(err), Name: nameError, Message: err.Error(), Cause: err}
			s.strand.post(func() { s.EventError.Emit(failure) })
			// Too many open files: some will be closed.
			delay = min(max(2*delay, 5*time.Millisecond), time.Second)
			time.Sleep(delay)
			continue
		}
		delay = 0
		if s.options.TLS != nil {
			conn = tls.Server(conn, s.options.TLS)
		}
		socket := NewSocket(conn, SocketOptions{Executor: s.options.Executor, AllowHalfOpen: true, timeouts: &s.timeouts})
		s.mu.Lock()
		if s.listener != listener {
			s.mu.Unlock()
			socket.Destroy(nil)
			return
		}
		s.accepted++
		s.connections[socket] = struct{}{}
		s.mu.Unlock()
		socket.EventClose.Once(func(bool) { s.socketClosed(socket) })
		socket.strand.arrive(func() { s.EventConnection.Emit(socket) })
	}
}

// ListenError gives an error of net.Listen the form that Node gives it.
func ListenError(err error, address string) error { return listenError(err, address) }

func listenError(err error, address string) error {
	code := errorCode(err)
	if code == "ENOENT" {
		code = "EACCES" // as Node says when the folder of a Unix domain socket does not exist
	}
	if host, port, failed := net.SplitHostPort(address); failed == nil && port == "0" {
		address = host
	}
	if code == "" {
		return &Error{Name: nameError, Message: err.Error(), Cause: err}
	}
	text := map[string]string{
		"EADDRINUSE": "address already in use", "EACCES": "permission denied", "EADDRNOTAVAIL": "address not available",
		"ENOENT": "no such file or directory", "EINVAL": "invalid argument",
	}[code]
	message := "listen " + code
	if text != "" {
		message += ": " + text
	}
	if address != "" {
		message += " " + address
	}
	return &Error{Code: code, Name: nameError, Message: message, Cause: err}
}

// Close stops accepting connections. Those that are open stay open; EventClose follows when the last accepted one has
// ended. callback may be nil; it is called then, or soon with ERR_SERVER_NOT_RUNNING when the server does not listen.
func (s *Server) Close(callback func(error)) {
	s.mu.Lock()
	listener := s.listener
	if listener == nil {
		s.mu.Unlock()
		if callback != nil {
			err := s.behaviours.notRunningError()
			s.EventClose.Once(func() {})
			s.strand.post(func() { callback(err) })
		}
		return
	}
	s.listener, s.closing = nil, true
	if callback != nil {
		s.EventClose.Once(func() { callback(nil) })
	}
	s.mu.Unlock()
	_ = listener.Close()
	s.closeIfEmpty()
}

// Shutdown closes the server and waits until every accepted connection has ended. When the context ends before that, it
// destroys the connections and returns the context's error.
func (s *Server) Shutdown(ctx context.Context) error {
	done := make(chan struct{})
	s.mu.Lock()
	listening := s.listener != nil || s.closing
	if listening {
		s.ended = append(s.ended, done)
	}
	s.mu.Unlock()
	if !listening {
		return nil
	}
	s.Close(nil)
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		s.DestroyConnections()
		<-done
		return ctx.Err()
	}
}

// DestroyConnections destroys every connection of the server, those that were emitted by hand included.
func (s *Server) DestroyConnections() {
	s.mu.Lock()
	sockets := make([]*Socket, 0, len(s.connections))
	for socket := range s.connections {
		sockets = append(sockets, socket)
	}
	s.mu.Unlock()
	for _, socket := range sockets {
		socket.Destroy(nil)
	}
}

// Connections counts the accepted connections that have not ended.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.accepted
}

func (s *Server) socketClosed(socket *Socket) {
	s.mu.Lock()
	s.accepted--
	delete(s.connections, socket)
	s.mu.Unlock()
	s.closeIfEmpty()
}

func (s *Server) closeIfEmpty() {
	s.mu.Lock()
	closed := s.closing && s.accepted == 0
	if closed {
		s.closing = false
	}
	ended := s.ended
	if closed {
		s.ended = nil
	}
	s.mu.Unlock()
	if closed {
		s.strand.post(func() {
			s.EventClose.Emit()
			for _, done := range ended {
				close(done)
			}
		})
	}
}

func (s *Server) addConnection(c *serverConnection) {
	s.mu.Lock()
	s.connections[c.socket] = struct{}{}
	s.mu.Unlock()
}

func (s *Server) removeConnection(c *serverConnection) {
	s.mu.Lock()
	delete(s.connections, c.socket)
	s.mu.Unlock()
}

// removeConnectionWhenClosed keeps an upgraded socket within the reach of DestroyConnections.
func (s *Server) removeConnectionWhenClosed(c *serverConnection) {
	c.socket.EventClose.Once(func(bool) { s.removeConnection(c) })
}

// Listening reports whether the server accepts connections.
func (s *Server) Listening() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.listener != nil
}

// Address returns what the server listens on, or nil.
func (s *Server) Address() net.Addr {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listener == nil {
		return nil
	}
	return s.listener.Addr()
}

// Edition returns the edition of the options.
func (s *Server) Edition() Edition { return s.behaviours.edition }

// Timeout returns the time of inactivity after which EventTimeout comes. Default: 120 s (v13: 0).
func (s *Server) Timeout() time.Duration { return time.Duration(s.timeout.Load()) }

// SetTimeout sets it for connections to come; 0 means never. callback may be nil; it is added to EventTimeout.
func (s *Server) SetTimeout(d time.Duration, callback func(*Socket)) {
	s.timeout.Store(int64(d))
	if callback != nil {
		s.EventTimeout.On(callback)
	}
}

// KeepAliveTimeout returns the time of inactivity after a response. Default: 5 s (v6: 0).
func (s *Server) KeepAliveTimeout() time.Duration { return time.Duration(s.keepAliveTimeout.Load()) }

// SetKeepAliveTimeout sets it; 0 leaves the timeout of Timeout in force. It has no effect before v10.
func (s *Server) SetKeepAliveTimeout(d time.Duration) {
	if s.behaviours.keepAliveTimeoutExists {
		s.keepAliveTimeout.Store(int64(d))
	}
}

// HeadersTimeout returns the time within which a header block has to arrive, looked at when bytes of it arrive.
// Default: 60 s (before v12: 0).
func (s *Server) HeadersTimeout() time.Duration { return time.Duration(s.headersTimeout.Load()) }

// SetHeadersTimeout sets it; 0 means no limit. It has no effect before v12.
func (s *Server) SetHeadersTimeout(d time.Duration) {
	if s.behaviours.headersTimeoutExists {
		s.headersTimeout.Store(int64(d))
	}
}

// MaxHeadersCount returns how many header fields are kept, and false while it was never set; then 1000 are.
func (s *Server) MaxHeadersCount() (count int, set bool) {
	count = int(s.maxHeadersCount.Load())
	return max(count, 0), count >= 0
}

// SetMaxHeadersCount sets it; 0 means no limit, a negative number the default.
func (s *Server) SetMaxHeadersCount(count int) { s.maxHeadersCount.Store(int64(max(count, -1))) }

func (s *Server) headersKept() int {
	if count, set := s.MaxHeadersCount(); set {
		return count
	}
	return s.behaviours.maxHeadersCount
}

// AllowHalfOpen reports whether a request may be answered after its client has ended. Default: false, the connection is
// closed then.
func (s *Server) AllowHalfOpen() bool { return s.allowHalfOpen.Load() }

// SetAllowHalfOpen decides it. In Node it is the undocumented httpAllowHalfOpen.
func (s *Server) SetAllowHalfOpen(allow bool) { s.allowHalfOpen.Store(allow) }

// isContinue reports whether an Expect header asks for 100 Continue.
func (b *behaviours) isContinue(expect string) bool {
	if b.expectAnySubstring {
		return strings.Contains(strings.ToLower(expect), "100-continue")
	}
	return containsToken(expect, "100-continue")
}
