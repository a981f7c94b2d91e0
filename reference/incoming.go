package reference

import (
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nodehttp/conform/reference/internal/http1"
)

// IncomingMessage is a request as a server receives it, or a response as a client does. Its body is read in one of two
// styles: blocking, by Read, or by events, by listening to EventData. Either way a body that nobody reads makes the peer
// wait. Methods may be called from any goroutine.
type IncomingMessage struct {
	EventData     MessageData     // a piece of the body, valid until the listener returns; listening starts the flow
	EventReadable MessageReadable // for Take: there is something to take, or the end was reached
	EventEnd      Event0          // the body was delivered whole
	EventAborted  Event0          // the connection closed before the message, or the response to it, was complete
	EventClose    Event0          // nothing comes after it (not in editions before v12, except after EventAborted)
	EventError    Event1[error]   // for users; nothing here emits it
	EventTimeout  Event1[*Socket] // the connection was idle while the message was incomplete

	// Data is for users: nothing in this package reads it.
	Data any

	socket     atomic.Pointer[Socket]
	behaviours *behaviours
	strand     *strand
	source     messageSource
	response   *ServerResponse // of a server's request: where its response will be made

	// Set before anybody sees the message.
	method        string
	url           string
	statusCode    int
	statusMessage string
	major, minor  int
	upgrade       bool
	keepAlive     bool
	bodyless      bool // the head says that no body follows
	rawHeaders    []string
	headerLimit   int // pairs of rawHeaders that count; -1: all

	headersOnce sync.Once
	headers     MessageHeaders

	// Guarded by inlet.mu.
	inlet          *inlet
	rawTrailers    []string
	trailers       MessageHeaders
	body           []byte
	room           *buffer // that body began in
	complete       bool    // every byte has arrived
	flow           flowState
	dumped         bool // nobody wants the body
	consumed       bool // somebody asked for it
	held           bool // the socket was paused for this body
	endPosted      bool
	ended          bool
	aborted        bool
	closed         bool
	readablePosted bool
	flowPosted     bool
	truncated      bool // the body ends here although it is not complete
	closesAtEnd    bool // EventClose follows EventEnd
	failure        error
}

type flowState uint8

const (
	flowUndecided flowState = iota
	flowing
	flowPaused
)

// messageSource is the connection that a message's body comes from.
type messageSource interface {
	// pump takes some bytes and parses them, blocking until there are some. The caller holds the inlet.
	pump()
	// holdBody and releaseBody stop and start the socket's own reading for a body that grew too long.
	holdBody()
	releaseBody()
	// bodyEnding and bodyEnded are called on the strand before and after EventEnd.
	bodyEnding(*IncomingMessage)
	bodyEnded(*IncomingMessage)
}

// MessageData is the 'data' event of an IncomingMessage.
type MessageData struct {
	Event1[[]byte]
	message *IncomingMessage
}

// On adds a listener and starts the flow, unless Pause was called.
func (e *MessageData) On(call func(chunk []byte)) Listener {
	listener := e.Event1.On(call)
	e.message.listened()
	return listener
}

// Once adds a listener for one chunk and starts the flow, unless Pause was called.
func (e *MessageData) Once(call func(chunk []byte)) Listener {
	listener := e.Event1.Once(call)
	e.message.listened()
	return listener
}

// MessageReadable is the 'readable' event of an IncomingMessage.
type MessageReadable struct {
	Event0
	message *IncomingMessage
}

// On adds a listener, and stops the flow of EventData: what arrives waits for Take. What is there already is told soon.
func (e *MessageReadable) On(call func()) Listener {
	listener := e.Event0.On(call)
	m := e.message
	m.inlet.mu.Lock()
	m.consumed = true
	m.flow = flowPaused
	if len(m.body) > 0 || m.complete {
		m.postReadable()
	}
	m.inlet.mu.Unlock()
	return listener
}

// NewIncomingMessage makes a message without content on a socket, which may be nil. It is for factories of
// ServerOptions, which may wrap it, and for tests.
func NewIncomingMessage(socket *Socket) *IncomingMessage {
	return NewMessage(MessageOptions{Socket: socket})
}

