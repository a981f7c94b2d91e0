package jshost

import (
	"math"
	"strconv"

	"github.com/dop251/goja"

	"github.com/nodehttp/conform/reference"
)

// initAgent is the part of the constructors of http.Agent and https.Agent that is in Go.
func (h *Host) initAgent(call goja.FunctionCall) goja.Value {
	given, _ := call.Argument(1).(*goja.Object)
	options := reference.AgentOptions{Edition: h.options.Edition, Executor: h.loop}
	options.Connection = h.requestOptions(given)
	if given != nil {
		if function, ok := goja.AssertFunction(given.Get("lookup")); ok {
			options.Connection.Lookup = h.lookup(function)
		}
		options.KeepAlive = given.Get("keepAlive") != nil && given.Get("keepAlive").ToBoolean()
		options.KeepAliveDelay = duration(given.Get("keepAliveMsecs"))
		options.MaxSockets = h.limitOf(given.Get("maxSockets"))
		options.MaxFreeSockets = h.limitOf(given.Get("maxFreeSockets"))
		if value := given.Get("maxTotalSockets"); !isMissing(value) {
			if !isNumber(value) && (h.options.Edition == reference.V12) {
				panic(h.argumentTypeError(`"maxTotalSockets" argument`, "of type number", value))
			}
			if options.MaxTotalSockets = h.limitOf(value); options.MaxTotalSockets == 0 {
				if h.options.Edition == reference.V12 {
					panic(h.newError("RangeError", "ERR_OUT_OF_RANGE",
						`The value of "maxTotalSockets" is out of range. It must be > 0. Received `+value.String()))
				}
				options.MaxTotalSockets = -1
			}
		}
		options.Timeout = duration(given.Get("timeout"))
		if value := given.Get("scheduling"); !isMissing(value) {
			options.Scheduling = reference.Scheduling(value.String())
		}
	}
	var agent *reference.Agent
	var err error
	if call.Argument(2).ToBoolean() {
		agent, err = reference.NewTLSAgent(options)
	} else {
		agent, err = reference.NewAgent(options)
	}
	h.throw(err)
	object := call.Argument(0).ToObject(h.vm)
	h.bindAgent(object, agent)
	kept := h.vm.NewObject()
	if given != nil {
		for _, name := range given.Keys() {
			_ = kept.Set(name, given.Get(name))
		}
	}
	_ = kept.Set("path", goja.Null())
	_ = object.Set("options", kept)
	return goja.Undefined()
}

// bindAgent ties an object to an agent, and makes the agent's hooks ask the object's methods, as they are when they are
// needed, for what a program has replaced.
func (h *Host) bindAgent(object *goja.Object, agent *reference.Agent) {
	agent.Data = h.bind(object, agent, func(name string) *event {
		if name == "free" {
			return event2(h, &agent.EventFree)
		}
		return nil
	})
	h.agents[agent] = struct{}{}
	defaults := *h.agentDefaultsOf(agent)
	h.bound(agent).hooks = &defaults
	replaced := func(name string) goja.Callable {
		if h.isDead() {
			return nil
		}
		member := object.Get(name)
		for _, class := range []*goja.Object{h.classes.agent, h.classes.secureAgent} {
			if original := h.originals[class][name]; original != nil && original.StrictEquals(member) {
				return nil
			}
		}
		function, _ := goja.AssertFunction(member)
		return function
	}
	agent.CreateConnection = func(options *reference.RequestOptions, done func(error, *reference.Socket)) (*reference.Socket, error) {
		function := replaced("createConnection")
		if function == nil {
			return defaults.CreateConnection(options, done)
		}
		return h.createConnection(function, object, options, done)
	}
	agent.KeepSocketAlive = func(socket *reference.Socket) bool {
		if function := replaced("keepSocketAlive"); function != nil {
			return h.Call(function, object, h.toJS(socket)).ToBoolean()
		}
		return defaults.KeepSocketAlive(socket)
	}
	agent.ReuseSocket = func(socket *reference.Socket, request *reference.ClientRequest) {
		if function := replaced("reuseSocket"); function != nil {
			h.Call(function, object, h.toJS(socket), h.toJS(request))
			return
		}
		defaults.ReuseSocket(socket, request)
	}
	agent.GetName = func(options *reference.RequestOptions) string {
		if function := replaced("getName"); function != nil {
			name, err := function(object, h.optionsObject(options))
			if err != nil {
				panic(err)
			}
			return name.String()
		}
		return defaults.GetName(options)
	}
}

