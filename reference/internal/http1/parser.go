package http1

import "sync"

// Mode says which kind of message a [Parser] expects.
type Mode uint8

// The two modes.
const (
	Request Mode = iota
	Response
)

// Action is a Handler's answer. The values may be combined with |.
type Action uint8

// Answers of a Handler.
const (
	// Continue goes on as the message itself says.
	Continue Action = 0
	// SkipBody, from OnHead, means no body follows whatever the head says: the response to HEAD.
	SkipBody Action = 1
	// Upgrade, from OnHead, means the bytes after the head are another protocol: the message is
	// complete and Execute stops behind the head.
	Upgrade Action = 2
	// Pause, from any method, makes Execute return behind what was reported.
	Pause Action = 4
)

// Handler is told what a [Parser] finds. Its methods are called from within Execute and Finish and must
// not call the parser, except for Close. Slices it receives are valid until it returns.
type Handler interface {
	// OnMessageBegin is called at the first byte of a message.
	OnMessageBegin()
	// OnHead is called when the start line and all fields are there.
	OnHead(*Head) Action
	// OnBody is called with each piece of the body, as the bytes come.
	OnBody(chunk []byte) Action
	// OnTrailers is called before OnMessageComplete when field lines followed a chunked body.
	OnTrailers(*Fields)
	// OnMessageComplete is called behind the last byte of a message.
	OnMessageComplete() Action
}

// Limits bound what a [Parser] keeps.
type Limits struct {
	// HeadBytes is the size at which a head (or trailer section) is refused with
	// HPE_HEADER_OVERFLOW. What counts: the target or reason phrase, field names and field values,
	// the latter with trailing but without leading white space. 0 means 8192.
	HeadBytes int
}

// DefaultHeadBytes is the limit of Node 12.22.9.
const DefaultHeadBytes = 8192

// A head may need more bytes than are counted (white space, colons, line ends). So that a peer cannot
// make the parser keep any amount of those, this much room above the limit is the end.
const uncountedBytes = 128 << 10

type phase uint8

const (
	phaseIdle phase = iota
	phaseHead
	phaseAfterHead
	phaseLength
	phaseUntilClose
	phaseChunkSizeStart
	phaseChunkSize
	phaseChunkParameters
	phaseChunkSizeLineFeed
	phaseChunkData
	phaseChunkDataEnd
	phaseChunkDataLineFeed
	phaseTrailers
	phaseComplete
	phaseUpgraded
)

// Flags collected from the fields that frame a message.
const (
	flagConnectionKeepAlive = 1 << iota
	flagConnectionClose
	flagConnectionUpgrade
	flagUpgrade
	flagContentLength
	flagTransferEncoding
	flagChunked
	flagSkipBody
)

// Parser finds the messages in a stream of bytes. Call Reset before use. A parser between two messages
// holds no buffer.
type Parser struct {
	handler Handler
	quirks  *Quirks
	err     *Error
	scratch *scratch // while a head or a trailer section is being read
	length  uint64   // body bytes left, or the chunk's
	limit   int
	counted int // bytes counted against limit
	machine headMachine
	status  int
	major   uint16
	minor   uint16
	method  Method
	mode    Mode
	lenient bool
	phase   phase
	flags   uint8
	upgrade bool
	paused  bool
}

var noQuirks Quirks

// Reset makes the parser expect a first message. quirks may be nil. lenient is Node's insecure
// mode: field values may hold control characters, and Transfer-Encoding that does not end in chunked may
// stand beside Content-Length or in a request.
func (p *Parser) Reset(mode Mode, handler Handler, limits Limits, quirks *Quirks, lenient bool) {
	p.release()
	if limits.HeadBytes <= 0 {
		limits.HeadBytes = DefaultHeadBytes
	}
	if quirks == nil {
		quirks = &noQuirks
	}
	*p = Parser{mode: mode, handler: handler, limit: limits.HeadBytes, quirks: quirks, lenient: lenient}
}

// Paused tells that a Handler asked for a pause and Resume was not called since.
func (p *Parser) Paused() bool { return p.paused }

// Upgraded tells that Execute stopped behind a message that switched protocols. Bytes it did not consume
// belong to the other protocol.
func (p *Parser) Upgraded() bool { return p.phase == phaseUpgraded }

// Idle tells that no message has begun.
func (p *Parser) Idle() bool { return p.phase == phaseIdle }

// Resume ends a pause, or returns from the upgraded state to reading messages. The caller then calls
// Execute with the bytes that were not consumed, even when there are none.
func (p *Parser) Resume() {
	p.paused = false
	if p.phase == phaseUpgraded {
		p.phase = phaseIdle
	}
}

// Close gives back what the parser holds and makes Execute return. A Handler may call it. Reset makes the
// parser usable again.
func (p *Parser) Close() {
	p.release()
	p.paused = true
}

