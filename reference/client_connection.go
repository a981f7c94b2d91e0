package reference

import (
	"sync/atomic"

	"github.com/nodehttp/conform/reference/internal/http1"
)

// clientConnection is the HTTP side of a client's socket, from the first request to the last: it reads responses and
// tells the request that they belong to. Between two requests it throws away what arrives.
type clientConnection struct {
	socket     *Socket
	behaviours *behaviours

	request atomic.Pointer[ClientRequest] // the one that waits for its response, or receives it
	last    atomic.Pointer[ClientRequest] // the one that was served last, until the socket goes into a pool

	leave atomic.Pointer[func()] // tells the agent that the socket has closed, before anybody else learns it

	// Only used on the strand.
	reader *messageReader // of the current request
	kept   responseExchange
	limit  int  // header fields to keep
	failed bool // the request was told of an error
	done   bool // what arrives has no meaning any more
}

// clientConnectionOf returns the HTTP side of a socket, and makes one for a new socket.
func clientConnectionOf(socket *Socket, b *behaviours) *clientConnection {
	socket.mu.Lock()
	defer socket.mu.Unlock()
	if connection, ok := socket.owner.(*clientConnection); ok {
		return connection
	}
	connection := &clientConnection{socket: socket, behaviours: b}
	socket.owner = connection
	return connection
}

// begin makes the connection wait for the response to a request. It runs on the strand.
func (c *clientConnection) begin(r *ClientRequest, limit int) {
	headBytes := 0
	if c.behaviours.maxHeaderSizeOption {
		headBytes = r.options.MaxHeaderSize
	}
	lenient := r.options.InsecureHTTPParser && c.behaviours.insecureParserOption
	exchange := &c.kept
	if in := &c.socket.inlet; in.tryAcquire() {
		exchange.reader.reset()
		in.release()
	} else {
		// Somebody who blocks in Read still uses the reader of the last response.
		exchange = &responseExchange{}
	}
	exchange.responseReader = responseReader{c, r, nil}
	c.reader = &exchange.reader
	c.reader.prepare(c.socket, &exchange.responseReader, c.behaviours, http1.Response, headBytes, lenient)
	c.limit, c.failed, c.done = limit, false, false
	c.last.Store(nil)
	c.request.Store(r)
	c.socket.Resume()
}

// end makes a request let go of the connection, and reports whether it had it.
func (c *clientConnection) end(r *ClientRequest) bool {
	if !c.request.CompareAndSwap(r, nil) {
		return false
	}
	c.last.Store(r)
	return true
}

// idle makes the connection forget its last request: the socket is in a pool.
func (c *clientConnection) idle() { c.last.Store(nil) }

// informational reports whether a response of that status is followed by another one.
func (b *behaviours) informational(status int) bool {
	if b.onlyContinueIsInformational {
		return status == 100
	}
	return status >= 100 && status < 200 && status != 101
}

// socketInput is part of socketOwner.
func (c *clientConnection) socketInput() {
	if c.request.Load() != nil && !c.done {
		c.reader.turn()
		return
	}
	in := &c.socket.inlet
	in.mu.Lock()
	if !in.busy {
		in.input = nil
		in.drop()
	}
	in.mu.Unlock()
}

// socketDrain is part of socketOwner.
func (c *clientConnection) socketDrain() {
	if r := c.request.Load(); r != nil {
		r.drained()
	}
}

// socketTimeout is part of socketOwner.
func (c *clientConnection) socketTimeout() {
	r := c.request.Load()
	if r == nil {
		return
	}
	r.mu.Lock()
	due := r.listensTimeout && !r.timedOut && !r.responseEnded
	r.timedOut = r.timedOut || due
	r.mu.Unlock()
	if due {
		r.EventTimeout.Emit()
	}
}

// unheard is part of socketOwner: a client's socket is never destroyed by its timeout alone.
func (c *clientConnection) unheard() bool { return false }

// socketError is part of socketOwner.
func (c *clientConnection) socketError(err error) {
	c.done = true
	if r := c.request.Load(); r != nil {
		c.failed = true
		r.fail(err)
	}
}

// socketClose is part of socketOwner. What a listener sees, and in which order, differs most between the editions here.
func (c *clientConnection) socketClose(bool) {
	c.done = true
	if leave := c.leave.Swap(nil); leave != nil {
		(*leave)()
	}
	r := c.request.Load()
	if r == nil {
		return
	}
	r.cutOff()
	first := c.behaviours.closeBeforeConsequences
	if first {
		r.closed()
	}
	r.mu.Lock()
	response := r.response
	r.mu.Unlock()
	if response == nil {
		if !c.failed {
			c.failed = true
			r.fail(hangUpError())
		}
	} else if !response.Upgrade() && !response.Ended() && (first || !response.Complete()) {
		response.announceAborted()
	}
	if !first {
		r.closed()
	}
	if response != nil && !response.Upgrade() {
		switch {
		case !response.Ended() && (!response.Aborted() || c.behaviours.abortedResponseEnds):
			response.endAndClose()
		case !response.Ended() || c.behaviours.messageClose:
			response.close()
		}
	}
	c.end(r)
}

