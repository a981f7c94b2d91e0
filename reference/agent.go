package reference

import (
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Unlimited is the default of an agent's limits.
const Unlimited = math.MaxInt

// Scheduling is how an agent picks one of several free sockets.
type Scheduling string

// The strategies. LIFO picks the most recently used socket, FIFO the least recently used one.
const (
	FIFO Scheduling = "fifo"
	LIFO Scheduling = "lifo"
)

// AgentOptions are the options of NewAgent. The zero value asks for an agent that keeps no connection and has no limits.
type AgentOptions struct {
	// KeepAlive keeps sockets without a request for later requests.
	KeepAlive bool
	// KeepAliveDelay is the initial delay of TCP keep-alive packets on kept sockets (`keepAliveMsecs`). Default: 1s.
	KeepAliveDelay time.Duration
	// MaxSockets limits the sockets of one name (see Agent.GetName). Default: Unlimited.
	MaxSockets int
	// MaxTotalSockets limits the sockets of all names together. Default: Unlimited. Edition v12.
	MaxTotalSockets int
	// MaxFreeSockets limits the free sockets of one name. Default: 256.
	MaxFreeSockets int
	// Scheduling picks free sockets. Default: FIFO. Edition v12; the others always do FIFO.
	Scheduling Scheduling
	// Timeout is the idle time of sockets, set when they are created.
	Timeout time.Duration
	// Connection holds options for the connections: what is set here wins over the options of a request.
	Connection RequestOptions

	// Edition is the behaviour to show. Default: V12.
	Edition Edition
	// Executor, if set, runs everything that the agent's connections cause. See Executor.
	Executor Executor
}

// Agent makes, keeps and hands out the connections of requests. All methods are safe for concurrent use. The function
// fields may be replaced before the agent is used; each begins with the default behaviour, so that a replacement can
// call what it replaces.
//
// A socket's life with an agent:
//
//	                       request assigned                 response read, request sent
//	CreateConnection ──────────▶ in use ──────────────────────────▶ EventFree
//	                               ▲ ▲                                │  │  │
//	                               │ └──── a request was queued ──────┘  │  └─ connection is not kept, limits,
//	                               │                                     │     KeepSocketAlive says no ──▶ destroyed
//	                               └── ReuseSocket ◀── free ◀────────────┘
//
// It leaves the agent when it closes or emits EventAgentRemove.
type Agent struct {
	// CreateConnection makes a connection: it returns a socket, or passes one, or an error, to the callback, and may also
	// return an error, which Request then returns. What comes first counts.
	CreateConnection func(options *RequestOptions, callback func(err error, socket *Socket)) (*Socket, error)
	// KeepSocketAlive is called when a socket has done its request and may be kept. When it returns false, the socket is
	// destroyed. Not called in editions before v10.
	KeepSocketAlive func(socket *Socket) bool
	// ReuseSocket is called when a kept socket is given to a request. Not called in editions before v10.
	ReuseSocket func(socket *Socket, request *ClientRequest)
	// GetName tells which connections are alike.
	GetName func(options *RequestOptions) string

	// EventFree is emitted when a socket has done its request. The agent itself is its first listener.
	EventFree Event2[*Socket, *RequestOptions]

	// Data is for users: nothing in this package reads it.
	Data any

	b              *behaviours
	executor       Executor
	protocol       string
	defaultPort    int
	keepAlive      bool
	keepAliveDelay time.Duration
	timeout        time.Duration
	scheduling     Scheduling
	connection     RequestOptions

	timeouts        timeouts
	mu              sync.Mutex
	maxSockets      int
	maxTotalSockets int
	maxFreeSockets  int
	total           int // sockets in use or being made
	sockets         map[string][]*Socket
	freeSockets     map[string][]*Socket
	creating        map[string]int // sockets that CreateConnection has not delivered yet
	requests        map[string][]*queuedRequest
	order           []string  // the names in requests, oldest first
	spare           []*Socket // empty: room for the next name in sockets or freeSockets

	lastName atomic.Pointer[connectionName]
}

// queuedRequest waits for a socket.
type queuedRequest struct {
	request *ClientRequest
	options *RequestOptions
}

// NewAgent returns an agent for HTTP.
func NewAgent(options AgentOptions) (*Agent, error) {
	a := newAgent(options, "http:", 80)
	a.CreateConnection = a.connect
	a.GetName = a.nameOfConnection
	return a.validated(options)
}

// NewTLSAgent returns an agent for HTTPS.
func NewTLSAgent(options AgentOptions) (*Agent, error) {
	a := newAgent(options, "https:", 443)
	a.CreateConnection = a.connectTLS
	a.GetName = a.b.nameOfTLSConnection
	return a.validated(options)
}

func newAgent(options AgentOptions, protocol string, defaultPort int) *Agent {
	a := &Agent{
		b: behavioursOf(options.Edition), executor: options.Executor, protocol: protocol, defaultPort: defaultPort,
		keepAlive: options.KeepAlive, keepAliveDelay: options.KeepAliveDelay, timeout: options.Timeout,
		scheduling: options.Scheduling, connection: options.Connection,
		maxSockets: options.MaxSockets, maxTotalSockets: options.MaxTotalSockets, maxFreeSockets: options.MaxFreeSockets,
		sockets: map[string][]*Socket{}, freeSockets: map[string][]*Socket{}, creating: map[string]int{},
		requests: map[string][]*queuedRequest{},
	}
	if a.keepAliveDelay == 0 {
		a.keepAliveDelay = time.Second
	}
	if a.maxSockets == 0 {
		a.maxSockets = a.b.agentMaxSockets
	}
	if a.maxTotalSockets == 0 || !a.b.agentTotalLimit {
		a.maxTotalSockets = Unlimited
	}
	if a.maxFreeSockets == 0 {
		a.maxFreeSockets = 256
	}
	if a.scheduling == "" || !a.b.agentScheduling {
		a.scheduling = FIFO
	}
	a.KeepSocketAlive = a.keepSocketAlive
	a.ReuseSocket = a.reuseSocket
	a.EventFree.On(a.release)
	return a
}

func (a *Agent) validated(options AgentOptions) (*Agent, error) {
	if options.MaxTotalSockets < 0 && a.b.agentTotalLimit {
		return nil, a.b.rangeError("maxTotalSockets", "> 0", options.MaxTotalSockets)
	}
	if a.scheduling != FIFO && a.scheduling != LIFO {
		return nil, &Error{Code: "ERR_INVALID_OPT_VALUE", Name: nameTypeError,
			Message: `The value "` + string(a.scheduling) + `" is invalid for option "scheduling"`}
	}
	return a, nil
}

// Protocol returns "http:" or "https:".
func (a *Agent) Protocol() string { return a.protocol }

// DefaultPort returns the port of requests that name none: 80 or 443 unless it was set.
func (a *Agent) DefaultPort() int { return a.limit(&a.defaultPort) }

// SetDefaultPort changes the port of requests that name none.
func (a *Agent) SetDefaultPort(port int) { a.setLimit(&a.defaultPort, port) }

// KeepAlive reports whether sockets are kept.
func (a *Agent) KeepAlive() bool { return a.keepAlive }

// KeepAliveDelay returns the initial delay of TCP keep-alive packets on kept sockets.
func (a *Agent) KeepAliveDelay() time.Duration { return a.keepAliveDelay }

// Timeout returns the idle time that sockets are created with, 0 for none.
func (a *Agent) Timeout() time.Duration { return a.timeout }

// Scheduling returns how free sockets are picked.
func (a *Agent) Scheduling() Scheduling { return a.scheduling }

// MaxSockets returns the limit of sockets for one name.
func (a *Agent) MaxSockets() int { return a.limit(&a.maxSockets) }

// SetMaxSockets changes the limit of sockets for one name. It closes nothing and starts nothing by itself.
func (a *Agent) SetMaxSockets(n int) { a.setLimit(&a.maxSockets, n) }

// MaxTotalSockets returns the limit of sockets for all names together.
func (a *Agent) MaxTotalSockets() int { return a.limit(&a.maxTotalSockets) }

// SetMaxTotalSockets changes the limit of sockets for all names together.
func (a *Agent) SetMaxTotalSockets(n int) { a.setLimit(&a.maxTotalSockets, n) }

// MaxFreeSockets returns the limit of free sockets for one name.
func (a *Agent) MaxFreeSockets() int { return a.limit(&a.maxFreeSockets) }

// SetMaxFreeSockets changes the limit of free sockets for one name.
func (a *Agent) SetMaxFreeSockets(n int) { a.setLimit(&a.maxFreeSockets, n) }

func (a *Agent) limit(limit *int) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return *limit
}

