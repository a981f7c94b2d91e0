package target

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/nodehttp/conform/harness/adapter"
	"github.com/nodehttp/conform/vectors"
)

// ProcessOptions are what the targets that run in processes of their own have in
// common. The zero value is ready for use.
type ProcessOptions struct {
	// TimeoutScale multiplies the time limits on the adapter itself: for hello,
	// for the result after finish. 0 means 1.
	TimeoutScale float64

	// Progress is told, in a sentence for people, of what takes long: that a
	// runtime is being installed. It may be nil and may be called at any time by
	// any goroutine.
	Progress func(message string)
}

const (
	helloTimeout  = 20 * time.Second
	answerTimeout = 10 * time.Second
	probeInterval = 2 * time.Second

	// Starting a process once more helps against one that ended in between, not
	// against one that always does.
	startAttempts = 3
)

func (o ProcessOptions) limits(alone bool) adapter.Options {
	scale := o.TimeoutScale
	if scale <= 0 {
		scale = 1
	}
	limits := adapter.Options{
		HelloTimeout:  time.Duration(scale * float64(helloTimeout)),
		AnswerTimeout: time.Duration(scale * float64(answerTimeout)),
	}
	if !alone {
		limits.ProbeInterval = probeInterval
	}
	return limits
}

// aloneAtOnce is how many processes with a single run exist at a time.
func aloneAtOnce() int { return max(2, 2*runtime.NumCPU()) }

// An adapterTarget runs programs in adapter processes: one that most runs share,
// which is started again when it is lost, and one for each run that has to be
// alone.
type adapterTarget struct {
	name    string
	options ProcessOptions

	// prepare returns the command and may take long; it is called once.
	prepare func(ctx context.Context) (adapter.Command, error)
	// edition is the document to judge the implementation by.
	edition func(adapter.Implementation) vectors.Edition
	// release undoes prepare; it may be nil.
	release func()

	turn  chan struct{} // held by who prepares or starts the shared process
	alone chan struct{} // a slot for each process with a single run

	mu       sync.Mutex
	command  *adapter.Command
	shared   *adapter.Process
	hello    *adapter.Hello
	sessions map[*adapterSession]bool
	closed   bool

	ending sync.WaitGroup // processes and sessions
}

func newAdapterTarget(name string, options ProcessOptions) *adapterTarget {
	return &adapterTarget{
		name:     name,
		options:  options,
		turn:     make(chan struct{}, 1),
		alone:    make(chan struct{}, aloneAtOnce()),
		sessions: map[*adapterSession]bool{},
	}
}

// ErrClosed is returned by a target that has been closed.
var ErrClosed = errors.New("the target has been closed")

// Describe starts the shared process.
func (t *adapterTarget) Describe(ctx context.Context) (Description, error) {
	process, err := t.sharedProcess(ctx)
	if err != nil {
		return Description{}, err
	}
	hello := process.Hello()
	inFlight := hello.MaxInFlight
	if inFlight > 1 {
		inFlight-- // one is kept for probes
	}
	return Description{
		Name:           t.name,
		Implementation: hello.Implementation.Name,
		Version:        hello.Implementation.Version,
		Edition:        t.edition(hello.Implementation),
		Capabilities:   slices.Clone(hello.Capabilities),
		MaxInFlight:    inFlight,
	}, nil
}

// Applicable compares what the vector needs with what the adapter said it can.
// Before Describe nothing is known, and everything is applicable.
func (t *adapterTarget) Applicable(v *vectors.Vector) string {
	t.mu.Lock()
	hello := t.hello
	t.mu.Unlock()
	if hello == nil {
		return ""
	}
	needs := slices.Clone(v.Requires)
	if v.Transport == vectors.Unix || v.Transport == vectors.TLS {
		needs = append(needs, string(v.Transport))
	}
	for _, need := range needs {
		if !slices.Contains(hello.Capabilities, need) {
			return fmt.Sprintf("the adapter has not announced the capability %q", need)
		}
	}
	return ""
}

