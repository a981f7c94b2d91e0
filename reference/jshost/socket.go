package jshost

import (
	"context"
	"net"
	"strconv"
	"time"

	"github.com/dop251/goja"

	"github.com/nodehttp/conform/reference"
)

// socketObject returns the object that stands for a socket: always the same one.
func (h *Host) socketObject(socket *reference.Socket) goja.Value {
	if socket == nil {
		return goja.Null()
	}
	if b, ok := socket.Data.(*bound); ok {
		return b.object
	}
	return h.bindSocket(h.vm.CreateObject(h.prototype(h.classes.socket)), socket).object
}

func (h *Host) bindSocket(object *goja.Object, socket *reference.Socket) *bound {
	b := h.bind(object, socket, nil)
	b.events = func(name string) *event { return h.socketEvent(b, socket, name) }
	socket.Data = b
	socket.Replacement = &socketMethods{b, socket}
	if !socket.Destroyed() {
		h.sockets[socket] = struct{}{}
		socket.EventClose.On(func(bool) { delete(h.sockets, socket) })
	}
	// An error that nobody hears is an exception, unless HTTP has the socket, which then deals with it.
	socket.EventError.On(func(err error) {
		if socket.EventError.Count() == 1 && !socket.Owned() {
			b.emit("error", err)
		}
	})
	return b
}

// socketMethods calls the methods of a socket's object where messages call them, if the program has replaced them.
type socketMethods struct {
	*bound
	socket *reference.Socket
}

// replaced calls a method of the object, unless it is ours.
func (m *socketMethods) replaced(name string, arguments ...any) bool {
	h := m.host
	if h.isDead() {
		return false
	}
	member := m.object.Get(name)
	function, ok := goja.AssertFunction(member)
	if !ok || h.prototype(h.classes.socket).Get(name).StrictEquals(member) || m.foreign {
		return false
	}
	values := make([]goja.Value, len(arguments))
	for i, argument := range arguments {
		values[i] = h.toJS(argument)
	}
	h.Call(function, m.object, values...)
	return true
}

func (m *socketMethods) SetTimeout(d time.Duration, callback func()) {
	if !m.replaced("setTimeout", milliseconds(d)) {
		m.socket.SetTimeout(d, callback)
	}
}

func (m *socketMethods) SetNoDelay(noDelay bool) {
	if !m.replaced("setNoDelay", noDelay) {
		m.socket.SetNoDelay(noDelay)
	}
}

func (m *socketMethods) SetKeepAlive(enable bool, initialDelay time.Duration) {
	if !m.replaced("setKeepAlive", enable, milliseconds(initialDelay)) {
		m.socket.SetKeepAlive(enable, initialDelay)
	}
}

func (m *socketMethods) Destroy(err error) {
	var failure any = goja.Undefined()
	if err != nil {
		failure = err
	}
	if !m.replaced("destroy", failure) {
		m.socket.Destroy(err)
	}
}

func (m *socketMethods) Ref() {
	if !m.replaced("ref") {
		m.socket.Ref()
	}
}

func (m *socketMethods) Unref() {
	if !m.replaced("unref") {
		m.socket.Unref()
	}
}

