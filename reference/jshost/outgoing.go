package jshost

import (
	"github.com/dop251/goja"

	"github.com/nodehttp/conform/reference"
)

// outgoingMessageOf returns what a response and a request have in common.
func (h *Host) outgoingMessageOf(value goja.Value) *reference.OutgoingMessage {
	if b := h.boundOf(value); b != nil {
		switch value := b.value.(type) {
		case *reference.ServerResponse:
			return &value.OutgoingMessage
		case *reference.ClientRequest:
			return &value.OutgoingMessage
		case *reference.OutgoingMessage:
			return value
		}
	}
	return nil
}

// initOutgoingMessage ties a new object to a message of its own, which a subclass replaces.
func (h *Host) initOutgoingMessage(call goja.FunctionCall) goja.Value {
	message := reference.NewOutgoingMessage(h.options.Edition, h.loop)
	b := h.bind(call.Argument(0).ToObject(h.vm), message, func(name string) *event { return h.outgoingEvent(message, name) })
	b.throwUnheardErrors(&message.EventError)
	return goja.Undefined()
}

func (h *Host) outgoingEvent(message *reference.OutgoingMessage, name string) *event {
	switch name {
	case "drain":
		return event0(&message.EventDrain)
	case "finish":
		return event0(&message.EventFinish)
	case "prefinish":
		return event0(&message.EventPrefinish)
	case "close":
		return event0(&message.EventClose)
	case "error":
		return event1(h, &message.EventError)
	}
	return nil
}

// throwUnheardErrors makes an error that nobody hears an exception.
func (b *bound) throwUnheardErrors(errors *reference.Event1[error]) {
	errors.On(func(err error) {
		if b.off["error"] == nil {
			b.emit("error", err)
		}
	})
}

func (h *Host) installOutgoingMessage() {
	vm := h.vm
	prototype := h.prototype(h.classes.outgoingMessage)
	self := func(call goja.FunctionCall) *reference.OutgoingMessage {
		message := h.outgoingMessageOf(call.This)
		if message == nil {
			panic(vm.NewTypeError("Illegal invocation"))
		}
		return message
	}
	name := func(call goja.FunctionCall, method string) string {
		if h.code("ERR") == "" && len(call.Arguments) == 0 {
			panic(h.newError("Error", "", `"name" argument is required for `+method+`(name)`))
		}
		if !isString(call.Argument(0)) {
			panic(h.argumentTypeError(`"name" argument`, "of type string", call.Argument(0)))
		}
		return call.Argument(0).String()
	}

	h.method(prototype, "setHeader", func(call goja.FunctionCall) goja.Value {
		message := self(call)
		if name := call.Argument(0); !isString(name) && !message.HeadersSent() {
			// A name that is no string is no token either, whatever it looks like.
			panic(h.newError("TypeError", h.code("ERR_INVALID_HTTP_TOKEN"),
				`Header name must be a valid HTTP `+h.tokenWord()+` ["`+nameText(name)+`"]`))
		}
		h.throw(message.SetHeaderValue(call.Argument(0).String(), h.headerValue(call.Argument(1))))
		return goja.Undefined()
	})
	h.method(prototype, "getHeader", func(call goja.FunctionCall) goja.Value {
		if value, ok := self(call).GetHeader(name(call, "getHeader")); ok {
			return h.headerJS(value)
		}
		return goja.Undefined()
	})
	if h.code("ERR") != "" {
		h.installHeaderQueries(prototype, self)
	}
	h.method(prototype, "removeHeader", func(call goja.FunctionCall) goja.Value {
		message := self(call)
		h.throw(message.RemoveHeader(name(call, "removeHeader")))
		return goja.Undefined()
	})
	h.method(prototype, "addTrailers", func(call goja.FunctionCall) goja.Value {
		if isMissing(call.Argument(0)) {
			panic(vm.NewTypeError("Cannot convert undefined or null to object"))
		}
		h.throw(self(call).AddTrailers(h.fieldsOf(call.Argument(0))...))
		return goja.Undefined()
	})
	h.method(prototype, "flushHeaders", func(call goja.FunctionCall) goja.Value {
		h.throw(self(call).FlushHeaders())
		return goja.Undefined()
	})
	h.method(prototype, "write", func(call goja.FunctionCall) goja.Value {
		message := self(call)
		o := h.outgoingOf(call)
		o.onlyBuffers(h, call.Argument(0))
		h.implicitHead(call.This)
		if (o.invalid != nil || o.missing) && !message.WritableEnded() {
			hasBody, err := message.SettleHeader()
			h.throw(err)
			if !hasBody {
				return vm.ToValue(true)
			}
			panic(h.chunkError("first argument", call.Argument(0)))
		}
		var ok bool
		var err error
		if callback := h.errorCallbackOf(o.callback, call.This); o.isText {
			ok, err = message.SendText(o.text, callback)
		} else {
			ok, err = message.Send(o.bytes, callback)
		}
		if err != nil && !message.WritableEnded() {
			h.throw(err)
		}
		return vm.ToValue(ok)
	})
	h.method(prototype, "end", func(call goja.FunctionCall) goja.Value {
		message := self(call)
		o := h.outgoingOf(call)
		o.onlyBuffers(h, call.Argument(0))
		if o.invalid != nil && !message.WritableEnded() && o.invalid.ToBoolean() {
			panic(h.chunkError(`"chunk" argument`, call.Argument(0)))
		}
		h.implicitHead(call.This)
		socket, ended := message.Socket(), message.WritableEnded()
		if callback := h.callbackOf(o.callback, call.This); o.isText {
			h.throw(message.EndText(o.text, callback))
		} else {
			h.throw(message.End(o.bytes, callback))
		}
		if h.code("ERR") == "" {
			// What write returned for the last bytes.
			return vm.ToValue(!ended && socket != nil && socket.WritableLength() < 16384)
		}
		return call.This
	})
	if h.code("ERR") != "" {
		h.method(prototype, "pipe", func(call goja.FunctionCall) goja.Value {
			h.invoke(call.This, "emit", vm.ToValue("error"),
				h.newError("Error", "ERR_STREAM_CANNOT_PIPE", "Cannot pipe, not readable"))
			return goja.Undefined()
		})
	}
	if h.hasHeadersTimeout() {
		h.method(prototype, "cork", func(call goja.FunctionCall) goja.Value { self(call).Cork(); return goja.Undefined() })
		h.method(prototype, "uncork", func(call goja.FunctionCall) goja.Value { self(call).Uncork(); return goja.Undefined() })
	}

	// In Node these are plain properties, which programs can assign to.
	plain := map[string]bool{"finished": true, "writable": true, "socket": true, "connection": true, "chunkedEncoding": true}
	read := func(name string, get func(*reference.OutgoingMessage) any, set func(*reference.OutgoingMessage, goja.Value)) {
		setter := func(this, value goja.Value) {
			if message := h.outgoingMessageOf(this); message != nil {
				set(message, value)
			}
		}
		getter := func(this goja.Value) goja.Value {
			if message := h.outgoingMessageOf(this); message != nil {
				return h.toJS(get(message))
			}
			return goja.Undefined()
		}
		switch {
		case set != nil:
			h.property(prototype, name, getter, setter)
		case plain[name]:
			h.property(prototype, name, getter, nil)
		default:
			h.readOnly(prototype, name, getter)
		}
	}
	read("headersSent", func(m *reference.OutgoingMessage) any { return m.HeadersSent() }, nil)
	read("finished", func(m *reference.OutgoingMessage) any { return m.Finished() }, nil)
	if h.options.Edition == reference.V12 || h.options.Edition == reference.V13 {
		read("writableEnded", func(m *reference.OutgoingMessage) any { return m.WritableEnded() }, nil)
		read("writableFinished", func(m *reference.OutgoingMessage) any { return m.WritableFinished() }, nil)
		read("writableLength", func(m *reference.OutgoingMessage) any { return m.WritableLength() }, nil)
		read("writableHighWaterMark", func(*reference.OutgoingMessage) any { return 16384 }, nil)
		read("writableObjectMode", func(*reference.OutgoingMessage) any { return false }, nil)
	}
	read("writable", func(*reference.OutgoingMessage) any { return true }, nil)
	read("sendDate", func(m *reference.OutgoingMessage) any { return m.SendDate() },
		func(m *reference.OutgoingMessage, value goja.Value) { m.SetSendDate(value.ToBoolean()) })
	read("shouldKeepAlive", func(m *reference.OutgoingMessage) any { return m.ShouldKeepAlive() },
		func(m *reference.OutgoingMessage, value goja.Value) { m.SetShouldKeepAlive(value.ToBoolean()) })
	read("chunkedEncoding", func(m *reference.OutgoingMessage) any { return m.ChunkedEncoding() }, nil)
	read("useChunkedEncodingByDefault", func(m *reference.OutgoingMessage) any { return m.UseChunkedEncodingByDefault() },
		func(m *reference.OutgoingMessage, value goja.Value) {
			m.SetUseChunkedEncodingByDefault(value.ToBoolean())
		})
	read("socket", func(m *reference.OutgoingMessage) any { return m.Socket() }, nil)
	read("connection", func(m *reference.OutgoingMessage) any { return m.Socket() }, nil)
}

