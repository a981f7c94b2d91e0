package reference

import "sync"

// bufferSize is what one read takes at most, as in Node.
const bufferSize = 64 << 10

// buffer is the room for one read.
type buffer struct{ bytes [bufferSize]byte }

// queueRoom is where a socket keeps what it is about to write.
type queueRoom struct{ bytes [highWaterMark]byte }

// headRoom is where a header block is rendered.
type headRoom struct{ bytes [512]byte }

// pool lends one kind of room. What was lent may as well be left to the garbage collector.
type pool[T any] struct{ pool sync.Pool }

func (p *pool[T]) get() *T {
	if room, ok := p.pool.Get().(*T); ok {
		return room
	}
	return new(T)
}

func (p *pool[T]) put(room *T) { p.pool.Put(room) }

// bufferPool lends buffers to sockets that have something to read. A socket that waits has none.
type bufferPool = pool[buffer]

// The pools are shared by everything in the process: they cache memory and hold no state.
var (
	readBuffers bufferPool
	queueRooms  pool[queueRoom]
	headRooms   pool[headRoom]
)
