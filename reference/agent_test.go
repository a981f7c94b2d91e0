package reference_test

import (
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nodehttp/conform/reference"
)

// numbered answers every request on a connection with the number of the connection.
func numbered(c *originConn, n int) {
	for c.head() != "" {
		c.send(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%d", len(strconv.Itoa(n)), n))
	}
}

// fetch makes a request and returns its body when the agent has decided about the connection.
func fetch(t *testing.T, agent *reference.Agent, options reference.RequestOptions) string {
	t.Helper()
	options.Agent = agent
	if options.Host == "" {
		options.Host = "127.0.0.1"
	}
	settled := make(chan struct{}, 10)
	var mu sync.Mutex
	var own *reference.Socket
	freed := agent.EventFree.On(func(socket *reference.Socket, _ *reference.RequestOptions) {
		mu.Lock()
		defer mu.Unlock()
		if socket == own && !socket.Destroyed() {
			settled <- struct{}{}
		}
	})
	defer agent.EventFree.Off(freed)
	options.Prepare = func(r *reference.ClientRequest) {
		r.EventSocket.On(func(socket *reference.Socket) {
			mu.Lock()
			own = socket
			mu.Unlock()
			socket.EventClose.On(func(bool) { settled <- struct{}{} })
		})
	}
	response, err := reference.Do(t.Context(), options, nil)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(response)
	if err != nil {
		t.Fatal(err)
	}
	<-settled
	return string(body)
}

// count shows how many sockets or requests there are by name, without the port.
func count[T any](lists map[string][]T) string {
	var all []string
	for name, list := range lists {
		host, _, _ := strings.Cut(name, ":")
		all = append(all, fmt.Sprintf("%s=%d", host, len(list)))
	}
	slices.Sort(all)
	return strings.Join(all, ",")
}

func pools(agent *reference.Agent) string {
	return fmt.Sprintf("sockets={%s} free={%s} requests={%s}", count(agent.Sockets()), count(agent.FreeSockets()), count(agent.Requests()))
}

func expectPools(t *testing.T, agent *reference.Agent, want string) {
	t.Helper()
	if got := pools(agent); got != want {
		t.Errorf("pools: %s, want %s", got, want)
	}
}

func TestAgentKeepsSockets(t *testing.T) {
	noLeaks(t)
	p := newOrigin(t, numbered)
	agent := agentOf(t, reference.AgentOptions{KeepAlive: true})
	for range 3 {
		if body := fetch(t, agent, reference.RequestOptions{Port: p.port}); body != "1" {
			t.Errorf("connection %s", body)
		}
		expectPools(t, agent, "sockets={} free={127.0.0.1=1} requests={}")
	}
	agent.Destroy()
}

func TestAgentWithoutKeepAlive(t *testing.T) {
	noLeaks(t)
	p := newOrigin(t, numbered)
	agent := agentOf(t, reference.AgentOptions{})
	for n := 1; n < 3; n++ {
		if body := fetch(t, agent, reference.RequestOptions{Port: p.port}); body != strconv.Itoa(n) {
			t.Errorf("connection %s", body)
		}
		expectPools(t, agent, "sockets={} free={} requests={}")
	}
}

// The Connection header says whether the connection can ever be used again.
func TestAgentConnectionHeader(t *testing.T) {
	for name, test := range map[string]struct {
		agent reference.AgentOptions
		own   string
		want  string
	}{
		"plain":             {reference.AgentOptions{}, "", "close"},
		"kept":              {reference.AgentOptions{KeepAlive: true}, "", "keep-alive"},
		"limited":           {reference.AgentOptions{MaxSockets: 5}, "", "keep-alive"},
		"limited in total":  {reference.AgentOptions{MaxTotalSockets: 5}, "", "close"},
		"kept, own header":  {reference.AgentOptions{KeepAlive: true}, "foo", "foo"},
		"plain, own header": {reference.AgentOptions{}, "keep-alive", "keep-alive"},
	} {
		t.Run(name, func(t *testing.T) {
			noLeaks(t)
			heads := make(chan string, 1)
			p := newOrigin(t, func(c *originConn, _ int) {
				heads <- c.head()
				c.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
				c.rest()
			})
			options := reference.RequestOptions{Port: p.port}
			if test.own != "" {
				options.Headers = fields("Connection", test.own)
			}
			agent := agentOf(t, test.agent)
			fetch(t, agent, options)
			if head := <-heads; !strings.Contains(head, "\r\nConnection: "+test.want+"\r\n") {
				t.Errorf("sent %q", head)
			}
			agent.Destroy()
		})
	}
}

// start begins a request and notes its outcome.
func start(t *testing.T, log *eventLog, agent *reference.Agent, name string, options reference.RequestOptions) *reference.ClientRequest {
	t.Helper()
	options.Agent = agent
	if options.Host == "" {
		options.Host = "127.0.0.1"
	}
	options.Prepare = func(r *reference.ClientRequest) {
		r.EventAbort.On(func() { log.note("%s abort", name) })
		r.EventError.On(func(err error) { log.note("%s %s", name, describe(err)) })
		r.EventResponse.On(func(response *reference.IncomingMessage) {
			var body []byte
			response.EventData.On(func(chunk []byte) { body = append(body, chunk...) })
			response.EventEnd.On(func() { log.note("%s %s", name, body) })
		})
	}
	r, err := reference.Get(options, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAgentQueue(t *testing.T) {
	noLeaks(t)
	release := make(chan struct{})
	p := newOrigin(t, func(c *originConn, n int) {
		<-release
		numbered(c, n)
	})
	agent := agentOf(t, reference.AgentOptions{MaxSockets: 1})
	log := newEventLog()
	for _, name := range []string{"r1", "r2", "r3"} {
		start(t, log, agent, name, reference.RequestOptions{Port: p.port})
	}
	expectPools(t, agent, "sockets={127.0.0.1=1} free={} requests={127.0.0.1=2}")
	close(release)
	log.until(t, "r3 1")
	if got := log.String(); got != "r1 1 > r2 1 > r3 1" {
		t.Error(got)
	}
}

// A socket that fails makes room for the next request, on a new connection.
func TestAgentQueueAfterFailure(t *testing.T) {
	noLeaks(t)
	p := newOrigin(t, func(c *originConn, n int) {
		if c.head(); n > 1 {
			c.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx")
			c.rest()
		}
	})
	agent := agentOf(t, reference.AgentOptions{MaxSockets: 1})
	log := newEventLog()
	start(t, log, agent, "r1", reference.RequestOptions{Port: p.port})
	start(t, log, agent, "r2", reference.RequestOptions{Port: p.port})
	log.until(t, "r2 x")
	if got := log.String(); got != "r1 ECONNRESET|socket hang up > r2 x" {
		t.Error(got)
	}
}

// A request that is aborted while it waits still gets a connection, which nobody uses.
func TestAgentAbortQueued(t *testing.T) {
	noLeaks(t)
	arrived := make(chan struct{}, 2)
	p := newOrigin(t, func(c *originConn, n int) {
		_, _ = c.in.Peek(1) // nothing comes from the second request
		arrived <- struct{}{}
		c.rest()
	})
	agent := agentOf(t, reference.AgentOptions{MaxSockets: 1})
	log := newEventLog()
	first := start(t, log, agent, "r1", reference.RequestOptions{Port: p.port})
	second := start(t, log, agent, "r2", reference.RequestOptions{Port: p.port})
	second.Abort()
	expectPools(t, agent, "sockets={127.0.0.1=1} free={} requests={127.0.0.1=1}")
	log.until(t, "r2 abort")
	<-arrived
	first.Abort()
	log.until(t, "r1 ECONNRESET|socket hang up")
	<-arrived
	if got := log.String(); got != "r2 abort > r1 abort > r1 ECONNRESET|socket hang up" {
		t.Error(got)
	}
}

func TestAgentTotalLimit(t *testing.T) {
	noLeaks(t)
	release := make(chan struct{})
	p := newOrigin(t, func(c *originConn, n int) {
		<-release
		numbered(c, n)
	})
	for edition, want := range map[reference.Edition]string{
		reference.V12: "sockets={127.0.0.1=1,127.0.0.2=1} free={} requests={127.0.0.1=1,127.0.0.3=1}",
		reference.V13: "sockets={127.0.0.1=2,127.0.0.2=1,127.0.0.3=1} free={} requests={}",
	} {
		agent := agentOf(t, reference.AgentOptions{MaxTotalSockets: 2, Edition: edition})
		connect := agent.CreateConnection
		agent.CreateConnection = func(options *reference.RequestOptions, callback func(error, *reference.Socket)) (*reference.Socket, error) {
			here := *options
			here.Host = "127.0.0.1"
			return connect(&here, callback)
		}
		log := newEventLog()
		for i, host := range []string{"127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.1"} {
			start(t, log, agent, fmt.Sprint("r", i), reference.RequestOptions{Host: host, Port: p.port})
		}
		expectPools(t, agent, want)
		agent.Destroy()
	}
	close(release)
}

func TestAgentMaxFreeSockets(t *testing.T) {
	noLeaks(t)
	var both sync.WaitGroup
	both.Add(2)
	p := newOrigin(t, func(c *originConn, n int) {
		head := c.head()
		both.Done()
		both.Wait()
		for head != "" {
			c.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx")
			head = c.head()
		}
	})
	agent := agentOf(t, reference.AgentOptions{KeepAlive: true, MaxFreeSockets: 1})
	log := newEventLog()
	var freed sync.WaitGroup
	freed.Add(2)
	agent.EventFree.On(func(*reference.Socket, *reference.RequestOptions) { freed.Done() })
	start(t, log, agent, "r1", reference.RequestOptions{Port: p.port})
	start(t, log, agent, "r2", reference.RequestOptions{Port: p.port})
	freed.Wait()
	if got := count(agent.FreeSockets()); got != "127.0.0.1=1" {
		t.Error(got)
	}
	agent.Destroy()
}

// Which of three free sockets is used next.
func TestAgentScheduling(t *testing.T) {
	for _, test := range []struct {
		options reference.AgentOptions
		want    int
	}{
		{reference.AgentOptions{}, 0},
		{reference.AgentOptions{Scheduling: reference.FIFO}, 0},
		{reference.AgentOptions{Scheduling: reference.LIFO}, 2},
		{reference.AgentOptions{Scheduling: reference.LIFO, Edition: reference.V13}, 0},
	} {
		t.Run(fmt.Sprintf("%v %v", test.options.Scheduling, test.options.Edition), func(t *testing.T) {
			noLeaks(t)
			gates := [3]chan struct{}{make(chan struct{}), make(chan struct{}), make(chan struct{})}
			order := make(chan int, 3)
			p := newOrigin(t, func(c *originConn, n int) {
				head := c.head()
				for i := range gates {
					if strings.HasPrefix(head, fmt.Sprintf("GET /%d ", i)) {
						<-gates[i]
						order <- n
					}
				}
				for head != "" {
					c.send(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n%d", n))
					head = c.head()
				}
			})
			test.options.KeepAlive = true
			agent := agentOf(t, test.options)
			freed := make(chan struct{}, 3)
			listener := agent.EventFree.On(func(*reference.Socket, *reference.RequestOptions) { freed <- struct{}{} })
			log := newEventLog()
			for i := range gates {
				start(t, log, agent, fmt.Sprint(i), reference.RequestOptions{Port: p.port, Path: fmt.Sprint("/", i)})
			}
			var used []int
			for i := range gates {
				close(gates[i])
				used = append(used, <-order)
				<-freed
			}
			agent.EventFree.Off(listener)
			if next := fetch(t, agent, reference.RequestOptions{Port: p.port}); next != strconv.Itoa(used[test.want]) {
				t.Errorf("released %v, used %s", used, next)
			}
			agent.Destroy()
		})
	}
}

func TestAgentHooks(t *testing.T) {
	noLeaks(t)
	p := newOrigin(t, numbered)
	agent := agentOf(t, reference.AgentOptions{KeepAlive: true})
	keep, reuse, name := agent.KeepSocketAlive, agent.ReuseSocket, agent.GetName
	var mu sync.Mutex
	var calls []string
	note := func(call string) { mu.Lock(); calls = append(calls, call); mu.Unlock() }
	again := false
	agent.KeepSocketAlive = func(socket *reference.Socket) bool {
		note("keep")
		mu.Lock()
		defer mu.Unlock()
		return again && keep(socket)
	}
	agent.ReuseSocket = func(socket *reference.Socket, request *reference.ClientRequest) {
		note("reuse " + request.Path())
		reuse(socket, request)
		note(fmt.Sprint(request.ReusedSocket()))
	}
	agent.GetName = func(options *reference.RequestOptions) string { return "n/" + name(options) }
	fetch(t, agent, reference.RequestOptions{Port: p.port})
	expectPools(t, agent, "sockets={} free={} requests={}")
	mu.Lock()
	again = true
	mu.Unlock()
	fetch(t, agent, reference.RequestOptions{Port: p.port})
	expectPools(t, agent, "sockets={} free={n/127.0.0.1=1} requests={}")
	if body := fetch(t, agent, reference.RequestOptions{Port: p.port, Path: "/2"}); body != "2" {
		t.Error(body)
	}
	if got := strings.Join(calls, ","); got != "keep,keep,reuse /2,true,keep" {
		t.Error(got)
	}
	agent.Destroy()
}

func TestAgentCreateConnection(t *testing.T) {
	p := newOrigin(t, numbered)
	dial := func() *reference.Socket {
		conn, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(p.port)))
		if err != nil {
			t.Error(err)
			return nil
		}
		return reference.NewSocket(conn, reference.SocketOptions{})
	}
	for name, create := range map[string]func(func(error, *reference.Socket)) (*reference.Socket, error){
		"returned": func(func(error, *reference.Socket)) (*reference.Socket, error) { return dial(), nil },
		"passed": func(callback func(error, *reference.Socket)) (*reference.Socket, error) {
			go callback(nil, dial())
			return nil, nil
		},
		"both": func(callback func(error, *reference.Socket)) (*reference.Socket, error) {
			socket := dial()
			callback(nil, socket)
			return socket, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			noLeaks(t)
			agent := agentOf(t, reference.AgentOptions{KeepAlive: true})
			agent.CreateConnection = func(options *reference.RequestOptions, callback func(error, *reference.Socket)) (*reference.Socket, error) {
				if options.Host != "made.up" || options.Port != 7 {
					t.Errorf("%+v", options)
				}
				return create(callback)
			}
			fetch(t, agent, reference.RequestOptions{Host: "made.up", Port: 7})
			expectPools(t, agent, "sockets={} free={made.up=1} requests={}")
			agent.Destroy()
		})
		t.Run(name+" by the request", func(t *testing.T) {
			noLeaks(t)
			response, err := reference.Do(t.Context(), reference.RequestOptions{Host: "made.up", Port: 7,
				CreateConnection: func(_ *reference.RequestOptions, callback func(error, *reference.Socket)) (*reference.Socket, error) {
					return create(callback)
				}}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadAll(response); err != nil {
				t.Error(err)
			}
		})
	}
	t.Run("failed", func(t *testing.T) {
		noLeaks(t)
		_, err := reference.Do(t.Context(), reference.RequestOptions{CreateConnection: func(_ *reference.RequestOptions, callback func(error, *reference.Socket)) (*reference.Socket, error) {
			callback(io.ErrUnexpectedEOF, nil)
			return nil, nil
		}}, nil)
		if err != io.ErrUnexpectedEOF {
			t.Error(err)
		}
	})
}

// A free socket leaves the pool when the server closes it, when it is idle for too long, and by EventAgentRemove.
func TestAgentFreeSocketsLeave(t *testing.T) {
	leaves := func(t *testing.T, agent *reference.Agent, p *origin, leave func(*reference.Socket)) {
		t.Helper()
		fetch(t, agent, reference.RequestOptions{Port: p.port})
		for _, sockets := range agent.FreeSockets() {
			closed := make(chan struct{})
			sockets[0].EventClose.On(func(bool) { close(closed) })
			leave(sockets[0])
			<-closed
		}
		expectPools(t, agent, "sockets={} free={} requests={}")
	}
	t.Run("server", func(t *testing.T) {
		noLeaks(t)
		hangUp := make(chan struct{})
		p := newOrigin(t, func(c *originConn, _ int) {
			c.head()
			c.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
			<-hangUp
		})
		leaves(t, agentOf(t, reference.AgentOptions{KeepAlive: true}), p, func(*reference.Socket) { close(hangUp) })
	})
	t.Run("timeout", func(t *testing.T) {
		noLeaks(t)
		p := newOrigin(t, numbered)
		leaves(t, agentOf(t, reference.AgentOptions{KeepAlive: true, Timeout: 30 * time.Millisecond}), p, func(*reference.Socket) {})
	})
}

func TestAgentRemove(t *testing.T) {
	noLeaks(t)
	p := newOrigin(t, func(c *originConn, n int) { c.rest() })
	agent := agentOf(t, reference.AgentOptions{MaxSockets: 1})
	log := newEventLog()
	first := start(t, log, agent, "r1", reference.RequestOptions{Port: p.port})
	second := start(t, log, agent, "r2", reference.RequestOptions{Port: p.port})
	got := make(chan *reference.Socket, 2)
	second.EventSocket.On(func(socket *reference.Socket) { got <- socket })
	var removed *reference.Socket
	for _, sockets := range agent.Sockets() {
		removed = sockets[0]
	}
	removed.EventAgentRemove.Emit()
	if socket := <-got; socket == removed {
		t.Error("the same socket")
	}
	expectPools(t, agent, "sockets={127.0.0.1=1} free={} requests={}")
	agent.Destroy()
	log.until(t, "r2 ECONNRESET|socket hang up")
	first.Abort()
	log.until(t, "r1 abort")
}

func TestAgentDestroyInFlight(t *testing.T) {
	noLeaks(t)
	arrived := make(chan struct{})
	p := newOrigin(t, func(c *originConn, n int) { c.head(); close(arrived); c.rest() })
	agent := agentOf(t, reference.AgentOptions{})
	log := newEventLog()
	start(t, log, agent, "r1", reference.RequestOptions{Port: p.port})
	<-arrived
	agent.Destroy()
	log.until(t, "r1 ECONNRESET|socket hang up")
	expectPools(t, agent, "sockets={} free={} requests={}")
}

func TestAgentGetName(t *testing.T) {
	no := false
	for _, test := range []struct {
		edition reference.Edition
		options reference.RequestOptions
		http    string
		https   string
	}{
		{reference.V12, reference.RequestOptions{}, "localhost::", "localhost:::::::::::::::::::"},
		{reference.V12, reference.RequestOptions{Host: "h", Port: 1, LocalAddress: "l"}, "h:1:l", "h:1:l:::::::::::::::::"},
		{reference.V12, reference.RequestOptions{Host: "h", Port: 1, Family: 6, SocketPath: "/s"}, "h:1::6:/s", "h:1::6:/s:::::::::::::::::"},
		{reference.V12, reference.RequestOptions{Host: "h", Port: 1, TLS: &reference.TLSOptions{CA: "CA", Key: "KEY", RejectUnauthorized: &no, ServerName: "h", MaxVersion: "MAX"}},
			"h:1:", "h:1::CA::::KEY::false:::MAX:::::::"},
		{reference.V10, reference.RequestOptions{Host: "h", Port: 1, TLS: &reference.TLSOptions{ServerName: "s", MaxVersion: "MAX", SessionIDContext: "X"}},
			"h:1:", "h:1:::::::::s:::::::X"},
		{reference.V6, reference.RequestOptions{Host: "h", Port: 1, SocketPath: "/s", TLS: &reference.TLSOptions{PFX: "PFX", ServerName: "s"}}, "h:1:", "h:1::::::PFX::s"},
	} {
		plain := agentOf(t, reference.AgentOptions{Edition: test.edition})
		if got := plain.GetName(&test.options); got != test.http {
			t.Errorf("%v http: %s, want %s", test.edition, got, test.http)
		}
		secure, err := reference.NewTLSAgent(reference.AgentOptions{Edition: test.edition})
		if err != nil {
			t.Fatal(err)
		}
		if got := secure.GetName(&test.options); got != test.https {
			t.Errorf("%v https: %s, want %s", test.edition, got, test.https)
		}
	}
}

func TestAgentOptionErrors(t *testing.T) {
	for want, options := range map[string]reference.AgentOptions{
		`ERR_OUT_OF_RANGE|The value of "maxTotalSockets" is out of range. It must be > 0. Received -1`: {MaxTotalSockets: -1},
		`ERR_INVALID_OPT_VALUE|The value "random" is invalid for option "scheduling"`:                  {Scheduling: "random"},
	} {
		if _, err := reference.NewAgent(options); err == nil || describe(err) != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
