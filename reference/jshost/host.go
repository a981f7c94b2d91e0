package jshost

import (
	"embed"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/dop251/goja"

	"github.com/nodehttp/conform/reference"
)

// Options are for New. The zero value is good.
type Options struct {
	// Edition is the edition of the API that programs see. Default: reference.V12.
	Edition reference.Edition
	// Uncaught receives what programs throw and do not catch; the program goes on. It is called on the loop. Default:
	// nil, which drops it.
	Uncaught func(*Uncaught)
	// Console receives what programs print. Default: nil, which drops it.
	Console io.Writer
}

// Uncaught is an exception that a program did not catch, or a panic of Go code that it called.
type Uncaught struct {
	Value goja.Value // what was thrown; an Error object for a panic
	Stack string     // where
	Panic any        // the value of the panic, or nil
}

// Error returns what was thrown as text.
func (u *Uncaught) Error() string { return u.Stack }

// Host is one JavaScript runtime with its event loop. Its methods are safe for concurrent use. It ends by Close.
type Host struct {
	options Options
	vm      *goja.Runtime
	loop    *loop

	// On the loop only.
	modules  *goja.Object
	classes  classes
	dispatch goja.Callable
	makeBuf  goja.Callable
	errorOf  map[string]*goja.Object
	// originals are the members of the agents' classes that programs may replace.
	originals map[*goja.Object]map[string]goja.Value
	symbol    *goja.Symbol
	adopting  any          // the Go value that the constructor that runs now is for
	making    *goja.Object // the request whose constructor runs now
	emitting  int          // calls of emit that run now
	agents    map[*reference.Agent]struct{}
	sockets   map[*reference.Socket]struct{}
	servers   map[closer]struct{}
	requests  map[*reference.ClientRequest]struct{}
	closing   time.Time

	mu     sync.Mutex
	closed bool
	dead   bool // no JavaScript runs any more
}

// closer is a server that has to be closed with the host.
type closer interface{ shut() }

type classes struct {
	socket, netServer, incomingMessage, outgoingMessage, serverResponse, clientRequest *goja.Object
	server, secureServer, agent, secureAgent                                           *goja.Object
	prototypes                                                                         map[*goja.Object]*goja.Object
}

//go:embed js/*.js
var sources embed.FS

// programs are the sources, compiled once for all hosts.
var programs = sync.OnceValue(func() map[string]*goja.Program {
	compiled := map[string]*goja.Program{}
	for _, name := range []string{"events", "buffer", "timers", "http", "streams", "modules"} {
		source, err := sources.ReadFile("js/" + name + ".js")
		if err != nil {
			panic(err)
		}
		compiled[name] = goja.MustCompile("jshost/"+name+".js", string(source), true)
	}
	return compiled
})

// New makes a host and starts its loop.
func New(options Options) *Host {
	h := &Host{
		options: options, vm: goja.New(), symbol: goja.NewSymbol("bound"), errorOf: map[string]*goja.Object{},
		agents: map[*reference.Agent]struct{}{}, sockets: map[*reference.Socket]struct{}{},
		servers: map[closer]struct{}{}, requests: map[*reference.ClientRequest]struct{}{},
	}
	h.loop = newLoop(h.panicked)
	h.install()
	h.loop.enter = h.turn()
	go h.loop.run(h.over)
	return h
}

// turn makes the loop's enter: an outermost JavaScript function for all that a turn calls, ticks included, so that the
// engine runs promise jobs after them.
func (h *Host) turn() func(func()) {
	outermost, err := h.vm.RunString("(function (run) { run(); })")
	if err != nil {
		panic(err)
	}
	function, _ := goja.AssertFunction(outermost)
	var current func()
	run := h.vm.ToValue(func(goja.FunctionCall) goja.Value {
		current()
		return goja.Undefined()
	})
	return func(f func()) {
		if h.isDead() {
			return
		}
		outer := current
		current = f
		_, _ = function(goja.Undefined(), run)
		current = outer
	}
}

