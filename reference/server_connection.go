package reference

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/nodehttp/conform/reference/internal/http1"
)

// serverConnection is HTTP on one socket of a server: requests are told as they come, responses leave in that order.
type serverConnection struct {
	server *Server
	socket *Socket
	reader messageReader

	pendingBytes atomic.Int64 // written by responses that have to wait

	// On the strand only.
	unfinished []*IncomingMessage // requests whose response is not finished, in order
	keepAlive  bool               // the socket's timeout is the keep-alive timeout
	closed     bool
	answered   bool              // a violation was, by default: the connection ends when that is handed over
	lost       []*ServerResponse // ended, and not handed to the system

	mu              sync.Mutex
	current         *ServerResponse   // has the socket
	waiting         []*ServerResponse // for their turn
	corked          bool              // responses are held while more requests are in hand
	pausedForOutput bool
	failed          bool
}

// accept makes an HTTP connection of a socket: it is the server's own listener of EventConnection.
func (s *Server) accept(socket *Socket) {
	c := &serverConnection{server: s, socket: socket}
	headBytes, insecure := 0, s.behaviours.insecureParserOption && s.options.InsecureHTTPParser
	if s.behaviours.maxHeaderSizeOption {
		headBytes = s.options.MaxHeaderSize
	}
	c.reader.prepare(socket, c, s.behaviours, http1.Request, headBytes, insecure)
	socket.SetAllowHalfOpen(true)
	socket.setOwner(c)
	s.addConnection(c)
	if timeout := s.Timeout(); timeout > 0 {
		socket.SetTimeout(timeout, nil)
	}
	if socket.Destroyed() {
		s.removeConnection(c)
		return
	}
	socket.Resume()
}

// --- socketOwner

func (c *serverConnection) socketInput() {
	in := &c.socket.inlet
	in.mu.Lock()
	some := len(in.input) > 0
	in.mu.Unlock()
	if some && c.keepAlive {
		c.keepAlive = false
		c.socket.SetTimeout(c.server.Timeout(), nil)
	}
	c.reader.turn()
	c.uncork()
	if limit := c.server.HeadersTimeout(); limit > 0 && some {
		in.mu.Lock()
		began := c.reader.inHead
		in.mu.Unlock()
		if began != 0 && now()-began > int64(limit) {
			if !c.server.EventTimeout.Emit(c.socket) {
				c.socket.Destroy(nil)
			}
		}
	}
}

func (c *serverConnection) socketError(err error) {
	c.mu.Lock()
	failed := c.failed
	c.failed = true
	c.mu.Unlock()
	if !failed {
		c.server.EventClientError.Emit(err, c.socket)
	}
}

func (c *serverConnection) socketClose(bool) {
	in := &c.socket.inlet
	in.acquire()
	c.reader.stop()
	current := c.reader.current
	in.release()
	if current != nil {
		current.cutOff()
	}
	c.closed = true
	c.abortUnfinished()
	c.mu.Lock()
	response, waiting := c.current, c.waiting
	c.current, c.waiting = nil, nil
	c.mu.Unlock()
	if response != nil {
		response.cutOff()
		response.EventClose.Emit()
	}
	for _, lost := range c.lost {
		if lost != response {
			lost.EventClose.Emit()
		}
	}
	c.lost = nil
	for _, waiting := range waiting {
		waiting.cutOff()
	}
	c.server.removeConnection(c)
}

func (c *serverConnection) abortUnfinished() {
	unfinished := c.unfinished
	c.unfinished = nil
	for _, request := range unfinished {
		request.abort()
	}
}

func (c *serverConnection) socketDrain() {
	c.mu.Lock()
	response := c.current
	c.mu.Unlock()
	if response != nil {
		response.drained()
	}
	c.resumeAfterOutput()
}

func (c *serverConnection) socketTimeout() {
	heard := false
	if request := c.receiving(); request != nil {
		heard = request.EventTimeout.Emit(c.socket)
	}
	c.mu.Lock()
	response := c.current
	c.mu.Unlock()
	if response != nil && response.EventTimeout.Emit(c.socket) {
		heard = true
	}
	if c.server.EventTimeout.Emit(c.socket) {
		heard = true
	}
	if !heard {
		c.socket.Destroy(nil)
	}
}

func (c *serverConnection) unheard() bool {
	c.mu.Lock()
	response := c.current
	c.mu.Unlock()
	if response != nil && response.EventTimeout.Count() > 0 || c.server.EventTimeout.Count() > 0 {
		return false
	}
	request := c.receiving()
	return request == nil || request.EventTimeout.Count() == 0
}

// receiving returns the request whose body has not arrived whole, or nil.
func (c *serverConnection) receiving() *IncomingMessage {
	in := &c.socket.inlet
	in.mu.Lock()
	defer in.mu.Unlock()
	if current := c.reader.current; current != nil && !current.complete {
		return current
	}
	return nil
}

