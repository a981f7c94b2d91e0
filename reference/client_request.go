package reference

import (
	"context"
	"io"
	"reflect"
	"sync"
	"time"
)

// ClientRequest is a request on its way to a server, and then the place where its response appears. It is an io.Writer
// for the body; End completes it.
//
// The life of a request:
//
//	          Request                socket assigned                 response head
//	(nothing) ───────▶ queued ──────────────────────▶ sent to ──────────────────────▶ answered ──▶ response
//	                     │            EventSocket        │          EventResponse         │          and request
//	                     │ Abort                         │ error, close, Abort            │ close    complete
//	                     ▼                               ▼                                ▼             │
//	                  EventAbort only          EventError, EventClose          response EventAborted    ▼
//	                                                                           EventClose       EventClose, or the
//	                                                                                            agent keeps the socket
//
// "Continue" and other 1xx responses leave it where it is; a switch of protocols ends it with EventUpgrade or
// EventConnect and EventClose.
type ClientRequest struct {
	OutgoingMessage

	// EventAbort comes after the first call of Abort.
	EventAbort Event0
	// EventConnect comes with the response to a CONNECT request: the connection is the listener's from then on, and the
	// bytes that followed the response head are the third argument. Without a listener the connection is closed.
	EventConnect Event3[*IncomingMessage, *Socket, []byte]
	// EventContinue comes with a response of status 100.
	EventContinue Event0
	// EventInformation comes with every response of status 1xx but 101. Editions v10, which shows only the status code,
	// v12 and v13; in the earlier ones any 1xx but 100 is the final response.
	EventInformation Event1[*Information]
	// EventResponse comes when the response head has arrived. Without a listener the response is discarded; with one its
	// body has to be read, or the connection waits.
	EventResponse Event1[*IncomingMessage]
	// EventSocket comes when the request has a connection, which may still be connecting.
	EventSocket Event1[*Socket]
	// EventTimeout comes once when the connection was idle for the time of SetTimeout. The request goes on.
	EventTimeout Event0
	// EventUpgrade comes with a response that switches protocols, like EventConnect.
	EventUpgrade Event3[*IncomingMessage, *Socket, []byte]

	agent      *Agent
	own        strand  // before there is a socket
	assigned   *Socket // is, or will soon be, the request's
	options    RequestOptions
	timeout    time.Duration
	timeoutSet bool

	// Guarded by OutgoingMessage.mu.
	aborted         bool
	reused          bool
	listensTimeout  bool
	timeoutCalls    int // of SetTimeout: the last one counts
	responseEnded   bool
	timedOut        bool // EventTimeout was emitted
	released        bool // the connection went back to the agent
	response        *IncomingMessage
	waiter          *responseWaiter
	held            *strand // is drained by deliver
	maxHeadersCount int     // -1: never set
}

// Information is a response of status 1xx.
type Information struct {
	StatusCode       int
	StatusMessage    string
	HTTPVersion      string
	HTTPVersionMajor int
	HTTPVersionMinor int
	Headers          *MessageHeaders
	RawHeaders       []string
}

// Request starts an HTTP request. The header block is sent with the first bytes of the body or by End; nothing is sent
// before one of Write, Send, End and FlushHeaders, except that an Expect header in the options sends the header block at
// once. onResponse may be nil; it is added to EventResponse for one time. Errors: ERR_UNESCAPED_CHARACTERS,
// ERR_INVALID_PROTOCOL, ERR_INVALID_HTTP_TOKEN, ERR_INVALID_CHAR, ERR_HTTP_INVALID_HEADER_VALUE, ERR_OUT_OF_RANGE,
// ERR_SOCKET_BAD_PORT, ERR_INVALID_IP_ADDRESS, and those of Agent.CreateConnection. What goes wrong later comes by
// EventError.
func Request(options RequestOptions, onResponse func(*IncomingMessage)) (*ClientRequest, error) {
	return newClientRequest(&options, onResponse, nil)
}