// MessageOptions are for NewMessage. The zero value is good.
type MessageOptions struct {
	// Socket is the connection of the message. Default: none.
	Socket *Socket
	// Edition selects documented differences. Default: V12.
	Edition Edition
	// Executor delivers the events of a message without a socket. Default: nil, a goroutine.
	Executor Executor
	// Method, Major and Minor are those of a request that a response is made for. Default: none.
	Method       string
	Major, Minor int
}

// NewMessage is NewIncomingMessage with options.
func NewMessage(options MessageOptions) *IncomingMessage {
	m := &IncomingMessage{behaviours: behavioursOf(options.Edition), method: options.Method, major: options.Major, minor: options.Minor}
	m.prepare(options.Socket, options.Executor)
	return m
}

func (m *IncomingMessage) prepare(socket *Socket, executor Executor) {
	m.headerLimit = -1
	m.EventData.message = m
	m.EventReadable.message = m
	if socket != nil {
		m.inlet, m.strand = &socket.inlet, socket.strand
		m.socket.Store(socket)
	} else {
		m.inlet, m.strand = &inlet{}, newStrand(executor)
		m.inlet.cond.L = &m.inlet.mu
	}
}

// --- head

// Method returns the request method; empty for a response.
func (m *IncomingMessage) Method() string { return m.method }

// URL returns the request target as it was sent; empty for a response.
func (m *IncomingMessage) URL() string { return m.url }

// SetURL replaces what URL returns, for routers. It must not be called concurrently with URL.
func (m *IncomingMessage) SetURL(url string) { m.url = url }

// StatusCode returns the status of a response; 0 for a request.
func (m *IncomingMessage) StatusCode() int { return m.statusCode }

// StatusMessage returns the reason phrase of a response.
func (m *IncomingMessage) StatusMessage() string { return m.statusMessage }

// HTTPVersion returns the version: "1.1".
func (m *IncomingMessage) HTTPVersion() string {
	if m.major == 1 && m.minor == 1 {
		return "1.1"
	}
	return formatInt(m.major) + "." + formatInt(m.minor)
}

// HTTPVersionMajor returns the first number of the version.
func (m *IncomingMessage) HTTPVersionMajor() int { return m.major }

// HTTPVersionMinor returns the second number of the version.
func (m *IncomingMessage) HTTPVersionMinor() int { return m.minor }

// Upgrade reports whether the connection is handed over with this message.
func (m *IncomingMessage) Upgrade() bool { return m.upgrade }

// RawHeaders returns names and values in turn, as they were received.
func (m *IncomingMessage) RawHeaders() []string { return m.rawHeaders }

// Headers returns the fields by name, duplicates merged by Node's rules.
func (m *IncomingMessage) Headers() *MessageHeaders {
	m.headersOnce.Do(func() {
		pairs := m.rawHeaders
		if m.headerLimit >= 0 && len(pairs) > 2*m.headerLimit {
			pairs = pairs[:2*m.headerLimit]
		}
		m.headers.addPairs(pairs, m.behaviours)
	})
	return &m.headers
}

// mentions reports whether a field of that name may be among Headers, which are expensive to make only to find out.
func (m *IncomingMessage) mentions(name string) bool {
	for i := 0; i+1 < len(m.rawHeaders); i += 2 {
		if equalNames(m.rawHeaders[i], name) {
			return true
		}
	}
	return false
}

// RawTrailers returns the fields behind a chunked body; there are none before EventEnd.
func (m *IncomingMessage) RawTrailers() []string {
	m.inlet.mu.Lock()
	defer m.inlet.mu.Unlock()
	return m.rawTrailers
}

// Trailers returns the fields behind a chunked body by name; there are none before EventEnd.
func (m *IncomingMessage) Trailers() *MessageHeaders {
	m.inlet.mu.Lock()
	defer m.inlet.mu.Unlock()
	trailers := m.trailers
	return &trailers
}

// Complete reports whether the whole message has arrived.
func (m *IncomingMessage) Complete() bool {
	m.inlet.mu.Lock()
	defer m.inlet.mu.Unlock()
	return m.complete
}

