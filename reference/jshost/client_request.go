package jshost

import (
	"context"
	"math"
	"net/netip"
	"strings"
	"time"

	"github.com/dop251/goja"

	"github.com/nodehttp/conform/reference"
)

// requestObject returns the object that stands for a request.
func (h *Host) requestObject(request *reference.ClientRequest) goja.Value {
	if request == nil {
		return goja.Null()
	}
	if b, ok := request.Data.(*bound); ok {
		return b.object
	}
	if h.making != nil {
		// A hook asks for the request before its constructor has returned.
		return h.bindRequest(h.making, request).object
	}
	return goja.Null()
}

func (h *Host) bindRequest(object *goja.Object, request *reference.ClientRequest) *bound {
	b := h.bind(object, request, nil)
	b.events = func(name string) *event { return h.requestEvent(b, request, name) }
	request.Data = b
	b.throwUnheardErrors(&request.EventError)
	h.requests[request] = struct{}{}
	request.EventClose.On(func() { delete(h.requests, request) })
	return b
}

func (h *Host) requestEvent(b *bound, request *reference.ClientRequest, name string) *event {
	switch name {
	case "abort":
		return event0(&request.EventAbort)
	case "connect":
		return event3(h, &request.EventConnect)
	case "continue":
		return event0(&request.EventContinue)
	case "information":
		return event1(h, &request.EventInformation)
	case "response":
		return event1(h, &request.EventResponse)
	case "socket":
		return event1(h, &request.EventSocket)
	case "timeout":
		return event0(&request.EventTimeout)
	case "upgrade":
		return event3(h, &request.EventUpgrade)
	}
	return h.outgoingEvent(&request.OutgoingMessage, name)
}

// initClientRequest is the part of the constructor that is in Go. Its arguments are those of http.request.
func (h *Host) initClientRequest(call goja.FunctionCall) goja.Value {
	object := call.Argument(0).ToObject(h.vm)
	defaultAgent := h.adopting
	h.adopting = nil
	input, options, callback := call.Argument(1), call.Argument(2), call.Argument(3)
	url, isURL := "", false
	switch {
	case isString(input):
		url, isURL = input.String(), true
	case h.isURL(input):
		url, isURL = input.ToObject(h.vm).Get("href").String(), true
	default:
		callback, options = options, input
		if !isFunction(callback) && isFunction(call.Argument(3)) {
			callback = call.Argument(3)
		}
	}
	if isFunction(options) {
		callback, options = options, goja.Undefined()
	}
	var given *goja.Object
	if from, ok := options.(*goja.Object); ok {
		given = h.vm.NewObject()
		for _, name := range from.Keys() {
			_ = given.Set(name, from.Get(name))
		}
	}
	if callback.ToBoolean() && !isFunction(callback) {
		panic(h.argumentTypeError(`"listener" argument`, "of type function", callback))
	}
	request := h.clientOptions(given)
	if request.DefaultAgent == nil {
		if agent, ok := defaultAgent.(*reference.Agent); ok {
			request.DefaultAgent = agent
		} else {
			agent, _ := valueOf[*reference.Agent](h, h.modules.Get("http").ToObject(h.vm).Get("globalAgent"))
			request.DefaultAgent = agent
		}
	}
	outer := h.making
	h.making = object
	defer func() { h.making = outer }()
	var made *reference.ClientRequest
	var err error
	if isURL {
		if given != nil && h.code("ERR") == "" || given != nil && h.options.Edition == reference.V10 {
			panic(h.argumentTypeError(`"listener" argument`, "of type Function", options))
		}
		made, err = reference.RequestURL(url, &request, nil)
	} else {
		made, err = reference.Request(request, nil)
	}
	h.throw(err)
	h.requestObject(made)
	if callback.ToBoolean() {
		h.invoke(object, "once", h.vm.ToValue("response"), callback)
	}
	return goja.Undefined()
}

// secureRequest is https.request: the same class with another default agent.
func (h *Host) secureRequest(call goja.FunctionCall) goja.Value {
	agent, _ := valueOf[*reference.Agent](h, call.Argument(1))
	h.adopting = agent
	defer func() { h.adopting = nil }()
	made, err := h.vm.New(call.Argument(0), call.Argument(2), call.Argument(3), call.Argument(4))
	if err != nil {
		panic(err)
	}
	return made
}

// isURL recognises an instance of the URL class.
func (h *Host) isURL(value goja.Value) bool {
	object, ok := value.(*goja.Object)
	return ok && object.Get("href") != nil && object.Get("searchParams") != nil
}