// RequestURL is Request for a URL. options may be nil; what is set in it wins over the URL, except that the URL's host
// wins over Host (but not over Hostname). Editions before v12 take no options beside a URL. Further errors:
// ERR_INVALID_URL, ERR_INVALID_DOMAIN_NAME.
func RequestURL(url string, options *RequestOptions, onResponse func(*IncomingMessage)) (*ClientRequest, error) {
	var merged RequestOptions
	if options != nil {
		merged = *options
	}
	b := merged.defaultAgent().b
	if options != nil && !b.urlWithOptions && !options.onlyAgent() {
		return nil, b.argumentTypeError(`"listener" argument`, "of type Function", "type object")
	}
	if err := merged.applyURL(b, url); err != nil {
		return nil, err
	}
	return newClientRequest(&merged, onResponse, nil)
}

// onlyAgent reports whether nothing is set but who makes the request.
func (o *RequestOptions) onlyAgent() bool {
	rest := *o
	rest.Agent, rest.DefaultAgent, rest.OneTimeAgent, rest.Prepare = nil, nil, false, nil
	return reflect.ValueOf(rest).IsZero()
}

// Get is Request, and calls End. It does not change the method, which is "GET" by default.
func Get(options RequestOptions, onResponse func(*IncomingMessage)) (*ClientRequest, error) {
	return ended(Request(options, onResponse))
}

// GetURL is RequestURL, and calls End.
func GetURL(url string, options *RequestOptions, onResponse func(*IncomingMessage)) (*ClientRequest, error) {
	return ended(RequestURL(url, options, onResponse))
}

func ended(request *ClientRequest, err error) (*ClientRequest, error) {
	if err != nil {
		return nil, err
	}
	if err := request.End(nil, nil); err != nil {
		return nil, err
	}
	return request, nil
}

// Do makes a request in the blocking style: it sends the body, which may be nil, and waits for the response, whose body
// can be read then. When the context ends first, the request is aborted and the context's error returned. Listeners may
// be called by the goroutine of Do. With an Executor, Do must not be called on it.
func Do(ctx context.Context, options RequestOptions, body io.Reader) (*IncomingMessage, error) {
	waiter := newResponseWaiter()
	waiter.delivers = body == nil
	request, err := newClientRequest(&options, nil, waiter)
	if err != nil {
		return nil, err
	}
	if body != nil {
		stop := context.AfterFunc(ctx, request.Abort)
		_, err = io.Copy(&request.OutgoingMessage, body)
		stop()
		if err != nil {
			// A server may answer and close before it has read everything: its answer counts.
			request.dropBody()
			return request.wait(ctx, waiter, err)
		}
	}
	err = request.End(nil, nil)
	request.deliver()
	if err != nil {
		request.Abort()
		return nil, err
	}
	return request.wait(ctx, waiter, nil)
}

// Response ends the request and waits for the response, whose body can be read then. When the context ends first, the
// request is aborted and the context's error returned. A response that comes before Response is called goes to the
// listeners of EventResponse only. With an Executor, Response must not be called on it.
func (r *ClientRequest) Response(ctx context.Context) (*IncomingMessage, error) {
	waiter := newResponseWaiter()
	r.mu.Lock()
	waiter.next, r.waiter = r.waiter, waiter
	r.mu.Unlock()
	if err := r.End(nil, nil); err != nil {
		return nil, err
	}
	return r.wait(ctx, waiter, nil)
}

// responseWaiter is somebody who blocks until a request has a response or failed.
type responseWaiter struct {
	done     chan struct{} // of one element: the outcome is there
	delivers bool          // it is about to deliver what its request has caused
	settled  bool          // guarded by the request's mu, until done
	response *IncomingMessage
	err      error
	next     *responseWaiter // who waits too
}

func newResponseWaiter() *responseWaiter { return &responseWaiter{done: make(chan struct{}, 1)} }