// Aborted reports whether the connection closed too early.
func (m *IncomingMessage) Aborted() bool {
	m.inlet.mu.Lock()
	defer m.inlet.mu.Unlock()
	return m.aborted
}

// Ended reports whether EventEnd was emitted.
func (m *IncomingMessage) Ended() bool {
	m.inlet.mu.Lock()
	defer m.inlet.mu.Unlock()
	return m.ended
}

// Socket returns the connection.
func (m *IncomingMessage) Socket() *Socket { return m.socket.Load() }

// ClientRequest returns the request that the message is the response to, or nil.
func (m *IncomingMessage) ClientRequest() *ClientRequest {
	if reader, ok := m.source.(*messageReader); ok {
		if user, ok := reader.user.(*responseReader); ok {
			return user.request
		}
	}
	return nil
}

// Destroy destroys the connection; err, which may be nil, is its error.
func (m *IncomingMessage) Destroy(err error) {
	if socket := m.Socket(); socket != nil {
		socket.methods().Destroy(err)
	}
}

// SetTimeout calls SetTimeout of the socket. callback may be nil; it is added to EventTimeout, which is emitted while
// the message is incomplete.
func (m *IncomingMessage) SetTimeout(d time.Duration, callback func(*Socket)) {
	if callback != nil {
		m.EventTimeout.On(callback)
	}
	if socket := m.Socket(); socket != nil {
		socket.methods().SetTimeout(d, nil)
	}
}

// --- body

// Read reads the body. It blocks until there is something, and returns io.EOF behind the last byte, or ECONNRESET when
// the connection closed before it. Listeners of EventEnd may be called by the goroutine of Read then.
func (m *IncomingMessage) Read(p []byte) (int, error) {
	in := m.inlet
	in.mu.Lock()
	defer in.mu.Unlock()
	m.consumed = true
	for {
		if len(m.body) > 0 {
			n := copy(p, m.body)
			m.body = m.body[n:]
			if len(m.body) == 0 {
				_, room := m.takeBody()
				freeBody(room)
				m.letGo()
			}
			return n, nil
		}
		switch {
		case m.complete:
			// Who has read a response whole is to find its connection free for the next request.
			held := !m.endPosted && m.strand.hold()
			m.postEnd()
			if held {
				in.mu.Unlock()
				m.strand.drain()
				in.mu.Lock()
			}
			return 0, io.EOF
		case m.failure != nil:
			return 0, m.failure
		case m.source == nil:
			return 0, io.EOF
		case len(p) == 0:
			return 0, nil
		case !in.busy:
			in.busy = true
			in.mu.Unlock()
			m.source.pump()
			in.mu.Lock()
			in.busy = false
			in.cond.Broadcast()
		default:
			in.cond.Wait()
		}
	}
}

// Take returns everything of the body that is there, without blocking, and nil when there is nothing. It goes with
// EventReadable, as read() does in Node. The bytes belong to the caller.
func (m *IncomingMessage) Take() []byte {
	in := m.inlet
	in.mu.Lock()
	defer in.mu.Unlock()
	m.consumed = true
	taken, _ := m.takeBody()
	m.letGo()
	if m.complete || m.truncated {
		if len(taken) > 0 && m.EventReadable.Count() > 0 {
			m.postReadable() // the end of the body is told too, before EventEnd
		} else if !m.readablePosted {
			m.postEnd()
		}
	}
	return taken
}

// Resume starts the flow of EventData; without listeners the body is thrown away.
func (m *IncomingMessage) Resume() {
	m.inlet.mu.Lock()
	m.consumed = true
	m.flow = flowing
	m.postFlow()
	m.inlet.mu.Unlock()
}

// Pause stops the flow of EventData.
func (m *IncomingMessage) Pause() {
	m.inlet.mu.Lock()
	m.flow = flowPaused
	m.inlet.mu.Unlock()
}

// IsPaused reports whether Pause was called last.
func (m *IncomingMessage) IsPaused() bool {
	m.inlet.mu.Lock()
	defer m.inlet.mu.Unlock()
	return m.flow == flowPaused
}

