package reference

import (
	"encoding/binary"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nodehttp/conform/reference/internal/http1"
)

// OutgoingMessage is what ServerResponse and ClientRequest have in common: the header block, the framing of the body,
// and the two styles of writing.
//
// In the blocking style, Write is an io.Writer: it returns when the system or a bounded queue has the bytes. In the
// event style, Send never blocks; it reports whether to go on or to wait for EventDrain. Methods may be called from any
// goroutine; the order of concurrent writes is not defined.
type OutgoingMessage struct {
	EventDrain  Event0 // after a Send that returned false: the queue is empty
	EventFinish Event0 // the last byte was handed to the system
	// EventPrefinish comes when everything that was written is with the socket. No document speaks of it; as in Node, it
	// is the one event that comes from inside of a call, that of End.
	EventPrefinish Event0
	EventClose     Event0        // nothing comes after it
	EventError     Event1[error] // a write after End, or a failed write

	// Data is for users: nothing in this package reads it.
	Data any

	behaviours *behaviours
	strand     *strand
	kind       outgoingKind
	dates      *http1.Dates

	mu   sync.Mutex
	cond sync.Cond

	headers           headerStore
	head              []byte    // rendered, in UTF-8; nil before, sentHead when it was sent
	headRoom          *headRoom // what head lies in, if it is short
	headHigh          bool      // head has characters above U+007F
	headSent          bool
	sendDate          bool
	chunked           bool
	last              bool // the connection ends after this message
	shouldKeepAlive   bool
	chunkedByDefault  bool
	hasAgent          bool // a client's: keep-alive is for the agent to decide
	hasBody           bool
	contentLength     int // of a body that is known whole; -1: not known
	keepAliveSeconds  int // for the Keep-Alive header; -1: none
	removedConnection bool
	removedLength     bool
	removedEncoding   bool
	trailer           []byte

	socket     *Socket // as the user sees it
	output     []byte  // written before a socket was attached
	waiting    []pendingCallback
	first      [1]pendingCallback // room for waiting
	outputRoom *headRoom          // what output began in, if that was the head's
	ended      bool
	finished   bool // the last byte was handed over
	destroyed  bool
	needDrain  bool
	attached   bool // writes go to socket
	uncorks    bool // an uncork of turnSocket is posted
	corked     int
	turnSocket *Socket // corked until the end of the turn
}

type pendingCallback struct {
	at int
	to writeListener
}

// outgoingKind is what a kind of message adds.
type outgoingKind interface {
	// implicitHeader renders the header block by storeHeader. It is called with mu held.
	implicitHeader() error
	// messageEnded is called without mu after End, when everything that the message writes is with the socket.
	messageEnded()
	// messageFinished is called on the strand before EventFinish.
	messageFinished()
	// messageLost is called on the strand when the last byte could not be handed to the system.
	messageLost()
	// pendingOutput tells that the bytes waiting for a socket became more or fewer. It is called with mu held.
	pendingOutput(delta int)
}

func (m *OutgoingMessage) prepare(kind outgoingKind, behaviours *behaviours, strand *strand, dates *http1.Dates) {
	m.kind, m.behaviours, m.strand, m.dates = kind, behaviours, strand, dates
	m.cond.L = &m.mu
	m.hasBody, m.shouldKeepAlive, m.chunkedByDefault = true, true, true
	m.contentLength, m.keepAliveSeconds = -1, -1
}

// --- headers

// SetHeader sets a header to one value, or to a list when there are several; an earlier one of that name is replaced.
// Errors: ERR_HTTP_HEADERS_SENT, ERR_INVALID_HTTP_TOKEN, ERR_INVALID_CHAR.
func (m *OutgoingMessage) SetHeader(name string, values ...string) error {
	return m.SetHeaderValue(name, Field(name, values...).Value)
}

// SetHeaderValue is SetHeader for any kind of value, which GetHeader gives back as it is. An undefined value is the
// error ERR_HTTP_INVALID_HEADER_VALUE.
func (m *OutgoingMessage) SetHeaderValue(name string, value HeaderValue) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.setHeader(name, value)
}

func (m *OutgoingMessage) setHeader(name string, value HeaderValue) error {
	if m.head != nil {
		return m.behaviours.headersSentError("set")
	}
	if err := m.behaviours.checkHeader(name, value); err != nil {
		return err
	}
	m.headers.set(name, value)
	return nil
}