func (a *Agent) setLimit(limit *int, n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	*limit = n
}

// Sockets returns the sockets in use, by name.
func (a *Agent) Sockets() map[string][]*Socket { return a.copySockets(a.sockets) }

// FreeSockets returns the sockets that wait for a request, by name.
func (a *Agent) FreeSockets() map[string][]*Socket { return a.copySockets(a.freeSockets) }

func (a *Agent) copySockets(from map[string][]*Socket) map[string][]*Socket {
	a.mu.Lock()
	defer a.mu.Unlock()
	to := make(map[string][]*Socket, len(from))
	for name, sockets := range from {
		to[name] = slices.Clone(sockets)
	}
	return to
}

// Requests returns the requests that wait for a socket, by name.
func (a *Agent) Requests() map[string][]*ClientRequest {
	a.mu.Lock()
	defer a.mu.Unlock()
	to := make(map[string][]*ClientRequest, len(a.requests))
	for name, queue := range a.requests {
		for _, queued := range queue {
			to[name] = append(to[name], queued.request)
		}
	}
	return to
}

// Destroy destroys every socket of the agent, free or in use. Requests that still wait get new sockets. The agent can
// be used again.
func (a *Agent) Destroy() {
	var all []*Socket
	a.mu.Lock()
	for _, sets := range []map[string][]*Socket{a.freeSockets, a.sockets} {
		for _, sockets := range sets {
			all = append(all, sockets...)
		}
	}
	a.mu.Unlock()
	for _, socket := range all {
		socket.Destroy(nil)
	}
}