// --- messageUser

// serverExchange is a request and its response, which a server makes together.
type serverExchange struct {
	request  IncomingMessage
	response ServerResponse
}

func (c *serverConnection) readHead(head *http1.Head) (*IncomingMessage, http1.Action) {
	exchange := &serverExchange{}
	request := &exchange.request
	request.prepare(c.socket, nil)
	request.behaviours, request.response = c.server.behaviours, &exchange.response
	request.fill(head, c.server.headersKept())
	request.bodyless = !head.Chunked && head.ContentLength <= 0
	switch {
	case !head.Upgrade:
	case head.Method == http1.MethodConnect, c.server.EventUpgrade.Count() > 0:
		request.upgrade = true
		return request, http1.Upgrade
	case c.server.behaviours.upgradeUnheardCloses:
		request.upgrade = true
		return request, http1.Upgrade
	}
	return request, http1.Continue
}

func (c *serverConnection) messageArrived(request *IncomingMessage) {
	server := c.server
	if server.options.IncomingMessage != nil {
		server.options.IncomingMessage(request)
	}
	c.unfinished = append(c.unfinished, request)
	c.holdForOutput()

	response := request.response
	response.init(request, server.behaviours, c.socket.strand, c)
	response.shouldKeepAlive = request.keepAlive
	if timeout := server.KeepAliveTimeout(); timeout > 0 && server.behaviours.keepAliveHeader {
		response.keepAliveSeconds = int(timeout.Seconds())
	}
	if server.options.ServerResponse != nil {
		server.options.ServerResponse(response)
	}
	c.cork()
	c.mu.Lock()
	first := c.current == nil
	if first {
		c.current = response
	} else {
		c.waiting = append(c.waiting, response)
	}
	c.mu.Unlock()
	if first {
		response.assign(c.socket)
	}

	expect, expects := "", false
	if request.major == 1 && request.minor == 1 && request.mentions("expect") {
		expect, expects = request.Headers().Get("expect")
	}
	switch {
	case !expects:
		server.EventRequest.Emit(request, response)
	case server.behaviours.isContinue(expect):
		response.mu.Lock()
		response.expectsContinue = true
		response.mu.Unlock()
		if server.EventCheckContinue.Count() > 0 {
			server.EventCheckContinue.Emit(request, response)
		} else {
			response.WriteContinue(nil)
			server.EventRequest.Emit(request, response)
		}
	case server.EventCheckExpectation.Count() > 0:
		server.EventCheckExpectation.Emit(request, response)
	default:
		_ = response.WriteHead(417)
		_ = response.End(nil, nil)
	}
}

// cork holds responses back while another request is in hand already, so that they leave in one write, the last one's
// included if it is made at once.
func (c *serverConnection) cork() {
	in := &c.socket.inlet
	in.mu.Lock()
	current := c.reader.current
	whole := current != nil && (current.complete || current.bodyless)
	more := len(in.input) > 0
	in.mu.Unlock()
	if !whole {
		c.uncork()
	}
	if !whole || !more {
		return
	}
	c.mu.Lock()
	corked := c.corked
	c.corked = true
	c.mu.Unlock()
	if !corked {
		c.socket.Cork()
	}
}

func (c *serverConnection) uncork() {
	c.mu.Lock()
	corked := c.corked
	c.corked = false
	c.mu.Unlock()
	if corked {
		c.socket.Uncork()
	}
}

func (c *serverConnection) messageCompleted(*IncomingMessage) {}

// bodyEnded follows the 'end' of a request.
func (c *serverConnection) bodyEnded(request *IncomingMessage) {
	if !c.server.behaviours.messageClose {
		return
	}
	for _, other := range c.unfinished {
		if other == request {
			return // 'close' follows the response
		}
	}
	request.close()
}

func (c *serverConnection) upgraded(request *IncomingMessage, rest []byte) {
	server := c.server
	if server.options.IncomingMessage != nil {
		server.options.IncomingMessage(request)
	}
	event := &server.EventUpgrade
	if request.method == "CONNECT" {
		event = &server.EventConnect
	}
	if event.Count() == 0 {
		c.socket.Destroy(nil)
		return
	}
	c.socket.Pause()
	c.socket.setOwner(nil)
	c.uncork()
	server.removeConnectionWhenClosed(c)
	event.Emit(request, c.socket, rest)
}