// Flowing reports whether EventData flows, and false in decided while nobody has asked for the body yet.
func (m *IncomingMessage) Flowing() (decided, flows bool) {
	m.inlet.mu.Lock()
	defer m.inlet.mu.Unlock()
	return m.flow != flowUndecided, m.flow == flowing
}

func (m *IncomingMessage) listened() {
	m.inlet.mu.Lock()
	m.consumed = true
	if m.flow != flowPaused {
		m.flow = flowing
		m.postFlow()
	}
	m.inlet.mu.Unlock()
}

// dump throws away what nobody asked for.
func (m *IncomingMessage) dump() {
	m.inlet.mu.Lock()
	if !m.consumed {
		m.dumped = true
		_, room := m.takeBody()
		freeBody(room)
		m.flow = flowing
		m.letGo()
		m.postFlow()
	}
	m.inlet.mu.Unlock()
}

// dumpRest throws away what has not come yet, whoever asked for it.
func (m *IncomingMessage) dumpRest() {
	m.dump()
	m.inlet.mu.Lock()
	if !m.dumped {
		m.dumped = true
		m.flow = flowing
		m.postFlow()
	}
	m.inlet.mu.Unlock()
}

// postFlow is called with inlet.mu held.
func (m *IncomingMessage) postFlow() {
	if !m.flowPosted {
		m.flowPosted = true
		m.strand.postTask((*flowStep)(m))
	}
}

// deliverBody runs on the strand.
func (m *IncomingMessage) deliverBody() {
	in := m.inlet
	in.mu.Lock()
	m.flowPosted = false
	for m.flow == flowing && len(m.body) > 0 {
		chunk, room := m.takeBody()
		in.mu.Unlock()
		m.EventData.Emit(chunk)
		in.mu.Lock()
		freeBody(room)
	}
	if m.flow == flowing {
		m.letGo()
		if (m.complete || m.truncated) && len(m.body) == 0 {
			m.postEnd()
		}
	}
	in.mu.Unlock()
}

// bodyRoomFrom is the length from which a piece of a body that has to wait lies in a pooled buffer.
const bodyRoomFrom = 8 << 10

// takeBody takes what has arrived of the body, and the pooled buffer that it began in, if there is one: freeBody gives
// that back when the bytes are of no use any more. It is called with inlet.mu held.
func (m *IncomingMessage) takeBody() ([]byte, *buffer) {
	body, room := m.body, m.room
	m.body, m.room = nil, nil
	return body, room
}

func freeBody(room *buffer) {
	if room != nil {
		readBuffers.put(room)
	}
}

// letGo lets the socket read again when the body it was paused for is gone. It is called with inlet.mu held.
func (m *IncomingMessage) letGo() {
	if m.held && len(m.body) == 0 {
		m.held = false
		m.source.releaseBody()
	}
}

// postEnd is called with inlet.mu held.
func (m *IncomingMessage) postEnd() {
	if m.endPosted {
		return
	}
	m.endPosted = true
	m.strand.postTask((*endStep)(m))
}

// end emits EventEnd. It runs on the strand.
func (m *IncomingMessage) end() {
	m.inlet.mu.Lock()
	if m.aborted && !m.complete && !m.truncated {
		m.inlet.mu.Unlock()
		return
	}
	m.ended = true
	m.inlet.mu.Unlock()
	if m.source != nil {
		m.source.bodyEnding(m)
	}
	m.EventEnd.Emit()
	if m.source != nil {
		m.source.bodyEnded(m)
	}
}

// The steps of a message that are posted to its strand.
type (
	flowStep IncomingMessage
	endStep  IncomingMessage
)

func (s *flowStep) run() { (*IncomingMessage)(s).deliverBody() }
func (s *endStep) run()  { (*IncomingMessage)(s).end() }

// pushBody takes a piece of the body. turn says that the caller is on the strand and will emit what it gets back,
// after it has given up the inlet, which it holds.
func (m *IncomingMessage) pushBody(chunk []byte, turn bool) (direct bool) {
	in := m.inlet
	in.mu.Lock()
	defer in.mu.Unlock()
	if m.dumped {
		return false
	}
	if m.flow == flowing && len(m.body) == 0 {
		if m.EventData.Count() == 0 {
			return false
		}
		if turn {
			return true
		}
	}
	if m.body == nil && len(chunk) >= bodyRoomFrom {
		m.room = readBuffers.get()
		m.body = m.room.bytes[:0]
	}
	m.body = append(m.body, chunk...)
	if len(m.body) >= highWaterMark && !m.held && m.source != nil {
		m.held = true
		m.source.holdBody()
	}
	if m.flow == flowing {
		m.postFlow()
	} else {
		m.postReadable()
	}
	in.cond.Broadcast()
	return false
}

