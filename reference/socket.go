package reference

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// highWaterMark is how many bytes a writer may have queued before it is told to wait for EventDrain, and how many bytes
// of a body nobody read are kept before the peer has to wait.
const highWaterMark = 16 << 10

// Socket is one end of a connection, in the event style of Node's net.Socket and in the blocking style of net.Conn. It
// works over any io.ReadWriteCloser; what only a net.Conn can do is left out for others.
//
// Methods may be called from any goroutine. Events are delivered one at a time, in order, never from inside a call.
//
// Bytes that arrive go to EventData while the socket flows, which it does as soon as EventData has a listener or Resume
// is called, and to Read otherwise. Chunks are valid until the listener returns.
type Socket struct {
	EventConnect     Event0        // a Dial has succeeded
	EventData        SocketData    // bytes arrived; listening makes the socket flow
	EventEnd         Event0        // the peer sends no more
	EventDrain       Event0        // after a Send that returned false: everything was handed to the system
	EventFinish      Event0        // after End: everything was handed to the system
	EventTimeout     Event0        // nothing was read or written for the time of SetTimeout; the socket stays open
	EventError       Event1[error] // EventClose follows
	EventClose       Event1[bool]  // nothing comes after it; true after an error
	EventAgentRemove Event0        // for a socket of an Agent: emit it to take the socket out of the agent
	EventFree        Event0        // for a socket of an Agent: emitted when a request has done with it

	strand   *strand
	closed   bool  // EventClose was emitted; on the strand only
	failure  error // what Destroy was called with; on the strand only
	inlet    inlet
	timeouts *timeouts
	timeout  timeout
	idle     atomic.Int64 // nanoseconds of SetTimeout
	active   atomic.Int64 // when the last byte moved
	fired    atomic.Bool  // the timeout has expired and is not armed again
	idling   atomic.Bool  // the reading goroutine waits, and its stack has grown; see renew

	// Guarded by mu.
	mu                  sync.Mutex
	stream              io.ReadWriteCloser
	raw                 *rawConn
	owner               socketOwner
	connecting          bool
	cancelDial          context.CancelFunc
	ending              bool // End was called
	finished            bool // and everything was handed over
	readEnded           bool
	destroyed           bool
	destroyWhenFinished bool
	halfOpen            bool
	corked              int
	queue               []byte
	spare               []byte
	room                *queueRoom // lent for the queue until it is empty
	callbacks           []writeCallback
	written             int64 // handed to the system
	flushing            bool  // a goroutine writes
	inFlight            int   // what it has taken off the queue and not written yet
	needDrain           bool
	outCond             sync.Cond
	noDelay             *bool
	keepAlive           *bool
	keepAliveDelay      time.Duration
	keepAliveTold       bool // the system knows of the last two
	unreferenced        bool
	renewing            bool // the reading goroutine was woken by renew
	local, remote       net.Addr
	bytesRead           atomic.Int64

	// Data is for users: nothing in this package reads it.
	Data any

	// Replacement is called where the document says that a message or an agent calls a method of its socket, so that a
	// user can replace the method. Default: nil, the socket's own methods. It is set before the socket is given away.
	Replacement SocketMethods
}

// SocketMethods are the methods of a Socket that messages and agents call by their documentation: request.setTimeout,
// message.setTimeout, response.setTimeout, request.setNoDelay, request.setSocketKeepAlive, message.destroy,
// agent.keepSocketAlive and agent.reuseSocket.
type SocketMethods interface {
	SetTimeout(d time.Duration, callback func())
	SetNoDelay(noDelay bool)
	SetKeepAlive(enable bool, initialDelay time.Duration)
	Destroy(err error)
	Ref()
	Unref()
}

// methods returns what to call for a message.
func (s *Socket) methods() SocketMethods {
	if s.Replacement != nil {
		return s.Replacement
	}
	return s
}

type writeCallback struct {
	at int64 // when so many bytes were handed over
	to writeListener
}

// writeListener learns on the strand what became of bytes: they were handed to the system, which makes it run, or that
// failed.
type writeListener interface {
	task
	written(failure error)
}

// writeFunc is a user's callback as a writeListener.
type writeFunc func(error)

func (f writeFunc) run()                  { f(nil) }
func (f writeFunc) written(failure error) { f(failure) }

// listenerOf returns the listener that a callback is, and nil for nil.
func listenerOf(callback func(error)) writeListener {
	if callback == nil {
		return nil
	}
	return writeFunc(callback)
}

// inlet is the right to take bytes from a socket and to parse them. Whoever needs bytes takes it: the socket's own
// goroutine, or somebody who blocks in Read. mu also guards what the bytes become: the bodies of messages.
type inlet struct {
	mu     sync.Mutex
	cond   sync.Cond
	busy   bool
	flows  bool   // the socket's goroutine should read
	runs   bool   // the socket's goroutine exists
	input  []byte // read and not taken yet; part of buffer
	packet []byte // what the last read brought
	buffer *buffer
	lent   bool  // buffer is in the hands of a listener
	failed error // no bytes will come: io.EOF or an error
	told   bool  // and that was delivered
}

func (in *inlet) acquire() {
	in.mu.Lock()
	for in.busy {
		in.cond.Wait()
	}
	in.busy = true
	in.mu.Unlock()
}

// tryAcquire is acquire for the strand, which must not wait for bytes that somebody else waits for: who has the inlet
// asks for a turn on the strand when there is something to tell.
func (in *inlet) tryAcquire() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.busy {
		return false
	}
	in.busy = true
	return true
}

func (in *inlet) release() {
	in.mu.Lock()
	in.busy = false
	in.cond.Broadcast()
	in.mu.Unlock()
}