// responseExchange is what it takes to read the response to one request. A connection keeps one for all its requests:
// nothing of it is used any more when a response was read to its end.
type responseExchange struct {
	reader messageReader
	responseReader
}

// responseReader tells one request of what the reader of its connection finds.
type responseReader struct {
	connection *clientConnection
	request    *ClientRequest
	response   *IncomingMessage // the final one; set on the strand
}

// readHead is part of messageUser.
func (u *responseReader) readHead(head *http1.Head) (*IncomingMessage, http1.Action) {
	c := u.connection
	message := NewIncomingMessage(c.socket)
	message.behaviours = c.behaviours
	message.fill(head, c.limit)
	method := u.request.Method()
	switch {
	case head.Upgrade || method == "CONNECT":
		message.upgrade = true
		return message, http1.Upgrade
	case method == "HEAD" || c.behaviours.informational(message.statusCode):
		return message, http1.SkipBody
	}
	return message, http1.Continue
}

// messageArrived is part of messageUser.
func (u *responseReader) messageArrived(message *IncomingMessage) {
	c, r := u.connection, u.request
	if c.request.Load() != r {
		return
	}
	if u.response != nil {
		// A second response, which nobody asked for.
		c.done = true
		c.socket.Destroy(nil)
		return
	}
	if c.behaviours.informational(message.statusCode) {
		message.dump()
		if message.statusCode == 100 {
			r.EventContinue.Emit()
		}
		if c.behaviours.informationEvents && r.EventInformation.Count() > 0 {
			r.EventInformation.Emit(c.behaviours.information(message))
		}
		return
	}
	u.response = message
	r.mu.Lock()
	r.response = message
	if !message.keepAlive {
		r.shouldKeepAlive = false
	}
	aborted := r.aborted
	r.mu.Unlock()
	if aborted || !r.respond(message) {
		message.dump()
	}
}

// information is what the listeners of EventInformation see.
func (b *behaviours) information(message *IncomingMessage) *Information {
	if b.informationHasOnlyStatus {
		return &Information{StatusCode: message.statusCode}
	}
	return &Information{
		StatusCode: message.statusCode, StatusMessage: message.statusMessage,
		HTTPVersion: message.HTTPVersion(), HTTPVersionMajor: message.major, HTTPVersionMinor: message.minor,
		Headers: message.Headers(), RawHeaders: message.rawHeaders,
	}
}

// messageCompleted is part of messageUser. The rest of a packet that completes the response is still read, and may be
// refused; what comes later has no meaning.
func (u *responseReader) messageCompleted(message *IncomingMessage) {
	if message == u.response {
		u.connection.done = true
	}
}

// upgraded is part of messageUser.
func (u *responseReader) upgraded(message *IncomingMessage, rest []byte) {
	c, r := u.connection, u.request
	c.done = true
	u.response = message
	r.mu.Lock()
	r.response = message
	r.mu.Unlock()
	event := &r.EventUpgrade
	if r.Method() == "CONNECT" {
		event = &r.EventConnect
	}
	if event.Count() == 0 {
		c.socket.Destroy(nil)
		return
	}
	c.socket.Pause()
	c.socket.EventAgentRemove.Emit()
	c.end(r)
	c.socket.setOwner(nil)
	event.Emit(message, c.socket, rest)
	r.closed()
}

// parseFailed is part of messageUser.
func (u *responseReader) parseFailed(err *Error) {
	c, r := u.connection, u.request
	if err.Code == http1.CodeInvalidEOFState {
		// A response that is cut short is no violation for a client: it hung up, or the response is aborted.
		u.inputEnded()
		return
	}
	c.done = true
	c.socket.Destroy(nil)
	if c.request.Load() == r {
		c.failed = true
		r.fail(err)
	}
}

// inputEnded is part of messageUser.
func (u *responseReader) inputEnded() {
	c, r := u.connection, u.request
	if c.request.Load() != r {
		return
	}
	if u.response == nil && !c.failed {
		c.failed = true
		r.fail(hangUpError())
	}
	c.socket.Destroy(nil)
}

// bodyEnding is called on the strand before EventEnd of a response.
func (u *responseReader) bodyEnding(message *IncomingMessage) {
	if message == u.response && u.connection.request.Load() == u.request {
		u.request.completed()
	}
}

// bodyEnded is called on the strand after it.
func (u *responseReader) bodyEnded(message *IncomingMessage) { message.closeIfDue() }