// Execute parses data and returns how much of it was consumed: all, unless a Handler paused, the message
// switched protocols, or there was a violation, which is returned as *Error. After a violation the parser
// only repeats it.
func (p *Parser) Execute(data []byte) (int, error) {
	if p.err != nil {
		return p.violation(0)
	}
	at := 0
	for !p.paused {
		switch p.phase {
		case phaseIdle:
			for at < len(data) && (data[at] == '\r' || data[at] == '\n') {
				at++
			}
			if at == len(data) {
				return at, nil
			}
			p.begin()
			p.handler.OnMessageBegin()

		case phaseHead, phaseTrailers:
			if at == len(data) {
				return at, nil
			}
			n, done := p.readFields(data[at:])
			at += n
			if p.err != nil {
				p.release()
				return p.violation(at)
			}
			if !done {
				continue
			}
			if p.phase == phaseTrailers {
				p.trailersComplete()
			} else if !p.headComplete() {
				return p.violation(at)
			}

		case phaseAfterHead:
			if !p.chooseBody() {
				return p.violation(at)
			}

		case phaseLength, phaseChunkData:
			if at == len(data) {
				return at, nil
			}
			chunk := data[at:]
			if uint64(len(chunk)) > p.length {
				chunk = chunk[:p.length]
			}
			at += len(chunk)
			p.length -= uint64(len(chunk))
			if p.length == 0 {
				if p.phase == phaseLength {
					p.phase = phaseComplete
				} else {
					p.phase = phaseChunkDataEnd
				}
			}
			p.pauseIf(p.handler.OnBody(chunk))

		case phaseUntilClose:
			if at == len(data) {
				return at, nil
			}
			chunk := data[at:]
			at = len(data)
			p.pauseIf(p.handler.OnBody(chunk))

		case phaseComplete:
			p.phase = phaseIdle
			if p.upgrade {
				p.phase = phaseUpgraded
			}
			p.pauseIf(p.handler.OnMessageComplete())

		case phaseUpgraded:
			return at, nil

		default:
			if at == len(data) {
				return at, nil
			}
			n := p.readChunkFraming(data[at:])
			at += n
			if p.err != nil {
				return p.violation(at)
			}
		}
	}
	return at, nil
}

// Finish tells the parser that no more bytes come. That completes a body which lasts until then and is a
// violation anywhere else inside a message. A paused parser is to be resumed first.
func (p *Parser) Finish() error {
	if p.err != nil {
		return nil
	}
	switch p.phase {
	case phaseIdle, phaseUpgraded:
		return nil
	case phaseUntilClose, phaseComplete:
		p.phase = phaseIdle
		p.handler.OnMessageComplete()
		return nil
	}
	p.fail(CodeInvalidEOFState, "Invalid EOF state")
	p.release()
	_, err := p.violation(0)
	return err
}

// violation reports p.err. Node is silent about violations from the head of a message that could have
// switched protocols until the head of the next one, and so is this parser: it only consumes no more.
func (p *Parser) violation(at int) (int, error) {
	if p.upgrade {
		return at, nil
	}
	p.err.BytesParsed = at
	return at, p.err
}

func (p *Parser) pauseIf(answer Action) {
	if answer&Pause != 0 {
		p.paused = true
	}
}

func (p *Parser) fail(code, reason string) {
	if p.quirks.NoReasons {
		reason = ""
	}
	p.err = &Error{Code: code, Reason: reason}
}

func (p *Parser) begin() {
	p.phase = phaseHead
	p.method, p.status, p.major, p.minor = MethodNone, 0, 0, 0
	p.flags, p.length, p.counted = 0, 0, 0
	p.machine = headMachine{state: stateMethod}
	if p.mode == Response {
		p.machine.state = stateResponseProtocol
	}
}

// headComplete reports the head that lies in the scratch and frees the scratch.
func (p *Parser) headComplete() bool {
	if p.flags&flagTransferEncoding != 0 && p.flags&flagContentLength != 0 {
		reason := ""
		switch {
		case p.quirks.AllowLengthConflict:
		case !p.lenient:
			reason = "Content-Length can't be present with Transfer-Encoding"
		case p.flags&flagChunked != 0:
			reason = "Content-Length can't be present with chunked encoding"
		}
		if reason != "" {
			p.release()
			p.fail(CodeUnexpectedContentLength, reason)
			return false
		}
	}
	if p.flags&flagUpgrade != 0 && (p.flags&flagConnectionUpgrade != 0 || p.quirks.UpgradeFieldAlone) {
		p.upgrade = p.mode == Request || p.status == 101 || p.quirks.UpgradeOnAnyStatus
	} else {
		p.upgrade = p.method == MethodConnect
	}
	p.counted = 0
	head := &p.scratch.head
	head.Method, head.StatusCode = p.method, p.status
	head.Major, head.Minor = p.major, p.minor
	head.ContentLength = -1
	if p.flags&flagContentLength != 0 {
		head.ContentLength = int64(min(p.length, 1<<63-1))
	}
	head.Chunked = p.flags&flagChunked != 0
	head.KeepAlive = p.keepAlive()
	head.Upgrade = p.upgrade
	s := p.scratch
	p.scratch = nil // so that Close may be called meanwhile
	answer := p.handler.OnHead(head)
	s.free()
	if answer&SkipBody != 0 {
		p.flags |= flagSkipBody
	}
	if answer&Upgrade != 0 {
		p.flags |= flagSkipBody
		p.upgrade = true
	}
	p.phase = phaseAfterHead
	p.pauseIf(answer)
	return true
}