// socketOwner is the HTTP side of a socket. Its methods are called on the socket's strand, before public listeners,
// except unheard.
type socketOwner interface {
	socketInput()      // there are bytes in the inlet, or its end
	socketError(error) // the connection failed; socketClose follows
	socketClose(hadError bool)
	socketDrain()
	socketTimeout()
	// unheard reports whether nobody would be told of a timeout, so that the socket is to be destroyed even while a
	// handler blocks the strand. It is called on any goroutine.
	unheard() bool
}

// SocketData is the 'data' event of a Socket.
type SocketData struct {
	Event1[[]byte]
	socket *Socket
}

// On adds a listener and makes the socket flow.
func (e *SocketData) On(call func(chunk []byte)) Listener {
	listener := e.Event1.On(call)
	e.socket.listened()
	return listener
}

// Once adds a listener for one chunk and makes the socket flow.
func (e *SocketData) Once(call func(chunk []byte)) Listener {
	listener := e.Event1.Once(call)
	e.socket.listened()
	return listener
}

// SocketOptions are for NewSocket.
type SocketOptions struct {
	// Executor delivers the events. Default: nil, the goroutine that has something to deliver.
	Executor Executor
	// AllowHalfOpen keeps the socket writable when the peer has ended. Default: false.
	AllowHalfOpen bool
	timeouts      *timeouts
}

// NewSocket makes a Socket of a connection, which it owns from then on. It reads nothing before somebody wants bytes.
func NewSocket(stream io.ReadWriteCloser, options SocketOptions) *Socket {
	s := newSocket(options)
	s.attach(stream)
	return s
}

func newSocket(options SocketOptions) *Socket {
	s := &Socket{strand: newStrand(options.Executor), timeouts: options.timeouts, halfOpen: options.AllowHalfOpen}
	s.inlet.cond.L = &s.inlet.mu
	s.outCond.L = &s.mu
	s.timeout.target = s
	s.EventData.socket = s
	if s.timeouts == nil {
		s.timeouts = &timeouts{}
	}
	return s
}

func (s *Socket) attach(stream io.ReadWriteCloser) {
	s.stream = stream
	s.raw = newRawConn(stream)
	if conn, ok := stream.(net.Conn); ok {
		s.local, s.remote = conn.LocalAddr(), conn.RemoteAddr()
	}
}

// Executor returns what delivers the socket's events, or nil.
func (s *Socket) Executor() Executor { return s.strand.executor }

// --- reading

// Resume makes the socket flow.
func (s *Socket) Resume() {
	s.inlet.mu.Lock()
	s.inlet.flows = true
	started := s.startReading()
	s.inlet.mu.Unlock()
	if started {
		s.strand.letStart()
	}
}

// Pause stops the flow of EventData. One chunk that was already on its way is kept.
func (s *Socket) Pause() {
	s.inlet.mu.Lock()
	s.inlet.flows = false
	s.inlet.mu.Unlock()
}

// IsPaused reports whether the socket does not flow.
func (s *Socket) IsPaused() bool {
	s.inlet.mu.Lock()
	defer s.inlet.mu.Unlock()
	return !s.inlet.flows
}

func (s *Socket) listened() {
	s.mu.Lock()
	owned := s.owner != nil
	s.mu.Unlock()
	if !owned {
		s.Resume()
	}
}

// startReading makes sure that a goroutine reads while the socket flows, and reports whether it started one. It is called with inlet.mu held.
func (s *Socket) startReading() bool {
	in := &s.inlet
	if in.runs || !in.flows || in.told {
		return false
	}
	s.mu.Lock()
	ready := s.stream != nil && !s.connecting && (!s.destroyed || in.failed != nil)
	s.mu.Unlock()
	if ready {
		in.runs = true
		go s.readLoop()
	}
	return ready
}

// readLoop is the goroutine of a connection. It ends when the socket stops flowing.
func (s *Socket) readLoop() {
	in := &s.inlet
	deliver := s.deliver
	for grown := false; ; grown = true {
		in.mu.Lock()
		for in.busy {
			in.cond.Wait()
		}
		if !in.flows || in.told || s.Destroyed() {
			in.runs = false
			in.mu.Unlock()
			return
		}
		if len(in.input) == 0 && in.failed == nil {
			in.busy = true
			in.mu.Unlock()
			s.idling.Store(grown)
			s.fill()
			renewed := grown && !s.idling.CompareAndSwap(true, false) && s.renewed()
			in.mu.Lock()
			in.busy = false
			in.cond.Broadcast()
			if renewed && len(in.input) == 0 && in.failed == nil {
				in.mu.Unlock()
				go s.readLoop()
				return
			}
		}
		in.mu.Unlock()
		s.strand.run(deliver)
	}
}

// renewDelay is how long a connection has to be idle for its goroutine to be replaced.
const renewDelay = time.Second

// renew replaces the goroutine that waits for bytes by a new one. Listeners make the stack of a goroutine grow, and it
// stays as large while the goroutine waits; with many idle connections that would be most of their memory.
func (s *Socket) renew() {
	s.mu.Lock()
	defer s.mu.Unlock()
	conn, ok := s.stream.(interface{ SetReadDeadline(time.Time) error })
	if ok && s.raw != nil && !s.destroyed && s.idling.CompareAndSwap(true, false) {
		s.renewing = true
		_ = conn.SetReadDeadline(time.Unix(1, 0))
	}
}

// renewed undoes what renew did to the connection, and reports whether it did anything.
func (s *Socket) renewed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	renewing := s.renewing
	s.renewing = false
	if conn, ok := s.stream.(interface{ SetReadDeadline(time.Time) error }); ok && renewing {
		_ = conn.SetReadDeadline(time.Time{})
	}
	return renewing
}