// agentHooks are the functions that an agent came with.
type agentHooks struct {
	CreateConnection func(*reference.RequestOptions, func(error, *reference.Socket)) (*reference.Socket, error)
	KeepSocketAlive  func(*reference.Socket) bool
	ReuseSocket      func(*reference.Socket, *reference.ClientRequest)
	GetName          func(*reference.RequestOptions) string
}

func (h *Host) agentDefaultsOf(agent *reference.Agent) *agentHooks {
	return &agentHooks{agent.CreateConnection, agent.KeepSocketAlive, agent.ReuseSocket, agent.GetName}
}

func (h *Host) bound(agent *reference.Agent) *bound {
	b, _ := agent.Data.(*bound)
	return b
}

// createConnection calls a program's createConnection.
func (h *Host) createConnection(function goja.Callable, this goja.Value, options *reference.RequestOptions,
	done func(error, *reference.Socket)) (*reference.Socket, error) {
	callback := h.vm.ToValue(func(call goja.FunctionCall) goja.Value {
		if failure := call.Argument(0); !isMissing(failure) {
			done(&thrownValue{failure}, nil)
		} else if socket, ok := h.socketOf(call.Argument(1)); ok {
			done(nil, socket)
		}
		return goja.Undefined()
	})
	result, err := function(this, h.optionsObject(options), callback)
	if err != nil {
		return nil, err
	}
	if socket, ok := h.socketOf(result); ok {
		return socket, nil
	}
	return nil, nil
}

// agentObject returns the object that stands for an agent.
func (h *Host) agentObject(agent *reference.Agent) goja.Value {
	if agent == nil {
		return goja.Undefined()
	}
	if b := h.bound(agent); b != nil {
		return b.object
	}
	class := h.classes.agent
	if agent.Protocol() == "https:" {
		class = h.classes.secureAgent
	}
	object := h.vm.CreateObject(h.prototype(class))
	h.bindAgent(object, agent)
	return object
}

func (h *Host) globalAgent(call goja.FunctionCall) goja.Value {
	agent, err := h.vm.New(call.Argument(0))
	if err != nil {
		panic(err)
	}
	return agent
}

// limitOf converts a limit of a number of sockets: 0 for none given.
func (h *Host) limitOf(value goja.Value) int {
	if isMissing(value) {
		return 0
	}
	number := value.ToFloat()
	if math.IsInf(number, 1) || number >= math.MaxInt {
		return reference.Unlimited
	}
	if math.IsNaN(number) {
		return 0
	}
	return int(number)
}

func (h *Host) limitJS(limit int) goja.Value {
	if limit == reference.Unlimited {
		return h.vm.ToValue(math.Inf(1))
	}
	return h.vm.ToValue(limit)
}

func (h *Host) installAgent() {
	h.originals = map[*goja.Object]map[string]goja.Value{}
	for _, class := range []*goja.Object{h.classes.agent, h.classes.secureAgent} {
		prototype := h.prototype(class)
		if class == h.classes.agent {
			h.installAgentMembers(prototype)
		}
		h.originals[class] = map[string]goja.Value{}
		for _, name := range []string{"createConnection", "keepSocketAlive", "reuseSocket", "getName"} {
			h.originals[class][name] = prototype.Get(name)
		}
	}
}

