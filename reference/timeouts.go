package reference

import (
	"container/heap"
	"sync"
	"time"
)

// timed is what a timeout watches. Both methods are called on the goroutine of the timeouts and must not block.
type timed interface {
	// deadline returns when the timeout is due, on the clock of now(), or 0 when nothing is to be watched any more.
	deadline() int64
	// expired is called once the deadline has passed. The timeout is no longer armed then.
	expired()
}

// timeouts watches the deadlines of many sockets with one timer. Its goroutine exists only while something is armed.
// A deadline that moves into the future, as it does with every byte, costs nothing here: it is looked at when the
// earlier one is due.
type timeouts struct {
	mu      sync.Mutex
	heap    timeoutHeap
	running bool
	wake    chan struct{}
}

// timeout is the place of one timed thing in timeouts.
type timeout struct {
	target timed
	at     int64
	index  int // in the heap, plus one; 0: not armed
}

var clockStart = time.Now()

// now returns nanoseconds on a monotonic clock, never 0.
func now() int64 { return int64(time.Since(clockStart)) + 1 }

// arm makes sure that the timeout is looked at when its target's deadline is due, at the latest.
func (t *timeouts) arm(timeout *timeout, at int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case timeout.index == 0:
		timeout.at = at
		heap.Push(&t.heap, timeout)
	case at < timeout.at:
		timeout.at = at
		heap.Fix(&t.heap, timeout.index-1)
	default:
		return
	}
	if timeout.index != 1 {
		return
	}
	if t.running {
		select {
		case t.wake <- struct{}{}:
		default:
		}
		return
	}
	t.running = true
	if t.wake == nil {
		t.wake = make(chan struct{}, 1)
	}
	go t.watch()
}

// disarm forgets the timeout.
func (t *timeouts) disarm(timeout *timeout) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if timeout.index == 0 {
		return
	}
	heap.Remove(&t.heap, timeout.index-1)
	if len(t.heap) == 0 && t.running {
		select {
		case t.wake <- struct{}{}:
		default:
		}
	}
}

func (t *timeouts) watch() {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		t.mu.Lock()
		var due *timeout
		var wait time.Duration
		for due == nil && len(t.heap) > 0 {
			first := t.heap[0]
			if wait = time.Duration(first.at - now()); wait > 0 {
				break
			}
			deadline := first.target.deadline()
			switch {
			case deadline == 0:
				heap.Pop(&t.heap)
			case deadline > now():
				first.at = deadline
				heap.Fix(&t.heap, 0)
			default:
				heap.Pop(&t.heap)
				due = first
			}
		}
		if due == nil && len(t.heap) == 0 {
			t.running = false
			t.mu.Unlock()
			return
		}
		t.mu.Unlock()
		if due != nil {
			due.target.expired()
			continue
		}
		timer.Reset(wait)
		select {
		case <-timer.C:
		case <-t.wake:
		}
	}
}

type timeoutHeap []*timeout

func (h timeoutHeap) Len() int           { return len(h) }
func (h timeoutHeap) Less(i, j int) bool { return h[i].at < h[j].at }
func (h timeoutHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i+1, j+1
}
func (h *timeoutHeap) Push(x any) {
	timeout := x.(*timeout)
	timeout.index = len(*h) + 1
	*h = append(*h, timeout)
}
func (h *timeoutHeap) Pop() any {
	old := *h
	last := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	last.index = 0
	return last
}
