package http1

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// headMachine is the place inside a start line or field section. Positions count from the block's begin.
type headMachine struct {
	state     headState
	special   special // what the current field means for framing
	inSpan    bool    // inside bytes that count against the limit
	spanFrom  uint32  // begin of the span being read
	counted   uint32  // begin of its bytes not yet counted
	nameFrom  uint32
	nameTo    uint32
	word      uint32 // begin of a keyword being matched
	target    span
	valueTo   uint32 // end of the value just read, before trimming
	continued bool   // the value being read is a continuation line
}

type headState uint8

const (
	stateMethod headState = iota
	stateMethodEnd
	stateTargetStart
	stateSchema
	stateSchemaSlash
	stateSchemaSlash2
	stateAuthority
	stateAuthorityAt
	statePath
	stateQuery
	stateFragment
	stateTargetLineFeed
	stateBeforeProtocol
	stateRequestProtocol
	stateRequestMajor
	stateRequestDot
	stateRequestMinor
	stateRequestVersionEnd
	stateRequestLineFeed
	stateResponseProtocol
	stateResponseMajor
	stateResponseDot
	stateResponseMinor
	stateResponseVersionEnd
	stateStatusCode
	stateReasonStart
	stateReason
	stateReasonLineFeed
	stateFieldStart
	stateName
	stateValueSpaces
	stateValueEmptyLineFeed
	stateValueEmptyFold
	stateValueStart
	stateValue
	stateValueLenient
	stateLength
	stateLengthSpaces
	stateConnection
	stateConnectionWord
	stateConnectionWordEnd
	stateConnectionOther
	stateCodingWord
	stateCodingWordStart
	stateChunkedEnd
	stateCodingSpaces
	stateCodingOther
	stateValueEnd
	stateValueLineFeed
	stateFold
	stateFieldsEnd
)

type special uint8

const (
	specialNone special = iota
	specialConnection
	specialContentLength
	specialTransferEncoding
	specialUpgrade
	specialKeepAliveSeen
	specialCloseSeen
	specialUpgradeSeen
	specialChunkedSeen
)

// readFields feeds the machine. It works directly on data while the whole block lies there and gathers
// the block in a pooled buffer otherwise. It returns the bytes consumed and whether the block is complete.
func (p *Parser) readFields(data []byte) (int, bool) {
	s := p.scratch
	if s == nil {
		s = scratches.Get().(*scratch)
		s.head.fields, s.folds = s.head.fields[:0], s.folds[:0]
		s.head.high = false
		p.scratch = s
	}
	if len(s.gathered) == 0 {
		n, done := p.runHead(data, 0)
		if done {
			s.head.block = data[:n]
			p.finishBlock()
		} else if p.err == nil {
			s.gathered = append(s.gathered, data...)
		}
		return n, done
	}
	// The head probably ends soon, and what follows it must not be copied along.
	consumed := 0
	for consumed < len(data) {
		piece := data[consumed:min(len(data), consumed+2048)]
		old := len(s.gathered)
		s.gathered = append(s.gathered, piece...)
		n, done := p.runHead(s.gathered, old)
		consumed += n - old
		if p.err != nil {
			return consumed, false
		}
		if done {
			s.head.block = s.gathered[:n]
			p.finishBlock()
			return consumed, true
		}
	}
	return consumed, false
}

// finishBlock joins folded values behind the block, and trims.
func (p *Parser) finishBlock() {
	s := p.scratch
	s.head.target = p.machine.target
	if len(s.folds) > 0 {
		block := append(s.gathered[:0], s.head.block...)
		for i := 0; i < len(s.folds); {
			value := &s.head.fields[s.folds[i].index].value
			from := uint32(len(block))
			block = append(block, block[value.from:value.to]...)
			for index := s.folds[i].index; i < len(s.folds) && s.folds[i].index == index; i++ {
				block = append(block, block[s.folds[i].from:s.folds[i].to]...)
			}
			*value = span{from, uint32(len(block))}
			if !p.quirks.KeepTrailingSpace {
				value.to = trimmed(block, from, value.to)
			}
		}
		s.gathered, s.head.block = block, block
	}
}