func (h *Host) installAgentMembers(prototype *goja.Object) {
	vm := h.vm
	self := func(call goja.FunctionCall) *reference.Agent { return this[*reference.Agent](h, call) }
	h.method(prototype, "destroy", func(call goja.FunctionCall) goja.Value { self(call).Destroy(); return goja.Undefined() })
	h.method(prototype, "keepSocketAlive", func(call goja.FunctionCall) goja.Value {
		socket, ok := valueOf[*reference.Socket](h, call.Argument(0))
		return vm.ToValue(ok && h.boundOf(call.This).hooks.KeepSocketAlive(socket))
	})
	h.method(prototype, "reuseSocket", func(call goja.FunctionCall) goja.Value {
		socket, ok := valueOf[*reference.Socket](h, call.Argument(0))
		request, ok2 := valueOf[*reference.ClientRequest](h, call.Argument(1))
		if ok && ok2 {
			h.boundOf(call.This).hooks.ReuseSocket(socket, request)
		}
		return goja.Undefined()
	})
	h.method(prototype, "getName", func(call goja.FunctionCall) goja.Value {
		self(call)
		given, ok := call.Argument(0).(*goja.Object)
		if !ok && isMissing(call.Argument(0)) {
			panic(vm.NewTypeError("Cannot read property 'host' of " + call.Argument(0).String()))
		}
		options := h.requestOptions(given)
		return vm.ToValue(h.boundOf(call.This).hooks.GetName(&options))
	})

	property := func(name string, get func(*reference.Agent) any, set func(*reference.Agent, goja.Value)) {
		if set == nil {
			h.property(prototype, name, getter(h, get), nil)
			return
		}
		h.property(prototype, name, getter(h, get), setter(h, set))
	}
	property("maxSockets", func(a *reference.Agent) any { return h.limitJS(a.MaxSockets()) },
		func(a *reference.Agent, value goja.Value) { a.SetMaxSockets(h.limitOf(value)) })
	property("maxFreeSockets", func(a *reference.Agent) any { return h.limitJS(a.MaxFreeSockets()) },
		func(a *reference.Agent, value goja.Value) { a.SetMaxFreeSockets(h.limitOf(value)) })
	if h.options.Edition == reference.V12 {
		property("maxTotalSockets", func(a *reference.Agent) any { return h.limitJS(a.MaxTotalSockets()) },
			func(a *reference.Agent, value goja.Value) { a.SetMaxTotalSockets(h.limitOf(value)) })
		property("totalSocketCount", func(a *reference.Agent) any {
			return countOfLists(a.Sockets()) + countOfLists(a.FreeSockets())
		}, nil)
		property("scheduling", func(a *reference.Agent) any { return string(a.Scheduling()) }, nil)
	}
	property("keepAlive", func(a *reference.Agent) any { return a.KeepAlive() }, nil)
	property("keepAliveMsecs", func(a *reference.Agent) any { return milliseconds(a.KeepAliveDelay()) }, nil)
	property("protocol", func(a *reference.Agent) any { return a.Protocol() }, nil)
	property("defaultPort", func(a *reference.Agent) any { return a.DefaultPort() },
		func(a *reference.Agent, value goja.Value) { a.SetDefaultPort(int(value.ToInteger())) })
	property("sockets", func(a *reference.Agent) any { return listsObject(h, a.Sockets()) }, nil)
	property("freeSockets", func(a *reference.Agent) any { return listsObject(h, a.FreeSockets()) }, nil)
	property("requests", func(a *reference.Agent) any { return listsObject(h, a.Requests()) }, nil)
}

func countOfLists[T any](lists map[string][]T) int {
	count := 0
	for _, list := range lists {
		count += len(list)
	}
	return count
}

// listsObject converts what an agent holds by name.
func listsObject[T any](h *Host, lists map[string][]T) goja.Value {
	object := h.vm.NewObject()
	for name, list := range lists {
		values := make([]any, len(list))
		for i, value := range list {
			values[i] = h.toJS(value)
		}
		_ = object.Set(name, h.vm.NewArray(values...))
	}
	return object
}

// optionsObject is what a hook of an agent gets: the options of the program, and what the reference made of them.
func (h *Host) optionsObject(options *reference.RequestOptions) goja.Value {
	object := h.vm.NewObject()
	if given, ok := options.Data.(*goja.Object); ok {
		for _, name := range given.Keys() {
			_ = object.Set(name, given.Get(name))
		}
	}
	set := func(name string, value string) {
		if value != "" {
			_ = object.Set(name, value)
		}
	}
	set("host", options.Host)
	if options.Port != 0 {
		_ = object.Set("port", options.Port)
	}
	if options.SocketPath != "" {
		set("socketPath", options.SocketPath)
		set("path", options.SocketPath)
	} else {
		_ = object.Set("path", goja.Null()) // in Node, the path of a connection is that of a Unix socket
	}
	set("localAddress", options.LocalAddress)
	_ = object.Set("encoding", goja.Null())
	if options.TimeoutSet {
		_ = object.Set("timeout", milliseconds(options.Timeout))
	}
	if options.TLS != nil {
		set("servername", options.TLS.ServerName)
	}
	return object
}

// requestOptions converts what concerns a connection, and hands on the object itself.
func (h *Host) requestOptions(given *goja.Object) reference.RequestOptions {
	var options reference.RequestOptions
	if given == nil {
		return options
	}
	text := func(name string) string {
		if value := given.Get(name); !isMissing(value) {
			return value.String()
		}
		return ""
	}
	number := func(name string) int {
		value := given.Get(name)
		if isMissing(value) {
			return 0
		}
		if isString(value) {
			n, err := strconv.Atoi(value.String())
			if err != nil {
				return 0
			}
			return n
		}
		return int(value.ToInteger())
	}
	options.Data = given
	options.Host = text("host")
	options.Port = number("port")
	options.Family = number("family")
	options.LocalAddress = text("localAddress")
	options.LocalPort = number("localPort")
	options.SocketPath = text("socketPath")
	options.TLS = h.tlsOptions(given)
	return options
}