// postReadable is called with inlet.mu held.
func (m *IncomingMessage) postReadable() {
	if m.EventReadable.Count() > 0 && !m.readablePosted {
		m.readablePosted = true
		m.strand.post(func() {
			m.inlet.mu.Lock()
			m.readablePosted = false
			m.inlet.mu.Unlock()
			m.EventReadable.Emit()
		})
	}
}

// pushTrailers takes the fields behind the body.
func (m *IncomingMessage) pushTrailers(fields *http1.Fields) {
	pairs := fields.AppendStrings(nil)
	m.inlet.mu.Lock()
	m.rawTrailers = pairs
	m.trailers.addPairs(pairs, m.behaviours)
	m.inlet.mu.Unlock()
}

// completed notes that every byte has arrived.
func (m *IncomingMessage) completed() {
	in := m.inlet
	in.mu.Lock()
	m.complete = true
	if m.flow == flowing {
		m.postFlow()
	} else {
		m.postReadable()
	}
	in.cond.Broadcast()
	in.mu.Unlock()
}

// cutOff notes that no more bytes come; readers must not wait any more.
func (m *IncomingMessage) cutOff() {
	in := m.inlet
	in.mu.Lock()
	if !m.complete && m.failure == nil {
		m.failure = &Error{Code: "ECONNRESET", Name: nameError, Message: "aborted"}
	}
	in.cond.Broadcast()
	in.mu.Unlock()
}

// abort runs on the strand when the connection closed too early.
func (m *IncomingMessage) abort() {
	m.cutOff()
	m.inlet.mu.Lock()
	m.aborted = true
	m.inlet.mu.Unlock()
	m.EventAborted.Emit()
	m.close()
}

// announceAborted is what a response's listeners learn first when its connection closed too early. It runs on the strand.
func (m *IncomingMessage) announceAborted() {
	m.cutOff()
	m.inlet.mu.Lock()
	m.aborted = true
	m.inlet.mu.Unlock()
	m.EventAborted.Emit()
}

// endAndClose makes EventEnd, complete or not, and then EventClose come when what has arrived was consumed. It runs on
// the strand.
func (m *IncomingMessage) endAndClose() {
	m.inlet.mu.Lock()
	m.truncated, m.closesAtEnd = true, true
	if m.flow == flowing {
		m.postFlow()
	} else {
		m.postReadable()
	}
	m.inlet.mu.Unlock()
}

// closeIfDue runs on the strand after EventEnd.
func (m *IncomingMessage) closeIfDue() {
	m.inlet.mu.Lock()
	due := m.closesAtEnd
	m.inlet.mu.Unlock()
	if due {
		m.close()
	}
}

// close emits EventClose once. It runs on the strand.
func (m *IncomingMessage) close() {
	m.inlet.mu.Lock()
	closed := m.closed
	m.closed = true
	m.inlet.mu.Unlock()
	if !closed {
		m.EventClose.Emit()
	}
}

// fill takes a parsed head. limit is the number of fields that are kept, 0 for all.
func (m *IncomingMessage) fill(head *http1.Head, limit int) {
	var target string
	var list []string
	list, target = head.AppendStrings(list)
	if head.Method != http1.MethodNone {
		m.method, m.url = head.Method.String(), target
	} else {
		m.statusCode, m.statusMessage = head.StatusCode, target
	}
	m.major, m.minor = int(head.Major), int(head.Minor)
	m.keepAlive = head.KeepAlive
	m.rawHeaders, m.headerLimit = list, -1
	if pairs := len(list) / 2; limit > 0 && pairs > limit {
		m.headerLimit = limit
		m.rawHeaders = list[:2*rawHeadersKept(pairs, limit, m.behaviours)]
	}
}

