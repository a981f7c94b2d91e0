package jshost

import (
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/dop251/goja"
	"github.com/dop251/goja_nodejs/url"

	"github.com/nodehttp/conform/reference"
)

// installNative adds what the sources in js/ need of Go.
func (h *Host) installNative(native *goja.Object) {
	vm := h.vm
	set := func(name string, function func(goja.FunctionCall) goja.Value) { _ = native.Set(name, function) }

	set("subscribe", func(call goja.FunctionCall) goja.Value {
		h.subscribe(call.Argument(0), call.Argument(1).String())
		return goja.Undefined()
	})
	set("unsubscribe", func(call goja.FunctionCall) goja.Value {
		h.unsubscribe(call.Argument(0), call.Argument(1).String())
		return goja.Undefined()
	})
	set("emit", func(call goja.FunctionCall) goja.Value {
		var arguments []goja.Value
		if list, ok := call.Argument(2).(*goja.Object); ok {
			_ = vm.ExportTo(list, &arguments)
		}
		heard, ok := h.emitFrom(call.Argument(0), call.Argument(1).String(), arguments)
		if !ok {
			return goja.Undefined()
		}
		return vm.ToValue(heard)
	})
	set("argumentTypeError", func(call goja.FunctionCall) goja.Value {
		return h.argumentTypeError(call.Argument(0).String(), call.Argument(1).String(), call.Argument(2))
	})
	set("numberError", func(call goja.FunctionCall) goja.Value {
		name, text := call.Argument(0).String(), textOf(call.Argument(1))
		switch h.options.Edition {
		case reference.V6, reference.V03:
			return h.newError("TypeError", "", `"`+name+`" argument must be a positive number`)
		}
		return h.newError("RangeError", "ERR_OUT_OF_RANGE",
			`The value of "`+name+`" is out of range. It must be a non-negative number. Received `+text)
	})
	_ = native.Set("laterThan10", h.hasHeadersTimeout())
	set("callbackError", func(call goja.FunctionCall) goja.Value {
		return h.newError("TypeError", "ERR_INVALID_CALLBACK", "Callback must be a function. Received "+call.Argument(0).String())
	})

	set("decode", func(call goja.FunctionCall) goja.Value {
		if name := call.Argument(1); isString(name) && encodingName(name.String()) == "" {
			panic(h.newError("TypeError", "ERR_UNKNOWN_ENCODING", "Unknown encoding: "+name.String()))
		}
		return vm.ToValue(vm.NewArrayBuffer(decodeText(call.Argument(0), encodingOf(call.Argument(1)))))
	})
	set("encode", func(call goja.FunctionCall) goja.Value {
		if name := call.Argument(1); isString(name) && encodingName(name.String()) == "" {
			panic(h.newError("TypeError", "ERR_UNKNOWN_ENCODING", "Unknown encoding: "+name.String()))
		}
		bytes, _ := h.bytesOf(call.Argument(0))
		return vm.ToValue(encodeText(bytes, encodingOf(call.Argument(1))))
	})
	set("isEncoding", func(call goja.FunctionCall) goja.Value {
		return vm.ToValue(isString(call.Argument(0)) && encodingName(call.Argument(0).String()) != "")
	})

	set("tick", func(call goja.FunctionCall) goja.Value {
		if f := h.callbackOf(call.Argument(0), goja.Undefined()); f != nil {
			h.loop.ExecuteSoon(f)
		}
		return goja.Undefined()
	})
	set("startTimer", func(call goja.FunctionCall) goja.Value {
		delay := duration(call.Argument(1))
		if delay < time.Millisecond || delay > (1<<31-1)*time.Millisecond {
			delay = time.Millisecond
		}
		delay = delay.Truncate(time.Millisecond)
		t := &timer{index: -1, run: h.callbackOf(call.Argument(0), goja.Undefined()), delay: delay}
		if call.Argument(2).ToBoolean() {
			t.repeat = delay
		}
		h.loop.arm(t, delay)
		return vm.ToValue(t)
	})
	set("stopTimer", func(call goja.FunctionCall) goja.Value {
		if t, ok := call.Argument(0).Export().(*timer); ok {
			h.loop.disarm(t)
		}
		return goja.Undefined()
	})
	set("refreshTimer", func(call goja.FunctionCall) goja.Value {
		if t, ok := call.Argument(0).Export().(*timer); ok {
			repeat := t.repeat
			h.loop.disarm(t)
			t.repeat = repeat
			h.loop.arm(t, t.delay)
		}
		return goja.Undefined()
	})
	set("startImmediate", func(call goja.FunctionCall) goja.Value {
		return vm.ToValue(h.loop.setImmediate(h.callbackOf(call.Argument(0), goja.Undefined())))
	})
	set("stopImmediate", func(call goja.FunctionCall) goja.Value {
		if i, ok := call.Argument(0).Export().(*immediate); ok {
			i.run = nil
		}
		return goja.Undefined()
	})
	set("print", func(call goja.FunctionCall) goja.Value {
		if h.options.Console != nil {
			_, _ = h.options.Console.Write([]byte(call.Argument(0).String() + "\n"))
		}
		return goja.Undefined()
	})
	set("isIP", func(call goja.FunctionCall) goja.Value {
		address, err := netip.ParseAddr(call.Argument(0).String())
		switch {
		case err != nil:
			return vm.ToValue(0)
		case address.Is4():
			return vm.ToValue(4)
		}
		return vm.ToValue(6)
	})

	_ = native.Set("global", vm.GlobalObject())
	_ = native.Set("methods", h.stringArray(reference.Methods(h.options.Edition)))
	codes := vm.NewObject()
	names := reference.StatusCodes(h.options.Edition)
	for code := 100; code < 600; code++ {
		if name, ok := names[code]; ok {
			_ = codes.Set(strconv.Itoa(code), name)
		}
	}
	_ = native.Set("statusCodes", codes)
	_ = native.Set("serverOptions", h.code("ERR") != "")
	if size, exists := reference.MaxHeaderSize(h.options.Edition); exists {
		_ = native.Set("maxHeaderSize", size)
	}

	set("initSocket", h.initSocket)
	set("initNetServer", h.initNetServer)
	set("initIncomingMessage", h.initIncomingMessage)
	set("initOutgoingMessage", h.initOutgoingMessage)
	set("initServerResponse", h.initServerResponse)
	set("initClientRequest", h.initClientRequest)
	set("secureRequest", h.secureRequest)
	set("initServer", h.initServer)
	set("initAgent", h.initAgent)
	set("globalAgent", h.globalAgent)
	set("connect", h.connect)
	set("standardURL", func(goja.FunctionCall) goja.Value {
		module := vm.NewObject()
		_ = module.Set("exports", vm.NewObject())
		url.Require(vm, module)
		return module.Get("exports")
	})
}

