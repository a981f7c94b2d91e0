//go:build unix

package reference

import (
	"io"
	"net"
	"syscall"
)

// rawConn reads and writes a kernel socket without waiting and without holding a buffer while it waits.
type rawConn struct {
	raw syscall.RawConn
}

func newRawConn(stream any) *rawConn {
	switch stream.(type) {
	case *net.TCPConn, *net.UnixConn:
		if raw, err := stream.(syscall.Conn).SyscallConn(); err == nil {
			return &rawConn{raw}
		}
	}
	return nil
}

// read waits until the socket is readable, then takes a buffer and fills it.
func (c *rawConn) read(buffers *bufferPool) (buffer *buffer, n int, err error) {
	failure := c.raw.Read(func(fd uintptr) bool {
		buffer = buffers.get()
		for {
			n, err = syscall.Read(int(fd), buffer.bytes[:])
			if err != syscall.EINTR {
				break
			}
		}
		if err == syscall.EAGAIN {
			buffers.put(buffer)
			buffer, err = nil, nil
			return false
		}
		return true
	})
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
func (c *rawConn) write(p []byte) (n int, err error) {
	failure := c.raw.Write(func(fd uintptr) bool {
		for n < len(p) {
			written, failed := syscall.Write(int(fd), p[n:])
			if failed == syscall.EINTR {
				continue
			}
			if failed == syscall.EAGAIN {
				break
			}
			if failed != nil {
				err = failed
				break
			}
			n += written
		}
		return true
	})
	if err == nil {
		err = failure
	}
	return n, err
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
