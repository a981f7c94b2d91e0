package jshost

import (
	"container/heap"
	"sync"
	"sync/atomic"
	"time"
)

// loop is the event loop of a host: one goroutine on which everything runs that touches the JavaScript runtime. A turn
// runs the timers that are due, what the network brought, and the immediates, in this order, as Node's does; after each
// function that it calls it runs the ticks and the promise jobs.
type loop struct {
	mu     sync.Mutex
	jobs   []func() // brought by the network, or by Do
	ticks  []func()
	last   []func() // ends of connections, which come after what other connections bring in the same turn
	ended  bool     // the goroutine is gone or about to go; what still comes is run by drainLate
	late   bool     // drainLate runs
	wake   chan struct{}
	done   chan struct{}
	stop   atomic.Bool
	failed func(any) // receives the value of a panic
	// enter runs a function inside of a JavaScript function, unless no JavaScript runs any more: promise jobs wait until
	// that has returned. Default: nil, which runs it directly.
	enter func(run func())

	// On the loop's goroutine only.
	timers     timerHeap
	sequence   int
	immediates []*immediate
}

type timer struct {
	at       time.Time
	sequence int
	index    int           // in the heap; -1: not armed
	repeat   time.Duration // 0: once
	delay    time.Duration // what it was started with
	run      func()
}

type immediate struct {
	run func()
}

func newLoop(failed func(any)) *loop {
	return &loop{wake: make(chan struct{}, 1), done: make(chan struct{}), failed: failed}
}

// Execute queues a function that the network caused.
func (l *loop) Execute(f func()) {
	l.mu.Lock()
	l.jobs = append(l.jobs, f)
	l.notify()
}

// ExecuteSoon queues a function that runs as soon as what runs now has returned.
func (l *loop) ExecuteSoon(f func()) {
	l.mu.Lock()
	l.ticks = append(l.ticks, f)
	l.notify()
}

// ExecuteLast queues a function that runs at the end of a turn.
func (l *loop) ExecuteLast(f func()) {
	l.mu.Lock()
	l.last = append(l.last, f)
	l.notify()
}

// notify is called with mu held and releases it.
func (l *loop) notify() {
	if l.ended {
		if !l.late {
			l.late = true
			go l.drainLate()
		}
		l.mu.Unlock()
		return
	}
	l.mu.Unlock()
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// drainLate runs what connections still have to tell when the loop is gone, so that their goroutines can end. No
// JavaScript runs then.
func (l *loop) drainLate() {
	<-l.done
	for {
		l.mu.Lock()
		batch := append(append(l.ticks, l.jobs...), l.last...)
		l.ticks, l.jobs, l.last = nil, nil, nil
		if len(batch) == 0 {
			l.late = false
			l.mu.Unlock()
			return
		}
		l.mu.Unlock()
		for _, f := range batch {
			l.guard(f)
		}
	}
}

// run is the goroutine of the loop. It returns when over says so; over is asked between turns, and at least every
// interval once stop is set.
func (l *loop) run(over func() bool) {
	defer close(l.done)
	sleep := time.NewTimer(time.Hour)
	defer sleep.Stop()
	for {
		l.runTicks()
		l.runTimers()
		l.runJobs()
		l.runImmediates()
		l.runLast()
		if l.stop.Load() && over() {
			l.mu.Lock()
			l.ended = true
			if (len(l.jobs) > 0 || len(l.ticks) > 0 || len(l.last) > 0) && !l.late {
				l.late = true
				go l.drainLate()
			}
			l.mu.Unlock()
			return
		}
		if l.busy() {
			continue
		}
		wait := time.Hour
		if len(l.timers) > 0 {
			wait = max(time.Until(l.timers[0].at), 0)
		}
		if l.stop.Load() {
			wait = min(wait, 10*time.Millisecond)
		}
		sleep.Reset(wait)
		select {
		case <-l.wake:
		case <-sleep.C:
		}
	}
}

// end makes run ask over.
func (l *loop) end() {
	l.stop.Store(true)
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

func (l *loop) busy() bool {
	if len(l.immediates) > 0 {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.jobs) > 0 || len(l.ticks) > 0 || len(l.last) > 0
}

// call runs a function, then the ticks, then the promise jobs, and the last two again as long as there are any.
func (l *loop) call(f func()) {
	for {
		ran := false
		turn := func() {
			ran = true
			l.guard(f)
			l.drainTicks()
		}
		if l.enter != nil {
			l.enter(turn)
		}
		if !ran {
			turn() // the program was interrupted
		}
		if !l.hasTicks() {
			return
		}
		f = func() {}
	}
}

func (l *loop) guard(f func()) {
	defer func() {
		if thrown := recover(); thrown != nil {
			l.failed(thrown)
		}
	}()
	f()
}

// runTicks runs what was queued from outside of a call.
func (l *loop) runTicks() {
	if l.hasTicks() {
		l.call(func() {})
	}
}

func (l *loop) hasTicks() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.ticks) > 0
}