func (p *Parser) trailersComplete() {
	p.counted = 0
	p.phase = phaseComplete
	s := p.scratch
	p.scratch = nil // so that Close may be called meanwhile
	if trailers := &s.head.Fields; trailers.Len() > 0 {
		p.handler.OnTrailers(trailers)
	}
	s.free()
}

// chooseBody decides how the body is framed.
func (p *Parser) chooseBody() bool {
	hasBody := p.flags&flagChunked != 0 || p.length > 0
	skip := p.flags&flagSkipBody != 0
	switch {
	case p.upgrade && (p.method == MethodConnect || skip || !hasBody):
		p.phase = phaseComplete
	case skip:
		p.phase = phaseComplete
	case p.flags&flagChunked != 0:
		p.phase = phaseChunkSizeStart
	case p.flags&flagTransferEncoding != 0:
		if p.mode == Request && !p.lenient {
			p.fail(CodeInvalidTransferEncoding, "Request has invalid `Transfer-Encoding`")
			return false
		}
		p.phase = phaseUntilClose
	case p.flags&flagContentLength == 0:
		p.phase = phaseComplete
		if p.untilClose() {
			p.phase = phaseUntilClose
		}
	case p.length == 0:
		p.phase = phaseComplete
	default:
		p.phase = phaseLength
	}
	return true
}

// untilClose tells that only the end of the connection ends the message.
func (p *Parser) untilClose() bool {
	if p.mode == Request || p.status/100 == 1 || p.status == 204 || p.status == 304 || p.flags&flagSkipBody != 0 {
		return false
	}
	if p.flags&flagTransferEncoding != 0 && p.flags&flagChunked == 0 {
		return true
	}
	return p.flags&(flagChunked|flagContentLength) == 0
}

func (p *Parser) keepAlive() bool {
	if p.major > 0 && p.minor > 0 {
		if p.flags&flagConnectionClose != 0 {
			return false
		}
	} else if p.flags&flagConnectionKeepAlive == 0 {
		return false
	}
	return !p.untilClose()
}

// readChunkFraming reads what stands around chunk data: sizes, parameters and line ends.
func (p *Parser) readChunkFraming(data []byte) int {
	for i, c := range data {
		switch p.phase {
		case phaseChunkSizeStart, phaseChunkSize:
			digit := hexValue[c]
			switch {
			case digit != 0xff:
				if p.phase == phaseChunkSizeStart {
					p.phase, p.length = phaseChunkSize, 0
				}
				if p.length > 1<<60-1 {
					code := CodeInvalidChunkSize
					if p.quirks.ChunkOverflowIsContentLength {
						code = CodeInvalidContentLength
					}
					p.fail(code, "Chunk size overflow")
					return i + 1
				}
				p.length = p.length<<4 | uint64(digit)
			case p.phase == phaseChunkSize && c == '\r':
				p.phase = phaseChunkSizeLineFeed
			case p.phase == phaseChunkSize && (c == ' ' || c == ';'):
				p.phase = phaseChunkParameters
			default:
				p.fail(CodeInvalidChunkSize, "Invalid character in chunk size")
				return i
			}
		case phaseChunkParameters:
			if c == '\r' {
				p.phase = phaseChunkSizeLineFeed
			} else if classes[c]&classValue == 0 {
				p.fail(CodeStrict, "Invalid character in chunk parameters")
				return i
			}
		case phaseChunkSizeLineFeed: // whatever follows CR is taken for LF
			p.counted = 0
			if p.length == 0 {
				p.phase = phaseTrailers
				p.machine = headMachine{state: stateFieldStart}
			} else {
				p.phase = phaseChunkData
			}
			return i + 1
		case phaseChunkDataEnd: // as are any two bytes behind chunk data for CRLF
			p.phase = phaseChunkDataLineFeed
		case phaseChunkDataLineFeed:
			p.phase = phaseChunkSizeStart
		}
	}
	return len(data)
}

// scratch is what reading a head needs and an idle connection does not.
type scratch struct {
	head     Head
	gathered []byte // the head so far, when it came in pieces
	folds    []fold
}

// fold is a continuation line of a field's value.
type fold struct {
	index int
	span
}

var scratches = sync.Pool{New: func() any { return &scratch{} }}

func (p *Parser) release() {
	if p.scratch != nil {
		p.scratch.free()
		p.scratch = nil
	}
}

func (s *scratch) free() {
	if cap(s.gathered) > 64<<10 || cap(s.head.fields) > 1024 {
		return // one huge head must not stay in memory for all later small ones
	}
	s.head.block = nil
	s.gathered = s.gathered[:0]
	scratches.Put(s)
}
