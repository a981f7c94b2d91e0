package target

import (
	"context"
	"fmt"
	"math"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dop251/goja"

	"github.com/nodehttp/conform/reference"
	"github.com/nodehttp/conform/reference/jshost"
	"github.com/nodehttp/conform/vectors"
)

// LaunchReference is the Launcher of the Go reference: each program gets a JavaScript engine and an event loop of its
// own, and http, https and net of package reference.
func LaunchReference(ctx context.Context, run Run, output *Output) (Program, error) {
	source := "(function (" + strings.Join(programNames, ", ") + ") {" + run.Vector.Program + "\n})"
	compiled, err := goja.Compile("program/"+string(run.Vector.ID)+".js", source, false)
	p := &referenceProgram{output: output, handlers: map[string]goja.Callable{}, kept: map[string][]any{}}
	p.host = jshost.New(jshost.Options{Edition: referenceEdition(run.Edition), Uncaught: p.uncaught, Console: os.Stderr})
	p.forget = context.AfterFunc(ctx, p.Cancel)
	if run.Deadline > 0 {
		p.late = time.AfterFunc(run.Deadline+time.Second, p.Cancel)
	}
	p.host.Do(func(vm *goja.Runtime) {
		if err != nil {
			p.record("uncaught", true, map[string]any{"name": "SyntaxError", "message": err.Error()})
			return
		}
		p.start(vm, compiled, run.Bindings)
	})
	return p, nil
}

// programNames are what a program sees, as parameters of its function. The first ones are globals of the host.
var programNames = []string{"http", "https", "net", "tls", "url", "require",
	"host", "port", "socketPath", "certificate", "bytes", "record", "attempt", "on", "ready"}

// allowedModules is what a program may require, as for every other target.
var allowedModules = map[string]bool{"assert": true, "buffer": true, "events": true, "http": true, "https": true,
	"net": true, "os": true, "path": true, "querystring": true, "stream": true, "timers": true, "tls": true, "url": true,
	"util": true}

type referenceProgram struct {
	host   *jshost.Host
	output *Output
	forget func() bool
	late   *time.Timer
	over   atomic.Bool
	once   sync.Once

	// On the host's loop only.
	vm       *goja.Runtime
	isError  goja.Callable
	handlers map[string]goja.Callable
	kept     map[string][]any // signals that nobody waits for yet
}

func referenceEdition(edition vectors.Edition) reference.Edition {
	for _, known := range []reference.Edition{reference.V03, reference.V6, reference.V10, reference.V12, reference.V13} {
		if known.String() == string(edition) {
			return known
		}
	}
	return reference.V12
}

func (p *referenceProgram) Signal(name string, value any) {
	p.host.Do(func(*goja.Runtime) { p.signal(name, value) })
}

func (p *referenceProgram) signal(name string, value any) {
	if handler := p.handlers[name]; handler != nil {
		p.host.Call(handler, goja.Undefined(), p.decode(value))
		return
	}
	p.kept[name] = append(p.kept[name], value)
}

// turnsBeforeEnd and turnLength are how long Finish lets what is under way arrive.
const (
	turnsBeforeEnd = 4
	turnLength     = 2 * time.Millisecond
)

func (p *referenceProgram) Finish() {
	turns := 0
	var turn func()
	turn = func() {
		if turns++; turns <= turnsBeforeEnd {
			p.host.After(turnLength, func() { p.host.Immediate(turn) })
			return
		}
		p.end(true)
	}
	if !p.host.Do(func(*goja.Runtime) { turn() }) {
		p.end(true)
	}
}

// Done is closed when nothing of the program is left.
func (p *referenceProgram) Done() <-chan struct{} { return p.host.Done() }

func (p *referenceProgram) Cancel() { p.end(false) }

func (p *referenceProgram) end(tell bool) {
	p.once.Do(func() {
		p.over.Store(true)
		p.forget()
		if p.late != nil {
			p.late.Stop()
		}
		if tell {
			p.output.Emit(Event{Ended: &Ended{}})
		}
		p.host.Close()
	})
}