func (h *Host) socketEvent(b *bound, socket *reference.Socket, name string) *event {
	switch name {
	case "ready":
		if h.code("ERR") == "" {
			return nil
		}
		return event0(&socket.EventConnect)
	case "connect":
		return event0(&socket.EventConnect)
	case "secureConnect":
		return event0(&socket.EventConnect)
	case "data":
		e := event1(h, &socket.EventData.Event1)
		e.subscribe = func(dispatch func(...any)) func() {
			listener := socket.EventData.On(func(bytes []byte) {
				if chunk, ok := b.chunk(bytes); ok {
					dispatch(chunk)
				}
			})
			return func() { socket.EventData.Off(listener) }
		}
		return e
	case "readable":
		return &event{subscribe: func(dispatch func(...any)) func() {
			data := socket.EventData.On(func(bytes []byte) {
				if socket.Owned() && !h.hasHeadersTimeout() {
					return // before Node 11 HTTP takes the bytes before anybody can read them
				}
				b.side().rest = append(b.side().rest, bytes...)
				dispatch()
			})
			end := socket.EventEnd.On(func() {
				b.side().ended = true
				dispatch()
			})
			return func() {
				socket.EventData.Off(data)
				socket.EventEnd.Off(end)
			}
		}}
	case "end":
		e := event0(&socket.EventEnd)
		e.subscribe = func(dispatch func(...any)) func() {
			listener := socket.EventEnd.On(func() {
				if chunk, ok := b.lastChunk(); ok {
					b.emit("data", chunk)
				}
				dispatch()
			})
			return func() { socket.EventEnd.Off(listener) }
		}
		return e
	case "drain":
		return event0(&socket.EventDrain)
	case "finish":
		return event0(&socket.EventFinish)
	case "timeout":
		return event0(&socket.EventTimeout)
	case "error":
		return event1(h, &socket.EventError)
	case "close":
		return event1(h, &socket.EventClose)
	case "agentRemove":
		return event0(&socket.EventAgentRemove)
	case "free":
		return event0(&socket.EventFree)
	}
	return nil
}

// initSocket is the part of the constructor that is in Go: new net.Socket() connects later.
func (h *Host) initSocket(call goja.FunctionCall) goja.Value {
	object := call.Argument(0).ToObject(h.vm)
	if options, ok := call.Argument(1).(*goja.Object); ok {
		_ = object.DefineDataProperty("_options", options, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE)
	}
	return goja.Undefined()
}

// connect is net.connect and tls.connect, for a socket that was made and is not tied to anything yet.
func (h *Host) connect(call goja.FunctionCall) goja.Value {
	object := call.Argument(0).ToObject(h.vm)
	arguments := h.elements(call.Argument(1).ToObject(h.vm))
	secure := call.Argument(2).ToBoolean()
	var options *goja.Object
	host, port, path := "", "", ""
	if len(arguments) > 0 {
		switch first := arguments[0].(type) {
		case *goja.Object:
			if !isFunction(first) {
				options = first
			}
		default:
			var isPort bool
			if path, _, isPort = pathOrPort(first.String()); isPort {
				port = first.String()
			}
		}
	}
	for _, argument := range arguments[min(1, len(arguments)):] {
		if isString(argument) {
			host = argument.String()
		}
	}
	dial := reference.DialOptions{SocketOptions: reference.SocketOptions{Executor: h.loop}}
	read := func(name string) string {
		if options == nil || isMissing(options.Get(name)) {
			return ""
		}
		return options.Get(name).String()
	}
	if options != nil {
		host, port, path = read("host"), read("port"), read("path")
		if read("socketPath") != "" {
			path = read("socketPath")
		}
		dial.LocalAddress = read("localAddress")
		dial.LocalPort, _ = strconv.Atoi(read("localPort"))
		dial.AllowHalfOpen = options.Get("allowHalfOpen") != nil && options.Get("allowHalfOpen").ToBoolean()
		dial.Timeout = duration(options.Get("timeout"))
	}
	if path != "" {
		dial.Network, dial.Address = "unix", path
	} else {
		if host == "" {
			host = "localhost"
		}
		number, err := strconv.Atoi(port)
		if port == "" {
			panic(h.newError("TypeError", "ERR_MISSING_ARGS", `The "options" or "port" or "path" argument must be specified`))
		}
		if err != nil || number < 0 || number > 65535 {
			panic(h.newError("RangeError", "ERR_SOCKET_BAD_PORT", "Port should be >= 0 and < 65536. Received "+port+"."))
		}
		dial.Network, dial.Address = "tcp", net.JoinHostPort(host, port)
	}
	if secure {
		config, err := h.clientTLS(options, host)
		h.throw(err)
		dial.TLS = config
	}
	socket := reference.Dial(context.Background(), dial)
	h.bindSocket(object, socket)
	for _, name := range []string{"connect", "data", "end", "close", "error", "timeout", "drain", "readable", "finish"} {
		if listeners, _ := goja.AssertFunction(object.Get("listenerCount")); listeners != nil {
			if count, err := listeners(object, h.vm.ToValue(name)); err == nil && count.ToInteger() > 0 {
				h.subscribe(object, name)
			}
		}
	}
	for _, argument := range arguments {
		if isFunction(argument) {
			event := "connect"
			if secure {
				event = "secureConnect"
			}
			once, _ := goja.AssertFunction(object.Get("once"))
			if _, err := once(object, h.vm.ToValue(event), argument); err != nil {
				panic(err)
			}
		}
	}
	return object
}

