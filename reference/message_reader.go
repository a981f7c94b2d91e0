package reference

import (
	"errors"
	"io"

	"github.com/nodehttp/conform/reference/internal/http1"
)

// messageReader parses what a socket brings. The reader of a connection is used under the socket's inlet; what it finds
// is told on the socket's strand, one thing at a time, so that a listener may block in Read of the message it was given:
// that goes on parsing where the reader stopped.
type messageReader struct {
	socket     *Socket
	user       messageUser
	behaviours *behaviours
	parser     http1.Parser

	current *IncomingMessage // whose body is being read
	found   found
	chunk   []byte  // of the body, for listeners of EventData
	left    []found // found by somebody who blocked in Read; to be told on the strand
	inTurn  bool
	again   bool  // the parser has to be called even without input
	inHead  int64 // when the head that is being read began; 0 outside a head
	ended   bool  // the parser knows that no more bytes come
	stopped bool  // the socket belongs to somebody else
}

// messageUser is the server's or the client's side of a connection.
type messageUser interface {
	// readHead makes the message of a head and says what follows it. It is called on any goroutine, with the inlet
	// held, and must not call listeners.
	readHead(*http1.Head) (*IncomingMessage, http1.Action)

	// The others are called on the strand.

	// messageArrived tells of a message whose body follows. It is not called for an upgrade.
	messageArrived(*IncomingMessage)
	// messageCompleted tells that all of a message was parsed.
	messageCompleted(*IncomingMessage)
	// upgraded tells that the connection is not HTTP any more: rest came behind the head.
	upgraded(message *IncomingMessage, rest []byte)
	// parseFailed tells of a violation of the protocol.
	parseFailed(*Error)
	// inputEnded tells that the peer sends no more, and that this was no violation.
	inputEnded()
}

type found struct {
	kind    foundKind
	message *IncomingMessage
	err     *Error
}

type foundKind uint8

const (
	foundNothing foundKind = iota
	foundHead
	foundBody
	foundComplete
	foundError
	foundEnd
)

func (r *messageReader) prepare(socket *Socket, user messageUser, behaviours *behaviours, mode http1.Mode, headBytes int, lenient bool) {
	r.socket, r.user, r.behaviours = socket, user, behaviours
	if headBytes <= 0 {
		headBytes = behaviours.maxHeaderSize
	}
	r.parser.Reset(mode, r, http1.Limits{HeadBytes: headBytes}, &behaviours.parser, lenient)
}

// reset makes a reader that has done its work ready for another prepare. The caller holds the inlet.
func (r *messageReader) reset() {
	r.parser.Close()
	left := r.left[:0]
	clear(left[:cap(left)])
	*r = messageReader{left: left}
}

// turn runs on the strand: it parses the input and tells what was found.
func (r *messageReader) turn() {
	in := &r.socket.inlet
	first := true
	for {
		if !in.tryAcquire() {
			return
		}
		if r.stopped || first && r.socket.Destroyed() {
			in.release()
			return
		}
		first = false // when a listener destroys the socket, what came with the same packet is told nevertheless
		r.inTurn = true
		var what found
		if len(r.left) > 0 {
			what, r.left = r.left[0], r.left[1:]
		} else {
			what = r.step()
		}
		r.inTurn = false
		if what.kind == foundNothing {
			r.forget()
		}
		chunk := r.chunk
		r.chunk = nil
		var lent *buffer
		if what.kind == foundBody {
			in.mu.Lock()
			lent, in.lent = in.buffer, true
			in.mu.Unlock()
		}
		in.release()
		switch what.kind {
		case foundNothing:
			return
		case foundHead:
			if !what.message.upgrade {
				r.user.messageArrived(what.message)
			}
		case foundBody:
			what.message.EventData.Emit(chunk)
			in.mu.Lock()
			if in.buffer == lent {
				in.lent = false
			} else {
				readBuffers.put(lent)
			}
			in.mu.Unlock()
		case foundComplete:
			r.messageCompleted(what.message)
		case foundError:
			r.user.parseFailed(what.err)
		case foundEnd:
			r.user.inputEnded()
		}
	}
}

// forget lets go of a message that has arrived whole: a connection that waits keeps none. The caller holds the inlet.
func (r *messageReader) forget() {
	in := &r.socket.inlet
	in.mu.Lock()
	if r.current != nil && r.current.complete {
		r.current, r.found = nil, found{}
	}
	in.mu.Unlock()
}

// messageCompleted runs on the strand.
func (r *messageReader) messageCompleted(message *IncomingMessage) {
	in := &r.socket.inlet
	in.acquire()
	if !r.parser.Upgraded() || r.current != message {
		in.release()
		r.user.messageCompleted(message)
		return
	}
	if !message.upgrade {
		// Nobody wanted the upgrade, so that it was a plain message; Node loses what came with it.
		in.mu.Lock()
		in.input = nil
		in.mu.Unlock()
		r.parser.Resume()
		in.release()
		r.user.messageCompleted(message)
		return
	}
	r.stop()
	in.release()
	r.user.upgraded(message, r.socket.takeInput())
}