func (p *referenceProgram) record(label string, hasValue bool, value any) {
	if !p.over.Load() {
		p.output.Emit(Event{Record: &Record{Label: label, HasValue: hasValue, Value: value, Time: time.Now()}})
	}
}

func (p *referenceProgram) uncaught(thrown *jshost.Uncaught) {
	p.record("uncaught", true, p.encodeThrown(thrown.Value, "name", "code", "message"))
}

// start calls the program. It runs on the loop.
func (p *referenceProgram) start(vm *goja.Runtime, compiled *goja.Program, bindings Bindings) {
	p.vm = vm
	constructor := vm.Get("Error")
	p.isError = func(_ goja.Value, arguments ...goja.Value) (goja.Value, error) {
		object, ok := arguments[0].(*goja.Object)
		return vm.ToValue(ok && (vm.InstanceOf(object, constructor.ToObject(vm)) || object.ClassName() == "Error")), nil
	}
	buffer := vm.Get("Buffer").ToObject(vm)
	from, _ := goja.AssertFunction(buffer.Get("from"))
	bytes := func(text goja.Value) goja.Value {
		value, err := from(buffer, vm.ToValue(text.String()), vm.ToValue("latin1"))
		if err != nil {
			panic(err)
		}
		return value
	}
	var certificate goja.Value = goja.Undefined()
	if bindings.Certificate != nil {
		object := vm.NewObject()
		_ = object.Set("key", bindings.Certificate.Key)
		_ = object.Set("cert", bindings.Certificate.Cert)
		_ = object.Set("ca", bindings.Certificate.CA)
		certificate = object
	}
	var socketPath goja.Value = goja.Undefined()
	if bindings.SocketPath != "" {
		socketPath = vm.ToValue(bindings.SocketPath)
	}
	seen := map[string]goja.Value{
		"http": p.host.Require("http"), "https": p.host.Require("https"), "net": p.host.Require("net"),
		"tls": p.host.Require("tls"), "url": p.host.Require("url"),
		"host": vm.ToValue(bindings.Host), "port": vm.ToValue(bindings.Port), "socketPath": socketPath,
		"certificate": certificate,
		"require": vm.ToValue(func(call goja.FunctionCall) goja.Value {
			name := strings.TrimPrefix(call.Argument(0).String(), "node:")
			if module := p.host.Require(name); module != nil && allowedModules[name] {
				return module
			}
			panic(p.newError("conform programs cannot require " + name))
		}),
		"bytes": vm.ToValue(func(call goja.FunctionCall) goja.Value { return bytes(call.Argument(0)) }),
		"record": vm.ToValue(func(call goja.FunctionCall) goja.Value {
			label := call.Argument(0).String()
			switch len(call.Arguments) {
			case 0, 1:
				p.record(label, false, nil)
			case 2:
				p.record(label, true, p.encode(call.Argument(1)))
			default:
				list := make([]any, 0, len(call.Arguments)-1)
				for _, argument := range call.Arguments[1:] {
					list = append(list, p.encode(argument))
				}
				p.record(label, true, list)
			}
			return goja.Undefined()
		}),
		"attempt": vm.ToValue(func(call goja.FunctionCall) goja.Value {
			label := call.Argument(0).String()
			function, ok := goja.AssertFunction(call.Argument(1))
			if !ok {
				panic(vm.NewTypeError("attempt: not a function"))
			}
			result, err := function(goja.Undefined())
			if exception, ok := err.(*goja.Exception); ok {
				p.record(label, true, p.encodeThrown(exception.Value(), "code", "name"))
				return goja.Undefined()
			} else if err != nil {
				panic(err)
			}
			p.record(label, true, "returned")
			return result
		}),
		"on": vm.ToValue(func(call goja.FunctionCall) goja.Value {
			name := call.Argument(0).String()
			handler, ok := goja.AssertFunction(call.Argument(1))
			if !ok {
				panic(vm.NewTypeError("on: not a function"))
			}
			p.handlers[name] = handler
			kept := p.kept[name]
			delete(p.kept, name)
			for _, value := range kept {
				p.host.Immediate(func() { p.signal(name, value) })
			}
			return goja.Undefined()
		}),
		"ready": vm.ToValue(func(call goja.FunctionCall) goja.Value {
			server := call.Argument(0)
			if goja.IsUndefined(server) || goja.IsNull(server) || p.errorLike(server) {
				server = call.This
			}
			p.ready(server)
			return goja.Undefined()
		}),
	}
	value, err := vm.RunProgram(compiled)
	if err != nil {
		panic(err)
	}
	function, _ := goja.AssertFunction(value)
	arguments := make([]goja.Value, len(programNames))
	for i, name := range programNames {
		arguments[i] = seen[name]
	}
	p.host.Call(function, goja.Undefined(), arguments...)
}