// GetHeader returns a header that was set, whatever the case of its name, and whether there is one.
func (m *OutgoingMessage) GetHeader(name string) (HeaderValue, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.headers.get(name)
}

// HasHeader reports whether a header is set.
func (m *OutgoingMessage) HasHeader(name string) bool {
	_, has := m.GetHeader(name)
	return has
}

// GetHeaderNames returns the names that are set, in lower case and in order.
func (m *OutgoingMessage) GetHeaderNames() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.headers.names()
}

// GetHeaders returns what is set, with names in lower case and in order.
func (m *OutgoingMessage) GetHeaders() []HeaderField {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.headers.all()
}

// UsesHeaderStore reports whether SetHeader was called, so that WriteHead adds to it.
func (m *OutgoingMessage) UsesHeaderStore() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.headers.used
}

// RawHeaderNames returns the names as they were set, in order.
func (m *OutgoingMessage) RawHeaderNames() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	names := make([]string, len(m.headers.fields))
	for i := range names {
		names[i] = m.headers.fields[i].Name
	}
	return names
}

// RemoveHeader removes a header; a default one (Date, Connection, Content-Length, Transfer-Encoding) is not sent then.
// Error: ERR_HTTP_HEADERS_SENT.
func (m *OutgoingMessage) RemoveHeader(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.head != nil {
		return m.behaviours.headersSentError("remove")
	}
	switch strings.ToLower(name) {
	case "connection":
		m.removedConnection = true
	case "content-length":
		m.removedLength = true
	case "transfer-encoding":
		m.removedEncoding = true
	case "date":
		m.sendDate = false
	}
	m.headers.remove(name)
	return nil
}

// HeadersSent reports whether the header block is settled: it was written, or will be with the first byte of the body.
func (m *OutgoingMessage) HeadersSent() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.head != nil
}

// AddTrailers replaces the fields that follow a chunked body. Errors: ERR_INVALID_HTTP_TOKEN, ERR_INVALID_CHAR. In a
// message that is not chunked they are dropped.
func (m *OutgoingMessage) AddTrailers(fields ...HeaderField) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.trailer = nil
	for _, field := range fields {
		if !isToken(field.Name) {
			return m.behaviours.tokenError("Trailer name", field.Name)
		}
		if field.Value.hasInvalidCharacter() {
			return m.behaviours.characterError("trailer content", field.Name)
		}
		m.trailer = http1.AppendField(m.trailer, field.Name, field.Value.String())
	}
	return nil
}