// stop ends the reader for good. The caller holds the inlet.
func (r *messageReader) stop() {
	r.stopped = true
	r.parser.Close()
}

// step parses until there is something to tell. The caller holds the inlet.
func (r *messageReader) step() found {
	in := &r.socket.inlet
	for {
		in.mu.Lock()
		input, failed := in.input, in.failed
		in.mu.Unlock()
		if len(input) == 0 && !r.again {
			if failed == nil || r.ended || !errors.Is(failed, io.EOF) {
				return found{}
			}
			r.ended = true
			r.found = found{kind: foundEnd}
			if err := r.parser.Finish(); err != nil {
				return r.failed(err, 0, nil)
			}
			if r.found.kind == foundComplete {
				r.left = append(r.left, found{kind: foundEnd})
			}
			return r.found
		}
		r.again = false
		r.found = found{}
		n, err := r.parser.Execute(input)
		in.mu.Lock()
		offset := len(in.packet) - len(input)
		packet := in.packet
		in.input = input[n:]
		if err != nil || n < len(input) && !r.parser.Paused() && !r.parser.Upgraded() {
			in.input = nil // Node does not say why it takes no more after an upgrade that nobody wanted
		}
		in.mu.Unlock()
		if err != nil {
			return r.failed(err, offset, packet)
		}
		if r.parser.Paused() {
			if !r.parser.Upgraded() {
				r.parser.Resume()
			}
			r.again = true
		}
		if r.found.kind != foundNothing {
			return r.found
		}
		if r.parser.Upgraded() {
			return found{}
		}
	}
}

func (r *messageReader) failed(err error, offset int, packet []byte) found {
	var violation *http1.Error
	if !errors.As(err, &violation) {
		return found{}
	}
	if r.current != nil {
		r.current.cutOff()
	}
	return found{kind: foundError, err: r.behaviours.parseError(violation.Code, violation.Reason, offset+violation.BytesParsed, packet)}
}

// pump implements messageSource.
func (r *messageReader) pump() {
	in := &r.socket.inlet
	in.mu.Lock()
	empty := len(in.input) == 0 && in.failed == nil && !r.again
	in.mu.Unlock()
	if empty {
		r.socket.fill()
	}
	what := r.step()
	if what.kind != foundNothing {
		r.left = append(r.left, what)
	}
	in.mu.Lock()
	failed, over := in.failed, len(in.input) == 0
	in.mu.Unlock()
	if failed != nil && over && r.current != nil {
		r.current.cutOff()
	}
	if what.kind != foundNothing || failed != nil {
		r.socket.strand.arrive(r.socket.deliver)
	}
}

// holdBody implements messageSource. Only the socket's own reading stops; Read goes on.
func (r *messageReader) holdBody() { r.socket.inlet.flows = false }

// releaseBody implements messageSource.
func (r *messageReader) releaseBody() {
	if !r.stopped {
		r.socket.inlet.flows = true
		r.socket.startReading()
	}
}

// bodyEnding implements messageSource.
func (r *messageReader) bodyEnding(message *IncomingMessage) {
	if user, ok := r.user.(interface{ bodyEnding(*IncomingMessage) }); ok {
		user.bodyEnding(message)
	}
}

// bodyEnded implements messageSource.
func (r *messageReader) bodyEnded(message *IncomingMessage) {
	if user, ok := r.user.(interface{ bodyEnded(*IncomingMessage) }); ok {
		user.bodyEnded(message)
	}
}

// OnMessageBegin implements http1.Handler.
func (r *messageReader) OnMessageBegin() {
	r.inHead = r.socket.arrival()
}

// OnHead implements http1.Handler.
func (r *messageReader) OnHead(head *http1.Head) http1.Action {
	r.inHead = 0
	message, action := r.user.readHead(head)
	message.source = r
	r.current = message
	r.found = found{kind: foundHead, message: message}
	return action | http1.Pause
}

// OnBody implements http1.Handler.
func (r *messageReader) OnBody(chunk []byte) http1.Action {
	if r.current.pushBody(chunk, r.inTurn) {
		r.chunk = chunk
		r.found = found{kind: foundBody, message: r.current}
		return http1.Pause
	}
	return http1.Continue
}

// OnTrailers implements http1.Handler.
func (r *messageReader) OnTrailers(fields *http1.Fields) { r.current.pushTrailers(fields) }

// OnMessageComplete implements http1.Handler.
func (r *messageReader) OnMessageComplete() http1.Action {
	r.current.completed()
	r.found = found{kind: foundComplete, message: r.current}
	return http1.Pause
}

var _ messageSource = (*messageReader)(nil)