func (l *loop) drainTicks() {
	for {
		l.mu.Lock()
		batch := l.ticks
		l.ticks = nil
		l.mu.Unlock()
		if len(batch) == 0 {
			return
		}
		for _, f := range batch {
			l.guard(f)
		}
	}
}

func (l *loop) runJobs() {
	l.mu.Lock()
	batch := l.jobs
	l.jobs = nil
	l.mu.Unlock()
	for _, f := range batch {
		l.runTicks()
		l.call(f)
	}
}

// peerDelay is how long the other side of a connection may take to learn that it was closed, when that side is a
// program on this loop too. In Node it knows in the same turn.
const peerDelay = time.Millisecond

func (l *loop) runLast() {
	l.mu.Lock()
	batch := l.last
	l.last = nil
	l.mu.Unlock()
	if len(batch) == 0 {
		return
	}
	if !l.stop.Load() {
		l.await(peerDelay)
		l.runJobs()
	}
	for _, f := range batch {
		l.call(f)
	}
}

// await returns when the network has brought something, or after a time.
func (l *loop) await(d time.Duration) {
	over := time.NewTimer(d)
	defer over.Stop()
	for {
		l.mu.Lock()
		some := len(l.jobs) > 0
		l.mu.Unlock()
		if some {
			return
		}
		select {
		case <-l.wake:
		case <-over.C:
			return
		}
	}
}

func (l *loop) runImmediates() {
	batch := l.immediates
	l.immediates = nil
	for _, immediate := range batch {
		if immediate.run != nil {
			l.call(immediate.run)
		}
	}
}

func (l *loop) runTimers() {
	if len(l.timers) == 0 {
		return
	}
	now := time.Now()
	for len(l.timers) > 0 && !l.timers[0].at.After(now) {
		due := l.timers[0]
		heap.Pop(&l.timers)
		l.call(due.run)
		if due.repeat > 0 && due.index == -1 {
			l.arm(due, due.repeat)
		}
	}
}

func (l *loop) arm(t *timer, after time.Duration) {
	l.sequence++
	t.at, t.sequence = time.Now().Add(after), l.sequence
	heap.Push(&l.timers, t)
}

func (l *loop) disarm(t *timer) {
	t.repeat = 0
	if t.index >= 0 {
		heap.Remove(&l.timers, t.index)
	}
}

func (l *loop) setImmediate(run func()) *immediate {
	i := &immediate{run}
	l.immediates = append(l.immediates, i)
	return i
}

type timerHeap []*timer

func (h timerHeap) Len() int { return len(h) }
func (h timerHeap) Less(i, j int) bool {
	if h[i].at.Equal(h[j].at) {
		return h[i].sequence < h[j].sequence
	}
	return h[i].at.Before(h[j].at)
}
func (h timerHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}
func (h *timerHeap) Push(x any) {
	t := x.(*timer)
	t.index = len(*h)
	*h = append(*h, t)
}
func (h *timerHeap) Pop() any {
	old := *h
	last := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	last.index = -1
	return last
}
