package jshost

import (
	"io"
	"net"
	"sync"

	"github.com/dop251/goja"

	"github.com/nodehttp/conform/reference"
)

// socketOf returns the socket that a value stands for. Any stream of the program can be one: HTTP is spoken over it
// then, and the program meets its own stream again as the socket of requests and responses.
func (h *Host) socketOf(value goja.Value) (*reference.Socket, bool) {
	if socket, ok := valueOf[*reference.Socket](h, value); ok {
		return socket, true
	}
	object, ok := value.(*goja.Object)
	if !ok || h.boundOf(value) != nil || !isFunction(object.Get("write")) || !isFunction(object.Get("on")) {
		return nil, false
	}
	stream := &foreignStream{host: h, object: object}
	stream.cond.L = &stream.mu
	listen := func(name string, listener func(goja.FunctionCall) goja.Value) {
		h.invoke(object, "on", h.vm.ToValue(name), h.vm.ToValue(listener))
	}
	listen("data", func(call goja.FunctionCall) goja.Value {
		bytes, ok := h.bytesOf(call.Argument(0))
		if !ok {
			bytes = []byte(call.Argument(0).String())
		}
		stream.arrived(bytes, nil)
		return goja.Undefined()
	})
	listen("end", func(goja.FunctionCall) goja.Value { stream.arrived(nil, io.EOF); return goja.Undefined() })
	listen("close", func(goja.FunctionCall) goja.Value { stream.arrived(nil, net.ErrClosed); return goja.Undefined() })
	listen("error", func(call goja.FunctionCall) goja.Value {
		stream.arrived(nil, &thrownValue{call.Argument(0)})
		return goja.Undefined()
	})
	socket := reference.NewSocket(stream, reference.SocketOptions{Executor: h.loop})
	h.bindSocket(object, socket).foreign = true
	return socket, true
}

// foreignStream is a stream of the program as Go reads and writes it. Read and Write block and are called on goroutines
// of the socket; what they need of the program happens on the loop.
type foreignStream struct {
	host   *Host
	object *goja.Object

	mu     sync.Mutex
	cond   sync.Cond
	bytes  []byte
	failed error
	closed bool
}

func (s *foreignStream) arrived(bytes []byte, failed error) {
	s.mu.Lock()
	s.bytes = append(s.bytes, bytes...)
	if s.failed == nil {
		s.failed = failed
	}
	s.cond.Broadcast()
	s.mu.Unlock()
}

func (s *foreignStream) Read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.bytes) == 0 && s.failed == nil && !s.closed {
		s.cond.Wait()
	}
	if s.closed {
		return 0, net.ErrClosed
	}
	if len(s.bytes) == 0 {
		return 0, s.failed
	}
	n := copy(p, s.bytes)
	s.bytes = s.bytes[n:]
	return n, nil
}

// Write returns when the stream has called back, or when it was closed.
func (s *foreignStream) Write(p []byte) (int, error) {
	owned := append([]byte(nil), p...)
	var failed error
	done := false
	settle := func(err error) {
		s.mu.Lock()
		failed, done = err, true
		s.cond.Broadcast()
		s.mu.Unlock()
	}
	s.host.loop.Execute(func() {
		if s.host.isDead() {
			settle(net.ErrClosed)
			return
		}
		write, _ := goja.AssertFunction(s.object.Get("write"))
		callback := s.host.vm.ToValue(func(call goja.FunctionCall) goja.Value {
			settle(errorArgument(call.Argument(0)))
			return goja.Undefined()
		})
		if _, err := write(s.object, s.host.buffer(owned), callback); err != nil {
			settle(err)
		}
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	for !done && !s.closed {
		s.cond.Wait()
	}
	if failed != nil {
		return 0, failed
	}
	if !done {
		return 0, net.ErrClosed
	}
	return len(p), nil
}

// CloseWrite ends the writing side.
func (s *foreignStream) CloseWrite() error {
	s.call("end")
	return nil
}

// Close destroys the stream.
func (s *foreignStream) Close() error {
	s.mu.Lock()
	closed := s.closed
	s.closed = true
	s.cond.Broadcast()
	s.mu.Unlock()
	if !closed {
		s.call("destroy")
	}
	return nil
}

func (s *foreignStream) call(method string) {
	s.host.loop.Execute(func() {
		if s.host.isDead() {
			return
		}
		if function, ok := goja.AssertFunction(s.object.Get(method)); ok {
			s.host.Call(function, s.object)
		}
	})
}