// fill waits for bytes and puts them into the inlet, which has none. The caller holds the inlet.
func (s *Socket) fill() {
	in := &s.inlet
	s.mu.Lock()
	stream, raw, destroyed := s.stream, s.raw, s.destroyed
	s.mu.Unlock()
	var filled *buffer
	var n int
	var err error
	switch {
	case destroyed || stream == nil:
		err = net.ErrClosed
	case raw != nil:
		filled, n, err = raw.read(&readBuffers)
	default:
		filled = readBuffers.get()
		n, err = stream.Read(filled.bytes[:])
		for n == 0 && err == nil {
			n, err = stream.Read(filled.bytes[:])
		}
		if n == 0 {
			readBuffers.put(filled)
			filled = nil
		}
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		s.mu.Lock()
		renewing := s.renewing
		s.mu.Unlock()
		if renewing {
			return
		}
	}
	s.touch()
	in.mu.Lock()
	if filled != nil {
		if in.buffer != nil && !in.lent {
			readBuffers.put(in.buffer)
		}
		in.buffer, in.lent = filled, false
		in.input = filled.bytes[:n]
		in.packet = in.input
		s.bytesRead.Add(int64(n))
	}
	if err != nil {
		in.failed = err
	}
	in.mu.Unlock()
}

// drop gives the buffer back when everything in it was taken. It is called with inlet.mu held.
func (in *inlet) drop() {
	if len(in.input) == 0 && in.buffer != nil && !in.lent {
		readBuffers.put(in.buffer)
		in.buffer, in.input, in.packet = nil, nil, nil
	}
}

// newPacket returns a copy of what was read last, if nobody has taken any of it yet, for listeners of EventData beside
// the HTTP connection that has the socket, and nil when there are none.
func (s *Socket) newPacket() []byte {
	if s.EventData.Count() == 0 {
		return nil
	}
	in := &s.inlet
	in.mu.Lock()
	defer in.mu.Unlock()
	if len(in.input) == 0 || len(in.input) != len(in.packet) {
		return nil
	}
	return append([]byte(nil), in.input...)
}

// deliver runs on the strand: it hands the bytes of the inlet to the owner, or to the listeners of EventData.
func (s *Socket) deliver() {
	s.mu.Lock()
	owner := s.owner
	s.mu.Unlock()
	if s.strand.hasPosted() {
		// What was handed to the system before the peer answered is told first.
		s.strand.arrive(s.deliver)
		return
	}
	if owner != nil {
		beside := s.newPacket()
		owner.socketInput()
		if beside != nil {
			s.EventData.Emit(beside)
		}
	} else {
		s.deliverData()
	}
	in := &s.inlet
	in.mu.Lock()
	in.drop()
	end := in.failed != nil && !in.told && len(in.input) == 0 && !in.busy
	failed := in.failed
	if end {
		in.told = true
	}
	in.mu.Unlock()
	if end {
		s.inputEnded(failed)
	}
}

func (s *Socket) deliverData() {
	in := &s.inlet
	in.mu.Lock()
	if !in.flows || in.busy || len(in.input) == 0 {
		in.mu.Unlock()
		return
	}
	chunk, lent := in.input, in.buffer
	in.input = nil
	in.lent = true
	in.mu.Unlock()
	s.EventData.Emit(chunk)
	in.mu.Lock()
	if in.buffer == lent {
		in.lent = false
	} else {
		readBuffers.put(lent)
	}
	in.drop()
	in.mu.Unlock()
}

// unshift puts bytes back in front of what was read: the head of an upgraded connection is given to its listener, and
// nothing of it is to be read again; this is for what a parser has not taken.
func (s *Socket) takeInput() []byte {
	in := &s.inlet
	in.mu.Lock()
	defer in.mu.Unlock()
	rest := append([]byte{}, in.input...)
	in.input = nil
	in.drop()
	return rest
}

// inputEnded runs on the strand, once, when no more bytes come.
func (s *Socket) inputEnded(err error) {
	if !errors.Is(err, io.EOF) {
		s.Destroy(s.wrap("read", err))
		return
	}
	s.mu.Lock()
	s.readEnded = true
	halfOpen := s.halfOpen
	done := s.finished || s.destroyed
	s.mu.Unlock()
	s.EventEnd.Emit()
	if !halfOpen {
		s.End(nil, nil)
	}
	if done {
		s.Destroy(nil)
	} else {
		s.closeIfDone()
	}
}

func (s *Socket) closeIfDone() {
	s.mu.Lock()
	done := s.finished && s.readEnded
	s.mu.Unlock()
	if done {
		s.Destroy(nil)
	}
}

// Read reads what arrives while the socket does not flow. It blocks until there are bytes, and returns io.EOF when the
// peer has ended.
func (s *Socket) Read(p []byte) (int, error) {
	in := &s.inlet
	in.mu.Lock()
	for in.busy {
		in.cond.Wait()
	}
	if len(in.input) > 0 {
		n := copy(p, in.input)
		in.input = in.input[n:]
		in.drop()
		in.mu.Unlock()
		return n, nil
	}
	if in.failed != nil {
		failed, told := in.failed, in.told
		in.told = true
		in.mu.Unlock()
		if !told {
			s.strand.arrive(func() { s.inputEnded(failed) })
		}
		if errors.Is(failed, io.EOF) {
			return 0, io.EOF
		}
		return 0, s.wrap("read", failed)
	}
	s.mu.Lock()
	stream, raw, connecting := s.stream, s.raw, s.connecting
	s.mu.Unlock()
	if connecting || stream == nil {
		in.mu.Unlock()
		if err := s.waitConnected(); err != nil {
			return 0, err
		}
		return s.Read(p)
	}
	in.busy = true
	in.mu.Unlock()
	var n int
	var err error
	if raw != nil {
		n, err = raw.readInto(p)
	} else {
		n, err = stream.Read(p)
	}
	s.touch()
	s.bytesRead.Add(int64(n))
	in.mu.Lock()
	in.busy = false
	if err != nil {
		in.failed = err
	}
	in.cond.Broadcast()
	in.mu.Unlock()
	if n > 0 || err == nil {
		return n, nil
	}
	return s.Read(p)
}

