package jshost

import (
	"math"
	"time"

	"github.com/dop251/goja"

	"github.com/nodehttp/conform/reference"
)

// httpServer is a server of the program.
type httpServer struct {
	*reference.Server
	host *Host
}

// shut ends the server and its connections.
func (s httpServer) shut() {
	s.Close(nil)
	s.DestroyConnections()
	if s.Connections() == 0 {
		delete(s.host.servers, s)
	}
}

// initServer is the part of the constructors of http.Server and https.Server that is in Go.
func (h *Host) initServer(call goja.FunctionCall) goja.Value {
	options := reference.ServerOptions{Edition: h.options.Edition, Executor: h.loop}
	given, _ := call.Argument(1).(*goja.Object)
	if given == nil && !isMissing(call.Argument(1)) {
		if h.hasHeadersTimeout() {
			panic(h.argumentTypeError(`"options" argument`, "of type object", call.Argument(1)))
		}
	}
	if given != nil {
		if class, ok := given.Get("IncomingMessage").(*goja.Object); ok {
			options.IncomingMessage = func(message *reference.IncomingMessage) {
				if !h.isDead() {
					h.adopt(class, message, h.toJS(message.Socket()))
				}
			}
		}
		if class, ok := given.Get("ServerResponse").(*goja.Object); ok {
			options.ServerResponse = func(response *reference.ServerResponse) {
				if !h.isDead() {
					h.adopt(class, response, h.toJS(response.Request()))
				}
			}
		}
		if value := given.Get("insecureHTTPParser"); !isMissing(value) {
			if _, ok := value.Export().(bool); !ok && h.hasHeadersTimeout() {
				panic(h.argumentTypeError(`"options.insecureHTTPParser" property`, "of type boolean", value))
			}
			options.InsecureHTTPParser = value.ToBoolean()
		}
		if value := given.Get("maxHeaderSize"); !isMissing(value) {
			options.MaxHeaderSize = int(value.ToInteger())
			if h.options.Edition == reference.V13 {
				h.checkHeaderSize(value)
			}
		}
	}
	if call.Argument(2).ToBoolean() {
		config, err := h.serverTLS(given)
		h.throw(err)
		options.TLS = config
	}
	server := httpServer{reference.CreateServer(options, nil), h}
	b := h.bind(call.Argument(0).ToObject(h.vm), server, func(name string) *event { return h.serverEvent(server.Server, name) })
	b.throwUnheardErrors(&server.EventError)
	return goja.Undefined()
}

// checkHeaderSize throws for what is no size.
func (h *Host) checkHeaderSize(value goja.Value) {
	if !isNumber(value) {
		panic(h.argumentTypeError(`"maxHeaderSize" argument`, "of type number", value))
	}
	number := value.ToFloat()
	switch {
	case number != math.Trunc(number):
		panic(h.newError("RangeError", "ERR_OUT_OF_RANGE",
			`The value of "maxHeaderSize" is out of range. It must be an integer. Received `+value.String()))
	case number < 0 || number > 1<<53-1:
		panic(h.newError("RangeError", "ERR_OUT_OF_RANGE",
			`The value of "maxHeaderSize" is out of range. It must be >= 0 && <= 9007199254740991. Received `+value.String()))
	}
}

func (h *Host) serverEvent(server *reference.Server, name string) *event {
	switch name {
	case "request":
		return event2(h, &server.EventRequest)
	case "checkContinue":
		return event2(h, &server.EventCheckContinue)
	case "checkExpectation":
		return event2(h, &server.EventCheckExpectation)
	case "upgrade":
		return event3(h, &server.EventUpgrade)
	case "connect":
		return event3(h, &server.EventConnect)
	case "clientError":
		return event2(h, &server.EventClientError)
	case "timeout":
		return event1(h, &server.EventTimeout)
	case "connection", "secureConnection":
		return event1(h, &server.EventConnection)
	case "listening":
		return event0(&server.EventListening)
	case "close":
		return event0(&server.EventClose)
	case "error":
		return event1(h, &server.EventError)
	}
	return nil
}

func (h *Host) installServer() {
	for _, class := range []*goja.Object{h.classes.server, h.classes.secureServer} {
		h.installServerMembers(h.prototype(class))
	}
}