// settle tells who waits, if anybody does, of the first outcome, and reports whether somebody waits.
func (r *ClientRequest) settle(response *IncomingMessage, err error) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for w := r.waiter; w != nil; w = w.next {
		if !w.settled {
			w.settled, w.response, w.err = true, response, err
			w.done <- struct{}{}
		}
	}
	return r.waiter != nil
}

// respond tells of the response, on the strand, and reports whether anybody wants it.
func (r *ClientRequest) respond(message *IncomingMessage) bool {
	waited := r.settle(message, nil)
	return r.EventResponse.Emit(message) || waited
}

// fail tells of an error. It runs on the strand.
func (r *ClientRequest) fail(err error) {
	r.settle(nil, err)
	r.EventError.Emit(err)
}

// closed tells of the end. It runs on the strand.
func (r *ClientRequest) closed() {
	r.settle(nil, hangUpError())
	r.EventClose.Emit()
}

// deliver is called by somebody who is about to wait for the response: instead of a goroutine made for it, the one that
// made the request sends it, if its socket was there at once.
func (r *ClientRequest) deliver() {
	r.mu.Lock()
	held := r.held
	r.held = nil
	if r.waiter != nil {
		r.waiter.delivers = false
	}
	r.mu.Unlock()
	if held != nil {
		held.drain()
	}
}

// wait blocks until there is a response. A failure is reported as instead, unless that is nil.
func (r *ClientRequest) wait(ctx context.Context, w *responseWaiter, instead error) (*IncomingMessage, error) {
	select {
	case <-w.done:
		if w.err != nil && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if w.err != nil && instead != nil {
			return nil, instead
		}
		return w.response, w.err
	case <-ctx.Done():
		r.Abort()
		return nil, ctx.Err()
	}
}

// newClientRequest keeps a copy of the options. onResponse and waiter may be nil.
func newClientRequest(given *RequestOptions, onResponse func(*IncomingMessage), waiter *responseWaiter) (*ClientRequest, error) {
	r := &ClientRequest{maxHeadersCount: -1, options: *given, waiter: waiter}
	options := &r.options
	base := options.defaultAgent()
	switch {
	case options.OneTimeAgent:
		agent, err := base.sameKind()
		if err != nil {
			return nil, err
		}
		r.agent = agent
	case options.Agent != nil:
		r.agent = options.Agent
	case options.CreateConnection == nil:
		r.agent = base
	}
	if r.agent != nil {
		base = r.agent
	}
	r.own.prepare(base.executor)
	r.prepare(r, base.b, &r.own, nil)
	defaultPort := 0
	if r.agent != nil {
		defaultPort = base.DefaultPort()
	}
	if err := options.complete(base.b, base.protocol, defaultPort); err != nil {
		return nil, err
	}
	r.timeout, r.timeoutSet = options.Timeout, options.TimeoutSet
	if onResponse != nil {
		r.EventResponse.Once(onResponse)
	}
	if options.Prepare != nil {
		options.Prepare(r)
	}
	switch options.Method {
	case "GET", "HEAD", "DELETE", "OPTIONS", "CONNECT":
		r.chunkedByDefault = false
	case "TRACE":
		r.chunkedByDefault = base.b.traceHasBody
	}
	keep := r.agent != nil && r.agent.keepsConnections()
	if !base.b.keepAliveDecidedLate {
		r.last, r.shouldKeepAlive = !keep, keep
	}
	r.hasAgent = r.agent != nil
	if err := r.initialHeaders(); err != nil {
		return nil, err
	}
	r.last, r.shouldKeepAlive = !keep, keep
	if err := r.startConnecting(); err != nil {
		r.deliver()
		return nil, err
	}
	return r, nil
}