// --- writing

// Send queues a chunk, of which it keeps no reference, and reports whether the writer may go on; after false
// EventDrain comes when everything was handed to the system. callback may be nil; it is called when the chunk was
// handed over, or with the error that prevented it. Send never blocks.
func (s *Socket) Send(chunk []byte, callback func(error)) bool {
	s.mu.Lock()
	if s.destroyed || s.ending {
		s.mu.Unlock()
		s.refuseWrite(callback)
		return false
	}
	s.append(chunk, callback)
	if s.corked == 0 {
		s.flush()
	}
	ok := s.inFlight+len(s.queue) < highWaterMark
	if !ok {
		s.needDrain = true
	}
	s.mu.Unlock()
	return ok
}

// Write sends a chunk and blocks while too much is queued. It ignores Cork.
func (s *Socket) Write(chunk []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.destroyed || s.ending {
		return 0, &Error{Code: "EPIPE", Name: nameError, Message: "This socket has been ended"}
	}
	s.append(chunk, nil)
	s.mu.Unlock()
	err := s.waitWritten()
	s.mu.Lock()
	if err != nil {
		return 0, err
	}
	return len(chunk), nil
}

// sendParts is Send for bytes that belong together: what leaves with a piece of a message's body, in front of it and
// behind it. It takes part in nothing but the queue's order: a socket that cannot be written to any more drops them.
func (s *Socket) sendParts(callback writeListener, prefix, chunk, suffix []byte) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.destroyed || s.ending {
		return false
	}
	pending := s.inFlight + len(s.queue) + len(prefix) + len(chunk) + len(suffix)
	at := s.written + int64(pending)
	// As in Node, what was asked for counts, not what the system took at once.
	ok := pending < highWaterMark
	direct := len(s.queue) == 0 && s.corked == 0 && s.raw != nil && !s.flushing && !s.connecting
	if direct {
		s.sendDirectly(prefix, chunk, suffix)
	} else {
		s.makeRoom()
		s.queue = append(append(append(s.queue, prefix...), chunk...), suffix...)
	}
	if direct && at <= s.written {
		if callback != nil {
			s.strand.postTask(callback)
		}
		if !ok {
			s.strand.post(s.drained)
		}
		return ok
	}
	if !ok {
		s.needDrain = true
	}
	if callback != nil {
		s.callbacks = append(s.callbacks, writeCallback{at, callback})
	}
	switch {
	case s.corked > 0:
	case direct && len(s.queue) > 0:
		s.flushLater()
	default:
		s.flush()
	}
	return ok
}

// makeRoom gives an empty queue some room for what is held for a moment. While the socket connects, that would be too
// much for too long. It is called with mu held.
func (s *Socket) makeRoom() {
	switch {
	case s.queue != nil:
	case s.spare != nil:
		s.queue, s.spare = s.spare, nil
	case s.room == nil && !s.connecting:
		s.room = queueRooms.get()
		s.queue = s.room.bytes[:0]
	}
}

// sendDirectly hands over what the kernel takes of the parts and queues the rest: small ones in one piece, of a large
// chunk what does not go with the first piece from where it lies. It is called with mu held and nothing in the queue.
func (s *Socket) sendDirectly(prefix, chunk, suffix []byte) {
	first := readBuffers.get()
	defer readBuffers.put(first)
	n := copy(first.bytes[:], prefix)
	prefix = prefix[n:]
	if len(prefix) == 0 {
		taken := copy(first.bytes[n:], chunk)
		chunk = chunk[taken:]
		n += taken
	}
	if len(prefix)+len(chunk) == 0 {
		taken := copy(first.bytes[n:], suffix)
		suffix = suffix[taken:]
		n += taken
	}
	if n == 0 {
		return
	}
	rest, failed := s.hand(first.bytes[:n])
	if failed {
		return
	}
	if len(rest)+len(prefix) == 0 && len(chunk) > 0 {
		if chunk, failed = s.hand(chunk); failed {
			return
		}
	}
	if len(rest)+len(prefix)+len(chunk)+len(suffix) == 0 {
		return
	}
	room := len(rest) + len(prefix) + len(chunk) + len(suffix)
	if room <= highWaterMark {
		s.makeRoom()
	}
	if cap(s.queue) < room {
		s.queue = make([]byte, 0, room)
	}
	s.queue = append(append(append(append(s.queue, rest...), prefix...), chunk...), suffix...)
}

// hand hands over what the kernel takes at once and returns the rest. It is called with mu held.
func (s *Socket) hand(chunk []byte) (rest []byte, failed bool) {
	n, err := s.raw.write(chunk)
	s.written += int64(n)
	s.active.Store(now())
	if err != nil {
		s.failWrite(err)
		return nil, true
	}
	return chunk[n:], false
}

// waitWritten sends what is queued in spite of Cork and blocks while too much is.
func (s *Socket) waitWritten() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stream != nil && s.raw == nil && !s.connecting && !s.flushing && !s.destroyed {
		s.flushing = true
		s.writeQueue()
	} else {
		s.flush()
	}
	for len(s.queue) >= highWaterMark && !s.destroyed {
		s.outCond.Wait()
	}
	if s.destroyed {
		return &Error{Code: "EPIPE", Name: nameError, Message: "write EPIPE"}
	}
	return nil
}