// storeHeader renders the header block. firstLine, in pieces, has no CRLF; checked says that fields went through setHeader. It is
// called with mu held.
func (m *OutgoingMessage) storeHeader(status int, fields []HeaderField, checked bool, firstLine ...string) error {
	room := headRooms.get()
	head := room.bytes[:0]
	for _, piece := range firstLine {
		head = append(head, piece...)
	}
	head = append(head, crlf...)
	var hasConnection, hasLength, hasEncoding, hasDate, hasExpect, hasTrailer bool
	defaultKeepAlive := true
	for i := range fields {
		name, value := fields[i].Name, fields[i].Value.settled()
		if !checked || value.rare != nil && value.rare.live != nil {
			check := value
			if m.behaviours.undefinedInWriteHead && value.IsUndefined() {
				check = StringValue("undefined")
			}
			if err := m.behaviours.checkHeader(name, check); err != nil {
				return err
			}
		}
		special := true
		switch len(name) {
		case 4:
			hasDate = hasDate || equalNames(name, "date")
			special = false
		case 6:
			hasExpect = hasExpect || equalNames(name, "expect")
			special = false
		case 7:
			hasTrailer = hasTrailer || equalNames(name, "trailer")
			special = false
		case 10, 14, 17:
		default:
			special = false
		}
		if !value.IsList() {
			head = append(append(append(append(head, name...), ": "...), value.String()...), "\r\n"...)
		} else if len(value.list()) > 1 && m.behaviours.cookieListJoined && equalNames(name, "cookie") {
			head = append(append(append(append(head, name...), ": "...), strings.Join(value.list(), "; ")...), "\r\n"...)
		} else {
			for _, line := range value.list() {
				head = append(append(append(append(head, name...), ": "...), line...), "\r\n"...)
			}
		}
		if !special {
			continue
		}
		switch {
		case equalNames(name, "connection"):
			hasConnection, m.removedConnection = true, false
			for _, line := range value.Lines() {
				if containsToken(line, "close") {
					m.last = true
				} else {
					m.shouldKeepAlive = true
				}
			}
		case equalNames(name, "keep-alive"):
			defaultKeepAlive = false
		case equalNames(name, "content-length"):
			hasLength, m.removedLength = true, false
		case equalNames(name, "transfer-encoding"):
			hasEncoding, m.removedEncoding = true, false
			for _, line := range value.Lines() {
				if containsToken(line, "chunked") {
					m.chunked = true
				}
			}
		}
	}

	if m.sendDate && !hasDate {
		head = append(head, "Date: "...)
		head = m.dates.Append(head, time.Now())
		head = append(head, "\r\n"...)
	}
	if m.chunked && (status == 204 || status == 304) && !m.behaviours.lastChunkAlways {
		m.chunked, m.shouldKeepAlive = false, false
	}
	switch {
	case m.removedConnection:
		m.last, m.shouldKeepAlive = true, false
	case hasConnection:
	case m.shouldKeepAlive && (hasLength || m.chunkedByDefault || m.hasAgent):
		head = append(head, "Connection: keep-alive\r\n"...)
		if defaultKeepAlive && m.keepAliveSeconds >= 0 {
			head = append(strconv.AppendInt(append(head, "Keep-Alive: timeout="...), int64(m.keepAliveSeconds), 10), crlf...)
		}
	default:
		m.last = true
		head = append(head, "Connection: close\r\n"...)
	}
	if !hasLength && !hasEncoding {
		switch {
		case !m.hasBody:
			m.chunked = false
		case !m.chunkedByDefault:
			m.last = true
		case !hasTrailer && !m.removedLength && m.contentLength >= 0 && !m.behaviours.noImplicitLength:
			head = http1.AppendIntField(head, "Content-Length", int64(m.contentLength))
		case !m.removedEncoding:
			head = append(head, "Transfer-Encoding: chunked\r\n"...)
			m.chunked = true
		}
	}
	if hasTrailer && !m.chunked && m.behaviours.trailerNeedsChunked {
		return m.behaviours.trailerError()
	}
	m.head = append(head, "\r\n"...)
	m.headRoom = nil
	if len(m.head) <= len(room.bytes) {
		m.headRoom = room
	}
	m.headSent = false
	m.headHigh = hasHighByte(m.head)
	if hasExpect {
		m.transmit(nil, false, nil)
	}
	return nil
}

// hasHighByte reports whether a byte is 0x80 or more.
func hasHighByte(text []byte) bool {
	var seen uint64
	for ; len(text) >= 8; text = text[8:] {
		seen |= binary.LittleEndian.Uint64(text)
	}
	for _, c := range text {
		seen |= uint64(c)
	}
	return seen&0x8080808080808080 != 0
}

// --- writing

// Write sends a piece of the body and blocks while too much is queued. Errors: ERR_STREAM_WRITE_AFTER_END, those of the
// implicit header block, and those of the connection.
func (m *OutgoingMessage) Write(chunk []byte) (int, error) {
	m.mu.Lock()
	if _, err := m.write(chunk, false, nil, false); err != nil {
		m.mu.Unlock()
		return 0, err
	}
	for !m.attached && len(m.output) >= highWaterMark && !m.destroyed && !m.ended {
		m.cond.Wait()
	}
	socket, attached, destroyed := m.socket, m.attached, m.destroyed
	m.mu.Unlock()
	if attached {
		if err := socket.waitWritten(); err != nil {
			return 0, err
		}
	} else if destroyed {
		return 0, m.behaviours.destroyedError("write")
	}
	return len(chunk), nil
}

// WriteString is Write for a string.
func (m *OutgoingMessage) WriteString(text string) (int, error) { return m.Write([]byte(text)) }

// Send queues a piece of the body, of which it keeps no reference, without blocking. It reports whether the writer may go on; after false, EventDrain
// comes. callback may be nil; it is called when the chunk was handed to the system. What is sent in one turn of the
// event loop leaves in one segment in editions v12 and v13. Errors are those of Write.
func (m *OutgoingMessage) Send(chunk []byte, callback func(error)) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.write(chunk, false, callback, true)
}