// initialHeaders sets the headers that the options ask for.
func (r *ClientRequest) initialHeaders() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	o := &r.options
	if o.HeaderList {
		return r.storeHeader(0, o.Headers, false, o.Method, " ", o.Path, " HTTP/1.1")
	}
	for _, field := range o.Headers {
		if err := r.setHeader(field.Name, field.Value); err != nil {
			return err
		}
	}
	if _, has := r.headers.get("host"); !has && !o.WithoutHost {
		if err := r.setHeader("Host", StringValue(o.hostHeader())); err != nil {
			return err
		}
	}
	if _, has := r.headers.get("authorization"); !has && o.Auth != "" {
		if err := r.setHeader("Authorization", StringValue(o.authorization())); err != nil {
			return err
		}
	}
	if _, has := r.headers.get("expect"); has {
		return r.implicitHeader()
	}
	return nil
}

// implicitHeader is part of outgoingKind. It is called with mu held.
func (r *ClientRequest) implicitHeader() error {
	return r.storeHeader(0, r.headers.fields, true, r.options.Method, " ", r.options.Path, " HTTP/1.1")
}

// startConnecting asks for a socket.
func (r *ClientRequest) startConnecting() error {
	if r.agent != nil && (r.options.SocketPath == "" || !r.behaviours.socketPathOutsideAgent) {
		return r.agent.addRequest(r)
	}
	options := r.options
	create := options.CreateConnection
	if r.agent != nil {
		create = r.agent.CreateConnection
		r.last, r.shouldKeepAlive = true, false
	}
	deliver := onceDelivered(func(err error, socket *Socket) {
		if err != nil {
			r.connectionFailed(err)
			return
		}
		r.assignSocket(socket)
	})
	socket, err := create(&options, deliver)
	if err != nil {
		return err
	}
	if socket != nil {
		deliver(nil, socket)
	}
	return nil
}

// onceDelivered lets only the first call through.
func onceDelivered(deliver func(error, *Socket)) func(error, *Socket) {
	var once sync.Once
	return func(err error, socket *Socket) {
		once.Do(func() {
			if err == nil && socket == nil {
				err = &Error{Name: nameError, Message: "createConnection delivered neither a socket nor an error"}
			}
			deliver(err, socket)
		})
	}
}

// Method returns the request method.
func (r *ClientRequest) Method() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.options.Method
}

// SetMethod changes the request method, as long as the header block is not settled. Error: ERR_INVALID_HTTP_TOKEN.
func (r *ClientRequest) SetMethod(method string) error {
	if !isToken(method) {
		return r.behaviours.methodError(method)
	}
	r.mu.Lock()
	r.options.Method = method
	r.mu.Unlock()
	return nil
}

// Path returns the request target.
func (r *ClientRequest) Path() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.options.Path
}

// SetPath changes the request target, as long as the header block is not settled. Error:
// ERR_UNESCAPED_CHARACTERS for one that the option would not take.
func (r *ClientRequest) SetPath(path string) error {
	if path == "" || !r.behaviours.validPath(path) {
		return r.behaviours.unescapedError()
	}
	r.mu.Lock()
	r.options.Path = path
	r.mu.Unlock()
	return nil
}

// Host returns the host that the request is for.
func (r *ClientRequest) Host() string { return r.options.Host }

// Protocol returns "http:" or "https:".
func (r *ClientRequest) Protocol() string { return r.options.Protocol }

// Agent returns the agent that the request uses, or nil.
func (r *ClientRequest) Agent() *Agent { return r.agent }

// Aborted reports whether Abort was called.
func (r *ClientRequest) Aborted() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.aborted
}

// ReusedSocket reports whether the request was given a socket that had served another one. A request that fails with
// ECONNRESET then may just have met the server's idle timeout. Set by the default of Agent.ReuseSocket. Editions v12 and
// v13; false in the others.
func (r *ClientRequest) ReusedSocket() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.reused
}

// SetReusedSocket is for replacements of Agent.ReuseSocket.
func (r *ClientRequest) SetReusedSocket(reused bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reused = reused && r.behaviours.reusedSocket
}

// MaxHeadersCount returns the limit of response header fields, and whether one was set.
func (r *ClientRequest) MaxHeadersCount() (n int, set bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return max(r.maxHeadersCount, 0), r.maxHeadersCount >= 0
}