func (c *serverConnection) parseFailed(err *Error) {
	c.mu.Lock()
	c.failed = true
	response := c.current
	c.mu.Unlock()
	c.uncork()
	behaviours := c.server.behaviours
	if c.server.EventClientError.Emit(err, c.socket) {
		if behaviours.clientErrorDestroys {
			c.socket.Destroy(nil)
		}
		return
	}
	if c.answered {
		return
	}
	answer := behaviours.badRequest
	if err.Code == "HPE_HEADER_OVERFLOW" {
		answer = behaviours.headerFieldsTooLarge
	}
	started := c.socket.BytesWritten() > 0
	if behaviours.badRequestSecondRequest {
		started = response != nil && response.HeadersSent()
	}
	if answer != "" && c.socket.Writable() && (!started || behaviours.badRequestAfterResponse) {
		c.answered = true
		c.socket.Pause()
		c.socket.Send([]byte(answer), nil)
		c.socket.destroyAfterFlush(err)
		return
	}
	c.socket.Destroy(err)
}

func (c *serverConnection) inputEnded() {
	if c.server.AllowHalfOpen() {
		return
	}
	c.abortUnfinished()
	c.socket.End(nil, nil)
}

// --- responses

// responseEnded is called when a response has handed everything to the socket: the next one's turn.
func (c *serverConnection) responseEnded(response *ServerResponse) {
	response.mu.Lock()
	last := response.last
	response.mu.Unlock()
	c.mu.Lock()
	if c.current != response {
		c.mu.Unlock()
		return
	}
	if last {
		c.mu.Unlock()
		c.socket.DestroySoon()
		return
	}
	var next *ServerResponse
	if len(c.waiting) > 0 {
		next, c.waiting = c.waiting[0], c.waiting[1:]
	}
	c.current = next
	resume := c.pausedForOutput && len(c.waiting) == pipelineLimit/2
	c.mu.Unlock()
	if resume {
		c.socket.strand.post(c.resumeAfterOutput)
	}
	if next != nil {
		next.assign(c.socket)
	}
}

// responseFinished runs on the strand when a response was handed to the system.
func (c *serverConnection) responseFinished(response *ServerResponse) {
	request := response.request
	for i, other := range c.unfinished {
		if other == request {
			c.unfinished = slices.Delete(c.unfinished, i, i+1)
			break
		}
	}
	request.dump()
	closes := c.server.behaviours.messageClose
	if closes {
		request.inlet.mu.Lock()
		ended := request.ended
		request.inlet.mu.Unlock()
		if ended {
			request.close()
		}
	}
	response.mu.Lock()
	last := response.last
	response.mu.Unlock()
	// The last byte can be gone before the call of End, on another goroutine, has come to say so.
	c.responseEnded(response)
	c.mu.Lock()
	if c.current == response {
		c.current = nil
	}
	idle := c.current == nil && len(c.waiting) == 0
	c.mu.Unlock()
	if !last && idle {
		if timeout := c.server.KeepAliveTimeout(); timeout > 0 && !(c.keepAlive && c.socket.Timeout() == timeout) {
			c.socket.SetTimeout(timeout, nil)
			c.keepAlive = true
		}
	}
	if closes {
		c.socket.strand.postTask((*responseCloseStep)(response))
	}
}

// responseLost runs on the strand when the last byte of a response could not be handed to the system.
func (c *serverConnection) responseLost(response *ServerResponse) {
	if !c.closed && !slices.Contains(c.lost, response) {
		c.lost = append(c.lost, response) // 'close' follows the socket's
	}
}

// pendingOutput counts what responses have written that wait for their turn. The peer has to wait when that is much.
func (c *serverConnection) pendingOutput(delta int) {
	if c.pendingBytes.Add(int64(delta)) < highWaterMark {
		c.socket.strand.post(c.resumeAfterOutput)
	}
}

// pipelineLimit is how many requests may wait for an answer before the peer has to wait too. Node knows no such limit.
const pipelineLimit = 1000

func (c *serverConnection) holdForOutput() {
	c.mu.Lock()
	full := len(c.waiting) >= pipelineLimit
	c.pausedForOutput = c.pausedForOutput || full
	c.mu.Unlock()
	if full {
		c.socket.Pause()
		return
	}
	if c.pendingBytes.Load() < highWaterMark && c.socket.WritableLength() < highWaterMark {
		return
	}
	c.uncork()
	if c.pendingBytes.Load() < highWaterMark && c.socket.WritableLength() < highWaterMark {
		return
	}
	c.mu.Lock()
	c.pausedForOutput = true
	c.mu.Unlock()
	c.socket.Pause()
}

func (c *serverConnection) resumeAfterOutput() {
	if c.pendingBytes.Load() >= highWaterMark {
		return
	}
	c.mu.Lock()
	paused := c.pausedForOutput && len(c.waiting) < pipelineLimit
	c.pausedForOutput = c.pausedForOutput && !paused
	c.mu.Unlock()
	if paused && !c.closed {
		c.socket.Resume()
	}
}