// keepsConnections reports whether a connection may ever serve a second request, which is what makes requests ask for
// it in their Connection header.
func (a *Agent) keepsConnections() bool {
	return a.keepAlive || a.MaxSockets() != Unlimited || a.b.agentAlwaysAsksToKeep
}

// addRequest finds a socket for a request, makes one, or lets the request wait.
func (a *Agent) addRequest(request *ClientRequest) error {
	options, merged := &request.options, false
	if a.changesOptions() {
		options, merged = a.merge(request, options), true
	}
	name := a.GetName(options)
	a.mu.Lock()
	if socket := a.takeFree(name); socket != nil {
		a.addSocket(a.sockets, name, socket)
		a.total++
		a.mu.Unlock()
		if a.b.agentHooks {
			a.ReuseSocket(socket, request)
		} else {
			a.reuseSocket(socket, request)
		}
		a.assign(request, socket)
		return nil
	}
	if !merged {
		kept := *options
		options = &kept
	}
	if !a.roomFor(name) {
		if len(a.requests[name]) == 0 {
			a.order = append(a.order, name)
		}
		a.requests[name] = append(a.requests[name], &queuedRequest{request, options})
		a.mu.Unlock()
		return nil
	}
	a.reserve(name)
	a.mu.Unlock()
	return a.create(name, options, func(err error, socket *Socket) {
		if err != nil {
			request.connectionFailed(err)
			return
		}
		a.assign(request, socket)
	})
}

// changesOptions reports whether merge does anything.
func (a *Agent) changesOptions() bool {
	over := &a.connection
	return a.protocol == "https:" || a.timeout != 0 || over.Host != "" || over.Port != 0 || over.Family != 0 ||
		over.LocalAddress != "" || over.LocalPort != 0 || over.Lookup != nil || over.SocketPath != "" || over.TLS != nil
}

// merge lays the agent's options over those of a request.
func (a *Agent) merge(request *ClientRequest, options *RequestOptions) *RequestOptions {
	merged := *options
	over := &a.connection
	if over.Host != "" {
		merged.Host = over.Host
	}
	if over.Port != 0 {
		merged.Port = over.Port
	}
	if over.Family != 0 {
		merged.Family = over.Family
	}
	if over.LocalAddress != "" {
		merged.LocalAddress = over.LocalAddress
	}
	if over.LocalPort != 0 {
		merged.LocalPort = over.LocalPort
	}
	if over.Lookup != nil {
		merged.Lookup = over.Lookup
	}
	if over.SocketPath != "" {
		merged.SocketPath = over.SocketPath
	}
	if a.timeout != 0 {
		merged.Timeout, merged.TimeoutSet = a.timeout, true
	}
	if over.TLS != nil {
		merged.TLS = over.TLS
	}
	if a.protocol == "https:" {
		var secure TLSOptions
		if merged.TLS != nil {
			secure = *merged.TLS
		}
		if secure.ServerName == "" {
			secure.ServerName = serverName(merged.Host, request.hostHeaderText())
		}
		merged.TLS = &secure
	}
	return &merged
}