// trimmed moves to back over white space.
func trimmed(block []byte, from, to uint32) uint32 {
	for to > from && (block[to-1] == ' ' || block[to-1] == '\t') {
		to--
	}
	return to
}

// count adds the span's bytes up to here to the size of the head and tells whether it is still allowed.
func (p *Parser) count(here int) bool {
	if p.quirks.CountEveryHeadByte {
		return true
	}
	p.counted += here - int(p.machine.counted)
	p.machine.counted = uint32(here)
	if p.counted >= p.limit {
		p.fail(CodeHeaderOverflow, "Header overflow")
		return false
	}
	return true
}

func (m *headMachine) open(here int) {
	m.inSpan = true
	m.spanFrom, m.counted = uint32(here), uint32(here)
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// plainValue returns the first position at or after i whose byte is a control character or DEL (the
// tab included), looking at eight bytes at a time. seen collects the bits of the bytes passed over.
func plainValue(buf []byte, i int) (end int, seen uint64) {
	for i+8 <= len(buf) {
		w := binary.LittleEndian.Uint64(buf[i:])
		// The lowest marked byte is exact; a borrow may mark bytes above it wrongly.
		del := w ^ ones*0x7f
		if marks := ((w-ones*0x20)&^w | (del-ones)&^del) & highs; marks != 0 {
			at := bits.TrailingZeros64(marks) &^ 7
			return i + at/8, seen | w&(1<<at-1)
		}
		seen |= w
		i += 8
	}
	for i < len(buf) && buf[i] >= 0x20 && buf[i] != 0x7f {
		seen |= uint64(buf[i])
		i++
	}
	return i, seen
}

// tokenLength counts the bytes a name can hold at the begin of text.
func tokenLength(text []byte) int {
	for i, c := range text {
		if classes[c]&classPlainToken == 0 {
			return i
		}
	}
	return len(text)
}

// hasHigh tells whether a byte above 0x7f is in text.
func hasHigh(text []byte) bool {
	for ; len(text) >= 8; text = text[8:] {
		if binary.LittleEndian.Uint64(text)&highs != 0 {
			return true
		}
	}
	for _, c := range text {
		if c >= 0x80 {
			return true
		}
	}
	return false
}

// quickFields reads field lines of the plain kind "Name: value CRLF", as long as they lie in buf entirely,
// and leaves everything else to the machine, which would read these lines just the same. It returns where it stopped:
// always at the begin of a line.
func (p *Parser) quickFields(buf []byte, i int) int {
	h := &p.scratch.head
	budget := p.limit - p.counted
	if p.quirks.CountEveryHeadByte {
		budget = len(buf) + 1
	}
	var high uint64
lines:
	for {
		line := i
		j := i + tokenLength(buf[i:])
		if j == line || j+1 >= len(buf) || buf[j] != ':' {
			break
		}
		nameTo := j
		j++
		for j < len(buf) && buf[j] == ' ' {
			j++
		}
		from := j
		end, seen := plainValue(buf, j)
		// The byte behind the line end is needed too: it may be the white space of a fold.
		if end+2 >= len(buf) || end == from || buf[end] != '\r' || buf[end+1] != '\n' || buf[end+2] == ' ' || buf[end+2] == '\t' {
			break
		}
		size := nameTo - line + end - from
		if size >= budget {
			break
		}
		switch nameTo - line {
		case 7, 10, 14, 16, 17: // the lengths of the names that frame a message
			if meaning := specialOf(buf[line:nameTo]); meaning != specialNone && !p.quickSpecial(meaning, buf[from:end]) {
				break lines
			}
		}
		budget -= size
		to := uint32(end)
		if buf[end-1] == ' ' && !p.quirks.KeepTrailingSpace {
			to = trimmed(buf, uint32(from), to)
		}
		h.fields = append(h.fields, field{span{uint32(line), uint32(nameTo)}, span{uint32(from), to}})
		high |= seen
		i = end + 2
	}
	if !p.quirks.CountEveryHeadByte {
		p.counted = p.limit - budget
	}
	if high&highs != 0 {
		h.high = true
	}
	return i
}

// quickSpecial notes what the most usual values of fields that frame a message mean. It returns false,
// having done nothing, for others.
func (p *Parser) quickSpecial(meaning special, value []byte) bool {
	switch {
	case meaning == specialConnection && equalFold(value, "keep-alive"):
		p.flags |= flagConnectionKeepAlive
	case meaning == specialConnection && equalFold(value, "close"):
		p.flags |= flagConnectionClose
	case meaning == specialTransferEncoding && equalFold(value, "chunked"):
		p.flags |= flagTransferEncoding | flagChunked
	case meaning == specialContentLength && p.flags&flagContentLength == 0 && p.length == 0 && len(value) <= 18:
		length := uint64(0)
		for _, c := range value {
			if c < '0' || c > '9' {
				return false
			}
			length = length*10 + uint64(c-'0')
		}
		p.flags |= flagContentLength
		p.length = length
	default:
		return false
	}
	return true
}

// specialOf tells what a field of this name is for.
func specialOf(name []byte) special {
	switch {
	case len(name) == 7 && equalFold(name, "upgrade"):
		return specialUpgrade
	case len(name) == 10 && equalFold(name, "connection"), len(name) == 16 && equalFold(name, "proxy-connection"):
		return specialConnection
	case len(name) == 14 && equalFold(name, "content-length"):
		return specialContentLength
	case len(name) == 17 && equalFold(name, "transfer-encoding"):
		return specialTransferEncoding
	}
	return specialNone
}

// runHead runs the machine over buf from i on. It returns where it stopped and whether that is the end of
// the block; p.err is set when it stopped at a violation.
func (p *Parser) runHead(buf []byte, i int) (int, bool) {
	m := &p.machine
	n := len(buf)
	for i < n {
		c := buf[i]
		switch m.state {
		case stateMethod:
			if n-i >= 4 && m.word == uint32(i) {
				if text := string(buf[i : i+4]); text == "GET " {
					p.method = MethodGet
					i += 4
					m.state = stateTargetStart
					continue
				}
			}
			method, begins := matchMethod(buf[m.word:i+1], p.quirks)
			switch {
			case method != MethodNone:
				p.method = method
				m.state = stateMethodEnd
			case !begins:
				p.fail(CodeInvalidMethod, "Invalid method encountered")
				return i, false
			}
			i++

		case stateMethodEnd:
			if c != ' ' {
				p.fail(CodeInvalidMethod, "Expected space after method")
				return i, false
			}
			i++
			m.state = stateTargetStart

		case stateTargetStart:
			if c == ' ' {
				i++
				continue
			}
			m.open(i)
			switch {
			case p.method == MethodConnect:
				m.state = stateAuthority
				continue
			case c == '/' || c == '*':
				m.state = statePath
			case classes[c]&classAlpha != 0:
				m.state = stateSchema
			case c == '\r' || c == '\n':
				p.fail(CodeInvalidURL, "Invalid characters in url")
				return i + 1, false
			default:
				p.fail(CodeInvalidURL, "Unexpected start char in url")
				return i, false
			}
			i++

		case stateSchema:
			switch {
			case classes[c]&classAlpha != 0:
			case c == ':':
				m.state = stateSchemaSlash
			case c == ' ' || c == '\r' || c == '\n':
				p.fail(CodeInvalidURL, "Invalid characters in url")
				return i + 1, false
			default:
				p.fail(CodeInvalidURL, "Unexpected char in url schema")
				return i, false
			}
			i++

		case stateSchemaSlash, stateSchemaSlash2:
			if c != '/' {
				if m.state == stateSchemaSlash && (c == ' ' || c == '\r' || c == '\n') {
					p.fail(CodeInvalidURL, "Invalid characters in url")
					return i + 1, false
				}
				p.fail(CodeInvalidURL, "Unexpected char in url schema")
				return i, false
			}
			m.state++
			i++

		case stateAuthority, stateAuthorityAt:
			switch {
			case c == ' ' || c == '\r' || c == '\n':
				if !p.endTarget(buf, i) {
					return i, false
				}
				i++
				continue
			case c == '/':
				m.state = statePath
			case c == '?':
				m.state = stateQuery
			case c == '@' && m.state == stateAuthority:
				m.state = stateAuthorityAt
			case c == '@':
				i++
				p.fail(CodeInvalidURL, "Double @ in url")
				return i, false
			case classes[c]&classUserinfo != 0 || c == '[' || c == ']':
				m.state = stateAuthority
			default:
				p.fail(CodeInvalidURL, "Unexpected char in url server")
				return i, false
			}
			i++

		case statePath, stateQuery, stateFragment:
			for i < n && classes[buf[i]]&classURL != 0 {
				i++
			}
			if i == n {
				continue
			}
			c = buf[i]
			switch {
			case c == ' ' || c == '\r' || c == '\n':
				if !p.endTarget(buf, i) {
					return i, false
				}
				i++
				continue
			case c == '?':
				if m.state == statePath {
					m.state = stateQuery
				}
			case c == '#':
				m.state = stateFragment
			default:
				switch m.state {
				case statePath:
					p.fail(CodeInvalidURL, "Invalid char in url path")
				case stateQuery:
					p.fail(CodeInvalidURL, "Invalid char in url query")
				default:
					p.fail(CodeInvalidURL, "Invalid char in url fragment start")
				}
				return i, false
			}
			i++

		case stateTargetLineFeed:
			if c != '\n' {
				p.fail(CodeInvalidURL, "Expected CRLF")
				return i, false
			}
			i++
			m.state = stateFieldStart

		case stateBeforeProtocol:
			if c == ' ' {
				i++
				continue
			}
			if n-i >= 10 && string(buf[i:i+10]) == "HTTP/1.1\r\n" {
				p.major, p.minor = 1, 1
				i += 10
				m.state = stateFieldStart
				continue
			}
			m.word = uint32(i)
			m.state = stateRequestProtocol

		case stateRequestProtocol, stateResponseProtocol:
			protocol := "HTTP/"
			source := m.state == stateRequestProtocol && buf[m.word] == 'I' && !p.quirks.RefuseICE
			if source {
				protocol = "ICE/"
			}
			if c != protocol[uint32(i)-m.word] {
				p.fail(CodeInvalidConstant, "Expected HTTP/")
				return i, false
			}
			i++
			if uint32(i)-m.word < uint32(len(protocol)) {
				continue
			}
			switch {
			case m.state == stateResponseProtocol:
				m.state = stateResponseMajor
			case source && p.method.String() != "SOURCE":
				p.fail(CodeInvalidConstant, "Expected SOURCE method for ICE/x.x request")
				return i, false
			default:
				m.state = stateRequestMajor
			}

		case stateRequestMajor, stateResponseMajor, stateRequestMinor, stateResponseMinor:
			major := m.state == stateRequestMajor || m.state == stateResponseMajor
			if c < '0' || c > '9' {
				if major {
					p.fail(CodeInvalidVersion, "Invalid major version")
				} else {
					p.fail(CodeInvalidVersion, "Invalid minor version")
				}
				return i, false
			}
			if major {
				p.major = uint16(c - '0')
			} else {
				p.minor = uint16(c - '0')
			}
			i++
			m.state++

		case stateRequestDot, stateResponseDot:
			if p.quirks.ManyVersionDigits && c >= '0' && c <= '9' && p.major < 100 && p.major > 0 {
				p.major = p.major*10 + uint16(c-'0')
				i++
				continue
			}
			if c != '.' {
				p.fail(CodeInvalidVersion, "Expected dot")
				return i, false
			}
			i++
			m.state++

		case stateRequestVersionEnd:
			switch {
			case c == '\r':
				m.state = stateRequestLineFeed
			case c == '\n':
				m.state = stateFieldStart
			case p.quirks.ManyVersionDigits && c >= '0' && c <= '9' && p.minor < 100:
				p.minor = p.minor*10 + uint16(c-'0')
			default:
				p.fail(CodeInvalidVersion, "Expected CRLF after version")
				return i, false
			}
			i++

		case stateRequestLineFeed:
			if c != '\n' {
				p.fail(CodeInvalidVersion, "Expected CRLF after version")
				return i, false
			}
			i++
			m.state = stateFieldStart

		case stateResponseVersionEnd:
			if p.quirks.ManyVersionDigits && c >= '0' && c <= '9' && p.minor < 100 {
				p.minor = p.minor*10 + uint16(c-'0')
				i++
				continue
			}
			if c != ' ' {
				p.fail(CodeInvalidVersion, "Expected space after version")
				return i, false
			}
			i++
			m.state = stateStatusCode

		case stateStatusCode:
			switch {
			case c >= '0' && c <= '9':
				p.status = p.status*10 + int(c-'0')
				i++
				if p.status > 999 {
					p.fail(CodeInvalidStatus, "Response overflow")
					return i, false
				}
			case c == ' ':
				i++
				m.state = stateReasonStart
			case c == '\r' || c == '\n':
				m.state = stateReasonStart
			default:
				p.fail(CodeInvalidStatus, "Invalid response status")
				return i, false
			}

		case stateReasonStart:
			switch c {
			case '\r':
				i++
				m.state = stateReasonLineFeed
			case '\n':
				i++
				m.state = stateFieldStart
			default:
				m.open(i)
				m.state = stateReason
			}

		case stateReason:
			for i < n && buf[i] != '\r' && buf[i] != '\n' {
				if buf[i] >= 0x80 {
					p.scratch.head.high = true
				}
				i++
			}
			if i == n {
				continue
			}
			m.inSpan = false
			m.target = span{m.spanFrom, uint32(i)}
			m.state = stateFieldStart
			if buf[i] == '\r' {
				m.state = stateReasonLineFeed
			}
			i++
			if !p.count(i - 1) {
				return i, false
			}

		case stateReasonLineFeed: // whatever follows CR is taken for LF
			i++
			m.state = stateFieldStart

		case stateFieldStart:
			i = p.quickFields(buf, i)
			if i >= n {
				continue
			}
			switch buf[i] {
			case '\r':
				i++
				m.state = stateFieldsEnd
			case '\n':
				m.state = stateFieldsEnd
			default:
				m.open(i)
				m.state = stateName
				m.special = specialNone
				m.continued = false
			}

		case stateName:
			for i < n && classes[buf[i]]&classPlainToken != 0 {
				i++
			}
			if i == n {
				continue
			}
			switch {
			case buf[i] == ' ':
				i++
				if !p.lenient && !p.quirks.SpacedNames && specialOf(buf[m.spanFrom:i-1]) != specialNone {
					if p.count(i - 1) {
						p.fail(CodeInvalidHeaderToken, "Invalid header field char")
					}
					return i, false
				}
				continue
			case buf[i] == ':' && !(p.quirks.RefuseEmptyName && uint32(i) == m.spanFrom):
			default:
				p.fail(CodeInvalidHeaderToken, "Invalid header token")
				return i, false
			}
			m.inSpan = false
			m.nameFrom, m.nameTo = m.spanFrom, uint32(i)
			m.special = specialOf(bytes.TrimRight(buf[m.nameFrom:i], " "))
			m.state = stateValueSpaces
			i++
			if !p.count(i - 1) {
				return i, false
			}

		case stateValueSpaces:
			switch c {
			case ' ', '\t':
				i++
			case '\r':
				i++
				m.state = stateValueEmptyLineFeed
			case '\n':
				i++
				m.state = stateValueEmptyFold
			default:
				m.open(i)
				m.state = stateValueStart
			}

		case stateValueEmptyLineFeed: // whatever follows CR is taken for LF
			i++
			m.state = stateValueEmptyFold

		case stateValueEmptyFold:
			if c == ' ' || c == '\t' {
				i++
				m.state = stateValueSpaces
				continue
			}
			if m.special == specialContentLength && !p.quirks.AllowEmptyContentLength {
				p.fail(CodeInvalidContentLength, "Empty Content-Length")
				return i, false
			}
			m.open(i)
			p.endValue(buf, i)
			p.setFlags()
			m.state = stateFieldStart

		case stateValueStart:
			switch m.special {
			case specialUpgrade:
				p.flags |= flagUpgrade
				m.special = specialNone
				m.state = stateValue
			case specialTransferEncoding:
				if !p.quirks.ExactTransferEncoding {
					p.flags |= flagTransferEncoding
					if !p.quirks.KeepChunkedFlag {
						p.flags &^= flagChunked
					}
				}
				m.state = stateCodingWordStart
			case specialContentLength:
				if p.flags&flagContentLength != 0 && p.quirks.AllowLengthConflict {
					p.length = 0
				} else if p.flags&flagContentLength != 0 {
					p.fail(CodeUnexpectedContentLength, "Duplicate Content-Length")
					return i, false
				}
				m.state = stateLength
			case specialConnection:
				m.state = stateConnection
			default:
				m.state = stateValue
			}

		case stateLength:
			if c >= '0' && c <= '9' {
				digit := uint64(c - '0')
				i++
				if p.length > (1<<64-1)/10 || p.length*10 > 1<<64-1-digit {
					if p.count(i) {
						p.fail(CodeInvalidContentLength, "Content-Length overflow")
					}
					return i, false
				}
				p.length = p.length*10 + digit
				continue
			}
			m.state = stateLengthSpaces

		case stateLengthSpaces:
			switch {
			case c == ' ':
				i++
			case c == '\r' || c == '\n':
				p.flags |= flagContentLength
				m.state = stateValueEnd
			case p.quirks.SpacedContentLength && c >= '0' && c <= '9':
				m.state = stateLength
			default:
				if p.count(i) {
					p.fail(CodeInvalidContentLength, "Invalid character in Content-Length")
				}
				return i, false
			}

		case stateConnection:
			if c == ' ' || c == '\t' {
				i++
				continue
			}
			m.word = uint32(i)
			m.state = stateConnectionWord

		case stateConnectionWord:
			found, begins := matchConnection(buf[m.word : i+1])
			switch {
			case found != specialNone:
				m.special = found
				m.state = stateConnectionWordEnd
				i++
			case begins:
				i++
			default:
				m.state = stateConnectionOther
			}

		case stateConnectionWordEnd:
			switch c {
			case ',':
				p.setFlags()
				m.special = specialConnection
				m.state = stateConnection
				i++
			case ' ':
				i++
			case '\r', '\n':
				m.state = stateValueEnd
			default:
				m.special = specialNone
				m.state = stateConnectionOther
			}

		case stateConnectionOther:
			switch {
			case c == ',':
				i++
				m.state = stateConnection
			case classes[c]&classValue != 0:
				i++
			default:
				m.state = stateValueEnd
			}

		case stateCodingSpaces:
			if c == ' ' || c == '\t' {
				i++
				continue
			}
			m.state = stateCodingWordStart

		case stateCodingWordStart:
			m.word = uint32(i)
			m.state = stateCodingWord

		case stateCodingWord:
			const chunked = "chunked"
			at := uint32(i) - m.word
			if lower(c) != chunked[at] {
				m.state = stateCodingOther
				if p.quirks.ExactTransferEncoding {
					m.special = specialNone
					m.state = stateValue
				}
				continue
			}
			i++
			if at+1 == uint32(len(chunked)) {
				m.state = stateChunkedEnd
			}

		case stateChunkedEnd:
			switch c {
			case ' ':
				i++
			case '\r', '\n':
				m.special = specialChunkedSeen
				m.state = stateValueEnd
			default:
				m.state = stateCodingWordStart
				if p.quirks.ExactTransferEncoding {
					m.special = specialNone
					m.state = stateValue
				}
			}

		case stateCodingOther:
			switch {
			case c == ',':
				i++
				m.state = stateCodingSpaces
			case classes[c]&classValue != 0:
				i++
			default:
				m.special = specialNone
				m.state = stateValue
			}

		case stateValue:
			for i < n && classes[buf[i]]&classValue != 0 {
				i++
			}
			if i < n {
				m.state = stateValueEnd
			}

		case stateValueEnd:
			switch {
			case c == '\r' || c == '\n':
				m.inSpan = false
				p.endValue(buf, i)
				m.state = stateValueLineFeed
				end := i
				if c == '\r' {
					i++
				}
				if !p.count(end) {
					return i, false
				}
			case p.lenient:
				m.state = stateValueLenient
			default:
				p.fail(CodeInvalidHeaderToken, "Invalid header value char")
				return i, false
			}

		case stateValueLenient:
			if c == '\r' || c == '\n' {
				m.state = stateValueEnd
			} else {
				i++
			}

		case stateValueLineFeed:
			if c != '\n' {
				p.fail(CodeLineFeedExpected, "Missing expected LF after header value")
				return i, false
			}
			i++
			m.state = stateFold

		case stateFold:
			if c != ' ' && c != '\t' {
				p.setFlags()
				m.state = stateFieldStart
				continue
			}
			if last := len(p.scratch.head.fields) - 1; !m.continued {
				p.scratch.head.fields[last].value.to = m.valueTo
			}
			m.open(i)
			m.continued = true
			if m.special == specialChunkedSeen {
				p.setFlags()
				m.special = specialNone
			}
			m.state = stateValueStart

		case stateFieldsEnd: // whatever follows CR is taken for LF
			if p.quirks.CountEveryHeadByte && i+1 >= p.limit {
				p.fail(CodeHeaderOverflow, "Header overflow")
				return i, false
			}
			return i + 1, true
		}
	}
	if m.inSpan && !p.count(i) {
		return i, false
	}
	if n > p.limit+uncountedBytes || p.quirks.CountEveryHeadByte && n >= p.limit {
		p.fail(CodeHeaderOverflow, "Header overflow")
	}
	return i, false
}

// endTarget closes the request target at the byte at i.
func (p *Parser) endTarget(buf []byte, i int) bool {
	m := &p.machine
	m.inSpan = false
	if !p.count(i) {
		return false
	}
	m.target = span{m.spanFrom, uint32(i)}
	if hasHigh(buf[m.spanFrom:i]) {
		p.scratch.head.high = true
	}
	switch buf[i] {
	case ' ':
		m.state = stateBeforeProtocol
	case '\r':
		m.state = stateTargetLineFeed
	default:
		m.state = stateFieldStart
	}
	p.major, p.minor = 0, 9 // unless a protocol follows
	return true
}

// endValue records the field whose value ends before the byte at i.
func (p *Parser) endValue(buf []byte, i int) {
	m, s := &p.machine, p.scratch
	to := uint32(i)
	if hasHigh(buf[m.spanFrom:to]) {
		s.head.high = true
	}
	if m.continued {
		s.folds = append(s.folds, fold{len(s.head.fields) - 1, span{m.spanFrom, to}})
		return
	}
	m.valueTo = to
	if !p.quirks.KeepTrailingSpace {
		to = trimmed(buf, m.spanFrom, to)
	}
	s.head.fields = append(s.head.fields, field{span{m.nameFrom, m.nameTo}, span{m.spanFrom, to}})
}

// setFlags notes what the value just read means for the message.
func (p *Parser) setFlags() {
	switch p.machine.special {
	case specialKeepAliveSeen:
		p.flags |= flagConnectionKeepAlive
	case specialCloseSeen:
		p.flags |= flagConnectionClose
	case specialUpgradeSeen:
		p.flags |= flagConnectionUpgrade
	case specialChunkedSeen:
		p.flags |= flagChunked | flagTransferEncoding
	}
}

// matchConnection compares text with the words Connection can hold.
func matchConnection(text []byte) (found special, begins bool) {
	for word, meaning := range [...]special{specialCloseSeen, specialUpgradeSeen, specialKeepAliveSeen} {
		name := [...]string{"close", "upgrade", "keep-alive"}[word]
		if len(text) <= len(name) && equalFold(text, name[:len(text)]) {
			if len(text) == len(name) {
				return meaning, true
			}
			begins = true
		}
	}
	return specialNone, begins
}