// SendText is Send for text in UTF-8. Node sends a header block that leaves together with text in the encoding of the
// text, so that header characters above U+007F are UTF-8 then, and ISO 8859-1 otherwise; this does the same.
func (m *OutgoingMessage) SendText(text string, callback func(error)) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.write([]byte(text), true, callback, true)
}

// write is called with mu held.
func (m *OutgoingMessage) write(chunk []byte, text bool, callback func(error), cork bool) (bool, error) {
	if m.ended {
		err := m.behaviours.writeAfterEndError()
		m.strand.post(func() { m.EventError.Emit(err) })
		return true, err
	}
	if m.head == nil {
		if err := m.kind.implicitHeader(); err != nil {
			return false, err
		}
	}
	if cork && m.attached && m.behaviours.writeCorksSocket && !m.uncorks && len(chunk) < corkedChunk {
		m.uncorks = true
		m.turnSocket = m.socket
		m.socket.Cork()
		m.strand.postTask((*uncorkStep)(m))
	}
	if !m.hasBody {
		return true, nil // as in Node, the callback is not called
	}
	if len(chunk) == 0 && !m.behaviours.emptyWriteFlushes {
		return true, nil
	}
	ok := m.transmit(chunk, text && !m.chunked, listenerOf(callback))
	if !ok {
		m.needDrain = true
	}
	return ok, nil
}

// SettleHeader makes the header block as Write does, without sending it, and reports whether the message has a body.
// Errors are those of the implicit header block.
func (m *OutgoingMessage) SettleHeader() (hasBody bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.head == nil {
		err = m.kind.implicitHeader()
	}
	return m.hasBody, err
}

// uncorkStep is a message that sends what was written in one turn, as posted to its strand.
type uncorkStep OutgoingMessage

func (s *uncorkStep) run() { (*OutgoingMessage)(s).uncorkTurn() }

func (m *OutgoingMessage) uncorkTurn() {
	m.mu.Lock()
	uncork, socket := m.uncorks, m.turnSocket
	m.uncorks, m.turnSocket = false, nil
	m.mu.Unlock()
	if uncork {
		socket.Uncork()
	}
}

// transmit sends the header block, if it was not sent, and a framed chunk. It is called with mu held.
func (m *OutgoingMessage) transmit(chunk []byte, text bool, callback writeListener) bool {
	var prefix []byte
	var small [32]byte
	if !m.headSent {
		prefix = m.takeHead(text)
	} else {
		prefix = small[:0]
	}
	var suffix []byte
	if m.chunked && len(chunk) > 0 {
		prefix = http1.AppendChunkHeader(prefix, len(chunk))
		suffix = crlf
	}
	ok := m.transmitParts(callback, prefix, chunk, suffix)
	m.releaseHead()
	return ok
}

// corkedChunk is the size from which a chunk does not wait for what else is sent in the same turn: a segment of its own
// costs less than a copy.
const corkedChunk = 8 << 10

var crlf = []byte("\r\n")

// takeHead returns the header block as it is sent, with room behind it.
func (m *OutgoingMessage) takeHead(text bool) []byte {
	m.headSent = true
	if m.head == nil {
		return nil
	}
	if m.headHigh && !text {
		return appendLatin1(make([]byte, 0, len(m.head)+32), string(m.head))
	}
	return m.head
}

// sentHead stands for a header block that was sent: it is settled, and its text is of no use any more.
var sentHead = []byte{}

// releaseHead gives back what a header block that was sent lay in. It is called with mu held.
func (m *OutgoingMessage) releaseHead() {
	if m.headRoom != nil && m.headSent {
		headRooms.put(m.headRoom)
		m.head, m.headRoom = sentHead, nil
	}
}

func (m *OutgoingMessage) transmitParts(callback writeListener, prefix, chunk, suffix []byte) bool {
	if m.attached {
		return m.socket.sendParts(callback, prefix, chunk, suffix)
	}
	if m.destroyed || m.socket != nil && m.socket.Destroyed() {
		return m.socket == nil && !m.behaviours.unconnectedWriteWaits
	}
	before := len(m.output)
	if m.output == nil && m.headRoom != nil && len(prefix) > 0 && &prefix[0] == &m.headRoom.bytes[0] {
		// The header block stays where it is, and what follows is written behind it.
		m.output, m.outputRoom = m.headRoom.bytes[:len(prefix)], m.headRoom // not prefix, which may lie on a stack
		m.head, m.headRoom = sentHead, nil
	} else {
		m.output = append(m.output, prefix...)
	}
	m.output = append(append(m.output, chunk...), suffix...)
	if m.waiting == nil {
		m.waiting = m.first[:0]
	}
	if callback != nil {
		m.waiting = append(m.waiting, pendingCallback{len(m.output), callback})
	}
	m.kind.pendingOutput(len(m.output) - before)
	return len(m.output) < highWaterMark && !m.behaviours.unconnectedWriteWaits
}