func (h *Host) installSocket() {
	vm := h.vm
	prototype := h.prototype(h.classes.socket)
	self := func(call goja.FunctionCall) *reference.Socket { return this[*reference.Socket](h, call) }

	h.method(prototype, "connect", func(call goja.FunctionCall) goja.Value {
		values := make([]any, len(call.Arguments))
		for i, argument := range call.Arguments {
			values[i] = argument
		}
		return h.connect(goja.FunctionCall{Arguments: []goja.Value{call.This, vm.NewArray(values...), vm.ToValue(false)}})
	})
	h.method(prototype, "write", func(call goja.FunctionCall) goja.Value {
		o := h.outgoingOf(call)
		if o.invalid != nil || o.missing {
			panic(h.argumentTypeError(`"chunk" argument`, "of type string or an instance of Buffer", call.Argument(0)))
		}
		return vm.ToValue(self(call).Send(o.all(), h.errorCallbackOf(o.callback, call.This)))
	})
	h.method(prototype, "end", func(call goja.FunctionCall) goja.Value {
		o := h.outgoingOf(call)
		if o.invalid != nil {
			panic(h.argumentTypeError(`"chunk" argument`, "of type string or an instance of Buffer", call.Argument(0)))
		}
		self(call).End(o.all(), h.errorCallbackOf(o.callback, call.This))
		return call.This
	})
	h.method(prototype, "destroy", func(call goja.FunctionCall) goja.Value {
		if socket, ok := valueOf[*reference.Socket](h, call.This); ok {
			socket.Destroy(errorArgument(call.Argument(0)))
		}
		return call.This
	})
	h.method(prototype, "destroySoon", func(call goja.FunctionCall) goja.Value {
		self(call).DestroySoon()
		return goja.Undefined()
	})
	h.method(prototype, "pause", func(call goja.FunctionCall) goja.Value { self(call).Pause(); return call.This })
	h.method(prototype, "resume", func(call goja.FunctionCall) goja.Value { self(call).Resume(); return call.This })
	h.method(prototype, "isPaused", func(call goja.FunctionCall) goja.Value { return vm.ToValue(self(call).IsPaused()) })
	h.method(prototype, "cork", func(call goja.FunctionCall) goja.Value { self(call).Cork(); return goja.Undefined() })
	h.method(prototype, "uncork", func(call goja.FunctionCall) goja.Value { self(call).Uncork(); return goja.Undefined() })
	h.method(prototype, "setEncoding", h.setEncoding)
	h.method(prototype, "read", func(call goja.FunctionCall) goja.Value {
		self(call)
		b := h.boundOf(call.This)
		return b.read(sizeArgument(call.Argument(0)), b.side().ended)
	})
	h.method(prototype, "setTimeout", func(call goja.FunctionCall) goja.Value {
		self(call).SetTimeout(duration(call.Argument(0)), nil)
		if isFunction(call.Argument(1)) {
			method := "once"
			if duration(call.Argument(0)) == 0 {
				method = "removeListener"
			}
			h.invoke(call.This, method, vm.ToValue("timeout"), call.Argument(1))
		}
		return call.This
	})
	h.method(prototype, "setNoDelay", func(call goja.FunctionCall) goja.Value {
		self(call).SetNoDelay(goja.IsUndefined(call.Argument(0)) || call.Argument(0).ToBoolean())
		return call.This
	})
	h.method(prototype, "setKeepAlive", func(call goja.FunctionCall) goja.Value {
		self(call).SetKeepAlive(call.Argument(0).ToBoolean(), duration(call.Argument(1)))
		return call.This
	})
	h.method(prototype, "ref", func(call goja.FunctionCall) goja.Value { self(call).Ref(); return call.This })
	h.method(prototype, "unref", func(call goja.FunctionCall) goja.Value { self(call).Unref(); return call.This })
	h.method(prototype, "address", func(call goja.FunctionCall) goja.Value {
		if address, ok := self(call).LocalAddr().(*net.TCPAddr); ok {
			return h.addressObject(address)
		}
		return vm.NewObject()
	})

	read := func(name string, get func(*reference.Socket) any) {
		h.property(prototype, name, getter(h, get), nil)
	}
	read("writable", func(s *reference.Socket) any { return s.Writable() })
	read("readable", func(s *reference.Socket) any { return s.Readable() })
	read("destroyed", func(s *reference.Socket) any { return s.Destroyed() })
	read("connecting", func(s *reference.Socket) any { return s.Connecting() })
	read("pending", func(s *reference.Socket) any { return s.Connecting() })
	read("bytesRead", func(s *reference.Socket) any { return s.BytesRead() })
	read("bytesWritten", func(s *reference.Socket) any { return s.BytesWritten() })
	read("bufferSize", func(s *reference.Socket) any { return s.WritableLength() })
	read("writableLength", func(s *reference.Socket) any { return s.WritableLength() })
	read("writableCorked", func(s *reference.Socket) any { return s.WritableCorked() })
	read("writableHighWaterMark", func(*reference.Socket) any { return 16384 })
	read("readableHighWaterMark", func(*reference.Socket) any { return 16384 })
	if h.hasHeadersTimeout() {
		read("timeout", func(s *reference.Socket) any { return milliseconds(s.Timeout()) })
	}
	read("localAddress", func(s *reference.Socket) any { return hostOf(s.LocalAddr()) })
	read("localPort", func(s *reference.Socket) any { return portOf(s.LocalAddr()) })
	read("remoteAddress", func(s *reference.Socket) any { return hostOf(s.RemoteAddr()) })
	read("remotePort", func(s *reference.Socket) any { return portOf(s.RemoteAddr()) })
	read("remoteFamily", func(s *reference.Socket) any { return familyOf(s.RemoteAddr()) })
	read("localFamily", func(s *reference.Socket) any { return familyOf(s.LocalAddr()) })
	h.installPeerCertificate()
}

