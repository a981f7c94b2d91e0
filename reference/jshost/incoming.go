package jshost

import (
	"github.com/dop251/goja"

	"github.com/nodehttp/conform/reference"
)

// incomingObject returns the object that stands for a message: always the same one.
func (h *Host) incomingObject(message *reference.IncomingMessage) goja.Value {
	if message == nil {
		return goja.Null()
	}
	if b, ok := message.Data.(*bound); ok {
		return b.object
	}
	return h.bindIncoming(h.vm.CreateObject(h.prototype(h.classes.incomingMessage)), message).object
}

func (h *Host) bindIncoming(object *goja.Object, message *reference.IncomingMessage) *bound {
	b := h.bind(object, message, nil)
	b.events = func(name string) *event { return h.incomingEvent(b, message, name) }
	message.Data = b
	return b
}

func (h *Host) incomingEvent(b *bound, message *reference.IncomingMessage, name string) *event {
	switch name {
	case "data":
		e := event1(h, &message.EventData.Event1)
		e.subscribe = func(dispatch func(...any)) func() {
			listener := message.EventData.On(func(bytes []byte) {
				if chunk, ok := b.chunk(bytes); ok {
					dispatch(chunk)
				}
			})
			return func() { message.EventData.Off(listener) }
		}
		return e
	case "readable":
		return event0(&message.EventReadable.Event0)
	case "end":
		e := event0(&message.EventEnd)
		e.subscribe = func(dispatch func(...any)) func() {
			listener := message.EventEnd.On(func() {
				if chunk, ok := b.lastChunk(); ok {
					b.emit("data", chunk)
				}
				dispatch()
			})
			return func() { message.EventEnd.Off(listener) }
		}
		return e
	case "aborted":
		return event0(&message.EventAborted)
	case "close":
		return event0(&message.EventClose)
	case "error":
		return event1(h, &message.EventError)
	case "timeout":
		return event1(h, &message.EventTimeout)
	}
	return nil
}

// initIncomingMessage ties a new object to the message that is being delivered, or to one without content.
func (h *Host) initIncomingMessage(call goja.FunctionCall) goja.Value {
	object := call.Argument(0).ToObject(h.vm)
	if message, ok := h.adopting.(*reference.IncomingMessage); ok {
		h.adopting = nil
		h.bindIncoming(object, message)
		return goja.Undefined()
	}
	socket, _ := valueOf[*reference.Socket](h, call.Argument(1))
	h.bindIncoming(object, reference.NewMessage(reference.MessageOptions{
		Socket: socket, Edition: h.options.Edition, Executor: h.loop}))
	return goja.Undefined()
}

// adopt makes an object of a program's class for a Go value.
func (h *Host) adopt(class *goja.Object, value any, argument goja.Value) {
	h.adopting = value
	_, err := h.vm.New(class, argument)
	h.adopting = nil
	if err != nil {
		h.uncaught(err)
	}
}

func (h *Host) headersObject(headers *reference.MessageHeaders) *goja.Object {
	object := h.vm.NewObject()
	for _, header := range headers.All() {
		if header.List != nil {
			_ = object.Set(header.Name, h.stringArray(header.List))
		} else {
			_ = object.Set(header.Name, header.Value)
		}
	}
	return object
}