func (p *referenceProgram) newError(message string) goja.Value {
	value, err := p.vm.New(p.vm.Get("Error"), p.vm.ToValue(message))
	if err != nil {
		panic(err)
	}
	return value
}

// ready announces a server, a port or a path.
func (p *referenceProgram) ready(listening goja.Value) {
	announce := func(ready *Ready) {
		if !p.over.Load() {
			p.output.Emit(Event{Ready: ready})
		}
	}
	switch exported := listening.Export().(type) {
	case int64:
		announce(&Ready{Port: int(exported)})
		return
	case string:
		announce(&Ready{Path: exported})
		return
	}
	if object, ok := listening.(*goja.Object); ok {
		if address, ok := goja.AssertFunction(object.Get("address")); ok {
			result, err := address(object)
			if err != nil {
				panic(err)
			}
			switch result := result.(type) {
			case *goja.Object:
				announce(&Ready{Port: int(result.Get("port").ToInteger())})
				return
			default:
				if !goja.IsNull(result) {
					announce(&Ready{Path: result.String()})
					return
				}
			}
			panic(p.newError("ready: the server does not listen"))
		}
	}
	panic(p.newError("ready: neither called as the callback of listen nor given a server, a port or a path"))
}

// --- values, as vectors/README.md writes them

// maxDepth and maxElements bound a recorded value, as in the adapter.
const (
	maxDepth    = 64
	maxElements = 100000
)

type valueEncoder struct {
	*referenceProgram
	within []*goja.Object
	left   int
}

func (p *referenceProgram) encode(value goja.Value) any {
	e := &valueEncoder{referenceProgram: p, left: maxElements}
	return e.encode(value)
}

func escaped(text string) string {
	if strings.HasPrefix(text, "$") {
		return "$" + text
	}
	return text
}

func (e *valueEncoder) encode(value goja.Value) (encoded any) {
	switch {
	case value == nil || goja.IsUndefined(value):
		return "$undefined"
	case goja.IsNull(value):
		return nil
	}
	object, isObject := value.(*goja.Object)
	if !isObject {
		switch exported := value.Export().(type) {
		case bool:
			return exported
		case string:
			return escaped(exported)
		case int64:
			return float64(exported)
		case float64:
			switch {
			case math.IsNaN(exported):
				return "$NaN"
			case math.IsInf(exported, 1):
				return "$Infinity"
			case math.IsInf(exported, -1):
				return "$-Infinity"
			}
			return exported
		}
		if _, ok := value.(*goja.Symbol); ok {
			return "$symbol"
		}
		return "$bigint"
	}
	if _, ok := goja.AssertFunction(object); ok {
		return "$function"
	}
	defer func() {
		if recover() != nil {
			encoded = "$object" // a getter that throws
		}
	}()
	return e.encodeObject(object)
}