// method adds a method to a prototype. A panic of Go code below it becomes an exception of the program.
func (h *Host) method(prototype *goja.Object, name string, function func(goja.FunctionCall) goja.Value) {
	h.hide(prototype, name, h.vm.ToValue(h.guarded(function)))
}

func (h *Host) guarded(function func(goja.FunctionCall) goja.Value) func(goja.FunctionCall) goja.Value {
	return func(call goja.FunctionCall) goja.Value {
		defer func() {
			if thrown := recover(); thrown != nil {
				switch thrown := thrown.(type) {
				case goja.Value, *goja.Exception, *goja.InterruptedError, *goja.StackOverflowError:
					panic(thrown)
				case interface{ RuntimeError() }:
					panic(h.newError("Error", "", "panic: "+thrown.(error).Error()))
				default:
					panic(thrown)
				}
			}
		}()
		return function(call)
	}
}

// property adds an accessor to a prototype. Without a setter, an assignment makes a property of the object's own, as it
// would with the plain properties of Node.
func (h *Host) property(prototype *goja.Object, name string, get func(goja.Value) goja.Value, set func(this, value goja.Value)) {
	getter := h.vm.ToValue(h.guarded(func(call goja.FunctionCall) goja.Value {
		if h.boundOf(call.This) == nil {
			return goja.Undefined() // the prototype itself, as Node has no such property there
		}
		return get(call.This)
	}))
	setter := h.vm.ToValue(h.guarded(func(call goja.FunctionCall) goja.Value {
		if set != nil && h.boundOf(call.This) != nil {
			set(call.This, call.Argument(0))
			return goja.Undefined()
		}
		if object, ok := call.This.(*goja.Object); ok {
			_ = object.DefineDataProperty(name, call.Argument(0), goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_TRUE)
		}
		return goja.Undefined()
	}))
	_ = prototype.DefineAccessorProperty(name, getter, setter, goja.FLAG_TRUE, goja.FLAG_FALSE)
}

// readOnly adds an accessor that assignments do not change.
func (h *Host) readOnly(prototype *goja.Object, name string, get func(goja.Value) goja.Value) {
	getter := h.vm.ToValue(h.guarded(func(call goja.FunctionCall) goja.Value {
		if h.boundOf(call.This) == nil {
			return goja.Undefined()
		}
		return get(call.This)
	}))
	_ = prototype.DefineAccessorProperty(name, getter, nil, goja.FLAG_TRUE, goja.FLAG_FALSE)
}

