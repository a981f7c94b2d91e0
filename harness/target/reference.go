package target

import (
	"context"
	"errors"
	"sync"

	"github.com/nodehttp/conform/vectors"
)

// A Launcher starts a program in this process, one JavaScript engine with one
// event loop per run, and reports what it does to the output. It returns as
// soon as the program has been started. The reference's JavaScript binding is
// one.
type Launcher func(ctx context.Context, run Run, output *Output) (Program, error)

// A Program is a running program of a Launcher. Its methods are safe for
// concurrent use and do not block; they hand over to the program's loop. One that
// takes time to be gone has a method Done() <-chan struct{} beside them, which
// the target's Close waits for.
type Program interface {
	Signal(name string, value any)
	// Finish lets what is under way happen (at least two turns of the loop with
	// I/O between them), then cleans up, emits Ended and is gone.
	Finish()
	// Cancel cleans up at once and is gone.
	Cancel()
}

// NewInProcess returns a target whose programs run in this process.
func NewInProcess(description Description, launch Launcher) Target {
	return &inProcess{description: description, launch: launch}
}

type inProcess struct {
	description Description
	launch      Launcher
	running     sync.WaitGroup
}

func (t *inProcess) Describe(context.Context) (Description, error) {
	if t.launch == nil {
		return Description{}, errors.New("this build of conform has no reference in it")
	}
	return t.description, nil
}

func (t *inProcess) Applicable(*vectors.Vector) string { return "" }

func (t *inProcess) Start(ctx context.Context, run Run) (Session, error) {
	session := &inProcessSession{output: newOutput()}
	program, err := t.launch(ctx, run, session.output)
	if err != nil {
		return nil, err
	}
	session.program = program
	t.running.Go(func() {
		session.output.deliver()
		if lasting, ok := program.(interface{ Done() <-chan struct{} }); ok {
			<-lasting.Done()
		}
	})
	return session, nil
}

func (t *inProcess) Close() error {
	t.running.Wait()
	return nil
}

type inProcessSession struct {
	program Program
	output  *Output
}

func (s *inProcessSession) Events() <-chan Event { return s.output.events }

func (s *inProcessSession) Signal(name string, value any) error {
	s.program.Signal(name, value)
	return nil
}

func (s *inProcessSession) Finish() error {
	s.program.Finish()
	return nil
}

func (s *inProcessSession) Cancel() {
	s.output.close()
	s.program.Cancel()
}

// An Output takes what a program does and delivers it to the engine in order.
// Its methods are safe for concurrent use, never block, and do nothing after
// the end.
type Output struct {
	events chan Event
	ended  chan struct{} // closed by close
	once   sync.Once

	mu      sync.Mutex
	waiting []Event
	wake    chan struct{}
}

func newOutput() *Output {
	return &Output{events: make(chan Event), ended: make(chan struct{}), wake: make(chan struct{}, 1)}
}

// Emit passes an event on. Ended is the last.
func (o *Output) Emit(event Event) {
	o.mu.Lock()
	o.waiting = append(o.waiting, event)
	o.mu.Unlock()
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

func (o *Output) close() { o.once.Do(func() { close(o.ended) }) }

// deliver runs until Ended has been delivered or the session was cancelled.
func (o *Output) deliver() {
	defer close(o.events)
	for {
		o.mu.Lock()
		batch := o.waiting
		o.waiting = nil
		o.mu.Unlock()
		for _, event := range batch {
			select {
			case o.events <- event:
			case <-o.ended:
				return
			}
			if event.Ended != nil {
				return
			}
		}
		if len(batch) > 0 {
			continue
		}
		select {
		case <-o.wake:
		case <-o.ended:
			return
		}
	}
}