// Do runs f on the loop. It returns at once, and false when the host is closed. The runtime must not be used outside of
// f. What f panics with is reported as uncaught.
func (h *Host) Do(f func(*goja.Runtime)) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return false
	}
	h.loop.Execute(func() { f(h.vm) })
	return true
}

// Run compiles a script and runs it on the loop, with what Node gives to modules as globals. It returns at once; a
// syntax error is returned, and what the script throws is reported as uncaught.
func (h *Host) Run(name, source string) error {
	program, err := goja.Compile(name, source, false)
	if err != nil {
		return err
	}
	if !h.Do(func(vm *goja.Runtime) {
		if _, err := vm.RunProgram(program); err != nil {
			h.uncaught(err)
		}
	}) {
		return ErrClosed
	}
	return nil
}

// Call calls a JavaScript function and reports what it throws as uncaught. It is for use on the loop.
func (h *Host) Call(function goja.Callable, this goja.Value, arguments ...goja.Value) goja.Value {
	if h.isDead() {
		return goja.Undefined()
	}
	result, err := function(this, arguments...)
	if err != nil {
		h.uncaught(err)
		return goja.Undefined()
	}
	return result
}

// After runs f on the loop after a time, when the host is not closed before that. It is for use on the loop.
func (h *Host) After(d time.Duration, f func()) { h.loop.arm(&timer{index: -1, run: f}, d) }

// Immediate runs f on the loop after the network was served. It is for use on the loop.
func (h *Host) Immediate(f func()) { h.loop.setImmediate(f) }

// Require returns a module by its name, or nil. It is for use on the loop.
func (h *Host) Require(name string) goja.Value {
	module := h.modules.Get(strings.TrimPrefix(name, "node:"))
	if module == nil || goja.IsUndefined(module) {
		return nil
	}
	return module
}

// ErrClosed is returned for a host that was closed.
var ErrClosed = errors.New("jshost: the host is closed")

// Close interrupts what runs, closes all servers, connections and timers that programs made, and returns at once. Done
// tells when everything has ended.
func (h *Host) Close() {
	h.mu.Lock()
	if h.closed {
		h.mu.Unlock()
		return
	}
	h.closed, h.dead = true, true
	h.mu.Unlock()
	h.vm.Interrupt(ErrClosed)
	h.loop.Execute(h.shut)
	h.loop.end()
}

// Done is closed when the loop has ended after Close.
func (h *Host) Done() <-chan struct{} { return h.loop.done }

// shut closes everything. It runs on the loop.
func (h *Host) shut() {
	h.closing = time.Now()
	h.loop.timers, h.loop.immediates = nil, nil
	for server := range h.servers {
		server.shut()
	}
	for request := range h.requests {
		request.Abort()
		if socket := request.Socket(); socket != nil {
			h.sockets[socket] = struct{}{}
			socket.EventClose.Once(func(bool) { delete(h.sockets, socket) })
		}
	}
	for agent := range h.agents {
		agent.Destroy()
	}
	for socket := range h.sockets {
		socket.Destroy(nil)
	}
}

// over is asked between turns after Close. Connections tell the loop when they have ended; one that does not for a
// second is left to drainLate.
func (h *Host) over() bool {
	if h.closing.IsZero() {
		return false
	}
	return len(h.sockets) == 0 && len(h.servers) == 0 || time.Since(h.closing) > time.Second
}

func (h *Host) isDead() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.dead
}

// uncaught reports an error that a call into JavaScript returned.
func (h *Host) uncaught(err error) {
	var interrupted *goja.InterruptedError
	if errors.As(err, &interrupted) || h.isDead() || h.options.Uncaught == nil {
		return
	}
	report := &Uncaught{Stack: err.Error()}
	var exception *goja.Exception
	if errors.As(err, &exception) {
		report.Value, report.Stack = exception.Value(), exception.String()
	} else {
		report.Value = h.errorValue(err)
	}
	h.options.Uncaught(report)
}

