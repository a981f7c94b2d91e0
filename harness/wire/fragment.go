package wire

import (
	"context"
	"math/rand/v2"
	"runtime"
	"time"
)

// Fragment says how what a script sends is cut.
type Fragment string

const (
	FragmentNone   Fragment = "none"   // as the script says
	FragmentBytes  Fragment = "bytes"  // one byte at a time
	FragmentRandom Fragment = "random" // at random places, by the seed
)

// mostPieces bounds the time a long segment takes: beyond it, pieces grow.
const mostPieces = 2048

// cut says how long the pieces of a segment are. number tells the sends of a
// run apart.
func (o *Options) cut(length int, number uint64) []int {
	if length == 0 {
		return nil
	}
	var next func() int
	least := 1 + (length-1)/mostPieces
	switch o.Fragment {
	case FragmentBytes:
		next = func() int { return least }
	case FragmentRandom:
		random := rand.New(rand.NewPCG(o.Seed, number))
		longest := 1 + random.IntN(min(length, 32))
		next = func() int { return least * (1 + random.IntN(longest)) }
	default:
		return []int{length}
	}
	var pieces []int
	for length > 0 {
		piece := min(next(), length)
		pieces = append(pieces, piece)
		length -= piece
	}
	return pieces
}

// patience is how long a piece may stay in the kernel before the next one
// follows it all the same. A program that is slow to read is no reason to be
// slow to write.
const (
	patience = 2 * time.Millisecond
	nap      = 50 * time.Microsecond
)

// settle waits until the kernel has handed over what was written, so that the
// next piece arrives apart.
func (c *connection) settle(ctx context.Context) {
	start := time.Now()
	for i := 0; ctx.Err() == nil; i++ {
		queued, known := queuedBytes(c.raw)
		if known && queued == 0 {
			// Their kernel has it; they themselves still have to wake up.
			time.Sleep(nap)
			return
		}
		if time.Since(start) > patience {
			return
		}
		if i < 8 {
			runtime.Gosched()
		} else {
			time.Sleep(nap)
		}
	}
}
