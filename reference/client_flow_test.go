package reference_test

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/nodehttp/conform/reference"
)

// A writer that goes faster than the peer reads is told to wait, and EventDrain tells it to go on.
func TestClientBackPressure(t *testing.T) {
	noLeaks(t)
	const size = 8 << 20
	begin := make(chan struct{})
	p := newOrigin(t, func(c *originConn, _ int) {
		c.head()
		<-begin
		n, _ := io.CopyN(io.Discard, c.in, size)
		if n == size {
			c.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
		}
		c.rest()
	})
	log := newEventLog()
	r, err := reference.Request(reference.RequestOptions{Host: "127.0.0.1", Port: p.port, Method: "POST", OneTimeAgent: true,
		Headers: fields("Content-Length", "8388608"),
		Prepare: func(r *reference.ClientRequest) {
			r.EventDrain.Once(func() {
				log.note("drain")
				if err := r.End(nil, nil); err != nil {
					t.Error(err)
				}
			})
			r.EventFinish.On(func() { log.note("finish") })
			r.EventResponse.On(func(res *reference.IncomingMessage) { log.note("response"); res.Resume() })
			r.EventClose.On(func() { log.note("close") })
		}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if more, err := r.Send([]byte(strings.Repeat("x", size)), nil); more || err != nil {
		t.Error(more, err)
	}
	close(begin)
	log.until(t, "close")
	if got := log.String(); got != "drain > finish > response > close" {
		t.Error(got)
	}
}

// A response that nobody reads makes the server wait; reading it goes on.
func TestResponseBackPressure(t *testing.T) {
	noLeaks(t)
	const size = 16 << 20
	blocked, written := make(chan struct{}), make(chan struct{})
	p := newOrigin(t, func(c *originConn, _ int) {
		c.head()
		c.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 16777216\r\n\r\n")
		_ = c.SetWriteDeadline(time.Now().Add(200 * time.Millisecond))
		n, err := c.Write(make([]byte, size))
		if err != nil {
			close(blocked)
		}
		_ = c.SetWriteDeadline(time.Time{})
		_, _ = c.Write(make([]byte, size-n))
		close(written)
	})
	response, err := reference.Do(t.Context(), reference.RequestOptions{Host: "127.0.0.1", Port: p.port}, nil)
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-blocked:
	case <-written:
		t.Error("everything was taken although nobody reads")
	}
	if n, err := io.Copy(io.Discard, response); n != size || err != nil {
		t.Error(n, err)
	}
}

// A kept connection ends the events of a request with those of its response.
func TestClientEventOrderKept(t *testing.T) {
	l := newLoop(t)
	noLeaks(t)
	p := newOrigin(t, numbered)
	for _, edition := range []reference.Edition{reference.V6, reference.V10, reference.V12, reference.V13} {
		agent := agentOf(t, reference.AgentOptions{KeepAlive: true, Edition: edition, Executor: l})
		log := newEventLog()
		l.do(func() {
			r, err := reference.Get(reference.RequestOptions{Host: "127.0.0.1", Port: p.port, Agent: agent}, nil)
			if err != nil {
				t.Error(err)
				return
			}
			log.watch(r)
			agent.EventFree.On(func(*reference.Socket, *reference.RequestOptions) { log.note("agent.free") })
			r.EventSocket.On(func(socket *reference.Socket) {
				socket.EventConnect.On(func() { log.note("socket.connect") })
				socket.EventFree.On(func() { log.note("socket.free") })
				socket.EventClose.On(func(bool) { log.note("socket.close") })
			})
		})
		log.until(t, "socket.free")
		agent.Destroy()
		log.until(t, "socket.close")
		got := log.String()
		before, after, _ := strings.Cut(got, " > res.data(")
		if before != "req.socket > socket.connect > req.finish > req.response" ||
			!strings.HasSuffix(after, ") > res.end > agent.free > socket.free > socket.close") {
			t.Errorf("%v: %s", edition, got)
		}
	}
}

// A timeout only tells; it comes once, and an agent's counts in editions v12 and v13.
func TestClientTimeouts(t *testing.T) {
	const short = 20 * time.Millisecond
	for name, test := range map[string]struct {
		agent   reference.AgentOptions
		options reference.RequestOptions
		told    bool
	}{
		"option":        {reference.AgentOptions{}, reference.RequestOptions{Timeout: short}, true},
		"option in v10": {reference.AgentOptions{Edition: reference.V10}, reference.RequestOptions{Timeout: short}, true},
		"option in v6":  {reference.AgentOptions{Edition: reference.V6}, reference.RequestOptions{Timeout: short}, false},
		"agent":         {reference.AgentOptions{Timeout: short}, reference.RequestOptions{}, true},
		"agent in v10":  {reference.AgentOptions{Timeout: short, Edition: reference.V10}, reference.RequestOptions{}, false},
		"option wins":   {reference.AgentOptions{Timeout: time.Hour}, reference.RequestOptions{Timeout: short}, true},
	} {
		t.Run(name, func(t *testing.T) {
			noLeaks(t)
			answer := make(chan struct{})
			p := newOrigin(t, func(c *originConn, _ int) {
				c.head()
				<-answer
				c.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
				c.rest()
			})
			log := newEventLog()
			began := time.Now()
			options := test.options
			options.Host, options.Port, options.Agent = "127.0.0.1", p.port, agentOf(t, test.agent)
			options.Prepare = func(r *reference.ClientRequest) {
				r.EventTimeout.On(func() {
					if time.Since(began) < short {
						t.Error("too early")
					}
					log.note("timeout")
				})
				r.EventResponse.On(func(res *reference.IncomingMessage) { log.note("response"); res.Resume() })
				r.EventClose.On(func() { log.note("close") })
				if !test.told {
					// The socket's own event is the sign that the time has passed, if it has a timeout at all.
					r.EventSocket.On(func(socket *reference.Socket) {
						if socket.Timeout() == 0 {
							log.note("passed")
						}
						socket.EventTimeout.Once(func() { log.note("passed") })
					})
				}
			}
			if _, err := reference.Get(options, nil); err != nil {
				t.Fatal(err)
			}
			first := "timeout"
			if !test.told {
				first = "passed"
			}
			log.until(t, first)
			close(answer)
			log.until(t, "close")
			if got := log.String(); got != first+" > response > close" {
				t.Error(got)
			}
		})
	}
}
