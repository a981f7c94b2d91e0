package reference_test

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nodehttp/conform/reference"
	"github.com/onsi/gomega/gleak"
)

// origin is a server that plays a script for each connection.
type origin struct {
	t        *testing.T
	listener net.Listener
	port     int
	wait     sync.WaitGroup
	mu       sync.Mutex
	accepted int
	open     map[net.Conn]bool
}

// newOrigin accepts connections and runs script for each, counting from 1. It is gone at the end of the test.
func newOrigin(t *testing.T, script func(c *originConn, n int)) *origin {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &origin{t: t, listener: listener, port: listener.Addr().(*net.TCPAddr).Port, open: map[net.Conn]bool{}}
	p.wait.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			p.mu.Lock()
			p.accepted++
			n := p.accepted
			p.open[conn] = true
			p.mu.Unlock()
			p.wait.Go(func() {
				defer conn.Close()
				script(&originConn{conn, bufio.NewReader(conn)}, n)
			})
		}
	})
	t.Cleanup(func() {
		listener.Close()
		p.mu.Lock()
		for conn := range p.open {
			conn.Close()
		}
		p.mu.Unlock()
		p.wait.Wait()
	})
	return p
}

type originConn struct {
	net.Conn
	in *bufio.Reader
}

// head reads a header block.
func (c *originConn) head() string {
	var head strings.Builder
	for {
		line, err := c.in.ReadString('\n')
		head.WriteString(line)
		if err != nil || line == "\r\n" {
			return head.String()
		}
	}
}

// rest reads until the client closes.
func (c *originConn) rest() string {
	var all strings.Builder
	buffer := make([]byte, 4096)
	for {
		n, err := c.in.Read(buffer)
		all.Write(buffer[:n])
		if err != nil {
			return all.String()
		}
	}
}

func (c *originConn) send(text string) { _, _ = c.Write([]byte(text)) }

// eventLog collects what happens, in order.
type eventLog struct {
	mu      sync.Mutex
	entries []string
	changed chan struct{}
}

func newEventLog() *eventLog { return &eventLog{changed: make(chan struct{}, 1000)} }

func (j *eventLog) note(format string, args ...any) {
	j.mu.Lock()
	j.entries = append(j.entries, fmt.Sprintf(format, args...))
	j.mu.Unlock()
	j.changed <- struct{}{}
}

func (j *eventLog) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return strings.Join(j.entries, " > ")
}

// until waits for an entry.
func (j *eventLog) until(t *testing.T, entry string) {
	t.Helper()
	limit := time.After(10 * time.Second)
	for {
		j.mu.Lock()
		for _, e := range j.entries {
			if e == entry {
				j.mu.Unlock()
				return
			}
		}
		j.mu.Unlock()
		select {
		case <-j.changed:
		case <-limit:
			t.Fatalf("waited for %q, saw %v", entry, j)
		}
	}
}

// watch notes the events of a request and of its response, whose body it reads.
func (j *eventLog) watch(r *reference.ClientRequest) {
	r.EventSocket.On(func(*reference.Socket) { j.note("req.socket") })
	r.EventFinish.On(func() { j.note("req.finish") })
	r.EventAbort.On(func() { j.note("req.abort") })
	r.EventTimeout.On(func() { j.note("req.timeout") })
	r.EventContinue.On(func() { j.note("req.continue") })
	r.EventError.On(func(err error) { j.note("req.error(%s)", describe(err)) })
	r.EventClose.On(func() { j.note("req.close") })
	r.EventResponse.On(func(res *reference.IncomingMessage) {
		j.note("req.response")
		res.EventData.On(func(chunk []byte) { j.note("res.data(%s)", chunk) })
		res.EventEnd.On(func() { j.note("res.end") })
		res.EventAborted.On(func() { j.note("res.aborted") })
		res.EventClose.On(func() { j.note("res.close") })
	})
}

func describe(err error) string {
	if e, ok := err.(*reference.Error); ok {
		return e.Code + "|" + e.Message
	}
	return err.Error()
}

// noLeaks makes the test fail when goroutines that it started are left.
func noLeaks(t *testing.T) {
	before := gleak.Goroutines()
	t.Cleanup(func() {
		deadline := time.Now().Add(5 * time.Second)
		for {
			found, err := gleak.HaveLeaked(before).Match(gleak.Goroutines())
			if err != nil {
				t.Fatal(err)
			}
			if !found {
				return
			}
			if time.Now().After(deadline) {
				var left []string
				for _, g := range gleak.Goroutines() {
					left = append(left, g.String())
				}
				t.Fatalf("goroutines are left:\n%s", strings.Join(left, "\n"))
			}
			time.Sleep(5 * time.Millisecond) // goroutines end on their own time
		}
	})
}

func fields(pairs ...string) (list []reference.HeaderField) {
	for i := 0; i < len(pairs); i += 2 {
		list = append(list, reference.Field(pairs[i], pairs[i+1]))
	}
	return list
}

// loop is an Executor: everything happens on one goroutine, as in Node.
type loop struct {
	mu    sync.Mutex
	queue []func()
	wake  chan struct{}
	done  chan struct{}
}

func newLoop(t *testing.T) *loop {
	l := &loop{wake: make(chan struct{}, 1), done: make(chan struct{})}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			l.mu.Lock()
			queue := l.queue
			l.queue = nil
			l.mu.Unlock()
			for _, run := range queue {
				run()
			}
			if len(queue) > 0 {
				continue
			}
			select {
			case <-l.wake:
			case <-l.done:
				return
			}
		}
	}()
	t.Cleanup(func() { close(l.done); <-ended })
	return l
}

func (l *loop) Execute(run func()) {
	l.mu.Lock()
	l.queue = append(l.queue, run)
	l.mu.Unlock()
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// do runs a function on the loop and waits for it.
func (l *loop) do(run func()) {
	done := make(chan struct{})
	l.Execute(func() { run(); close(done) })
	<-done
}