// invoke calls a method of an object; what it throws goes to the caller.
func (h *Host) invoke(object goja.Value, method string, arguments ...goja.Value) goja.Value {
	function, ok := goja.AssertFunction(object.ToObject(h.vm).Get(method))
	if !ok {
		panic(h.vm.NewTypeError(method + " is not a function"))
	}
	result, err := function(object, arguments...)
	if err != nil {
		panic(err)
	}
	return result
}

func hostOf(address net.Addr) any {
	if tcp, ok := address.(*net.TCPAddr); ok {
		return tcp.IP.String()
	}
	return nil
}

func portOf(address net.Addr) any {
	if tcp, ok := address.(*net.TCPAddr); ok {
		return tcp.Port
	}
	return nil
}

func familyOf(address net.Addr) any {
	tcp, ok := address.(*net.TCPAddr)
	switch {
	case !ok:
		return nil
	case tcp.IP.To4() != nil:
		return "IPv4"
	}
	return "IPv6"
}

// addressObject is what address() returns.
func (h *Host) addressObject(address net.Addr) goja.Value {
	switch address := address.(type) {
	case *net.TCPAddr:
		object := h.vm.NewObject()
		_ = object.Set("address", hostOf(address))
		_ = object.Set("family", familyOf(address))
		_ = object.Set("port", address.Port)
		return object
	case *net.UnixAddr:
		return h.vm.ToValue(address.Name)
	}
	return goja.Null()
}