// clientOptions converts the options of a request. It throws what the types of the Go API rule out.
func (h *Host) clientOptions(given *goja.Object) reference.RequestOptions {
	options := h.requestOptions(given)
	if given == nil {
		return options
	}
	get := func(name string) goja.Value {
		if value := given.Get(name); value != nil {
			return value
		}
		return goja.Undefined()
	}
	text := func(name string) string {
		if value := get(name); !isMissing(value) && value.ToBoolean() {
			return value.String()
		}
		return ""
	}

	switch value := get("agent"); {
	case isMissing(value):
	default:
		agent, ok := valueOf[*reference.Agent](h, value)
		if !ok && value.ToBoolean() || !ok && isString(value) || !ok && isNumber(value) {
			panic(h.argumentTypeError(`"options.agent" property`, "one of Agent-like Object, undefined, or false", value))
		}
		options.Agent, options.OneTimeAgent = agent, !ok
	}
	if agent, ok := valueOf[*reference.Agent](h, get("_defaultAgent")); ok {
		options.DefaultAgent = agent
	}
	for _, name := range []string{"hostname", "host"} {
		if value := get(name); !isMissing(value) && !isString(value) {
			panic(h.argumentTypeError(`"options.`+name+`" property`, "of type string or one of undefined or null", value))
		}
	}
	if value := get("method"); !isMissing(value) && !isString(value) {
		panic(h.argumentTypeError(`"options.method" property`, "of type string", value))
	}
	if value := get("insecureHTTPParser"); !goja.IsUndefined(value) {
		if _, ok := value.Export().(bool); !ok && h.hasHeadersTimeout() {
			panic(h.argumentTypeError(`"options.insecureHTTPParser" property`, "of type boolean", value))
		}
		options.InsecureHTTPParser = value.ToBoolean()
	}
	options.Protocol = text("protocol")
	options.Hostname = text("hostname")
	options.Method = text("method")
	options.Path = text("path")
	options.Auth = text("auth")
	options.DefaultPort = int(get("defaultPort").ToInteger())
	if value := get("setHost"); !goja.IsUndefined(value) {
		options.WithoutHost = !value.ToBoolean()
	}
	if value := get("timeout"); !goja.IsUndefined(value) {
		if !isNumber(value) && h.code("ERR") != "" {
			panic(h.argumentTypeError(`"timeout" argument`, "of type number", value))
		}
		h.checkTimeout("timeout", value)
		options.Timeout, options.TimeoutSet = duration(value), true
	}
	if value := get("maxHeaderSize"); !isMissing(value) {
		options.MaxHeaderSize = int(value.ToInteger())
	}
	if headers, ok := get("headers").(*goja.Object); ok {
		options.Headers, options.HeaderList = h.fieldsOf(headers), isArray(headers)
	}
	if function, ok := goja.AssertFunction(get("createConnection")); ok {
		options.CreateConnection = func(o *reference.RequestOptions, done func(error, *reference.Socket)) (*reference.Socket, error) {
			return h.createConnection(function, goja.Undefined(), o, done)
		}
	}
	if value := get("port"); options.CreateConnection == nil && value.ToBoolean() && !isPort(value) {
		text := "Port should be >= 0 and < 65536. Received " + value.String() + "."
		switch h.options.Edition {
		case reference.V10:
			text = strings.Replace(text, ">=", ">", 1)
		case reference.V6, reference.V03:
			text = `"port" option should be >= 0 and < 65536: ` + value.String()
		}
		panic(h.newError("RangeError", h.code("ERR_SOCKET_BAD_PORT"), text))
	}
	if value := get("localPort"); value.ToBoolean() && !isNumber(value) && options.CreateConnection == nil && h.code("ERR") != "" {
		panic(h.argumentTypeError(`"options.localPort" property`, "of type number", value))
	}
	if value := get("lookup"); value.ToBoolean() && !isFunction(value) && options.CreateConnection == nil {
		panic(h.argumentTypeError(`"options.lookup" property`, "of type function", value))
	}
	if function, ok := goja.AssertFunction(get("lookup")); ok {
		options.Lookup = h.lookup(function)
	}
	return options
}

// addressConfigured is dns.ADDRCONFIG: only families that the machine has addresses of.
const addressConfigured = 32