// getter makes the getter of a property from a function of the Go value.
func getter[T any](h *Host, get func(T) any) func(goja.Value) goja.Value {
	return func(this goja.Value) goja.Value {
		value, ok := valueOf[T](h, this)
		if !ok {
			return goja.Undefined()
		}
		return h.toJS(get(value))
	}
}

// setter makes the setter of a property.
func setter[T any](h *Host, set func(T, goja.Value)) func(this, value goja.Value) {
	return func(this, value goja.Value) {
		if target, ok := valueOf[T](h, this); ok {
			set(target, value)
		}
	}
}

// fieldsOf converts an object of headers, or a list of pairs.
func (h *Host) fieldsOf(value goja.Value) []reference.HeaderField {
	object, ok := value.(*goja.Object)
	if !ok {
		return nil
	}
	var fields []reference.HeaderField
	if isArray(object) {
		for _, pair := range h.elements(object) {
			if isMissing(pair) {
				panic(h.vm.NewTypeError("Cannot read property '0' of " + pair.String()))
			}
			entry := pair.ToObject(h.vm)
			fields = append(fields, reference.HeaderField{
				Name: textOf(entry.Get("0")), Value: h.headerValue(entry.Get("1"))})
		}
		return fields
	}
	return h.ownFieldsOf(object)
}

// ownFieldsOf takes a header of every property.
func (h *Host) ownFieldsOf(object *goja.Object) []reference.HeaderField {
	var fields []reference.HeaderField
	for _, name := range object.Keys() {
		fields = append(fields, reference.HeaderField{Name: name, Value: h.headerValue(object.Get(name))})
	}
	return fields
}

func textOf(value goja.Value) string {
	if value == nil {
		return "undefined"
	}
	return value.String()
}

func isArray(object *goja.Object) bool { return object.ClassName() == "Array" }

func (h *Host) elements(array *goja.Object) []goja.Value {
	list := make([]goja.Value, int(array.Get("length").ToInteger()))
	for i := range list {
		if list[i] = array.Get(strconv.Itoa(i)); list[i] == nil {
			list[i] = goja.Undefined()
		}
	}
	return list
}

// headerValue converts a header value, which getHeader is to give back as it is.
func (h *Host) headerValue(value goja.Value) reference.HeaderValue {
	switch {
	case value == nil || goja.IsUndefined(value):
		return reference.HeaderValue{}
	case isString(value):
		return reference.StringValue(value.String())
	}
	if _, ok := value.(*goja.Symbol); ok {
		panic(h.vm.NewTypeError("Cannot convert a Symbol value to a string"))
	}
	if object, ok := value.(*goja.Object); ok && isArray(object) {
		// A program may change the list until it is sent. Objects in it are asked for their text now: their code must
		// not run while the header block is made.
		texts := map[*goja.Object]string{}
		for _, element := range h.elements(object) {
			if element, ok := element.(*goja.Object); ok {
				texts[element] = element.String()
			}
		}
		return reference.LiveListValue(value, func() []string {
			elements := h.elements(object)
			lines := make([]string, len(elements))
			for i, element := range elements {
				if inner, ok := element.(*goja.Object); ok {
					lines[i] = texts[inner]
				} else {
					lines[i] = element.String()
				}
			}
			return lines
		})
	}
	return reference.ForeignValue(value, value.String())
}

// headerJS is the way back.
func (h *Host) headerJS(value reference.HeaderValue) goja.Value {
	switch foreign := value.Foreign().(type) {
	case goja.Value:
		return foreign
	}
	if number, ok := value.Number(); ok {
		return h.vm.ToValue(number)
	}
	if value.IsUndefined() {
		return goja.Undefined()
	}
	if value.IsList() {
		return h.stringArray(value.Lines())
	}
	return h.vm.ToValue(value.String())
}

// isPort reports whether a value is a port, as a number or as text.
func isPort(value goja.Value) bool {
	if !isNumber(value) && (!isString(value) || strings.TrimSpace(value.String()) == "") {
		return false
	}
	number := value.ToFloat()
	return number >= 0 && number <= 65535 && number == float64(int(number))
}

// pathOrPort tells a path of a Unix socket from a port given as text.
func pathOrPort(text string) (path string, port int, isPort bool) {
	if number, err := strconv.Atoi(strings.TrimSpace(text)); err == nil && number >= 0 {
		return "", number, true
	}
	return text, 0, false
}