// Start begins a run. A run that has to be alone waits for one of a few slots,
// so its deadline is best counted from Start's return.
func (t *adapterTarget) Start(ctx context.Context, run Run) (Session, error) {
	message := message(run)
	if run.Alone {
		return t.startAlone(ctx, message)
	}
	for attempt := 1; ; attempt++ {
		process, err := t.sharedProcess(ctx)
		if err != nil {
			return nil, err
		}
		session, err := t.begin(process, message, nil)
		if err == nil {
			return session, nil
		}
		select {
		case <-process.Ending(): // in between
			if attempt < startAttempts {
				continue
			}
		default:
		}
		return nil, err
	}
}

func (t *adapterTarget) startAlone(ctx context.Context, message adapter.Run) (Session, error) {
	select {
	case t.alone <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	freeSlot := func() { <-t.alone }
	command, err := t.prepared(ctx)
	if err != nil {
		freeSlot()
		return nil, err
	}
	process, err := adapter.Start(ctx, command, t.options.limits(true))
	if err != nil {
		freeSlot()
		return nil, err
	}
	session, err := t.begin(process, message, func() {
		process.Kill() // it holds nothing but a run that is over
		freeSlot()
	})
	if err != nil {
		process.Kill()
		freeSlot()
		return nil, err
	}
	return session, nil
}

// begin opens a session on a process. What is to be done after the session runs
// on a goroutine of its own.
func (t *adapterTarget) begin(process *adapter.Process, message adapter.Run, after func()) (*adapterSession, error) {
	session := newAdapterSession(process, message.ID)
	t.mu.Lock()
	if t.closed {
		t.mu.Unlock()
		return nil, ErrClosed
	}
	t.sessions[session] = true
	t.ending.Add(1)
	t.mu.Unlock()

	err := process.Run(message, session.deliver)
	if err != nil {
		session.Cancel()
	}
	go func() {
		defer t.ending.Done()
		session.pump()
		if err == nil && after != nil {
			after()
		}
		t.mu.Lock()
		delete(t.sessions, session)
		t.mu.Unlock()
	}()
	if err != nil {
		return nil, err
	}
	return session, nil
}

// prepared returns the command, preparing it the first time.
func (t *adapterTarget) prepared(ctx context.Context) (adapter.Command, error) {
	if err := t.lockTurn(ctx); err != nil {
		return adapter.Command{}, err
	}
	defer t.unlockTurn()
	return t.prepareOnce(ctx)
}

// prepareOnce is prepared for who has the turn.
func (t *adapterTarget) prepareOnce(ctx context.Context) (adapter.Command, error) {
	t.mu.Lock()
	command, closed := t.command, t.closed
	t.mu.Unlock()
	switch {
	case closed:
		return adapter.Command{}, ErrClosed
	case command != nil:
		return *command, nil
	}
	prepared, err := t.prepare(ctx)
	if err != nil {
		return adapter.Command{}, err
	}
	t.mu.Lock()
	t.command = &prepared
	t.mu.Unlock()
	return prepared, nil
}

// sharedProcess returns the process that runs share, and starts one if there is
// none or it has ended.
func (t *adapterTarget) sharedProcess(ctx context.Context) (*adapter.Process, error) {
	if err := t.lockTurn(ctx); err != nil {
		return nil, err
	}
	defer t.unlockTurn()
	t.mu.Lock()
	process, closed := t.shared, t.closed
	t.mu.Unlock()
	if closed {
		return nil, ErrClosed
	}
	if process != nil {
		select {
		case <-process.Ending():
			<-process.Done()
		default:
			return process, nil
		}
	}
	command, err := t.prepareOnce(ctx)
	if err != nil {
		return nil, err
	}
	process, err = adapter.Start(ctx, command, t.options.limits(false))
	if err != nil {
		return nil, err
	}
	hello := process.Hello()
	t.mu.Lock()
	t.shared, t.hello = process, &hello
	t.mu.Unlock()
	return process, nil
}

func (t *adapterTarget) lockTurn(ctx context.Context) error {
	select {
	case t.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (t *adapterTarget) unlockTurn() { <-t.turn }

// Close cancels the sessions that are left, ends the processes and waits for
// them.
func (t *adapterTarget) Close() error {
	t.mu.Lock()
	t.closed = true
	for session := range t.sessions {
		session.Cancel()
	}
	t.mu.Unlock()
	t.turn <- struct{}{} // who starts the shared process has seen to the end of it
	defer t.unlockTurn()
	if t.shared != nil {
		t.shared.Close()
		t.shared = nil
	}
	t.ending.Wait()
	if t.release != nil {
		t.release()
		t.release = nil
	}
	return nil
}

func message(run Run) adapter.Run {
	message := adapter.Run{
		ID:       run.ID,
		Edition:  string(run.Edition),
		Deadline: max(1, run.Deadline.Milliseconds()),
		Bindings: adapter.Bindings{
			Host:       run.Bindings.Host,
			Port:       run.Bindings.Port,
			SocketPath: run.Bindings.SocketPath,
		},
	}
	if run.Vector != nil {
		message.Name = run.Vector.ID
		message.Program = run.Vector.Program
	}
	if certificate := run.Bindings.Certificate; certificate != nil {
		message.Bindings.Certificate = &adapter.Certificate{Key: certificate.Key, Cert: certificate.Cert, CA: certificate.CA}
	}
	return message
}

// An adapterSession is a run in an adapter process. What the process delivers is
// queued, since a process with many runs does not wait for one of them; the
// adapter package bounds how much that can be.
type adapterSession struct {
	process   *adapter.Process
	id        string
	events    chan Event
	cancelled chan struct{}
	cancel    sync.Once

	mu     sync.Mutex
	queue  []Event
	filled chan struct{} // holds a token while the queue is not empty
}

func newAdapterSession(process *adapter.Process, id string) *adapterSession {
	return &adapterSession{
		process:   process,
		id:        id,
		events:    make(chan Event),
		cancelled: make(chan struct{}),
		filled:    make(chan struct{}, 1),
	}
}

func (s *adapterSession) Events() <-chan Event { return s.events }

func (s *adapterSession) Signal(name string, value any) error {
	return s.process.Signal(adapter.Signal{ID: s.id, Name: name, Value: value, HasValue: value != nil})
}

func (s *adapterSession) Finish() error { return s.process.Finish(s.id) }

func (s *adapterSession) Cancel() {
	s.cancel.Do(func() {
		close(s.cancelled)
		s.process.Cancel(s.id)
	})
}

// deliver queues an event. The process calls it.
func (s *adapterSession) deliver(event adapter.Event) {
	s.mu.Lock()
	s.queue = append(s.queue, translate(event))
	s.mu.Unlock()
	select {
	case s.filled <- struct{}{}:
	default:
	}
}

// pump moves events from the queue to the channel until the run has ended or is
// cancelled.
func (s *adapterSession) pump() {
	defer close(s.events)
	for {
		select {
		case <-s.filled:
		case <-s.cancelled:
			return
		}
		s.mu.Lock()
		queue := s.queue
		s.queue = nil
		s.mu.Unlock()
		for _, event := range queue {
			select {
			case s.events <- event:
			case <-s.cancelled:
				return
			}
			if event.Ended != nil {
				return
			}
		}
	}
}

func translate(event adapter.Event) Event {
	switch {
	case event.Ready != nil:
		return Event{Ready: &Ready{Host: event.Ready.Host, Port: event.Ready.Port, Path: event.Ready.Path}}
	case event.Record != nil:
		return Event{Record: &Record{
			Label:    event.Record.Label,
			HasValue: event.Record.HasValue,
			Value:    event.Record.Value,
			Time:     event.Time,
		}}
	default:
		return Event{Ended: &Ended{Err: event.Ended.Err, Blame: event.Ended.Culprit}}
	}
}