// panicked reports a panic on the loop.
func (h *Host) panicked(thrown any) {
	if h.isDead() {
		return
	}
	switch thrown := thrown.(type) {
	case error:
		var exception *goja.Exception
		if errors.As(thrown, &exception) {
			h.uncaught(thrown)
			return
		}
	case goja.Value:
		if h.options.Uncaught != nil {
			h.options.Uncaught(&Uncaught{Value: thrown, Stack: thrown.String()})
		}
		return
	}
	if h.options.Uncaught == nil {
		return
	}
	value := h.newError("Error", "", fmt.Sprint("panic: ", thrown))
	h.options.Uncaught(&Uncaught{Value: value, Stack: fmt.Sprintf("panic: %v\n%s", thrown, debug.Stack()), Panic: thrown})
}

// install evaluates the sources and adds the members of all classes.
func (h *Host) install() {
	vm := h.vm
	native := vm.NewObject()
	h.modules = vm.NewObject()
	h.installNative(native)
	run := func(name string, arguments ...goja.Value) goja.Value {
		value, err := vm.RunProgram(programs()[name])
		if err != nil {
			panic(err)
		}
		function, _ := goja.AssertFunction(value)
		result, err := function(goja.Undefined(), append([]goja.Value{native, h.modules}, arguments...)...)
		if err != nil {
			panic(fmt.Errorf("%s.js: %w", name, err))
		}
		return result
	}
	kit := run("events").ToObject(vm)
	h.dispatch, _ = goja.AssertFunction(kit.Get("emit"))
	h.makeBuf, _ = goja.AssertFunction(run("buffer", kit))
	run("timers", kit)
	classes := run("http", kit).ToObject(vm)
	h.takeClasses(classes)
	run("streams", kit, classes)
	run("modules", kit)
	h.installSocket()
	h.installNetServer()
	h.installIncomingMessage()
	h.installOutgoingMessage()
	h.installServerResponse()
	h.installClientRequest()
	h.installServer()
	h.installAgent()
	h.installGlobals()
}

func (h *Host) takeClasses(from *goja.Object) {
	h.classes.prototypes = map[*goja.Object]*goja.Object{}
	for name, class := range map[string]**goja.Object{
		"Socket": &h.classes.socket, "NetServer": &h.classes.netServer, "IncomingMessage": &h.classes.incomingMessage,
		"OutgoingMessage": &h.classes.outgoingMessage, "ServerResponse": &h.classes.serverResponse,
		"ClientRequest": &h.classes.clientRequest, "Server": &h.classes.server, "SecureServer": &h.classes.secureServer,
		"Agent": &h.classes.agent, "SecureAgent": &h.classes.secureAgent,
	} {
		*class = from.Get(name).ToObject(h.vm)
		h.classes.prototypes[*class] = (*class).Get("prototype").ToObject(h.vm)
	}
}

func (h *Host) prototype(class *goja.Object) *goja.Object { return h.classes.prototypes[class] }

func (h *Host) installGlobals() {
	global := h.vm.GlobalObject()
	timers := h.modules.Get("timers").ToObject(h.vm)
	for _, name := range timers.Keys() {
		h.hide(global, name, timers.Get(name))
	}
	h.hide(global, "Buffer", h.modules.Get("buffer").ToObject(h.vm).Get("Buffer"))
	h.hide(global, "process", h.modules.Get("process"))
	h.hide(global, "console", h.modules.Get("console"))
	h.hide(global, "global", global)
	h.hide(global, "require", h.vm.ToValue(func(call goja.FunctionCall) goja.Value {
		name := call.Argument(0).String()
		if module := h.Require(name); module != nil {
			return module
		}
		panic(h.newError("Error", "MODULE_NOT_FOUND", "Cannot find module '"+name+"'"))
	}))
}

// hide defines a property that enumerations do not show.
func (h *Host) hide(object *goja.Object, name string, value goja.Value) {
	_ = object.DefineDataProperty(name, value, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE)
}
