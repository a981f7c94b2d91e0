//go:build unix

package reference

import (
	"io"
	"net"
	"sync"
	"syscall"
)

// rawConn reads and writes a kernel socket without waiting and without holding a buffer while it waits. One goroutine at
// a time may read, and one may write. What the calls into the system need lies here, so that a call allocates nothing.
type rawConn struct {
	raw     syscall.RawConn
	reading rawRead
	writing rawWrite
}

type rawRead struct {
	attempt func(fd uintptr) bool
	buffers *bufferPool
	buffer  *buffer
	n       int
	err     error
}

type rawWrite struct {
	attempt func(fd uintptr) bool
	chunk   []byte      // what was not written yet
	wait    *sync.Mutex // not nil: wait for the system to take at least something, which it does with this held
	held    bool        // and it is
	err     error
}

func newRawConn(stream any) *rawConn {
	switch stream.(type) {
	case *net.TCPConn, *net.UnixConn:
		if raw, err := stream.(syscall.Conn).SyscallConn(); err == nil {
			c := &rawConn{raw: raw}
			c.reading.attempt, c.writing.attempt = c.tryRead, c.tryWrite
			return c
		}
	}
	return nil
}

// read waits until the socket is readable, then takes a buffer and fills it.
func (c *rawConn) read(buffers *bufferPool) (*buffer, int, error) {
	r := &c.reading
	r.buffers = buffers
	failure := c.raw.Read(r.attempt)
	buffer, n, err := r.buffer, r.n, r.err
	r.buffer, r.n, r.err = nil, 0, nil
	if err == nil {
		err = failure
	}
	if err == nil && n == 0 {
		err = io.EOF
	}
	if n <= 0 {
		n = 0
		if buffer != nil {
			buffers.put(buffer)
			buffer = nil
		}
	}
	return buffer, n, err
}

func (c *rawConn) tryRead(fd uintptr) bool {
	r := &c.reading
	r.buffer = r.buffers.get()
	for {
		r.n, r.err = syscall.Read(int(fd), r.buffer.bytes[:])
		if r.err != syscall.EINTR {
			break
		}
	}
	if r.err == syscall.EAGAIN {
		r.buffers.put(r.buffer)
		r.buffer, r.n, r.err = nil, 0, nil
		return false
	}
	return true
}

// readInto is read for a caller that has its own buffer.
func (c *rawConn) readInto(p []byte) (n int, err error) {
	failure := c.raw.Read(func(fd uintptr) bool {
		for {
			n, err = syscall.Read(int(fd), p)
			if err != syscall.EINTR {
				break
			}
		}
		return err != syscall.EAGAIN
	})
	if err == nil {
		err = failure
	}
	if err == nil && n == 0 {
		err = io.EOF
	}
	return max(n, 0), err
}

// write hands over what the kernel takes at once.
func (c *rawConn) write(p []byte) (int, error) { return c.writeChunk(p, nil) }

// writeSome waits until the kernel takes something, and hands over what it takes then. It returns with mu locked, and
// locks it before it hands anything over: nobody who has it can meet an answer to bytes that are not known to be gone.
func (c *rawConn) writeSome(p []byte, mu *sync.Mutex) (int, error) {
	n, err := c.writeChunk(p, mu)
	if !c.writing.held {
		mu.Lock()
	}
	c.writing.wait, c.writing.held = nil, false
	return n, err
}

func (c *rawConn) writeChunk(p []byte, wait *sync.Mutex) (int, error) {
	w := &c.writing
	w.chunk, w.wait = p, wait
	failure := c.raw.Write(w.attempt)
	n, err := len(p)-len(w.chunk), w.err
	w.chunk, w.err = nil, nil
	if err == nil {
		err = failure
	}
	return n, err
}

func (c *rawConn) tryWrite(fd uintptr) bool {
	w := &c.writing
	if w.wait != nil {
		w.wait.Lock()
		w.held = true
	}
	for {
		n, err := syscall.Write(int(fd), w.chunk)
		switch err {
		case nil:
			w.chunk = w.chunk[n:]
			return true // the kernel takes all it has room for
		case syscall.EINTR:
		case syscall.EAGAIN:
			if w.wait == nil {
				return true
			}
			w.held = false
			w.wait.Unlock()
			return false
		default:
			w.err = err
			return true
		}
	}
}

// discard reads and forgets what is there, within bounds.
func (c *rawConn) discard() {
	buffer := readBuffers.get()
	defer readBuffers.put(buffer)
	_ = c.raw.Control(func(fd uintptr) {
		for range 16 {
			if n, err := syscall.Read(int(fd), buffer.bytes[:]); n <= 0 || err != nil {
				return
			}
		}
	})
}
