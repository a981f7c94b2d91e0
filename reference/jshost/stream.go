package jshost

import (
	"github.com/dop251/goja"
)

// streamSide is the reading side of a message or a socket as programs see it: encodings, and read().
type streamSide struct {
	decoder *textDecoder
	rest    []byte // taken from the Go value and not read yet
	ended   bool
}

func (b *bound) side() *streamSide {
	if b.stream == nil {
		b.stream = &streamSide{}
	}
	return b.stream
}

// chunk converts bytes for 'data' and read(); ok is false when they are a part of a character and nothing is to be told.
func (b *bound) chunk(bytes []byte) (value goja.Value, ok bool) {
	side := b.side()
	if side.decoder == nil {
		return b.host.buffer(bytes), true
	}
	text := side.decoder.write(bytes)
	return b.host.vm.ToValue(text), text != ""
}

// lastChunk is what the decoder still has at the end.
func (b *bound) lastChunk() (goja.Value, bool) {
	side := b.side()
	if side.decoder == nil {
		return nil, false
	}
	text := side.decoder.end()
	return b.host.vm.ToValue(text), text != ""
}

// read takes size bytes, or everything when size is negative, from rest.
func (b *bound) read(size int, ended bool) goja.Value {
	side := b.side()
	if len(side.rest) == 0 || size > len(side.rest) && !ended || size == 0 {
		return goja.Null()
	}
	if size < 0 || size > len(side.rest) {
		size = len(side.rest)
	}
	taken := side.rest[:size]
	side.rest = side.rest[size:]
	value, ok := b.chunk(taken)
	if !ok {
		return goja.Null()
	}
	return value
}

// setEncoding is the method of all readable streams.
func (h *Host) setEncoding(call goja.FunctionCall) goja.Value {
	if b := h.boundOf(call.This); b != nil {
		name := call.Argument(0)
		if isString(name) && encodingName(name.String()) == "" {
			panic(h.newError("TypeError", "ERR_UNKNOWN_ENCODING", "Unknown encoding: "+name.String()))
		}
		b.side().decoder = &textDecoder{encoding: encodingOf(name)}
	}
	return call.This
}

// sizeArgument is read's argument: -1 for everything.
func sizeArgument(value goja.Value) int {
	if isMissing(value) {
		return -1
	}
	return int(value.ToInteger())
}

// outgoing is what write and end were called with.
type outgoing struct {
	bytes    []byte
	text     string
	isText   bool // text that is sent as UTF-8
	missing  bool // no chunk
	invalid  goja.Value
	callback goja.Value
}

// outgoingOf sorts the arguments (chunk, encoding, callback), each of which may be left out.
func (h *Host) outgoingOf(call goja.FunctionCall) outgoing {
	chunk, encoding, callback := call.Argument(0), call.Argument(1), call.Argument(2)
	var o outgoing
	switch {
	case isFunction(chunk):
		o.callback, o.missing = chunk, true
		return o
	case isFunction(encoding):
		callback, encoding = encoding, goja.Undefined()
	}
	o.callback = callback
	switch {
	case isMissing(chunk):
		o.missing = true
	case isString(chunk):
		if name := encodingOf(encoding); name == "utf8" {
			o.text, o.isText = chunk.String(), true
		} else {
			o.bytes = decodeText(chunk, name)
		}
	default:
		bytes, ok := h.bytesOf(chunk)
		if !ok {
			o.invalid = chunk
		}
		o.bytes = bytes
	}
	return o
}

// onlyBuffers refuses other typed arrays than Buffers, as messages do.
func (o *outgoing) onlyBuffers(h *Host, chunk goja.Value) {
	if o.isText || o.missing || o.invalid != nil || o.bytes == nil || isString(chunk) {
		return
	}
	if class, ok := h.modules.Get("buffer").ToObject(h.vm).Get("Buffer").(*goja.Object); ok && !h.vm.InstanceOf(chunk, class) {
		o.invalid = chunk
	}
}

func (o *outgoing) all() []byte {
	if o.isText {
		return []byte(o.text)
	}
	return o.bytes
}