func (h *Host) installIncomingMessage() {
	vm := h.vm
	prototype := h.prototype(h.classes.incomingMessage)
	self := func(call goja.FunctionCall) *reference.IncomingMessage {
		return this[*reference.IncomingMessage](h, call)
	}

	h.method(prototype, "setEncoding", h.setEncoding)
	h.method(prototype, "pause", func(call goja.FunctionCall) goja.Value { self(call).Pause(); return call.This })
	h.method(prototype, "resume", func(call goja.FunctionCall) goja.Value { self(call).Resume(); return call.This })
	h.method(prototype, "isPaused", func(call goja.FunctionCall) goja.Value { return vm.ToValue(self(call).IsPaused()) })
	h.method(prototype, "read", func(call goja.FunctionCall) goja.Value {
		message := self(call)
		b := h.boundOf(call.This)
		b.side().rest = append(b.side().rest, message.Take()...)
		value := b.read(sizeArgument(call.Argument(0)), message.Complete())
		if b.off["data"] != nil && !goja.IsNull(value) {
			b.emit("data", value)
		}
		return value
	})
	h.method(prototype, "destroy", func(call goja.FunctionCall) goja.Value {
		self(call).Destroy(errorArgument(call.Argument(0)))
		if h.options.Edition != reference.V12 {
			return goja.Undefined()
		}
		return call.This
	})
	h.method(prototype, "setTimeout", func(call goja.FunctionCall) goja.Value {
		if isFunction(call.Argument(1)) {
			h.invoke(call.This, "on", vm.ToValue("timeout"), call.Argument(1))
		}
		self(call).SetTimeout(duration(call.Argument(0)), nil)
		return call.This
	})

	read := func(name string, get func(*reference.IncomingMessage) any) {
		h.property(prototype, name, getter(h, get), nil)
	}
	// What is an object in JavaScript is made once, so that programs may change it.
	once := func(name string, get func(*reference.IncomingMessage) *goja.Object) {
		h.property(prototype, name, func(this goja.Value) goja.Value {
			message, ok := valueOf[*reference.IncomingMessage](h, this)
			if !ok {
				return goja.Undefined()
			}
			object := get(message)
			_ = this.ToObject(vm).DefineDataProperty(name, object, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_TRUE)
			return object
		}, nil)
	}
	once("headers", func(m *reference.IncomingMessage) *goja.Object { return h.headersObject(m.Headers()) })
	once("rawHeaders", func(m *reference.IncomingMessage) *goja.Object { return h.stringArray(m.RawHeaders()) })
	read("trailers", func(m *reference.IncomingMessage) any { return h.headersObject(m.Trailers()) })
	read("rawTrailers", func(m *reference.IncomingMessage) any { return m.RawTrailers() })
	read("complete", func(m *reference.IncomingMessage) any { return m.Complete() })
	if h.hasHeadersTimeout() {
		read("aborted", func(m *reference.IncomingMessage) any { return m.Aborted() })
	}
	// A message that no parser made has no version.
	parsed := func(get func(*reference.IncomingMessage) any) func(*reference.IncomingMessage) any {
		return func(m *reference.IncomingMessage) any {
			if m.HTTPVersionMajor() == 0 && m.Method() == "" && m.StatusCode() == 0 {
				return goja.Null()
			}
			return get(m)
		}
	}
	read("httpVersion", parsed(func(m *reference.IncomingMessage) any { return m.HTTPVersion() }))
	read("httpVersionMajor", parsed(func(m *reference.IncomingMessage) any { return m.HTTPVersionMajor() }))
	read("httpVersionMinor", parsed(func(m *reference.IncomingMessage) any { return m.HTTPVersionMinor() }))
	read("upgrade", parsed(func(m *reference.IncomingMessage) any { return m.Upgrade() }))
	read("method", func(m *reference.IncomingMessage) any {
		if m.StatusCode() != 0 || m.Method() == "" {
			return goja.Null()
		}
		return m.Method()
	})
	read("statusCode", func(m *reference.IncomingMessage) any {
		if m.StatusCode() == 0 {
			return goja.Null()
		}
		return m.StatusCode()
	})
	read("statusMessage", func(m *reference.IncomingMessage) any {
		if m.StatusCode() == 0 {
			return goja.Null()
		}
		return m.StatusMessage()
	})
	h.property(prototype, "url", getter(h, func(m *reference.IncomingMessage) any { return m.URL() }),
		setter(h, func(m *reference.IncomingMessage, value goja.Value) { m.SetURL(value.String()) }))
	read("socket", func(m *reference.IncomingMessage) any { return m.Socket() })
	read("connection", func(m *reference.IncomingMessage) any { return m.Socket() })
	read("client", func(m *reference.IncomingMessage) any { return m.Socket() })
	read("readable", func(m *reference.IncomingMessage) any { return !m.Ended() })
	read("readableEnded", func(m *reference.IncomingMessage) any { return m.Ended() })
	read("readableHighWaterMark", func(*reference.IncomingMessage) any { return 16384 })
	if h.code("ERR") != "" {
		// Destroying a message destroys its socket, and nothing else.
		read("destroyed", func(*reference.IncomingMessage) any { return false })
	}
	read("req", func(m *reference.IncomingMessage) any {
		if request := m.ClientRequest(); request != nil {
			return request
		}
		return nil
	})
	read("readableFlowing", func(m *reference.IncomingMessage) any { return h.flowing(m) })
}

func (h *Host) flowing(message *reference.IncomingMessage) goja.Value {
	decided, flows := message.Flowing()
	if !decided {
		return goja.Null()
	}
	return h.vm.ToValue(flows)
}
