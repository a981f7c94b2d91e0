package http1

import (
	"strconv"
	"sync/atomic"
	"time"
)

// AppendText appends text in ISO 8859-1: each rune up to U+00FF becomes one byte. Higher runes, which
// callers refuse beforehand, lose all but their low byte, as in Node.
func AppendText(buffer []byte, text string) []byte {
	for i := 0; i < len(text); i++ {
		if text[i] >= 0x80 {
			buffer = append(buffer, text[:i]...)
			for _, r := range text[i:] {
				buffer = append(buffer, byte(r))
			}
			return buffer
		}
	}
	return append(buffer, text...)
}

// AppendRequestLine appends "METHOD target HTTP/1.1" and CRLF.
func AppendRequestLine(buffer []byte, method, target string) []byte {
	buffer = AppendText(buffer, method)
	buffer = append(buffer, ' ')
	buffer = AppendText(buffer, target)
	return append(buffer, " HTTP/1.1\r\n"...)
}

// AppendStatusLine appends "HTTP/1.1 code reason" and CRLF.
func AppendStatusLine(buffer []byte, code int, reason string) []byte {
	buffer = append(buffer, "HTTP/1.1 "...)
	buffer = strconv.AppendInt(buffer, int64(code), 10)
	buffer = append(buffer, ' ')
	buffer = AppendText(buffer, reason)
	return append(buffer, "\r\n"...)
}

// AppendField appends "name: value" and CRLF.
func AppendField(buffer []byte, name, value string) []byte {
	buffer = AppendText(buffer, name)
	buffer = append(buffer, ": "...)
	buffer = AppendText(buffer, value)
	return append(buffer, "\r\n"...)
}

// AppendIntField appends "name: value" and CRLF.
func AppendIntField(buffer []byte, name string, value int64) []byte {
	buffer = AppendText(buffer, name)
	buffer = append(buffer, ": "...)
	buffer = strconv.AppendInt(buffer, value, 10)
	return append(buffer, "\r\n"...)
}

// AppendHeadEnd appends the empty line that ends a field section.
func AppendHeadEnd(buffer []byte) []byte { return append(buffer, "\r\n"...) }

// AppendChunkHeader appends a chunk's size in hexadecimal and CRLF. A size of 0 would end the body.
func AppendChunkHeader(buffer []byte, size int) []byte {
	buffer = strconv.AppendUint(buffer, uint64(size), 16)
	return append(buffer, "\r\n"...)
}

// AppendChunkEnd appends the CRLF behind a chunk's data.
func AppendChunkEnd(buffer []byte) []byte { return append(buffer, "\r\n"...) }

// AppendChunk appends a whole chunk, or nothing when data is empty.
func AppendChunk(buffer, data []byte) []byte {
	if len(data) == 0 {
		return buffer
	}
	buffer = AppendChunkHeader(buffer, len(data))
	buffer = append(buffer, data...)
	return AppendChunkEnd(buffer)
}

// AppendLastChunk appends the chunk of size 0. Trailer fields and [AppendHeadEnd] follow it.
func AppendLastChunk(buffer []byte) []byte { return append(buffer, "0\r\n"...) }

// dateForm is the preferred form of an HTTP date.
const dateForm = "Mon, 02 Jan 2006 15:04:05 GMT"

// AppendDate appends moment in the preferred form of an HTTP date, such as
// "Sun, 06 Nov 1994 08:49:37 GMT".
func AppendDate(buffer []byte, moment time.Time) []byte {
	return moment.UTC().AppendFormat(buffer, dateForm)
}

// Dates remembers the text of the current second. The zero value is ready; it may be used concurrently.
type Dates struct {
	last atomic.Pointer[datedSecond]
}

type datedSecond struct {
	second int64
	text   [len(dateForm)]byte
}

// Append does what [AppendDate] does; it formats and allocates only when the second has changed.
func (d *Dates) Append(buffer []byte, moment time.Time) []byte {
	second := moment.Unix()
	known := d.last.Load()
	if known == nil || known.second != second {
		known = &datedSecond{second: second}
		AppendDate(known.text[:0], moment)
		d.last.Store(known)
	}
	return append(buffer, known.text[:]...)
}
