package jshost

import (
	"github.com/dop251/goja"

	"github.com/nodehttp/conform/reference"
)

// bound ties a JavaScript object to the Go value that it stands for. A Go event has a listener of ours exactly while
// the object has listeners for its name, because whether somebody listens changes what an event does.
type bound struct {
	host   *Host
	object *goja.Object
	value  any
	events eventTable
	off    map[string]func()
	stream *streamSide // of what is read
	hooks  *agentHooks // of an agent
	// foreign says that the object is a stream of the program, whose methods are not ours to call for a socket's.
	foreign bool
}

// event is one event of a Go value, as JavaScript sees it.
type event struct {
	// subscribe adds a listener that calls dispatch, and returns what takes it off.
	subscribe func(dispatch func(arguments ...any)) (off func())
	// emit emits the Go event with arguments of the program, and returns false in ok when they are not of its types.
	emit func(arguments []goja.Value) (heard, ok bool)
}

// eventTable finds an event by its name; nil for what the Go value does not have.
type eventTable func(name string) *event

// bind ties object and value together. errors is the event that throws when nobody listens, or nil.
func (h *Host) bind(object *goja.Object, value any, events eventTable) *bound {
	b := &bound{host: h, object: object, value: value, events: events}
	_ = object.DefineDataPropertySymbol(h.symbol, h.vm.ToValue(b), goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE)
	return b
}

// boundOf returns what an object is tied to, or nil.
func (h *Host) boundOf(value goja.Value) *bound {
	object, ok := value.(*goja.Object)
	if !ok {
		return nil
	}
	property := object.GetSymbol(h.symbol)
	if property == nil {
		return nil
	}
	b, _ := property.Export().(*bound)
	return b
}

// valueOf returns the Go value of type T that an object stands for.
func valueOf[T any](h *Host, value goja.Value) (T, bool) {
	if b := h.boundOf(value); b != nil {
		found, ok := b.value.(T)
		return found, ok
	}
	var none T
	return none, false
}

// this returns the Go value of a method's receiver, or throws.
func this[T any](h *Host, call goja.FunctionCall) T {
	value, ok := valueOf[T](h, call.This)
	if !ok {
		panic(h.vm.NewTypeError("Illegal invocation"))
	}
	return value
}

// subscribe is called when an object has its first listener of a name.
func (h *Host) subscribe(object goja.Value, name string) {
	b := h.boundOf(object)
	if b == nil || b.events == nil || b.off[name] != nil {
		return
	}
	if event := b.events(name); event != nil {
		if b.off == nil {
			b.off = map[string]func(){}
		}
		b.off[name] = event.subscribe(func(arguments ...any) { b.emit(name, arguments...) })
	}
}

// unsubscribe is called when an object has no listener of a name any more.
func (h *Host) unsubscribe(object goja.Value, name string) {
	b := h.boundOf(object)
	if b == nil || b.off[name] == nil {
		return
	}
	b.off[name]()
	delete(b.off, name)
}

// emit calls the object's listeners.
func (b *bound) emit(name string, arguments ...any) bool {
	h := b.host
	if h.isDead() {
		return false
	}
	list := make([]any, len(arguments))
	for i, argument := range arguments {
		list[i] = h.toJS(argument)
	}
	result, err := h.dispatch(goja.Undefined(), b.object, h.vm.ToValue(name), h.vm.NewArray(list...))
	if err != nil {
		if h.emitting > 0 {
			panic(err) // it belongs to the program's own call of emit
		}
		h.uncaught(err)
		return true
	}
	return result.ToBoolean()
}

// emitFrom emits an event for a program's call of emit. It returns false in ok when the listeners of the object are all
// that there is to call.
func (h *Host) emitFrom(object goja.Value, name string, arguments []goja.Value) (heard, ok bool) {
	b := h.boundOf(object)
	if b == nil || b.events == nil {
		return false, false
	}
	event := b.events(name)
	if event == nil || event.emit == nil {
		return false, false
	}
	h.emitting++
	defer func() { h.emitting-- }()
	return event.emit(arguments)
}

// --- events of each shape

func event0(e *reference.Event0) *event {
	return &event{
		subscribe: func(dispatch func(...any)) func() {
			listener := e.On(func() { dispatch() })
			return func() { e.Off(listener) }
		},
		emit: func([]goja.Value) (bool, bool) { return e.Emit(), true },
	}
}

func event1[A any](h *Host, e *reference.Event1[A]) *event {
	return &event{
		subscribe: func(dispatch func(...any)) func() {
			listener := e.On(func(a A) { dispatch(a) })
			return func() { e.Off(listener) }
		},
		emit: func(arguments []goja.Value) (bool, bool) {
			a, ok := fromJS[A](h, arguments, 0)
			return ok && e.Emit(a), ok
		},
	}
}

func event2[A, B any](h *Host, e *reference.Event2[A, B]) *event {
	return &event{
		subscribe: func(dispatch func(...any)) func() {
			listener := e.On(func(a A, b B) { dispatch(a, b) })
			return func() { e.Off(listener) }
		},
		emit: func(arguments []goja.Value) (bool, bool) {
			a, ok := fromJS[A](h, arguments, 0)
			b, ok2 := fromJS[B](h, arguments, 1)
			return ok && ok2 && e.Emit(a, b), ok && ok2
		},
	}
}

func event3[A, B, C any](h *Host, e *reference.Event3[A, B, C]) *event {
	return &event{
		subscribe: func(dispatch func(...any)) func() {
			listener := e.On(func(a A, b B, c C) { dispatch(a, b, c) })
			return func() { e.Off(listener) }
		},
		emit: func(arguments []goja.Value) (bool, bool) {
			a, ok := fromJS[A](h, arguments, 0)
			b, ok2 := fromJS[B](h, arguments, 1)
			c, ok3 := fromJS[C](h, arguments, 2)
			all := ok && ok2 && ok3
			return all && e.Emit(a, b, c), all
		},
	}
}

// fromJS converts an argument of emit.
func fromJS[T any](h *Host, arguments []goja.Value, index int) (T, bool) {
	var zero T
	if index >= len(arguments) {
		return zero, false
	}
	argument := arguments[index]
	if value, ok := valueOf[T](h, argument); ok {
		return value, true
	}
	switch any(&zero).(type) {
	case **reference.Socket:
		socket, ok := h.socketOf(argument)
		converted, _ := any(socket).(T)
		return converted, ok
	case *error:
		var err error = &thrownValue{argument}
		converted, ok := any(err).(T)
		return converted, ok
	case *[]byte:
		bytes, ok := h.bytesOf(argument)
		converted, _ := any(bytes).(T)
		return converted, ok
	case *bool:
		converted, _ := any(argument.ToBoolean()).(T)
		return converted, true
	}
	return zero, false
}