func (h *Host) installServerMembers(prototype *goja.Object) {
	vm := h.vm
	self := func(call goja.FunctionCall) httpServer { return this[httpServer](h, call) }

	h.method(prototype, "listen", func(call goja.FunctionCall) goja.Value {
		server := self(call)
		arguments := h.listenArgumentsOf(call)
		if arguments.callback != nil {
			h.invoke(call.This, "once", vm.ToValue("listening"), arguments.callback)
		}
		if server.Listening() {
			// The error of a second listen is thrown, not emitted.
			h.throw(server.Listen(arguments.network, arguments.address))
		}
		var err error
		if arguments.file >= 0 {
			err = server.ServeFile(fileOf(arguments.file))
		} else {
			err = server.Listen(arguments.network, arguments.address)
		}
		if err == nil {
			h.servers[server] = struct{}{}
			server.EventClose.Once(func() { delete(h.servers, server) })
		}
		return call.This
	})
	h.method(prototype, "close", func(call goja.FunctionCall) goja.Value {
		self(call).Close(h.errorCallbackOf(call.Argument(0), call.This))
		return call.This
	})
	h.method(prototype, "closeAllConnections", func(call goja.FunctionCall) goja.Value {
		self(call).DestroyConnections()
		return goja.Undefined()
	})
	h.method(prototype, "address", func(call goja.FunctionCall) goja.Value { return h.addressObject(self(call).Address()) })
	h.method(prototype, "getConnections", func(call goja.FunctionCall) goja.Value {
		count := self(call).Connections()
		if function, ok := goja.AssertFunction(call.Argument(0)); ok {
			h.loop.ExecuteSoon(func() { h.Call(function, call.This, goja.Null(), vm.ToValue(count)) })
		}
		return call.This
	})
	h.method(prototype, "setTimeout", func(call goja.FunctionCall) goja.Value {
		if isFunction(call.Argument(1)) {
			h.invoke(call.This, "on", vm.ToValue("timeout"), call.Argument(1))
		}
		timeout := duration(call.Argument(0))
		if goja.IsUndefined(call.Argument(0)) && h.options.Edition != reference.V13 {
			timeout = 120 * time.Second // the documented default of the argument
		}
		self(call).SetTimeout(timeout, nil)
		return call.This
	})
	h.method(prototype, "ref", func(call goja.FunctionCall) goja.Value { return call.This })
	h.method(prototype, "unref", func(call goja.FunctionCall) goja.Value { return call.This })

	property := func(name string, get func(httpServer) any, set func(httpServer, goja.Value)) {
		if set == nil {
			h.property(prototype, name, getter(h, get), nil)
			return
		}
		h.property(prototype, name, getter(h, get), setter(h, set))
	}
	property("listening", func(s httpServer) any { return s.Listening() }, nil)
	property("connections", func(s httpServer) any { return s.Connections() }, nil)
	property("timeout", func(s httpServer) any { return milliseconds(s.Timeout()) },
		func(s httpServer, value goja.Value) { s.SetTimeout(duration(value), nil) })
	if h.hasKeepAliveTimeout() {
		property("keepAliveTimeout", func(s httpServer) any { return milliseconds(s.KeepAliveTimeout()) },
			func(s httpServer, value goja.Value) { s.SetKeepAliveTimeout(duration(value)) })
	}
	if h.hasHeadersTimeout() {
		property("headersTimeout", func(s httpServer) any { return milliseconds(s.HeadersTimeout()) },
			func(s httpServer, value goja.Value) { s.SetHeadersTimeout(duration(value)) })
	}
	property("maxHeadersCount", func(s httpServer) any {
		if count, set := s.MaxHeadersCount(); set {
			return count
		}
		return h.unsetCount()
	}, func(s httpServer, value goja.Value) { s.SetMaxHeadersCount(countOf(value)) })
	property("httpAllowHalfOpen", func(s httpServer) any { return s.AllowHalfOpen() },
		func(s httpServer, value goja.Value) { s.SetAllowHalfOpen(value.ToBoolean()) })
}

// unsetCount is a limit of a number of headers that was never set.
func (h *Host) unsetCount() goja.Value {
	if h.code("ERR") == "" {
		return goja.Undefined()
	}
	return goja.Null()
}

// countOf converts a limit of a number of headers; -1 for what is no number.
func countOf(value goja.Value) int {
	if !isNumber(value) {
		return -1
	}
	number := value.ToFloat()
	if math.IsNaN(number) || math.IsInf(number, 0) {
		return 0
	}
	return int(number)
}

func (h *Host) hasKeepAliveTimeout() bool {
	return h.options.Edition != reference.V6 && h.options.Edition != reference.V03
}

func (h *Host) hasHeadersTimeout() bool {
	return h.options.Edition == reference.V12 || h.options.Edition == reference.V13
}