func (e *valueEncoder) encodeObject(object *goja.Object) any {
	if e.vm.InstanceOf(object, e.vm.Get("Buffer").ToObject(e.vm)) {
		if bytes, ok := object.Export().([]byte); ok {
			var text strings.Builder
			for _, b := range bytes {
				text.WriteRune(rune(b))
			}
			return map[string]any{"$bytes": text.String()}
		}
	}
	if e.errorLike(object) {
		return map[string]any{"$error": e.encodeError(object, "name", "code", "message")}
	}
	if len(e.within) >= maxDepth {
		return "$object"
	}
	for _, ancestor := range e.within {
		if ancestor == object {
			return "$object"
		}
	}
	e.within = append(e.within, object)
	defer func() { e.within = e.within[:len(e.within)-1] }()
	if object.ClassName() == "Array" {
		length := int(object.Get("length").ToInteger())
		if e.left -= length; e.left < 0 {
			return "$object"
		}
		list := make([]any, length)
		for i := range list {
			list[i] = e.encode(object.Get(fmt.Sprint(i)))
		}
		return list
	}
	if prototype := object.Prototype(); prototype != nil && prototype != e.vm.Get("Object").ToObject(e.vm).Get("prototype") &&
		(prototype.Prototype() != nil || len(prototype.GetOwnPropertyNames()) > 0) {
		return "$object"
	}
	keys := object.Keys()
	if e.left -= len(keys); e.left < 0 {
		return "$object"
	}
	members := make(map[string]any, len(keys))
	for _, key := range keys {
		members[escaped(key)] = e.encode(object.Get(key))
	}
	return members
}

func (p *referenceProgram) errorLike(value goja.Value) bool {
	result, err := p.isError(goja.Undefined(), value)
	return err == nil && result.ToBoolean()
}

func (p *referenceProgram) encodeError(object *goja.Object, members ...string) map[string]any {
	encoded := map[string]any{}
	code := object.Get("code")
	for _, member := range members {
		value := object.Get(member)
		if value == nil || goja.IsUndefined(value) || goja.IsNull(value) {
			continue
		}
		text := value.String()
		if member == "name" && code != nil {
			text = strings.Replace(text, " ["+code.String()+"]", "", 1)
		}
		switch number := value.Export().(type) {
		case int64:
			encoded[member] = float64(number)
		case float64:
			encoded[member] = number
		default:
			encoded[member] = escaped(text)
		}
	}
	return encoded
}

func (p *referenceProgram) encodeThrown(thrown goja.Value, members ...string) any {
	if object, ok := thrown.(*goja.Object); ok {
		return p.encodeError(object, members...)
	}
	text := "undefined"
	if thrown != nil {
		text = thrown.String()
	}
	if members[len(members)-1] == "message" {
		return map[string]any{"message": escaped(text)}
	}
	return map[string]any{"name": fmt.Sprintf("%T", thrown.Export())}
}

// decode is the way back, for the values of signals.
func (p *referenceProgram) decode(value any) goja.Value {
	vm := p.vm
	switch value := value.(type) {
	case string:
		switch value {
		case "$undefined":
			return goja.Undefined()
		case "$NaN":
			return vm.ToValue(math.NaN())
		case "$Infinity":
			return vm.ToValue(math.Inf(1))
		case "$-Infinity":
			return vm.ToValue(math.Inf(-1))
		}
		if strings.HasPrefix(value, "$$") {
			value = value[1:]
		}
		return vm.ToValue(value)
	case []any:
		list := make([]any, len(value))
		for i, member := range value {
			list[i] = p.decode(member)
		}
		return vm.NewArray(list...)
	case map[string]any:
		if text, ok := value["$bytes"].(string); ok {
			buffer := vm.Get("Buffer").ToObject(vm)
			from, _ := goja.AssertFunction(buffer.Get("from"))
			bytes, err := from(buffer, vm.ToValue(text), vm.ToValue("latin1"))
			if err != nil {
				panic(err)
			}
			return bytes
		}
		if members, ok := value["$error"].(map[string]any); ok {
			message, _ := members["message"].(string)
			object := p.newError(message).ToObject(vm)
			for _, name := range []string{"name", "code"} {
				if member, ok := members[name]; ok {
					_ = object.Set(name, p.decode(member))
				}
			}
			return object
		}
		object := vm.NewObject()
		for name, member := range value {
			if strings.HasPrefix(name, "$$") {
				name = name[1:]
			}
			_ = object.Set(name, p.decode(member))
		}
		return object
	case nil:
		return goja.Null()
	}
	return vm.ToValue(value)
}
