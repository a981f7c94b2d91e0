package jshost

import (
	"github.com/dop251/goja"

	"github.com/nodehttp/conform/reference"
)

// responseObject returns the object that stands for a response: always the same one.
func (h *Host) responseObject(response *reference.ServerResponse) goja.Value {
	if response == nil {
		return goja.Null()
	}
	if b, ok := response.Data.(*bound); ok {
		return b.object
	}
	return h.bindResponse(h.vm.CreateObject(h.prototype(h.classes.serverResponse)), response).object
}

func (h *Host) bindResponse(object *goja.Object, response *reference.ServerResponse) *bound {
	b := h.bind(object, response, func(name string) *event {
		if name == "timeout" {
			return event1(h, &response.EventTimeout)
		}
		return h.outgoingEvent(&response.OutgoingMessage, name)
	})
	response.Data = b
	b.throwUnheardErrors(&response.EventError)
	return b
}

// initServerResponse ties a new object to the response that is being made, or to one that no connection waits for.
func (h *Host) initServerResponse(call goja.FunctionCall) goja.Value {
	object := call.Argument(0).ToObject(h.vm)
	if response, ok := h.adopting.(*reference.ServerResponse); ok {
		h.adopting = nil
		h.bindResponse(object, response)
		return goja.Undefined()
	}
	request, ok := valueOf[*reference.IncomingMessage](h, call.Argument(1))
	if !ok {
		options := reference.MessageOptions{Edition: h.options.Edition, Executor: h.loop}
		if given, ok := call.Argument(1).(*goja.Object); ok {
			number := func(name string) int {
				if value := given.Get(name); value != nil {
					return int(value.ToInteger())
				}
				return 0
			}
			if method := given.Get("method"); !isMissing(method) {
				options.Method = method.String()
			}
			options.Major, options.Minor = number("httpVersionMajor"), number("httpVersionMinor")
		}
		request = reference.NewMessage(options)
	}
	h.bindResponse(object, reference.NewServerResponse(request))
	return goja.Undefined()
}

// implicitHead lets a writeHead that the program put in the place of the native one make the head, as write and end
// are documented to call it.
func (h *Host) implicitHead(object goja.Value) {
	own := object.ToObject(h.vm).Get("writeHead")
	if own == nil || own.SameAs(h.prototype(h.classes.serverResponse).Get("writeHead")) {
		return
	}
	bound := h.boundOf(object)
	if bound == nil {
		return
	}
	response, ok := bound.value.(*reference.ServerResponse)
	if !ok || response.HeadersSent() || response.WritableEnded() {
		return
	}
	h.invoke(object, "writeHead", h.vm.ToValue(response.StatusCode()))
}

func (h *Host) installServerResponse() {
	prototype := h.prototype(h.classes.serverResponse)
	self := func(call goja.FunctionCall) *reference.ServerResponse {
		return this[*reference.ServerResponse](h, call)
	}

	writeHead := func(call goja.FunctionCall) goja.Value {
		response := self(call)
		status, reason, headers := call.Argument(0), call.Argument(1), call.Argument(2)
		hasReason := isString(reason)
		text := ""
		if hasReason {
			text = reason.String()
		} else {
			headers = reason
		}
		fields := h.fieldsOf(headers)
		if list, ok := headers.(*goja.Object); ok && isArray(list) && response.UsesHeaderStore() {
			fields = h.ownFieldsOf(list)
		}
		h.throw(response.WriteHeadText(toInt32(status), status.String(), text, hasReason, fields...))
		if !h.hasHeadersTimeout() {
			return goja.Undefined()
		}
		return call.This
	}
	h.method(prototype, "writeHead", writeHead)
	h.method(prototype, "writeHeader", writeHead)
	h.method(prototype, "writeContinue", func(call goja.FunctionCall) goja.Value {
		self(call).WriteContinue(h.errorCallbackOf(call.Argument(0), call.This))
		return goja.Undefined()
	})
	if h.code("ERR") == "" {
		h.installServerResponseRest(prototype, self)
		return
	}
	h.method(prototype, "writeProcessing", func(call goja.FunctionCall) goja.Value {
		self(call).WriteProcessing(h.errorCallbackOf(call.Argument(0), call.This))
		return goja.Undefined()
	})
	h.installServerResponseRest(prototype, self)
}

func (h *Host) installServerResponseRest(prototype *goja.Object, self func(goja.FunctionCall) *reference.ServerResponse) {
	vm := h.vm
	h.method(prototype, "setTimeout", func(call goja.FunctionCall) goja.Value {
		if isFunction(call.Argument(1)) {
			h.invoke(call.This, "on", vm.ToValue("timeout"), call.Argument(1))
		}
		self(call).SetTimeout(duration(call.Argument(0)), nil)
		return call.This
	})
	h.method(prototype, "destroy", func(call goja.FunctionCall) goja.Value {
		self(call).Destroy(errorArgument(call.Argument(0)))
		return goja.Undefined()
	})
	h.method(prototype, "assignSocket", func(call goja.FunctionCall) goja.Value {
		if socket, ok := h.socketOf(call.Argument(0)); ok {
			h.throw(self(call).AssignSocket(socket))
		}
		return goja.Undefined()
	})
	h.method(prototype, "detachSocket", func(call goja.FunctionCall) goja.Value {
		self(call).DetachSocket()
		return goja.Undefined()
	})

	const given = "_statusCode" // a status code that is no integer, as it was assigned
	h.property(prototype, "statusCode", func(this goja.Value) goja.Value {
		response, ok := valueOf[*reference.ServerResponse](h, this)
		if !ok {
			return goja.Undefined()
		}
		if original := this.ToObject(vm).Get(given); original != nil && toInt32(original) == response.StatusCode() {
			return original
		}
		return vm.ToValue(response.StatusCode())
	}, func(this, value goja.Value) {
		if response, ok := valueOf[*reference.ServerResponse](h, this); ok {
			response.SetStatusCode(toInt32(value))
			if _, integer := value.Export().(int64); !integer || isString(value) {
				h.hide(this.ToObject(vm), given, value)
			}
		}
	})
	h.property(prototype, "statusMessage", getter(h, func(r *reference.ServerResponse) any {
		if r.StatusMessage() == "" {
			return goja.Undefined()
		}
		return r.StatusMessage()
	}), setter(h, func(r *reference.ServerResponse, value goja.Value) {
		if isMissing(value) {
			r.SetStatusMessage("")
			return
		}
		r.SetStatusMessage(value.String())
	}))
}
