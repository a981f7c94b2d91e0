package wire_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nodehttp/conform/harness/wire"
	"github.com/nodehttp/conform/vectors"
	"github.com/onsi/gomega"
	"github.com/onsi/gomega/gleak"
)

// program is a scripted program in Go: what the peer plays against.
type program struct {
	listens wire.Address
	failed  error // what Ready and Recorded say instead of waiting

	mu      sync.Mutex
	changed chan struct{}
	records []string
	signals chan string
}

func newProgram() *program {
	return &program{changed: make(chan struct{}), signals: make(chan string, 8)}
}

func (p *program) Ready(ctx context.Context) (wire.Address, error) { return p.listens, p.failed }

func (p *program) Recorded(ctx context.Context, label string, nth int) error {
	for {
		p.mu.Lock()
		changed, n := p.changed, 0
		for _, r := range p.records {
			if r == label {
				n++
			}
		}
		p.mu.Unlock()
		if n >= nth {
			return nil
		}
		if p.failed != nil {
			return p.failed
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (p *program) Signal(name string, value any) error {
	if p.failed != nil {
		return p.failed
	}
	p.signals <- name
	return nil
}

func (p *program) record(label string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.records = append(p.records, label)
	close(p.changed)
	p.changed = make(chan struct{})
}

// A server handles the connections of a peer that connects.
type server func(p *program, c net.Conn)

// A client gets the address of a peer that listens.
type client func(p *program, network, address string)

// patience ends a script that hangs; no test waits for it unless it is about
// that.
const patience = 20 * time.Second

// A trial is one script played against one program.
type trial struct {
	options  wire.Options
	server   server
	client   client
	deadline time.Duration
	program  *program
}

// play opens the peer, starts the program, plays, closes everything, and fails
// the test when a goroutine is left.
func (tr trial) play(t *testing.T, steps ...vectors.Step) wire.Outcome {
	t.Helper()
	g := gomega.NewWithT(t)
	before := gleak.Goroutines()
	defer func() {
		t.Helper()
		g.Eventually(gleak.Goroutines, patience).ShouldNot(gleak.HaveLeaked(before))
	}()
	for i := range steps {
		number(&steps[i], i+1)
	}
	p := tr.program
	if p == nil {
		p = newProgram()
	}
	tr.options.Listen = tr.client != nil
	if tr.options.Transport == vectors.Unix {
		tr.options.SocketPath = t.TempDir() + "/s"
	}
	peer, err := wire.Open(tr.options)
	g.Expect(err).NotTo(gomega.HaveOccurred())
	var work sync.WaitGroup
	defer work.Wait()
	if tr.server != nil {
		network, address := "tcp", "127.0.0.1:0"
		if tr.options.Transport == vectors.Unix {
			network, address = "unix", tr.options.SocketPath
		}
		listener, err := net.Listen(network, address)
		g.Expect(err).NotTo(gomega.HaveOccurred())
		defer listener.Close()
		p.listens.Path = tr.options.SocketPath
		if tcp, ok := listener.Addr().(*net.TCPAddr); ok {
			p.listens.Port = tcp.Port
		}
		work.Go(func() {
			for {
				c, err := listener.Accept()
				if err != nil {
					return
				}
				work.Go(func() {
					defer c.Close()
					tr.server(p, c)
				})
			}
		})
	}
	if tr.client != nil {
		network, address := "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(peer.Address().Port))
		if tr.options.Transport == vectors.Unix {
			network, address = "unix", peer.Address().Path
		}
		work.Go(func() { tr.client(p, network, address) })
	}
	defer peer.Close()
	deadline := tr.deadline
	if deadline == 0 {
		deadline = patience
	}
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	return peer.Play(ctx, steps, p)
}

// number gives steps what the loader gives them: a place and a connection.
func number(step *vectors.Step, line int) {
	step.Pos = vectors.Position{File: "server/x.yaml", Line: line}
	if step.On == "" {
		step.On = "main"
	}
	for i := range step.AnyOf {
		for j := range step.AnyOf[i].Steps {
			number(&step.AnyOf[i].Steps[j], line)
		}
	}
}

// The verbs, short enough that a script reads like one.

func send(texts ...string) vectors.Step {
	var step vectors.Step
	for _, text := range texts {
		step.Send = append(step.Send, vectors.Segment{Bytes: text, Repeat: 1})
	}
	return step
}

func receive(m vectors.Message) vectors.Step     { return vectors.Step{Receive: &m} }
func receiveHead(m vectors.Message) vectors.Step { return vectors.Step{ReceiveHead: &m} }
func receiveBytes(text string) vectors.Step      { return vectors.Step{ReceiveBytes: &text} }
func closed(how vectors.End) vectors.Step {
	return vectors.Step{Closed: &vectors.Closed{How: how}}
}
func closedBetween(after, before time.Duration, since string) vectors.Step {
	return vectors.Step{Closed: &vectors.Closed{How: vectors.AnyEnd, After: after, Before: before, Since: since}}
}
func silent(d time.Duration) vectors.Step         { return vectors.Step{Silent: d} }
func recorded(label string) vectors.Step          { return vectors.Step{Recorded: label} }
func mark(name string) vectors.Step               { return vectors.Step{Mark: name} }
func signal(name string) vectors.Step             { return vectors.Step{Signal: &vectors.Signal{Name: name}} }
func connections(n int) vectors.Step              { return vectors.Step{Connections: &n} }
func accept() vectors.Step                        { return vectors.Step{Accept: true} }
func connect() vectors.Step                       { return vectors.Step{Connect: true} }
func halfClose() vectors.Step                     { return vectors.Step{HalfClose: true} }
func hangUp() vectors.Step                        { return vectors.Step{Close: true} }
func reset() vectors.Step                         { return vectors.Step{Reset: true} }
func stopListening() vectors.Step                 { return vectors.Step{StopListening: true} }
func on(name string, s vectors.Step) vectors.Step { s.On = name; return s }

func anyOf(alternatives ...vectors.Alternative) vectors.Step {
	return vectors.Step{AnyOf: alternatives}
}
func either(steps ...vectors.Step) vectors.Alternative { return vectors.Alternative{Steps: steps} }
func erratum(clause string, steps ...vectors.Step) vectors.Alternative {
	return vectors.Alternative{Erratum: clause, Steps: steps}
}

// Programs.

const request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
const hello = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

// readRequest reads until the empty line; false when the connection ends.
func readRequest(r *bufio.Reader) bool {
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return false
		}
		if line == "\r\n" {
			return true
		}
	}
}

// answers gives each request the next of the texts, then closes; "" waits for
// the peer to close instead.
func answers(texts ...string) server {
	return func(p *program, c net.Conn) {
		r := bufio.NewReader(c)
		for _, text := range texts {
			if !readRequest(r) {
				return
			}
			if text == "" {
				io.Copy(io.Discard, r)
				return
			}
			io.WriteString(c, text)
		}
	}
}

// resets reads a request and answers with RST.
func resets(p *program, c net.Conn) {
	readRequest(bufio.NewReader(c))
	c.(*net.TCPConn).SetLinger(0)
}

// mute reads everything and says nothing.
func mute(p *program, c net.Conn) { io.Copy(io.Discard, c) }

// asks connects and sends the text, then reads until the peer closes.
func asks(text string) client {
	return func(p *program, network, address string) {
		c, err := net.Dial(network, address)
		if err != nil {
			p.record("refused")
			return
		}
		defer c.Close()
		io.WriteString(c, text)
		got, err := io.ReadAll(c)
		p.record(string(got))
		if err != nil {
			p.record("error")
		}
	}
}

func clientTLS(certificate *wire.Certificate) *tls.Config {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(certificate.CA))
	return &tls.Config{RootCAs: roots, ServerName: "127.0.0.1"}
}

var errGone = errors.New("the program ended")

func wantMet(t *testing.T, o wire.Outcome) {
	t.Helper()
	if o.Failure != nil || o.Err != nil {
		t.Fatalf("not met: %v\nerr: %v\n%s", o.Failure, o.Err, wire.Render(o.Transcript))
	}
}

// wantFailure expects one verb's failure, with words in its rendering.
func wantFailure(t *testing.T, o wire.Outcome, verb string, words ...string) {
	t.Helper()
	if o.Failure == nil {
		t.Fatalf("met, though it must not be\n%s", wire.Render(o.Transcript))
	}
	if o.Failure.Verb != verb {
		t.Errorf("failed at %s, not %s: %v", o.Failure.Verb, verb, o.Failure)
	}
	for _, word := range words {
		if !strings.Contains(o.Failure.Error(), word) {
			t.Errorf("%q is not in: %v", word, o.Failure)
		}
	}
	if o.Failure.Waited >= patience {
		t.Errorf("it failed only when the time was up")
	}
}