// refuseWrite tells why nothing can be written.
func (s *Socket) refuseWrite(callback func(error)) {
	s.mu.Lock()
	destroyed := s.destroyed
	s.mu.Unlock()
	err := &Error{Code: "EPIPE", Name: nameError, Message: "This socket has been ended by the other party"}
	if destroyed {
		err = &Error{Code: "ERR_STREAM_DESTROYED", Name: nameError, Message: "Cannot call write after a stream was destroyed"}
	}
	if callback != nil {
		s.strand.post(func() { callback(err) })
	}
	if !destroyed {
		s.Destroy(err)
	}
}

// append adds to the queue. It is called with mu held.
func (s *Socket) append(chunk []byte, callback func(error)) {
	if s.queue == nil && s.spare != nil {
		s.queue, s.spare = s.spare, nil
	}
	// What can leave at once is not copied.
	if len(s.queue) == 0 && s.corked == 0 && s.raw != nil && !s.flushing && !s.connecting && len(chunk) > 0 {
		n, err := s.raw.write(chunk)
		s.written += int64(n)
		s.active.Store(now())
		if err != nil {
			s.failWrite(err)
			n = len(chunk)
		}
		chunk = chunk[n:]
	}
	s.queue = append(s.queue, chunk...)
	if callback != nil {
		s.callbacks = append(s.callbacks, writeCallback{s.written + int64(s.inFlight+len(s.queue)), writeFunc(callback)})
	}
}

// failWrite destroys the socket after a failed write. It is called with mu held.
func (s *Socket) failWrite(err error) {
	wrapped := s.wrap("write", err)
	go s.Destroy(wrapped)
}

// flush hands the queue to the system: at once what it takes, the rest by a goroutine. It is called with mu held.
func (s *Socket) flush() {
	if s.connecting || s.stream == nil || s.flushing || s.destroyed {
		return
	}
	if len(s.queue) > 0 && s.raw != nil {
		n, err := s.raw.write(s.queue)
		s.written += int64(n)
		s.active.Store(now())
		if err != nil {
			s.failWrite(err)
			s.queue = s.queue[:0]
		} else {
			rest := copy(s.queue, s.queue[n:])
			s.queue = s.queue[:rest]
		}
	}
	if len(s.queue) == 0 {
		s.flushed()
		return
	}
	s.flushLater()
}

// flushLater makes a goroutine hand the queue to the system. It is called with mu held.
func (s *Socket) flushLater() {
	s.flushing = true
	go func() {
		s.mu.Lock()
		s.writeQueue()
		s.mu.Unlock()
	}()
}

// writeQueue writes until the queue is empty. It is called with mu held and flushing set, and releases mu while it
// blocks.
func (s *Socket) writeQueue() {
	for len(s.queue) > 0 && !s.destroyed {
		chunk := s.queue
		s.queue = s.spare
		s.spare = nil
		whole := chunk
		s.inFlight = len(chunk)
		for len(chunk) > 0 && !s.destroyed {
			piece := chunk
			stream, raw := s.stream, s.raw
			s.mu.Unlock()
			var n int
			var err error
			if raw != nil {
				n, err = raw.writeSome(piece, &s.mu)
			} else {
				n, err = stream.Write(piece[:min(len(piece), bufferSize)])
				s.mu.Lock()
			}
			if at := s.moved(); at != 0 && !s.destroyed {
				s.timeouts.arm(&s.timeout, at)
			}
			s.written += int64(n)
			chunk = chunk[n:]
			s.inFlight = len(chunk)
			if err != nil {
				s.inFlight = 0
				s.failWrite(err)
				chunk, s.queue = nil, s.queue[:0]
				s.flushing = false
				return
			}
			s.called()
		}
		if cap(whole) <= bufferSize {
			s.spare = whole[:0]
		}
	}
	s.flushing = false
	if !s.destroyed {
		s.flushed()
	}
}

// called posts the callbacks whose bytes were handed over. It is called with mu held.
func (s *Socket) called() {
	for len(s.callbacks) > 0 && s.callbacks[0].at <= s.written {
		s.strand.postTask(s.callbacks[0].to)
		s.callbacks[0].to = nil
		s.callbacks = s.callbacks[1:]
	}
	if len(s.callbacks) == 0 {
		s.callbacks = nil
	}
	s.outCond.Broadcast()
}

// flushed is called with mu held when the queue is empty.
func (s *Socket) flushed() {
	if cap(s.queue) > 0 && cap(s.queue) <= bufferSize {
		s.spare = s.queue[:0]
	}
	s.queue = nil
	if s.corked == 0 {
		s.spare = nil // a socket that waits holds no buffer
	}
	if s.room != nil {
		queueRooms.put(s.room)
		s.room, s.spare = nil, nil
	}
	s.called()
	if s.needDrain {
		s.needDrain = false
		s.strand.post(s.drained)
	}
	if s.ending && !s.finished {
		s.finished = true
		s.shutdown()
	}
}

func (s *Socket) drained() {
	s.mu.Lock()
	owner, destroyed := s.owner, s.destroyed
	s.mu.Unlock()
	if destroyed {
		return
	}
	if owner != nil {
		owner.socketDrain()
	}
	s.EventDrain.Emit()
}

// shutdown ends the writing side. It is called with mu held.
func (s *Socket) shutdown() {
	half, ok := s.stream.(interface{ CloseWrite() error })
	closeNow := s.destroyWhenFinished || s.readEnded || !ok
	s.strand.post(func() { s.EventFinish.Emit() })
	switch {
	case closeNow && s.raw != nil:
		// A close with unread input would reset the connection and could lose what was sent.
		_ = half.CloseWrite()
		s.raw.discard()
		s.strand.post(func() { s.Destroy(nil) })
	case closeNow:
		s.strand.post(func() { s.Destroy(nil) })
	case s.raw != nil:
		_ = half.CloseWrite()
	default:
		go func() { _ = half.CloseWrite() }()
	}
}