// End sends a last piece of the body, which may be nil, and completes the message. A header block that was not settled
// says the length then. callback may be nil; it is called once, after EventFinish's earlier listeners. Ending twice
// does nothing. Errors are those of the implicit header block; the message is not ended then.
func (m *OutgoingMessage) End(chunk []byte, callback func()) error {
	return m.end(chunk, false, callback)
}

// EndText is End for text in UTF-8; see SendText.
func (m *OutgoingMessage) EndText(text string, callback func()) error {
	return m.end([]byte(text), true, callback)
}

func (m *OutgoingMessage) end(chunk []byte, text bool, callback func()) error {
	m.mu.Lock()
	if m.ended {
		finished := m.finished
		m.mu.Unlock()
		switch {
		case callback == nil || !m.behaviours.endAgainCalls:
		case finished:
			m.strand.post(callback)
		default:
			m.EventFinish.Once(callback)
		}
		return nil
	}
	if m.head == nil {
		m.contentLength = len(chunk)
		if err := m.kind.implicitHeader(); err != nil {
			m.mu.Unlock()
			return err
		}
	}
	if callback != nil {
		m.EventFinish.Once(callback)
	}
	if !m.hasBody {
		chunk = nil
	}
	var prefix []byte
	var small [32]byte
	if !m.headSent {
		prefix = m.takeHead(text && !m.chunked)
	} else {
		prefix = small[:0]
	}
	var suffix []byte
	if m.chunked && (m.hasBody || m.behaviours.lastChunkAlways) {
		if len(chunk) > 0 {
			prefix = http1.AppendChunkHeader(prefix, len(chunk))
			suffix = append(suffix, crlf...)
		}
		suffix = append(append(append(suffix, "0\r\n"...), m.trailer...), crlf...)
	}
	m.ended = true
	m.transmitParts((*finishStep)(m), prefix, chunk, suffix)
	m.releaseHead()
	attached, socket := m.attached, m.socket
	uncork := m.uncorks
	m.uncorks = false
	if attached {
		for ; m.corked > 0; m.corked-- {
			socket.Uncork()
		}
	}
	if attached && socket.Destroyed() {
		m.strand.post(m.kind.messageLost)
	}
	m.cond.Broadcast()
	m.mu.Unlock()
	if attached {
		if uncork {
			socket.Uncork()
		}
		m.handedOver()
	}
	return nil
}

// finishStep is a message that is told when its last byte was handed over. It is not told when that failed: the
// connection's end is.
type finishStep OutgoingMessage

func (s *finishStep) run()          { (*OutgoingMessage)(s).finish() }
func (s *finishStep) written(error) { (*OutgoingMessage)(s).kind.messageLost() }

// finish runs on the strand when the last byte was handed over.
func (m *OutgoingMessage) finish() {
	m.mu.Lock()
	m.finished = true
	m.mu.Unlock()
	m.kind.messageFinished()
	m.EventFinish.Emit()
}

// FlushHeaders sends the header block at once, before any of the body.
func (m *OutgoingMessage) FlushHeaders() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.head == nil {
		if err := m.kind.implicitHeader(); err != nil {
			return err
		}
	}
	if !m.headSent {
		m.transmit(nil, false, nil)
	}
	return nil
}

// Cork keeps what is written until Uncork was called as often as Cork, or End.
func (m *OutgoingMessage) Cork() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.corked++
	if m.attached {
		m.socket.Cork()
	}
}

// Uncork undoes one Cork.
func (m *OutgoingMessage) Uncork() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.corked == 0 {
		return
	}
	m.corked--
	if m.attached {
		m.socket.Uncork()
	}
}

// --- the socket