// lookup makes a resolver of a program's function, which is called on the loop.
func (h *Host) lookup(function goja.Callable) func(context.Context, string, int) ([]netip.Addr, error) {
	return func(ctx context.Context, host string, family int) ([]netip.Addr, error) {
		type outcome struct {
			address netip.Addr
			err     error
		}
		result := make(chan outcome, 1)
		settle := func(o outcome) {
			select {
			case result <- o:
			default:
			}
		}
		h.loop.Execute(func() {
			options := h.vm.NewObject()
			hints := 0
			if family != 0 {
				_ = options.Set("family", family)
			} else {
				_ = options.Set("family", goja.Undefined())
				hints = addressConfigured
			}
			_ = options.Set("hints", hints)
			h.Call(function, goja.Undefined(), h.vm.ToValue(host), options, h.vm.ToValue(func(call goja.FunctionCall) goja.Value {
				if failure := call.Argument(0); !isMissing(failure) {
					settle(outcome{err: &thrownValue{failure}})
					return goja.Undefined()
				}
				address, err := netip.ParseAddr(call.Argument(1).String())
				settle(outcome{address, err})
				return goja.Undefined()
			}))
		})
		select {
		case o := <-result:
			return []netip.Addr{o.address}, o.err
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// checkTimeout refuses numbers that no Go duration can be.
func (h *Host) checkTimeout(name string, value goja.Value) {
	if number := value.ToFloat(); !math.IsInf(number, 0) && !math.IsNaN(number) || h.code("ERR") == "" {
		return
	}
	if h.options.Edition == reference.V10 {
		name = "msecs"
	}
	panic(h.newError("RangeError", "ERR_OUT_OF_RANGE", `The value of "`+name+
		`" is out of range. It must be a non-negative finite number. Received `+value.String()))
}

// informationObject is the argument of 'information'.
func (h *Host) informationObject(information *reference.Information) goja.Value {
	object := h.vm.NewObject()
	_ = object.Set("statusCode", information.StatusCode)
	if h.options.Edition == reference.V10 {
		return object
	}
	_ = object.Set("statusMessage", information.StatusMessage)
	_ = object.Set("httpVersion", information.HTTPVersion)
	_ = object.Set("httpVersionMajor", information.HTTPVersionMajor)
	_ = object.Set("httpVersionMinor", information.HTTPVersionMinor)
	_ = object.Set("headers", h.headersObject(information.Headers))
	_ = object.Set("rawHeaders", h.stringArray(information.RawHeaders))
	return object
}

func (h *Host) installClientRequest() {
	vm := h.vm
	prototype := h.prototype(h.classes.clientRequest)
	self := func(call goja.FunctionCall) *reference.ClientRequest { return this[*reference.ClientRequest](h, call) }

	h.method(prototype, "abort", func(call goja.FunctionCall) goja.Value {
		request := self(call)
		if !request.Aborted() {
			h.hide(call.This.ToObject(vm), "_abortedAt", vm.ToValue(time.Now().UnixMilli()))
		}
		request.Abort()
		return goja.Undefined()
	})
	h.method(prototype, "destroy", func(call goja.FunctionCall) goja.Value {
		self(call).Destroy(errorArgument(call.Argument(0)))
		return goja.Undefined()
	})
	h.method(prototype, "setTimeout", func(call goja.FunctionCall) goja.Value {
		request := self(call)
		if !isNumber(call.Argument(0)) {
			panic(h.argumentTypeError(`"msecs" argument`, "of type number", call.Argument(0)))
		}
		h.checkTimeout("msecs", call.Argument(0))
		h.throw(request.SetTimeout(duration(call.Argument(0)), nil))
		if isFunction(call.Argument(1)) {
			h.invoke(call.This, "once", vm.ToValue("timeout"), call.Argument(1))
		}
		return call.This
	})
	h.method(prototype, "setNoDelay", func(call goja.FunctionCall) goja.Value {
		self(call).SetNoDelay(goja.IsUndefined(call.Argument(0)) || call.Argument(0).ToBoolean())
		return goja.Undefined()
	})
	h.method(prototype, "setSocketKeepAlive", func(call goja.FunctionCall) goja.Value {
		self(call).SetSocketKeepAlive(call.Argument(0).ToBoolean(), duration(call.Argument(1)))
		return goja.Undefined()
	})

	property := func(name string, get func(*reference.ClientRequest) any, set func(*reference.ClientRequest, goja.Value)) {
		if set == nil {
			h.property(prototype, name, getter(h, get), nil)
			return
		}
		h.property(prototype, name, getter(h, get), setter(h, set))
	}
	property("method", func(r *reference.ClientRequest) any { return r.Method() },
		func(r *reference.ClientRequest, value goja.Value) { h.throw(r.SetMethod(value.String())) })
	property("path", func(r *reference.ClientRequest) any { return r.Path() },
		func(r *reference.ClientRequest, value goja.Value) { h.throw(r.SetPath(value.String())) })
	property("res", func(r *reference.ClientRequest) any { return r.IncomingMessage() }, nil)
	property("agent", func(r *reference.ClientRequest) any { return h.agentObject(r.Agent()) }, nil)
	if h.options.Edition == reference.V12 {
		property("host", func(r *reference.ClientRequest) any { return r.Host() }, nil)
		property("protocol", func(r *reference.ClientRequest) any { return r.Protocol() }, nil)
	}
	if h.options.Edition == reference.V12 || h.options.Edition == reference.V13 {
		property("reusedSocket", func(r *reference.ClientRequest) any { return r.ReusedSocket() },
			func(r *reference.ClientRequest, value goja.Value) { r.SetReusedSocket(value.ToBoolean()) })
	}
	property("maxHeadersCount", func(r *reference.ClientRequest) any {
		if count, set := r.MaxHeadersCount(); set {
			return count
		}
		return h.unsetCount()
	}, func(r *reference.ClientRequest, value goja.Value) { r.SetMaxHeadersCount(countOf(value)) })
	h.property(prototype, "aborted", func(this goja.Value) goja.Value {
		request, ok := valueOf[*reference.ClientRequest](h, this)
		if !ok {
			return goja.Undefined()
		}
		if h.options.Edition == reference.V12 || h.options.Edition == reference.V13 {
			return vm.ToValue(request.Aborted())
		}
		// Before Node 11 this is the time of the call, or nothing.
		if !request.Aborted() {
			return goja.Undefined()
		}
		return this.ToObject(vm).Get("_abortedAt")
	}, nil)
}
