// Package wire plays the peer on the other side of the connection: it opens or
// accepts real sockets, sends exactly the bytes a script prescribes, and judges
// exactly what comes back. It knows nothing of targets and verdicts.
//
// Open a Peer, start the program (a listening peer has its address by then),
// Play the script once, and Close the peer when the program has finished.
package wire

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/nodehttp/conform/vectors"
)

// A Program is the other side as the script sees it, next to the wire. Its
// methods are called from several goroutines and must return when their context
// ends.
type Program interface {
	// Ready waits until the program announced where it listens.
	Ready(ctx context.Context) (Address, error)
	// Recorded waits until the program recorded label for the nth time,
	// counting from 1. An error means that it never will.
	Recorded(ctx context.Context, label string, nth int) error
	// Signal passes a value to the program's on(name) handler.
	Signal(name string, value any) error
}

// An Address is where a program or a peer listens.
type Address struct {
	Host string // "" in what a program announces: the host of Options
	Port int
	Path string // of a Unix socket; "" on TCP
}

// Options say what a peer is like. The zero value connects over TCP to
// 127.0.0.1.
type Options struct {
	Listen      bool              // the peer is the server and the program the client
	Transport   vectors.Transport // default TCP
	Host        string            // default 127.0.0.1
	SocketPath  string            // for Unix: where to listen, or to connect when the program announced no path
	Certificate *Certificate      // for TLS, required there
	TrustAnyone bool              // for TLS: connect whatever certificate the program shows

	// Fragment cuts what the script sends. Pass FragmentNone for vectors that
	// say fragment: never. The same Seed cuts the same way.
	Fragment Fragment
	Seed     uint64

	// Permits tells whether an alternative that follows the erratum of the
	// clause may be taken. Default: all may.
	Permits func(clause string) bool

	TimeoutScale float64 // multiplies upper bounds of closes; default 1
	Limit        int     // bytes kept of what the program sends, over all connections; default 64 MiB
}

const defaultLimit = 64 << 20

// A Peer owns the sockets of one run. It is safe for concurrent use, except
// that a script is played once.
type Peer struct {
	options  Options
	listener net.Listener
	address  Address
	server   *tls.Config
	client   *tls.Config
	opened   time.Time

	work    sync.WaitGroup // the acceptor and one reader per connection
	accepts sync.WaitGroup // the acceptor alone

	mu          sync.Mutex
	changed     chan struct{} // closed and replaced whenever anything below changes
	connections []*connection
	waiting     []*connection // accepted by the kernel, not yet by the script
	accepted    int
	acceptError error
	upToDate    int // how often the acceptor said that it has registered all it took
	closed      bool
	used        int  // of Limit
	overflow    bool // Limit was not enough
	log         []logged
}

// Open makes a peer. A listening peer listens when Open returns.
func Open(options Options) (*Peer, error) {
	if options.Transport == "" {
		options.Transport = vectors.TCP
	}
	if options.Host == "" {
		options.Host = "127.0.0.1"
	}
	if options.TimeoutScale <= 0 {
		options.TimeoutScale = 1
	}
	if options.Limit <= 0 {
		options.Limit = defaultLimit
	}
	p := &Peer{options: options, opened: time.Now(), changed: make(chan struct{})}
	if options.Transport == vectors.TLS {
		if options.Certificate == nil {
			return nil, errors.New("wire: a TLS peer needs a certificate")
		}
		var err error
		if p.server, p.client, err = options.Certificate.configs(); err != nil {
			return nil, err
		}
		p.client.InsecureSkipVerify = options.TrustAnyone
	}
	if !options.Listen {
		return p, nil
	}
	if err := p.listen(); err != nil {
		return nil, err
	}
	p.work.Add(1)
	p.accepts.Add(1)
	go p.acceptAll()
	return p, nil
}

