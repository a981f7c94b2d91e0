//go:build !unix

package reference

import "sync"

// rawConn exists on Unix only; elsewhere sockets are read and written through net.Conn.
type rawConn struct{}

func newRawConn(any) *rawConn { return nil }

func (c *rawConn) read(*bufferPool) (*buffer, int, error)     { panic("unreachable") }
func (c *rawConn) readInto([]byte) (int, error)               { panic("unreachable") }
func (c *rawConn) write([]byte) (int, error)                  { panic("unreachable") }
func (c *rawConn) writeSome([]byte, *sync.Mutex) (int, error) { panic("unreachable") }
func (c *rawConn) discard()                                   {}