// rawHeadersKept tells how many pairs stay in RawHeaders when there are more than limit. Node's parser hands them over
// in batches, and it keeps whole batches until the limit is reached.
func rawHeadersKept(pairs, limit int, behaviours *behaviours) int {
	const batch = 31
	if behaviours.rawHeadersCut {
		return limit
	}
	if pairs <= batch {
		return pairs
	}
	return min(pairs, (limit+batch-1)/batch*batch)
}

// --- headers by name

// MessageHeaders are received fields by name, in lower case and in the order of their first appearance.
type MessageHeaders struct {
	list []MessageHeader
}

// MessageHeader is one of MessageHeaders.
type MessageHeader struct {
	// Name is in lower case.
	Name string
	// Value is the merged value; empty for set-cookie.
	Value string
	// List has the values of set-cookie, which are never merged; nil for every other field.
	List []string
}

// Get returns a value by its name in any case, and whether there is one. For set-cookie it is the list joined by ", ".
func (h *MessageHeaders) Get(name string) (string, bool) {
	if at := h.find(name); at >= 0 {
		if h.list[at].List != nil {
			return strings.Join(h.list[at].List, ", "), true
		}
		return h.list[at].Value, true
	}
	return "", false
}

// Value is Get without the second result.
func (h *MessageHeaders) Value(name string) string {
	value, _ := h.Get(name)
	return value
}

// Has reports whether there is a field.
func (h *MessageHeaders) Has(name string) bool { return h.find(name) >= 0 }

// Len counts the names.
func (h *MessageHeaders) Len() int { return len(h.list) }

// All returns every field. The result must not be changed.
func (h *MessageHeaders) All() []MessageHeader { return h.list }

func (h *MessageHeaders) find(name string) int {
	for i := range h.list {
		if equalNames(h.list[i].Name, name) {
			return i
		}
	}
	return -1
}

func (h *MessageHeaders) addPairs(pairs []string, behaviours *behaviours) {
	if h.list == nil && len(pairs) > 0 {
		h.list = make([]MessageHeader, 0, len(pairs)/2)
	}
	var index map[string]int
	if len(pairs) > 64 {
		index = make(map[string]int, len(pairs)/2)
	}
	names := lowerNames(pairs)
	for i := 0; i+1 < len(pairs); i += 2 {
		name, value := names[:len(pairs[i])], pairs[i+1]
		names = names[len(pairs[i]):]
		if name == "__proto__" {
			continue // assigning a string to it changes no object in JavaScript
		}
		at, known := -1, false
		if index != nil {
			if at, known = index[name]; !known {
				at = -1
			}
		} else {
			at = h.find(name)
		}
		if at < 0 {
			if index != nil {
				index[name] = len(h.list)
			}
			header := MessageHeader{Name: name, Value: value}
			if name == "set-cookie" {
				header.Value, header.List = "", []string{value}
			}
			h.list = append(h.list, header)
			continue
		}
		header := &h.list[at]
		switch {
		case header.List != nil:
			header.List = append(header.List, value)
		case keptOnce(name):
		case name == "cookie" && !behaviours.cookiesByComma:
			header.Value += "; " + value
		default:
			header.Value += ", " + value
		}
	}
}

// lowerNames returns the names of pairs, which are ASCII, in lower case and one behind the other in one text.
func lowerNames(pairs []string) string {
	size := 0
	for i := 0; i+1 < len(pairs); i += 2 {
		size += len(pairs[i])
	}
	var names strings.Builder
	names.Grow(size)
	for i := 0; i+1 < len(pairs); i += 2 {
		for at := 0; at < len(pairs[i]); at++ {
			names.WriteByte(lowerByte(pairs[i][at]))
		}
	}
	return names.String()
}

// keptOnce reports whether later copies of a field are thrown away.
func keptOnce(name string) bool {
	switch name {
	case "age", "authorization", "content-length", "content-type", "etag", "expires", "from", "host",
		"if-modified-since", "if-unmodified-since", "last-modified", "location", "max-forwards",
		"proxy-authorization", "referer", "retry-after", "server", "user-agent":
		return true
	}
	return false
}