// takeFree removes a free socket from the pool. The caller holds mu.
func (a *Agent) takeFree(name string) *Socket {
	free := a.freeSockets[name]
	for len(free) > 0 {
		var socket *Socket
		if a.scheduling == LIFO {
			socket, free = free[len(free)-1], free[:len(free)-1]
		} else {
			socket = free[0]
			free = slices.Delete(free, 0, 1)
		}
		if len(free) == 0 {
			a.dropName(a.freeSockets, name)
		} else {
			a.freeSockets[name] = free
		}
		if !socket.Destroyed() {
			return socket
		}
	}
	return nil
}

// roomFor reports whether another socket of that name may be made. The caller holds mu.
func (a *Agent) roomFor(name string) bool {
	return len(a.freeSockets[name])+len(a.sockets[name])+a.creating[name] < a.maxSockets && a.total < a.maxTotalSockets
}

// reserve counts a socket that is about to be made. The caller holds mu.
func (a *Agent) reserve(name string) {
	a.creating[name]++
	a.total++
}

// create makes a socket for which a place is reserved and tells done, once, unless it returns an error.
func (a *Agent) create(name string, options *RequestOptions, done func(error, *Socket)) error {
	var once sync.Once
	settle := func(err error, socket *Socket) (first bool) {
		once.Do(func() {
			first = true
			a.mu.Lock()
			if a.creating[name]--; a.creating[name] == 0 {
				delete(a.creating, name)
			}
			if err != nil || socket == nil {
				a.total--
			} else {
				a.addSocket(a.sockets, name, socket)
			}
			a.mu.Unlock()
		})
		return first
	}
	callback := func(err error, socket *Socket) {
		if err == nil && socket == nil {
			err = &Error{Name: nameError, Message: "createConnection delivered neither a socket nor an error"}
		}
		if settle(err, socket) {
			if err == nil {
				a.adopt(name, socket, options)
			}
			done(err, socket)
		}
	}
	socket, err := a.CreateConnection(options, callback)
	if err != nil {
		if settle(err, nil) {
			return err
		}
		return nil
	}
	if socket != nil {
		callback(nil, socket)
	}
	return nil
}

// adopt listens to a new socket.
func (a *Agent) adopt(name string, socket *Socket, options *RequestOptions) {
	free := socket.EventFree.On(func() { a.EventFree.Emit(socket, options) })
	connection := clientConnectionOf(socket, a.b)
	leave := func() { a.remove(name, socket) }
	connection.leave.Store(&leave)
	var timeout, removed Listener
	if a.b.freeSocketTimeout {
		timeout = socket.EventTimeout.On(func() {
			a.mu.Lock()
			idle := slices.Contains(a.freeSockets[name], socket)
			a.mu.Unlock()
			if idle {
				socket.Destroy(nil)
			}
		})
	}
	removed = socket.EventAgentRemove.On(func() {
		connection.leave.Store(nil)
		a.remove(name, socket)
		socket.EventFree.Off(free)
		socket.EventTimeout.Off(timeout)
		socket.EventAgentRemove.Off(removed)
	})
}

// assign gives a socket to a request.
func (a *Agent) assign(request *ClientRequest, socket *Socket) {
	request.assignSocket(socket)
	if request.timeoutSet && request.timeout != a.timeout {
		socket.SetTimeout(request.timeout, nil)
	}
}

// release is what the agent does on EventFree: the socket goes to the request that waits longest for one of its name,
// into the pool, or away.
func (a *Agent) release(socket *Socket, options *RequestOptions) {
	name := a.GetName(options)
	if a.serveQueued(name, socket) {
		return
	}
	connection := clientConnectionOf(socket, a.b)
	request := connection.last.Load()
	if request == nil || !request.keepsConnection() || !socket.Writable() || !a.keepAlive || !a.roomToKeep(name) {
		socket.Destroy(nil)
		return
	}
	keep := a.keepSocketAlive
	if a.b.agentHooks {
		keep = a.KeepSocketAlive
	}
	if !keep(socket) {
		socket.Destroy(nil)
		return
	}
	connection.idle()
	if a.b.freeSocketTimeout && socket.Timeout() != a.timeout {
		socket.SetTimeout(a.timeout, nil)
	}
	a.mu.Lock()
	if len(a.requests[name]) > 0 {
		// A request came while KeepSocketAlive ran.
		queued := a.unqueue(name)
		a.mu.Unlock()
		a.assign(queued.request, socket)
		return
	}
	if len(a.freeSockets[name]) >= a.maxFreeSockets {
		// Another socket became free meanwhile.
		a.mu.Unlock()
		socket.Destroy(nil)
		return
	}
	if !a.takeInUse(name, socket) {
		// It closed, or was taken out of the agent, while KeepSocketAlive ran.
		a.mu.Unlock()
		return
	}
	a.addSocket(a.freeSockets, name, socket)
	a.mu.Unlock()
	a.startQueued(name)
}