// End queues a last chunk, which may be nil, and ends the writing side when everything was handed over. callback may be
// nil; it is called then.
func (s *Socket) End(chunk []byte, callback func(error)) {
	s.mu.Lock()
	if s.ending || s.destroyed {
		s.mu.Unlock()
		return
	}
	s.corked = 0
	s.append(chunk, callback)
	s.ending = true
	s.flush()
	s.mu.Unlock()
}

// DestroySoon ends the writing side and destroys the socket when everything was handed over.
func (s *Socket) DestroySoon() {
	s.mu.Lock()
	if s.destroyed {
		s.mu.Unlock()
		return
	}
	s.destroyWhenFinished = true
	finished := s.finished
	if !s.ending {
		s.corked = 0
		s.ending = true
		s.flush()
	}
	s.mu.Unlock()
	if finished {
		s.Destroy(nil)
	}
}

// destroyAfterFlush destroys the socket with an error when what is queued was handed over.
func (s *Socket) destroyAfterFlush(err error) {
	s.mu.Lock()
	if s.raw != nil && len(s.queue) == 0 && !s.flushing {
		raw, half := s.raw, s.stream.(interface{ CloseWrite() error })
		s.mu.Unlock()
		_ = half.CloseWrite()
		raw.discard()
		s.Destroy(err)
		return
	}
	s.mu.Unlock()
	s.EventFinish.Once(func() { s.Destroy(err) })
	s.End(nil, nil)
}

// Cork keeps what Send queues until Uncork was called as often as Cork.
func (s *Socket) Cork() {
	s.mu.Lock()
	s.corked++
	s.mu.Unlock()
}

// Uncork undoes one Cork and sends what is queued after the last.
func (s *Socket) Uncork() {
	s.mu.Lock()
	if s.corked > 0 {
		s.corked--
		if s.corked == 0 {
			s.flush()
		}
	}
	s.mu.Unlock()
}

// --- ending

// Destroy closes the connection at once; what is queued is lost. EventError with err, unless it is nil, and EventClose
// follow.
func (s *Socket) Destroy(err error) {
	s.mu.Lock()
	if s.destroyed {
		s.mu.Unlock()
		return
	}
	s.destroyed = true
	s.ending = true
	stream, cancel := s.stream, s.cancelDial
	callbacks := s.callbacks
	s.callbacks, s.queue, s.spare, s.room = nil, nil, nil, nil
	s.outCond.Broadcast()
	s.mu.Unlock()
	s.idle.Store(0)
	s.timeouts.disarm(&s.timeout)
	if cancel != nil {
		time.AfterFunc(connectGrace, cancel)
	}
	if stream != nil {
		closeStream(stream)
	}
	s.inlet.mu.Lock()
	if s.inlet.failed == nil {
		s.inlet.failed = net.ErrClosed
	}
	s.inlet.told = true
	s.inlet.cond.Broadcast()
	s.inlet.mu.Unlock()
	for _, callback := range callbacks {
		failure := err
		if failure == nil {
			failure = &Error{Code: "ERR_STREAM_DESTROYED", Name: nameError, Message: "Cannot call write after a stream was destroyed"}
		}
		s.strand.post(func() { callback.to.written(failure) })
	}
	if err != nil {
		s.strand.post(func() {
			s.mu.Lock()
			owner := s.owner
			s.mu.Unlock()
			if owner != nil {
				owner.socketError(err)
			}
			s.EventError.Emit(err)
		})
	}
	// The system tells of the close later than everything that was caused before it, as an event loop would.
	s.strand.arriveLast(func() {
		s.mu.Lock()
		owner := s.owner
		s.mu.Unlock()
		s.inlet.mu.Lock()
		if !s.inlet.busy {
			s.inlet.input = nil
			s.inlet.drop()
		}
		s.inlet.mu.Unlock()
		s.closed, s.failure = true, err
		if owner != nil {
			owner.socketClose(err != nil)
		}
		s.EventClose.Emit(err != nil)
	})
}

// closeStream closes without waiting for a TLS peer.
func closeStream(stream io.Closer) {
	if secure, ok := stream.(*tls.Conn); ok {
		_ = secure.NetConn().Close()
		return
	}
	_ = stream.Close()
}

// Close is Destroy without an error; it makes Socket an io.Closer.
func (s *Socket) Close() error {
	s.Destroy(nil)
	return nil
}

// --- time

// SetTimeout makes EventTimeout come when nothing was read or written for d; 0 switches that off. callback may be nil;
// it is added to EventTimeout for one time, or for 0 it is ignored.
func (s *Socket) SetTimeout(d time.Duration, callback func()) {
	if d < 0 {
		d = 0
	}
	s.idle.Store(int64(d))
	if d == 0 {
		return
	}
	if callback != nil {
		s.EventTimeout.Once(callback)
	}
	at := now()
	s.active.Store(at)
	s.fired.Store(false)
	if !s.Destroyed() {
		s.timeouts.arm(&s.timeout, at+int64(min(d, renewDelay)))
	}
}

// Timeout returns the duration of SetTimeout.
func (s *Socket) Timeout() time.Duration { return time.Duration(s.idle.Load()) }

// touch notes that bytes moved.
func (s *Socket) touch() {
	if at := s.moved(); at != 0 && !s.Destroyed() {
		s.timeouts.arm(&s.timeout, at)
	}
}

// moved notes that bytes moved, and returns when the timeout is to be armed for, or 0 when it is armed or not wanted.
func (s *Socket) moved() int64 {
	idle := s.idle.Load()
	if idle == 0 {
		return 0
	}
	at := now()
	s.active.Store(at)
	if s.fired.Load() && s.fired.Swap(false) {
		return at + idle
	}
	return 0
}