// SetMaxHeadersCount limits the response header fields that are kept; the others are dropped. 0 means no limit. Default:
// 1000 (the document says 2000, no version of Node does that). It has to be called before EventSocket.
func (r *ClientRequest) SetMaxHeadersCount(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.maxHeadersCount = max(n, 0)
}

// IncomingMessage returns the response, or nil before it has come.
func (r *ClientRequest) IncomingMessage() *IncomingMessage {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.response
}

// Abort marks the request as aborted, drops what remains of the response and destroys the socket. Before a socket was
// assigned, only EventAbort follows; the agent still makes the connection, for the next request. Otherwise EventAbort is
// followed by EventError (ECONNRESET, "socket hang up") when there is no response yet, or by the response's EventAborted,
// and by EventClose.
func (r *ClientRequest) Abort() {
	r.mu.Lock()
	first := !r.aborted
	r.aborted = true
	response, socket, released := r.response, r.socket, r.released
	r.mu.Unlock()
	if first {
		r.strand.post(func() {
			r.settle(nil, hangUpError())
			r.EventAbort.Emit()
		})
	}
	if response != nil {
		response.dumpRest()
	}
	switch {
	case socket == nil:
		r.dropBody()
	case !released:
		socket.Destroy(nil)
	}
}

// dropBody makes blocked and later writes fail.
func (r *ClientRequest) dropBody() { r.cutOff() }

// Destroy destroys the socket, now or as soon as it is assigned. EventError comes with err, or with ECONNRESET when err
// is nil and there is no response yet, and then EventClose.
func (r *ClientRequest) Destroy(err error) {
	r.withSocket(func(socket *Socket) { socket.Destroy(err) })
}

// SetTimeout makes EventTimeout come once when the connection was idle for d; callback may be nil and is added to
// EventTimeout for one time. The time counts from when the connection is established; before edition v10 from when the
// socket is assigned. 0 switches it off. Error: ERR_OUT_OF_RANGE.
func (r *ClientRequest) SetTimeout(d time.Duration, callback func()) error {
	r.mu.Lock()
	ended := r.responseEnded
	r.listensTimeout = true
	if d != 0 || !r.behaviours.timeoutClearedAtOnce {
		r.timeoutCalls++
	}
	call := r.timeoutCalls
	r.mu.Unlock()
	if ended {
		return nil
	}
	if d < 0 {
		return r.behaviours.rangeError("msecs", "a non-negative finite number", formatMilliseconds(d))
	}
	if callback != nil {
		r.EventTimeout.Once(callback)
	}
	if d == 0 && r.behaviours.timeoutClearedAtOnce {
		r.withSocket(func(socket *Socket) { socket.methods().SetTimeout(0, nil) })
		return nil
	}
	set := func(socket *Socket) {
		r.mu.Lock()
		last := call == r.timeoutCalls
		r.mu.Unlock()
		if last {
			socket.methods().SetTimeout(d, nil)
		}
	}
	r.withSocket(func(socket *Socket) {
		if r.behaviours.timeoutWaitsForConnect {
			socket.onceConnected(func() { set(socket) })
		} else {
			set(socket)
		}
	})
	return nil
}

// SetNoDelay calls Socket.SetNoDelay once a socket is assigned.
func (r *ClientRequest) SetNoDelay(noDelay bool) {
	r.withSocket(func(socket *Socket) { socket.methods().SetNoDelay(noDelay) })
}

// SetSocketKeepAlive calls Socket.SetKeepAlive once a socket is assigned.
func (r *ClientRequest) SetSocketKeepAlive(enable bool, initialDelay time.Duration) {
	r.withSocket(func(socket *Socket) { socket.methods().SetKeepAlive(enable, initialDelay) })
}

// withSocket runs f now if there is a socket, else with EventSocket.
func (r *ClientRequest) withSocket(f func(*Socket)) {
	r.mu.Lock()
	socket := r.socket
	if socket == nil {
		r.EventSocket.Once(f)
	}
	r.mu.Unlock()
	if socket != nil {
		f(socket)
	}
}

