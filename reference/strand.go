package reference

import (
	"runtime"
	"sync"
)

// Executor runs functions one after the other, in the order they were handed over. With an Executor every event of
// every connection is delivered through it, which puts a whole program on one loop, as Node does. Execute must not run
// the function before it returns, and may be called from any goroutine, the loop's included.
type Executor interface {
	Execute(run func())
}

// SoonExecutor is an Executor that can tell what a program's own calls cause from what the network brings: functions
// given to ExecuteSoon run as soon as the function that runs now has returned, before timers and anything given to
// Execute. An event loop with ticks offers this; without it 'finish' may come after a timer of 0 ms.
type SoonExecutor interface {
	Executor
	ExecuteSoon(run func())
}

// LastExecutor is a SoonExecutor that can run functions at the end of a turn: what is given to ExecuteLast runs after
// what the network has brought until then. The end of a connection is told so.
type LastExecutor interface {
	SoonExecutor
	ExecuteLast(run func())
}

// strand delivers what happens on one connection one at a time and in order. It has two queues: what an API call or an
// event causes (posted) runs before the next thing that the network or a timer brings (arrived), as in one turn of an
// event loop.
//
// With a SoonExecutor its queues are the strand's, so that what a program queues there itself comes in its turn, as in
// Node. Without an Executor, a strand that is idle when something is posted is drained by a goroutine that ends with the
// queue; what arrives is run by the goroutine that brings it.
type strand struct {
	mu       sync.Mutex
	executor Executor
	soon     SoonExecutor // executor, if it is one: its two queues are the strand's then
	posted   taskQueue
	arrived  taskQueue
	running  bool
	loop     func()  // drain, since a go statement with a receiver would allocate it every time; nil before the first
	next     *strand // joined: everything goes there
	joining  *strand // joined while running: everything goes there when the current function has returned
}

// task is something to do on a strand. What happens with every message is a task under a name of its own, a type whose
// run is one step of the message, so that posting it allocates nothing.
type task interface{ run() }

// taskFunc is a function as a task.
type taskFunc func()

func (f taskFunc) run() { f() }

func newStrand(executor Executor) *strand {
	s := &strand{}
	s.prepare(executor)
	return s
}

func (s *strand) prepare(executor Executor) {
	s.executor = executor
	s.soon, _ = executor.(SoonExecutor)
}

// post queues f to run after what is running now.
func (s *strand) post(f func()) { s.postTask(taskFunc(f)) }

// postTask is post for a task.
func (s *strand) postTask(t task) {
	s.mu.Lock()
	if s.next != nil {
		next := s.next
		s.mu.Unlock()
		next.postTask(t)
		return
	}
	if s.soon != nil {
		s.mu.Unlock()
		s.soon.ExecuteSoon(t.run)
		return
	}
	s.posted.push(t)
	s.start()
}

// arrive queues f to run after everything that was posted, and returns at once.
func (s *strand) arrive(f func()) { s.arriveTask(taskFunc(f)) }

// arriveLast is arrive for the end of a connection, which a LastExecutor tells after what other connections bring.
func (s *strand) arriveLast(f func()) {
	if last, ok := s.soon.(LastExecutor); ok {
		last.ExecuteLast(f)
		return
	}
	s.arrive(f)
}

func (s *strand) arriveTask(t task) {
	s.mu.Lock()
	if s.next != nil {
		next := s.next
		s.mu.Unlock()
		next.arriveTask(t)
		return
	}
	if s.soon != nil {
		s.mu.Unlock()
		s.soon.Execute(t.run)
		return
	}
	s.arrived.push(t)
	s.start()
}

// start makes sure that somebody drains the strand. It is called with mu held and releases it.
func (s *strand) start() {
	if s.running {
		s.mu.Unlock()
		return
	}
	s.running = true
	if s.loop == nil {
		s.loop = s.drain
	}
	executor, loop := s.executor, s.loop
	s.mu.Unlock()
	if executor == nil {
		go loop()
		return
	}
	executor.Execute(loop)
}

// run does what arrive does, and returns when f and everything that it caused has run.
func (s *strand) run(f func()) {
	s.mu.Lock()
	if s.next != nil {
		next := s.next
		s.mu.Unlock()
		next.run(f)
		return
	}
	if !s.running && s.executor == nil {
		s.running = true
		if s.posted.empty() && s.arrived.empty() {
			s.mu.Unlock()
			f()
			s.drain()
			return
		}
		s.arrived.push(taskFunc(f))
		s.mu.Unlock()
		s.drain()
		return
	}
	s.mu.Unlock()
	done := make(chan struct{})
	s.arrive(func() {
		f()
		s.post(func() { close(done) })
	})
	<-done
}

// hold makes an idle strand wait for its caller to drain it, and reports whether it was idle. One with an executor is
// never held.
func (s *strand) hold() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.next != nil || s.executor != nil || s.running {
		return false
	}
	s.running = true
	return true
}

// drain runs the queues until both are empty. The caller has set running, or holds the strand.
func (s *strand) drain() {
	for {
		s.mu.Lock()
		if s.joining != nil {
			s.transfer()
			return
		}
		var next task
		switch {
		case !s.posted.empty():
			next = s.posted.pop()
		case !s.arrived.empty():
			next = s.arrived.pop()
		default:
			s.running = false
			s.mu.Unlock()
			return
		}
		s.mu.Unlock()
		next.run()
	}
}

// letStart lets a goroutine that was just started come to its system call before the loop goes on, so that of several
// connections the first comes first.
func (s *strand) letStart() {
	if s.soon != nil {
		runtime.Gosched()
	}
}

// hasPosted reports whether something was posted that has not run.
func (s *strand) hasPosted() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.posted.empty()
}

// taskQueue is a queue that keeps its room.
type taskQueue struct {
	list []task
	next int // the first that was not taken
}

func (q *taskQueue) empty() bool { return q.next == len(q.list) }

func (q *taskQueue) push(t task) {
	if q.next > 0 && len(q.list) == cap(q.list) {
		kept := copy(q.list, q.list[q.next:])
		clear(q.list[kept:])
		q.list, q.next = q.list[:kept], 0
	}
	q.list = append(q.list, t)
}

// pop takes the first task. The queue must not be empty.
func (q *taskQueue) pop() task {
	t := q.list[q.next]
	q.list[q.next] = nil
	q.next++
	if q.next == len(q.list) {
		q.list, q.next = q.list[:0], 0
		if cap(q.list) > 64 {
			q.list = nil
		}
	}
	return t
}

// takeAll empties the queue.
func (q *taskQueue) takeAll() []task {
	all := q.list[q.next:]
	*q = taskQueue{}
	return all
}

// join hands everything that is queued here, now and later, to another strand. What is running now finishes first.
func (s *strand) join(other *strand) {
	if s == other {
		return
	}
	s.mu.Lock()
	if s.next != nil {
		next := s.next
		s.mu.Unlock()
		next.join(other)
		return
	}
	s.joining = other
	if s.running {
		s.mu.Unlock()
		return
	}
	s.transfer()
}

// transfer completes a join. It is called with mu held and releases it.
func (s *strand) transfer() {
	other := s.joining
	s.next, s.joining, s.running = other, nil, false
	posted, arrived := s.posted.takeAll(), s.arrived.takeAll()
	s.mu.Unlock()
	for _, t := range posted {
		other.postTask(t)
	}
	for _, t := range arrived {
		other.arriveTask(t)
	}
}