// attach gives the message a socket and sends what was written before.
// It reports whether a writer waits for EventDrain and may go on.
func (m *OutgoingMessage) attach(socket *Socket) (drained bool) {
	m.mu.Lock()
	m.socket, m.attached = socket, true
	for i := 0; i < m.corked; i++ {
		socket.Cork()
	}
	output, waiting := m.output, m.waiting
	m.output, m.waiting = nil, nil
	ok := true
	if len(output) > 0 || len(waiting) > 0 {
		m.kind.pendingOutput(-len(output))
		from := 0
		for _, callback := range waiting {
			ok = socket.sendParts(callback.to, output[from:callback.at], nil, nil)
			from = callback.at
		}
		if from < len(output) {
			ok = socket.sendParts(nil, output[from:], nil, nil)
		}
	}
	m.first[0] = pendingCallback{}
	if m.outputRoom != nil {
		headRooms.put(m.outputRoom)
		m.outputRoom = nil
	}
	ended := m.ended
	if !ended && m.needDrain && ok {
		m.needDrain = false
		drained = true
	}
	m.cond.Broadcast()
	m.mu.Unlock()
	if ended {
		m.handedOver()
	}
	return drained
}

// drainsIntoSocket reports whether a writer waits that may go on now that there is a socket.
func (m *OutgoingMessage) drainsIntoSocket() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	due := m.needDrain && !m.ended && len(m.output) < highWaterMark
	if due {
		m.needDrain = false
	}
	return due
}

// handedOver is called without mu when the message was ended and everything is with the socket.
func (m *OutgoingMessage) handedOver() {
	m.EventPrefinish.Emit()
	m.kind.messageEnded()
}

// detach takes the socket away: what is written from now on goes nowhere.
func (m *OutgoingMessage) detach() {
	m.mu.Lock()
	m.attached = false
	m.socket = nil
	m.mu.Unlock()
}

// cutOff is called when the socket has closed: writers must not wait any more.
func (m *OutgoingMessage) cutOff() {
	m.mu.Lock()
	m.attached = false
	m.destroyed = true
	m.cond.Broadcast()
	m.mu.Unlock()
}

// drained runs on the strand when the socket's queue is empty.
func (m *OutgoingMessage) drained() {
	m.mu.Lock()
	due := m.needDrain && !m.ended
	m.needDrain = false
	m.mu.Unlock()
	if due {
		m.EventDrain.Emit()
	}
}

// --- properties

// Socket returns the connection, or nil before there is one and, for a response, after EventFinish.
func (m *OutgoingMessage) Socket() *Socket {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.socket
}

// Finished reports whether End was called.
func (m *OutgoingMessage) Finished() bool { return m.WritableEnded() }

// WritableEnded reports whether End was called.
func (m *OutgoingMessage) WritableEnded() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.ended
}

// WritableFinished reports whether everything was handed to the system.
func (m *OutgoingMessage) WritableFinished() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.ended && (m.finished || len(m.output) == 0 && (m.socket == nil || m.socket.WritableLength() == 0))
}

// WritableLength counts the bytes that are queued.
func (m *OutgoingMessage) WritableLength() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := len(m.output)
	if m.attached {
		n += m.socket.WritableLength()
	}
	return n
}

// SendDate reports whether a Date header is added.
func (m *OutgoingMessage) SendDate() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.sendDate
}

// SetSendDate decides whether a Date header is added where none was set. Default: true for a response.
func (m *OutgoingMessage) SetSendDate(send bool) {
	m.mu.Lock()
	m.sendDate = send
	m.mu.Unlock()
}

// ShouldKeepAlive reports whether the connection is to be kept for another message, as far as is known.
func (m *OutgoingMessage) ShouldKeepAlive() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.shouldKeepAlive
}

// SetShouldKeepAlive decides it, as long as the header block is not settled.
func (m *OutgoingMessage) SetShouldKeepAlive(keep bool) {
	m.mu.Lock()
	m.shouldKeepAlive = keep
	m.mu.Unlock()
}

// ChunkedEncoding reports whether the body is sent in chunks.
func (m *OutgoingMessage) ChunkedEncoding() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.chunked
}

// UseChunkedEncodingByDefault reports whether a body of unknown length is sent in chunks.
func (m *OutgoingMessage) UseChunkedEncodingByDefault() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.chunkedByDefault
}

// SetUseChunkedEncodingByDefault decides it.
func (m *OutgoingMessage) SetUseChunkedEncodingByDefault(use bool) {
	m.mu.Lock()
	m.chunkedByDefault = use
	m.mu.Unlock()
}
