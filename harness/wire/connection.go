package wire

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"sort"
	"sync"
	"syscall"
	"time"

	"github.com/nodehttp/conform/vectors"
)

// A connection is one socket and the append-only capture of what came from it.
type connection struct {
	peer     *Peer
	raw      net.Conn
	stream   net.Conn // raw, or TLS over it
	accepted bool     // the program connected, so it sends requests
	number   int      // of an accepted connection, counting from 1
	done     chan struct{}

	// A write and the reader's look at its error exclude each other: the kernel
	// reports a reset once, to whichever of them asks first.
	writing   sync.Mutex
	sawReset  bool
	fragments uint64 // sends so far, for the seed of the next

	// Guarded by the peer's mu.
	name     string // "" until the script accepts it
	data     []byte
	arrivals []arrival
	end      *ending
	since    time.Time // start of the peer's last send, accept or connect
	hung     bool      // the peer itself closed or reset it
}

// An arrival is one read: everything from offset on came at that time.
type arrival struct {
	offset int
	at     time.Time
}

// An ending is how a connection came to its end.
type ending struct {
	how  ends
	at   time.Time
	note string
}

type ends int

const (
	byFIN   ends = iota
	byReset      // RST
	byPeer       // the script closed it
	byError      // anything else: TLS gone wrong, a lost network
)

func (e *ending) String() string {
	text := map[ends]string{byFIN: "FIN", byReset: "RST", byPeer: "closed by the peer itself", byError: "lost"}[e.how]
	if e.note != "" {
		text += " (" + e.note + ")"
	}
	return text
}

func (e *ending) is(end vectors.End) bool {
	switch end {
	case vectors.EndFIN:
		return e.how == byFIN
	case vectors.EndReset:
		return e.how == byReset
	}
	return e.how == byFIN || e.how == byReset
}

func newConnection(p *Peer, raw net.Conn) *connection {
	if tcp, ok := raw.(*net.TCPConn); ok {
		tcp.SetNoDelay(true)
	}
	return &connection{peer: p, raw: raw, stream: raw, done: make(chan struct{})}
}

// perRead is charged for each read besides its bytes, so that a flood of tiny
// segments is bounded too.
const perRead = 64

// read captures everything until the connection's end.
func (c *connection) read() {
	p := c.peer
	defer p.work.Done()
	defer close(c.done)
	buffer := make([]byte, 32<<10)
	for {
		n, err := c.stream.Read(buffer)
		now := time.Now()
		if n > 0 && !c.capture(buffer[:n], now) {
			c.raw.Close()
			c.finish(&ending{how: byError, at: now, note: "the program sent more than is kept"})
			return
		}
		if err != nil {
			c.finish(c.ending(err, now))
			return
		}
	}
}

// capture keeps bytes; it reports false when there is no room for them.
func (c *connection) capture(bytes []byte, now time.Time) bool {
	p := c.peer
	p.mu.Lock()
	defer p.mu.Unlock()
	defer p.announce()
	if p.used += len(bytes) + perRead; p.used > p.options.Limit {
		p.overflow = true
		return false
	}
	c.arrivals = append(c.arrivals, arrival{len(c.data), now})
	c.data = append(c.data, bytes...)
	p.note(c, Received, c.data[len(c.data)-len(bytes):], "")
	return true
}

func (c *connection) finish(end *ending) {
	p := c.peer
	p.mu.Lock()
	defer p.mu.Unlock()
	if c.hung {
		end = &ending{how: byPeer, at: end.at}
	}
	c.end = end
	switch end.how {
	case byFIN:
		p.note(c, GotFIN, nil, "")
	case byReset:
		p.note(c, GotRST, nil, "")
	case byError:
		p.note(c, Trouble, nil, end.note)
	}
	p.announce()
}

// ending tells FIN, RST and everything else apart.
func (c *connection) ending(err error, now time.Time) *ending {
	if _, secure := c.stream.(*tls.Conn); secure && errors.Is(err, io.EOF) {
		// That was TLS saying goodbye; the connection ends when TCP does.
		_, err = io.Copy(io.Discard, c.raw)
		now = time.Now()
	}
	switch {
	case err == nil, errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		// After a reset that a write was told of, reads look like FIN.
		c.writing.Lock()
		defer c.writing.Unlock()
		if c.sawReset {
			return &ending{how: byReset, at: now}
		}
		return &ending{how: byFIN, at: now}
	case errors.Is(err, syscall.ECONNRESET):
		return &ending{how: byReset, at: now}
	}
	c.raw.Close() // nothing more can be understood, and the program should notice
	return &ending{how: byError, at: now, note: err.Error()}
}

// write sends bytes in one call.
func (c *connection) write(bytes []byte) (int, error) {
	c.writing.Lock()
	defer c.writing.Unlock()
	n, err := c.stream.Write(bytes)
	if errors.Is(err, syscall.ECONNRESET) {
		c.sawReset = true
	}
	return n, err
}

// untilDone makes writes fail when ctx ends. The returned function undoes it.
func (c *connection) untilDone(ctx context.Context) func() {
	stop := context.AfterFunc(ctx, func() { c.raw.SetWriteDeadline(time.Unix(1, 0)) })
	return func() { stop() }
}

// halfClose sends FIN, on TLS after saying goodbye there.
func (c *connection) halfClose(ctx context.Context) error {
	if secure, ok := c.stream.(*tls.Conn); ok {
		if err := secure.HandshakeContext(ctx); err != nil {
			return err
		}
		if err := secure.CloseWrite(); err != nil {
			return err
		}
	}
	return c.raw.(interface{ CloseWrite() error }).CloseWrite()
}

// hangUp closes the connection and returns when the kernel has done it.
func (c *connection) hangUp(reset bool) {
	c.peer.mu.Lock()
	c.hung = true
	c.peer.mu.Unlock()
	if reset {
		if tcp, ok := c.raw.(*net.TCPConn); ok {
			tcp.SetLinger(0)
		}
		c.raw.Close()
	} else {
		c.stream.Close()
	}
	// The reader holds the descriptor until it has been woken.
	<-c.done
}

// abandon ends a connection that nobody will look at again.
func (c *connection) abandon() {
	c.peer.mu.Lock()
	c.hung = true
	c.peer.mu.Unlock()
	c.raw.Close()
}

// arrivedAt says when the byte at offset came. The caller holds mu, and the
// byte is there.
func (c *connection) arrivedAt(offset int) time.Time {
	i := sort.Search(len(c.arrivals), func(i int) bool { return c.arrivals[i].offset > offset })
	return c.arrivals[i-1].at
}
