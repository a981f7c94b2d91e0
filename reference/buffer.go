package reference

import "sync"

// bufferSize is what one read takes at most, as in Node.
const bufferSize = 64 << 10

// buffer is the room for one read.
type buffer struct{ bytes [bufferSize]byte }

// bufferPool lends buffers to sockets that have something to read. A socket that waits has none.
type bufferPool struct{ pool sync.Pool }

func (p *bufferPool) get() *buffer {
	if b, ok := p.pool.Get().(*buffer); ok {
		return b
	}
	return new(buffer)
}

func (p *bufferPool) put(b *buffer) { p.pool.Put(b) }

// readBuffers is shared by everything in the process: it caches memory and holds no state.
var readBuffers bufferPool