// installHeaderQueries adds what Node 6 does not have yet.
func (h *Host) installHeaderQueries(prototype *goja.Object, self func(goja.FunctionCall) *reference.OutgoingMessage) {
	vm := h.vm
	h.method(prototype, "hasHeader", func(call goja.FunctionCall) goja.Value {
		message := self(call)
		if !isString(call.Argument(0)) {
			panic(h.argumentTypeError(`"name" argument`, "of type string", call.Argument(0)))
		}
		return vm.ToValue(message.HasHeader(call.Argument(0).String()))
	})
	h.method(prototype, "getHeaderNames", func(call goja.FunctionCall) goja.Value {
		return h.stringArray(self(call).GetHeaderNames())
	})
	h.method(prototype, "getHeaders", func(call goja.FunctionCall) goja.Value {
		object := vm.CreateObject(nil)
		for _, field := range self(call).GetHeaders() {
			_ = object.Set(field.Name, h.headerJS(field.Value))
		}
		return object
	})
}

func nameText(name goja.Value) string {
	if _, ok := name.(*goja.Symbol); ok {
		return symbolText(name)
	}
	return name.String()
}

func (h *Host) tokenWord() string {
	if h.code("ERR") == "" {
		return "Token"
	}
	return "token"
}

// code returns an error code where the edition has codes.
func (h *Host) code(code string) string {
	if h.options.Edition == reference.V6 || h.options.Edition == reference.V03 {
		return ""
	}
	return code
}

// chunkError is for a chunk that is neither text nor bytes.
func (h *Host) chunkError(what string, chunk goja.Value) *goja.Object {
	expected := "of type string or an instance of Buffer or Uint8Array"
	if h.options.Edition == reference.V13 {
		expected = "of type string or an instance of Buffer"
	}
	return h.argumentTypeError(what, expected, chunk)
}