// arrival returns when the bytes in the inlet were read, or the present if nobody noted that.
func (s *Socket) arrival() int64 {
	if at := s.active.Load(); at != 0 && s.idle.Load() != 0 {
		return at
	}
	return now()
}

func (s *Socket) deadline() int64 {
	idle := s.idle.Load()
	if idle == 0 {
		return 0
	}
	if s.idling.Load() {
		idle = min(idle, int64(renewDelay))
	}
	return s.active.Load() + idle
}

func (s *Socket) expired() {
	if due := s.active.Load() + s.idle.Load(); due > now() {
		s.renew()
		s.timeouts.arm(&s.timeout, due)
		return
	}
	s.fired.Store(true)
	s.mu.Lock()
	owner := s.owner
	s.mu.Unlock()
	if s.strand.executor == nil && owner != nil && owner.unheard() && s.EventTimeout.Count() == 0 {
		s.Destroy(nil)
		return
	}
	s.strand.arrive(func() {
		if s.Destroyed() || s.idle.Load() == 0 || !s.fired.Load() {
			return
		}
		s.mu.Lock()
		owner := s.owner
		s.mu.Unlock()
		if owner != nil {
			owner.socketTimeout()
		}
		s.EventTimeout.Emit()
	})
}

// --- properties

// Writable reports whether Send and Write can succeed.
func (s *Socket) Writable() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.ending && !s.destroyed
}

// Readable reports whether bytes may come.
func (s *Socket) Readable() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.readEnded && !s.destroyed
}

// Destroyed reports whether Destroy was called.
func (s *Socket) Destroyed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.destroyed
}

// Connecting reports whether a Dial has not succeeded yet.
func (s *Socket) Connecting() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.connecting
}

// BytesRead counts what came from the peer.
func (s *Socket) BytesRead() int64 { return s.bytesRead.Load() }

// BytesWritten counts what was sent or is queued.
func (s *Socket) BytesWritten() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.written + int64(s.inFlight+len(s.queue))
}

// WritableLength counts what is queued.
func (s *Socket) WritableLength() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.inFlight + len(s.queue)
}

// WritableCorked returns how often Uncork has to be called.
func (s *Socket) WritableCorked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.corked
}

// LocalAddr returns the local address, or nil.
func (s *Socket) LocalAddr() net.Addr {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.local
}

// RemoteAddr returns the peer's address, or nil.
func (s *Socket) RemoteAddr() net.Addr {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.remote
}

// Stream returns what the socket reads and writes: a *tls.Conn shows the peer's certificate. It is nil while a Dial has
// not succeeded.
func (s *Socket) Stream() io.ReadWriteCloser {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stream
}

// SetNoDelay switches Nagle's algorithm off or on, where there is one. It can be called before a Dial has succeeded.
func (s *Socket) SetNoDelay(noDelay bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.noDelay = &noDelay
	if conn, ok := tcpOf(s.stream).(interface{ SetNoDelay(bool) error }); ok {
		_ = conn.SetNoDelay(noDelay)
	}
}

// SetKeepAlive switches TCP keep-alive on or off; initialDelay is the time before the first probe, 0 the system's.
func (s *Socket) SetKeepAlive(enable bool, initialDelay time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.keepAliveTold && *s.keepAlive == enable && s.keepAliveDelay == initialDelay {
		return // an agent asks for it after every request
	}
	s.keepAlive, s.keepAliveDelay = &enable, initialDelay
	if conn, ok := tcpOf(s.stream).(*net.TCPConn); ok {
		s.keepAliveTold = true
		_ = conn.SetKeepAliveConfig(net.KeepAliveConfig{Enable: enable, Idle: initialDelay, Interval: -1, Count: -1})
	}
}

// NoDelay returns what SetNoDelay was last called with, if it was called.
func (s *Socket) NoDelay() (value, set bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.noDelay == nil {
		return false, false
	}
	return *s.noDelay, true
}

// KeepAlive returns what SetKeepAlive was last called with, if it was called.
func (s *Socket) KeepAlive() (enable bool, initialDelay time.Duration, set bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.keepAlive == nil {
		return false, 0, false
	}
	return *s.keepAlive, s.keepAliveDelay, true
}

// SetAllowHalfOpen decides whether the socket stays writable when the peer has ended.
func (s *Socket) SetAllowHalfOpen(allow bool) {
	s.mu.Lock()
	s.halfOpen = allow
	s.mu.Unlock()
}

// Ref and Unref exist for programs that end when nothing referenced is left; Go programs do not, so that only
// HasRef tells.
func (s *Socket) Ref() { s.setRef(true) }

// Unref is the opposite of Ref.
func (s *Socket) Unref() { s.setRef(false) }

// HasRef reports whether Unref was called last.
func (s *Socket) HasRef() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.unreferenced
}

func (s *Socket) setRef(ref bool) {
	s.mu.Lock()
	s.unreferenced = !ref
	s.mu.Unlock()
}

func tcpOf(stream any) any {
	if secure, ok := stream.(*tls.Conn); ok {
		return secure.NetConn()
	}
	return stream
}

// Owned reports whether an HTTP connection has the socket; it deals with errors then.
func (s *Socket) Owned() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.owner != nil
}

// setOwner gives the socket to an HTTP connection, or, with nil, to its user.
func (s *Socket) setOwner(owner socketOwner) {
	s.mu.Lock()
	s.owner = owner
	s.mu.Unlock()
}

// --- connecting

