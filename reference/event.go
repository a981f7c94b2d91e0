package reference

import (
	"sync/atomic"
)

// Listener identifies one registration of a function with an event, so that it can be taken off again with Off.
// The zero Listener belongs to no event.
type Listener struct {
	registration *registration
}

type registration struct {
	once  bool
	fired atomic.Bool
}

type hook[F any] struct {
	*registration
	call F
}

// hooks is the list that the four event types share. It is replaced as a whole when it changes, so that an emission
// sees the listeners of the moment it began, and it is nil when nobody listens: messages have many events and few
// listeners.
type hooks[F any] struct {
	list atomic.Pointer[hookList[F]]
}

// hookList is never changed once it can be seen.
type hookList[F any] struct{ hooks []hook[F] }

// firstHook is all that an event's first listener needs, which is the only one nearly always, in one allocation.
type firstHook[F any] struct {
	hookList[F]
	room         [1]hook[F]
	registration registration
}

func (h *hooks[F]) add(call F, once, first bool) Listener {
	var added hook[F]
	for {
		old := h.list.Load()
		var list *hookList[F]
		if old == nil {
			only := &firstHook[F]{registration: registration{once: once}}
			added = hook[F]{&only.registration, call}
			only.hooks = append(only.room[:0], added)
			list = &only.hookList
		} else {
			// Not a part of the list: whoever has the Listener would keep every list there was.
			added = hook[F]{&registration{once: once}, call}
			list = &hookList[F]{make([]hook[F], 0, len(old.hooks)+1)}
			if first {
				list.hooks = append(append(list.hooks, added), old.hooks...)
			} else {
				list.hooks = append(append(list.hooks, old.hooks...), added)
			}
		}
		if h.list.CompareAndSwap(old, list) {
			return Listener{added.registration}
		}
	}
}

// On adds a listener. It is called for every emission, after the listeners that were added before it.
func (h *hooks[F]) On(call F) Listener { return h.add(call, false, false) }

// Once adds a listener that is called for one emission at most.
func (h *hooks[F]) Once(call F) Listener { return h.add(call, true, false) }

// Prepend adds a listener that is called before the ones that are already there.
func (h *hooks[F]) Prepend(call F) Listener { return h.add(call, false, true) }

// PrependOnce is Prepend for one emission.
func (h *hooks[F]) PrependOnce(call F) Listener { return h.add(call, true, true) }

// Off takes a listener off. It does nothing for a listener that is not there.
func (h *hooks[F]) Off(listener Listener) {
	if listener.registration == nil {
		return
	}
	for {
		old := h.list.Load()
		if old == nil {
			return
		}
		at := -1
		for i, hook := range old.hooks {
			if hook.registration == listener.registration {
				at = i
			}
		}
		if at < 0 {
			return
		}
		var replacement *hookList[F]
		if len(old.hooks) > 1 {
			list := append(make([]hook[F], 0, len(old.hooks)-1), old.hooks[:at]...)
			replacement = &hookList[F]{append(list, old.hooks[at+1:]...)}
		}
		if h.list.CompareAndSwap(old, replacement) {
			return
		}
	}
}

// OffAll takes every listener off.
func (h *hooks[F]) OffAll() { h.list.Store(nil) }

// Count returns the number of listeners.
func (h *hooks[F]) Count() int {
	if list := h.list.Load(); list != nil {
		return len(list.hooks)
	}
	return 0
}

// snapshot returns the listeners to call for one emission.
func (h *hooks[F]) snapshot() []hook[F] {
	if list := h.list.Load(); list != nil {
		return list.hooks
	}
	return nil
}

// due reports whether a hook is still to be called, and takes a Once listener off before its call.
func (h *hooks[F]) due(hook hook[F]) bool {
	if !hook.once {
		return true
	}
	if hook.fired.Swap(true) {
		return false
	}
	h.Off(Listener{hook.registration})
	return true
}

// Event0 is an event without arguments. The zero value is ready for use. All methods are safe for concurrent use.
type Event0 struct{ hooks[func()] }

// Emit calls the listeners of this moment in order and reports whether there were any.
func (e *Event0) Emit() bool {
	list := e.snapshot()
	for _, hook := range list {
		if e.due(hook) {
			hook.call()
		}
	}
	return len(list) > 0
}

// Event1 is an event with one argument. The zero value is ready for use. All methods are safe for concurrent use.
type Event1[A any] struct{ hooks[func(A)] }

// Emit calls the listeners of this moment in order and reports whether there were any.
func (e *Event1[A]) Emit(a A) bool {
	list := e.snapshot()
	for _, hook := range list {
		if e.due(hook) {
			hook.call(a)
		}
	}
	return len(list) > 0
}

// Event2 is an event with two arguments. The zero value is ready for use. All methods are safe for concurrent use.
type Event2[A, B any] struct{ hooks[func(A, B)] }

// Emit calls the listeners of this moment in order and reports whether there were any.
func (e *Event2[A, B]) Emit(a A, b B) bool {
	list := e.snapshot()
	for _, hook := range list {
		if e.due(hook) {
			hook.call(a, b)
		}
	}
	return len(list) > 0
}

// Event3 is an event with three arguments. The zero value is ready for use. All methods are safe for concurrent use.
type Event3[A, B, C any] struct{ hooks[func(A, B, C)] }

// Emit calls the listeners of this moment in order and reports whether there were any.
func (e *Event3[A, B, C]) Emit(a A, b B, c C) bool {
	list := e.snapshot()
	for _, hook := range list {
		if e.due(hook) {
			hook.call(a, b, c)
		}
	}
	return len(list) > 0
}