// hostHeaderText returns the Host header, or "".
func (r *ClientRequest) hostHeaderText() string {
	value, has := r.GetHeader("host")
	if !has {
		return ""
	}
	return value.String()
}

// connectionFailed reports that no socket could be made.
func (r *ClientRequest) connectionFailed(err error) {
	r.cutOff()
	r.strand.post(func() { r.fail(err) })
}

// assignSocket gives the request its socket. From now on its events are delivered in one order with the socket's.
func (r *ClientRequest) assignSocket(socket *Socket) {
	r.strand.join(socket.strand)
	r.mu.Lock()
	r.assigned = socket
	if r.waiter != nil && r.waiter.delivers && r.held == nil && socket.strand.hold() {
		r.held = socket.strand
	}
	r.mu.Unlock()
	r.strand.postTask((*assignedStep)(r))
}

// assignedStep is a request that has been assigned a socket, as posted to its strand.
type assignedStep ClientRequest

func (s *assignedStep) run() { (*ClientRequest)(s).takeSocket(s.assigned) }

// takeSocket runs on the strand.
func (r *ClientRequest) takeSocket(socket *Socket) {
	r.mu.Lock()
	aborted := r.aborted
	limit := r.maxHeadersCount
	if limit < 0 {
		limit = r.behaviours.maxHeadersCount
	}
	r.mu.Unlock()
	if aborted {
		// The request was aborted while it waited: the socket is for the next one.
		if r.agent == nil {
			socket.Destroy(nil)
		} else {
			socket.EventFree.Emit()
		}
		return
	}
	clientConnectionOf(socket, r.behaviours).begin(r, limit)
	r.mu.Lock()
	r.socket = socket
	if r.timeoutSet || r.agent != nil && r.agent.timeout != 0 && r.behaviours.agentTimeoutNotifies {
		r.listensTimeout = true
	}
	r.mu.Unlock()
	if r.drainsIntoSocket() {
		r.EventDrain.Emit()
	}
	r.EventSocket.Emit(socket)
	if r.attach(socket) {
		r.EventDrain.Emit()
	}
	if socket.closed {
		// It was delivered late, and its end is known already.
		connection := clientConnectionOf(socket, r.behaviours)
		if socket.failure != nil {
			connection.socketError(socket.failure)
		}
		connection.socketClose(socket.failure != nil)
	}
}

// messageEnded is part of outgoingKind: everything of the request is with the socket.
func (r *ClientRequest) messageEnded() {
	r.mu.Lock()
	due := r.responseEnded && r.shouldKeepAlive && r.attached
	r.mu.Unlock()
	if due {
		r.release()
	}
}

// messageFinished, messageLost and pendingOutput are part of outgoingKind.
func (r *ClientRequest) messageFinished()  {}
func (r *ClientRequest) messageLost()      {}
func (r *ClientRequest) pendingOutput(int) {}

// completed runs on the strand when the response was read to its end.
func (r *ClientRequest) completed() {
	r.mu.Lock()
	r.responseEnded = true
	keep, ended, socket := r.shouldKeepAlive, r.ended, r.socket
	r.mu.Unlock()
	switch {
	case socket == nil:
	case !keep:
		socket.DestroySoon()
	case ended:
		r.release()
	}
}

// release gives the connection back when both directions are done.
func (r *ClientRequest) release() {
	r.mu.Lock()
	again := r.released
	r.released = true
	socket, timed := r.socket, r.listensTimeout
	r.mu.Unlock()
	if again || socket == nil {
		return
	}
	if timed {
		socket.SetTimeout(0, nil)
	}
	if clientConnectionOf(socket, r.behaviours).end(r) {
		socket.strand.postTask((*freeStep)(socket))
	}
}

// freeStep is a socket that has done with a request, as posted to its strand.
type freeStep Socket

func (s *freeStep) run() { s.EventFree.Emit() }

// keepsConnection reports whether the connection may serve another request.
func (r *ClientRequest) keepsConnection() bool { return r.ShouldKeepAlive() }