// DialOptions say what a Socket connects to.
type DialOptions struct {
	SocketOptions
	// Network is "tcp", "tcp4", "tcp6" or "unix". Default: "tcp".
	Network string
	// Address is host:port, or a path for "unix".
	Address string
	// LocalAddress is the IP address to connect from. Default: any.
	LocalAddress string
	// LocalPort is the port to connect from. Default: any.
	LocalPort int
	// TLS makes a TLS connection. Default: nil, none.
	TLS *tls.Config
	// Dial replaces the way the connection is made. Default: a net.Dialer.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Timeout is what SetTimeout is called with. Default: 0, none.
	Timeout time.Duration
}

// connectGrace is how long an attempt to connect may still go on after its socket was destroyed. In Node the system is
// asked to connect at once, so that a peer nearby sees even a connection that is given up in the same turn.
const connectGrace = 200 * time.Millisecond

// Dial returns a socket that connects in the background: EventConnect, or EventError and EventClose follow. The context
// bounds the time of connecting.
func Dial(ctx context.Context, options DialOptions) *Socket {
	s := newSocket(options.SocketOptions)
	ctx, cancel := context.WithCancel(ctx)
	s.connecting, s.cancelDial = true, cancel
	if options.Timeout > 0 {
		s.SetTimeout(options.Timeout, nil)
	}
	// Whoever called Dial is to have the socket before anything can happen to it.
	s.strand.post(func() {
		go s.dial(ctx, cancel, options)
		s.strand.letStart()
	})
	return s
}

func (s *Socket) dial(ctx context.Context, cancel context.CancelFunc, options DialOptions) {
	defer cancel()
	network := options.Network
	if network == "" {
		network = "tcp"
	}
	dial := options.Dial
	if dial == nil {
		dialer := &net.Dialer{KeepAlive: -1}
		if options.LocalAddress != "" || options.LocalPort != 0 {
			dialer.LocalAddr = &net.TCPAddr{IP: net.ParseIP(options.LocalAddress), Port: options.LocalPort}
		}
		dial = dialer.DialContext
	}
	conn, err := dial(ctx, network, options.Address)
	if err == nil && options.TLS != nil {
		secure := tls.Client(conn, options.TLS)
		if err = secure.HandshakeContext(ctx); err != nil {
			_ = conn.Close()
		}
		conn = secure
	}
	if err != nil {
		failure := dialError(err, network, options.Address)
		s.strand.arrive(func() { s.Destroy(failure) })
		return
	}
	s.strand.run(func() { s.connected(conn) })
}

// connected runs on the strand when a Dial has succeeded.
func (s *Socket) connected(conn net.Conn) {
	s.mu.Lock()
	if s.destroyed {
		s.mu.Unlock()
		closeStream(conn)
		return
	}
	s.connecting, s.cancelDial = false, nil
	s.attach(conn)
	noDelay, keepAlive, delay := s.noDelay, s.keepAlive, s.keepAliveDelay
	s.outCond.Broadcast()
	s.mu.Unlock()
	if noDelay != nil {
		s.SetNoDelay(*noDelay)
	}
	if keepAlive != nil {
		s.SetKeepAlive(*keepAlive, delay)
	}
	s.touch()
	s.mu.Lock()
	if s.corked == 0 {
		s.flush()
	}
	s.mu.Unlock()
	s.EventConnect.Emit()
	s.inlet.mu.Lock()
	s.startReading()
	s.inlet.mu.Unlock()
}

func (s *Socket) waitConnected() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.connecting && !s.destroyed {
		s.outCond.Wait()
	}
	if s.destroyed {
		return net.ErrClosed
	}
	return nil
}

// --- errors

// wrap gives an error of the system the form that Node gives it.
func (s *Socket) wrap(operation string, err error) error {
	var already *Error
	if errors.As(err, &already) {
		return already
	}
	if code := errorCode(err); code != "" {
		return systemError(operation, code, "", err)
	}
	return &Error{Name: nameError, Message: err.Error(), Cause: err}
}

func dialError(err error, network, address string) error {
	var already *Error
	if errors.As(err, &already) {
		return already
	}
	var lookup *net.DNSError
	if errors.As(err, &lookup) {
		code := "EAI_AGAIN"
		if lookup.IsNotFound {
			code = "ENOTFOUND"
		}
		return systemError("getaddrinfo", code, lookup.Name, err)
	}
	var operation *net.OpError
	if errors.As(err, &operation) && operation.Addr != nil && !strings.HasPrefix(network, "unix") {
		address = operation.Addr.String()
	}
	if code := errorCode(err); code != "" {
		return systemError("connect", code, address, err)
	}
	return &Error{Name: nameError, Message: err.Error(), Cause: err}
}

// errorCode names an error of the operating system.
func errorCode(err error) string {
	var number syscall.Errno
	if errors.As(err, &number) {
		switch number {
		case syscall.ECONNRESET:
			return "ECONNRESET"
		case syscall.ECONNREFUSED:
			return "ECONNREFUSED"
		case syscall.ECONNABORTED:
			return "ECONNABORTED"
		case syscall.EPIPE:
			return "EPIPE"
		case syscall.ETIMEDOUT:
			return "ETIMEDOUT"
		case syscall.EADDRINUSE:
			return "EADDRINUSE"
		case syscall.EADDRNOTAVAIL:
			return "EADDRNOTAVAIL"
		case syscall.EACCES:
			return "EACCES"
		case syscall.ENOENT:
			return "ENOENT"
		case syscall.EHOSTUNREACH:
			return "EHOSTUNREACH"
		case syscall.ENETUNREACH:
			return "ENETUNREACH"
		case syscall.EINVAL:
			return "EINVAL"
		}
	}
	switch {
	case errors.Is(err, io.ErrClosedPipe):
		return "EPIPE"
	case errors.Is(err, context.DeadlineExceeded):
		return "ETIMEDOUT"
	}
	return ""
}