func (p *Peer) listen() error {
	if p.options.Transport == vectors.Unix {
		listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: p.options.SocketPath, Net: "unix"})
		if err != nil {
			return fmt.Errorf("wire: the peer cannot listen: %w", err)
		}
		// The path outlives the listener, so that later connects are refused
		// as they are on TCP. Close removes it.
		listener.SetUnlinkOnClose(false)
		p.listener, p.address = listener, Address{Host: p.options.Host, Path: p.options.SocketPath}
		return nil
	}
	listener, err := net.Listen("tcp", net.JoinHostPort(p.options.Host, "0"))
	if err != nil {
		return fmt.Errorf("wire: the peer cannot listen: %w", err)
	}
	p.listener = listener
	p.address = Address{Host: p.options.Host, Port: listener.Addr().(*net.TCPAddr).Port}
	return nil
}

// Address is where a listening peer can be reached; the zero Address for one
// that connects.
func (p *Peer) Address() Address { return p.address }

// Close closes every socket and waits for the peer's goroutines.
func (p *Peer) Close() {
	p.mu.Lock()
	p.closed = true
	connections := p.connections
	p.mu.Unlock()
	if p.listener != nil {
		p.listener.Close()
		p.accepts.Wait()
		if p.options.Transport == vectors.Unix {
			os.Remove(p.options.SocketPath)
		}
		// The acceptor may have taken one more meanwhile.
		p.mu.Lock()
		connections = p.connections
		p.mu.Unlock()
	}
	for _, c := range connections {
		c.abandon()
	}
	p.work.Wait()
}

// acceptAll takes connections as they come, so that they are timed, counted and
// read from the start, whenever the script gets to them.
func (p *Peer) acceptAll() {
	defer p.work.Done()
	defer p.accepts.Done()
	for {
		raw, err := p.listener.Accept()
		if errors.Is(err, os.ErrDeadlineExceeded) {
			p.mu.Lock()
			p.setAcceptDeadline(time.Time{})
			p.upToDate++
			p.announce()
			p.mu.Unlock()
			continue
		}
		if err != nil {
			p.mu.Lock()
			p.acceptError = err
			p.announce()
			p.mu.Unlock()
			return
		}
		c := newConnection(p, raw)
		c.since = establishedAt(raw, time.Now())
		p.mu.Lock()
		p.accepted++
		c.number, c.accepted = p.accepted, true
		p.waiting = append(p.waiting, c)
		p.adopt(c)
		p.note(c, Connected, nil, "")
		p.announce()
		p.mu.Unlock()
	}
}

// askAcceptor makes the acceptor count upToDate once it has registered what it
// took. The caller holds mu.
func (p *Peer) askAcceptor() { p.setAcceptDeadline(time.Unix(1, 0)) }

func (p *Peer) setAcceptDeadline(at time.Time) {
	p.listener.(interface{ SetDeadline(time.Time) error }).SetDeadline(at)
}

// adopt starts the reader of a connection. The caller holds mu.
func (p *Peer) adopt(c *connection) {
	p.connections = append(p.connections, c)
	if p.server != nil && c.accepted {
		c.stream = tls.Server(c.raw, p.server)
	}
	p.work.Add(1)
	go c.read()
}

// connect opens a connection to the program.
func (p *Peer) connect(ctx context.Context, name string, to Address) (*connection, error) {
	network, address := "tcp", net.JoinHostPort(to.Host, strconv.Itoa(to.Port))
	if p.options.Transport == vectors.Unix {
		network, address = "unix", to.Path
	}
	start := time.Now()
	var dialer net.Dialer
	raw, err := dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	c := newConnection(p, raw)
	c.name, c.since = name, start
	if p.client != nil {
		secure := tls.Client(raw, p.client)
		if err := secure.HandshakeContext(ctx); err != nil {
			raw.Close()
			return nil, fmt.Errorf("TLS handshake: %w", err)
		}
		c.stream = secure
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		raw.Close()
		return nil, net.ErrClosed
	}
	p.adopt(c)
	p.note(c, Connected, nil, "")
	return c, nil
}

// announce wakes whoever waits for a change. The caller holds mu.
func (p *Peer) announce() {
	close(p.changed)
	p.changed = make(chan struct{})
}