// serveQueued gives a socket to the first request that waits for one of its name.
func (a *Agent) serveQueued(name string, socket *Socket) bool {
	a.mu.Lock()
	queue := a.requests[name]
	if len(queue) == 0 || !socket.Writable() {
		a.mu.Unlock()
		return false
	}
	queued := a.unqueue(name)
	a.mu.Unlock()
	a.assign(queued.request, socket)
	return true
}

// unqueue takes the first request that waits for a name. The caller holds mu.
func (a *Agent) unqueue(name string) *queuedRequest {
	queue := a.requests[name]
	first := queue[0]
	if len(queue) == 1 {
		delete(a.requests, name)
		a.order = slices.DeleteFunc(a.order, func(other string) bool { return other == name })
	} else {
		queue[0] = nil
		a.requests[name] = queue[1:]
	}
	return first
}

// roomToKeep reports whether a socket that is still counted as in use may become a free one.
func (a *Agent) roomToKeep(name string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	free := len(a.freeSockets[name])
	return a.total <= a.maxTotalSockets && free+len(a.sockets[name]) <= a.maxSockets && free < a.maxFreeSockets
}

// takeInUse removes a socket from those in use. The caller holds mu.
func (a *Agent) takeInUse(name string, socket *Socket) bool {
	if !a.takeSocket(a.sockets, name, socket) {
		return false
	}
	a.total--
	return true
}

// addSocket puts a socket into one of the sets. The caller holds mu.
func (a *Agent) addSocket(sets map[string][]*Socket, name string, socket *Socket) {
	set := sets[name]
	if set == nil {
		set, a.spare = a.spare, nil
	}
	sets[name] = append(set, socket)
}

// dropName takes an empty set's name out. The caller holds mu.
func (a *Agent) dropName(sets map[string][]*Socket, name string) {
	if set := sets[name]; cap(set) <= 64 {
		clear(set[:cap(set)])
		a.spare = set[:0]
	}
	delete(sets, name)
}

func (a *Agent) takeSocket(sets map[string][]*Socket, name string, socket *Socket) bool {
	at := slices.Index(sets[name], socket)
	if at < 0 {
		return false
	}
	if len(sets[name]) == 1 {
		a.dropName(sets, name)
	} else {
		sets[name] = slices.Delete(sets[name], at, at+1)
	}
	return true
}

// remove forgets a socket that closed or is no longer the agent's, and makes another one if a request waits.
func (a *Agent) remove(name string, socket *Socket) {
	a.mu.Lock()
	a.takeInUse(name, socket)
	if !socket.Writable() {
		a.takeSocket(a.freeSockets, name, socket)
	}
	a.mu.Unlock()
	a.startQueued(name)
}

// startQueued makes a socket for a request that waits and now has room: one of the given name first, else the name that
// waits longest. The socket then goes through EventFree, which serves the first request in the queue.
func (a *Agent) startQueued(name string) {
	a.mu.Lock()
	candidate := ""
	for _, other := range append([]string{name}, a.order...) {
		if len(a.requests[other]) > a.creating[other] && a.roomFor(other) {
			candidate = other
			break
		}
	}
	if candidate == "" {
		a.mu.Unlock()
		return
	}
	options := a.requests[candidate][0].options
	a.reserve(candidate)
	a.mu.Unlock()
	failed := func(err error) {
		a.mu.Lock()
		var queued *queuedRequest
		if len(a.requests[candidate]) > 0 {
			queued = a.unqueue(candidate)
		}
		a.mu.Unlock()
		if queued != nil {
			queued.request.connectionFailed(err)
		}
		a.startQueued(candidate)
	}
	err := a.create(candidate, options, func(err error, socket *Socket) {
		if err != nil {
			failed(err)
			return
		}
		socket.strand.postTask((*freeStep)(socket))
	})
	if err != nil {
		failed(err)
	}
}

// keepSocketAlive is the default of KeepSocketAlive.
func (a *Agent) keepSocketAlive(socket *Socket) bool {
	socket.methods().SetKeepAlive(true, a.keepAliveDelay)
	socket.methods().Unref()
	return true
}

// reuseSocket is the default of ReuseSocket.
func (a *Agent) reuseSocket(socket *Socket, request *ClientRequest) {
	request.SetReusedSocket(true)
	socket.methods().Ref()
}
