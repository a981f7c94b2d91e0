package adapter

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// A Command is how an adapter is started.
type Command struct {
	Path string   // of the executable, or its name on PATH
	Args []string // without the executable
	Env  []string // added to the harness's own environment: NAME=value
}

func (c Command) String() string {
	return strings.Join(append([]string{c.Path}, c.Args...), " ")
}

// Options bound what an adapter may do. Zero values mean the defaults.
type Options struct {
	HelloTimeout  time.Duration // until hello; default 20 s
	AnswerTimeout time.Duration // from finish to result; default 10 s
	MaxOutput     int           // bytes of one run; default MaxOutput

	// ProbeInterval is how often a process with runs open is asked to run an
	// empty program, so that one program's endless loop is noticed before the
	// others' deadlines. 0: never. It needs a maxInFlight above 1.
	ProbeInterval time.Duration
}

const (
	defaultHelloTimeout  = 20 * time.Second
	defaultAnswerTimeout = 10 * time.Second
	exitGrace            = time.Second // for a process that was asked to exit, or said it would
)

// An Event is something that happened in one run. Exactly one field is set,
// beside Time.
type Event struct {
	Time   time.Time
	Ready  *Ready
	Record *Record
	Ended  *Ended // the last one
}

// Ended says how a run ended.
type Ended struct {
	// Err is nil when the adapter sent a result. Otherwise it says how the
	// process was lost: *Exited, *Garbage, *Flooded, *Hung, *Unattributed or
	// *Closed.
	Err error

	// Culprit tells whether Err is certain to be this run's doing: it is the only
	// run that the process ever had, or the message at fault bore its id.
	Culprit bool
}

// A Process is a running adapter. Its methods are safe for concurrent use.
type Process struct {
	command Command
	options Options
	cmd     *exec.Cmd
	stderr  *tail
	out     *outbox

	greeted chan struct{} // closed once hello is set
	hello   Hello
	ending  chan struct{} // closed once cause is set
	exited  chan struct{} // closed once the process has been waited for
	done    chan struct{} // closed once every run has been told of the end and no goroutine is left

	mu        sync.Mutex
	runs      map[string]*openRun
	cancelled map[string]bool // their output may still be on its way
	started   int             // runs ever
	probes    int
	probing   string // the id of the probe under way, or ""
	timer     *time.Timer
	cause     error  // why the process is being ended; nil while it is not
	culprit   string // the id of the run that is certain to be the cause, or ""
	err       error  // the cause, once the process has ended
}

// An openRun is a run that has had no result yet.
type openRun struct {
	deliver func(Event)
	output  int // bytes
	overdue *time.Timer
}

// Start starts an adapter and waits for its hello. The error is ctx's, a
// [*StartError], or one of those that [Ended] names.
func Start(ctx context.Context, command Command, options Options) (*Process, error) {
	if options.HelloTimeout == 0 {
		options.HelloTimeout = defaultHelloTimeout
	}
	if options.AnswerTimeout == 0 {
		options.AnswerTimeout = defaultAnswerTimeout
	}
	if options.MaxOutput == 0 {
		options.MaxOutput = MaxOutput
	}
	p := &Process{
		command:   command,
		options:   options,
		stderr:    &tail{},
		greeted:   make(chan struct{}),
		ending:    make(chan struct{}),
		exited:    make(chan struct{}),
		done:      make(chan struct{}),
		runs:      map[string]*openRun{},
		cancelled: map[string]bool{},
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := p.spawn(); err != nil {
		return nil, &StartError{Command: command.String(), Err: err}
	}
	timeout := time.NewTimer(options.HelloTimeout)
	defer timeout.Stop()
	select {
	case <-p.greeted:
		return p, nil
	case <-p.done:
		return nil, p.err
	case <-timeout.C:
		p.end(&Hung{Waited: options.HelloTimeout, What: "hello", Stderr: p.stderr.String()}, "")
		<-p.done
		return nil, p.err
	case <-ctx.Done():
		p.end(&Closed{}, "")
		<-p.done
		return nil, ctx.Err()
	}
}

// spawn starts the process and the goroutines that serve it. All of them end
// when the process does.
func (p *Process) spawn() error {
	p.cmd = exec.Command(p.command.Path, p.command.Args...)
	p.cmd.Env = append(os.Environ(), p.command.Env...)
	p.cmd.Stderr = p.stderr
	p.cmd.WaitDelay = exitGrace // a grandchild may hold standard error open
	ownGroup(p.cmd)
	stdin, err := p.cmd.StdinPipe()
	if err != nil {
		return err
	}
	// A pipe of our own, because that of exec.Cmd is closed when the process
	// ends, with what is in it.
	stdout, childsEnd, err := os.Pipe()
	if err != nil {
		stdin.Close()
		return err
	}
	p.cmd.Stdout = childsEnd
	err = p.cmd.Start()
	childsEnd.Close()
	if err != nil {
		stdin.Close()
		stdout.Close()
		return err
	}
	p.out = newOutbox(stdin)

	var serving sync.WaitGroup
	serving.Go(p.out.serve)
	serving.Go(func() {
		p.cmd.Wait()
		killGroup(p.cmd) // what it left behind
		close(p.exited)
		p.out.close()
		// What escaped from the group may still hold the pipe.
		stdout.SetReadDeadline(time.Now().Add(exitGrace))
	})
	serving.Go(func() {
		p.read(stdout)
		stdout.Close()
	})
	go func() {
		serving.Wait()
		p.finished()
	}()
	return nil
}

// Hello is what the adapter said of itself.
func (p *Process) Hello() Hello { return p.hello }

// Done is closed when the process has ended, by itself or not, and every run has
// been told.
func (p *Process) Done() <-chan struct{} { return p.done }

// Ending is closed when the process is about to end: no run can be begun any
// more.
func (p *Process) Ending() <-chan struct{} { return p.ending }

// Err says why the process ended. It is nil before Done is closed, and of a
// process that was closed or that exited with status 0 and no run open.
func (p *Process) Err() error {
	select {
	case <-p.done:
	default:
		return nil
	}
	var closed *Closed
	if errors.As(p.err, &closed) {
		return nil
	}
	return p.err
}

// Run begins a run. Its events are passed to deliver, in order and one at a
// time; deliver must not block. No event follows one with Ended. An error means
// that nothing was begun: the process has ended, the id is in use, or the run
// cannot be written as a message.
func (p *Process) Run(run Run, deliver func(Event)) error {
	line, err := Encode(run)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.cause != nil:
		return p.cause
	case p.runs[run.ID] != nil || p.cancelled[run.ID]:
		return fmt.Errorf("run %s: the id is in use", run.ID)
	}
	p.runs[run.ID] = &openRun{deliver: deliver}
	p.started++
	p.out.send(line)
	if p.timer == nil && p.options.ProbeInterval > 0 && p.hello.MaxInFlight > 1 {
		p.timer = time.AfterFunc(p.options.ProbeInterval, p.probe)
	}
	return nil
}

// Signal passes a value to an open run. Signalling a run that has ended does
// nothing.
func (p *Process) Signal(signal Signal) error { return p.tell(signal.ID, signal) }

// Finish tells an open run that its script has been played. The process is
// ended if no result follows in time.
func (p *Process) Finish(id string) error { return p.tell(id, Finish{ID: id}) }

func (p *Process) tell(id string, message ToAdapter) error {
	line, err := Encode(message)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	run := p.runs[id]
	if run == nil || p.cause != nil {
		return nil
	}
	p.out.send(line)
	if _, finishing := message.(Finish); finishing && run.overdue == nil {
		wait := p.options.AnswerTimeout
		run.overdue = time.AfterFunc(wait, func() {
			p.end(&Hung{Waited: wait, What: "result after finish", Stderr: p.stderr.String()}, "")
		})
	}
	return nil
}

// Cancel forgets a run: deliver is not called any more once Cancel has returned,
// but for a call that is under way. It never blocks.
func (p *Process) Cancel(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	run := p.runs[id]
	if run == nil {
		return
	}
	p.forget(id)
	p.cancelled[id] = true
	if line, err := Encode(Cancel{ID: id}); err == nil && p.cause == nil {
		p.out.send(line)
	}
}

// Close ends the process, first by closing its input, then by force, and waits
// for it. Open runs end with [*Closed]. It always returns nil.
func (p *Process) Close() error {
	p.blame(&Closed{}, "")
	p.out.close()
	grace := time.NewTimer(exitGrace)
	defer grace.Stop()
	select {
	case <-p.exited:
	case <-grace.C:
		killGroup(p.cmd)
	}
	<-p.done
	return nil
}

// Kill ends the process at once and waits for it.
func (p *Process) Kill() {
	p.end(&Closed{}, "")
	<-p.done
}

// end kills the process because of the first cause that is given.
func (p *Process) end(cause error, culprit string) {
	p.blame(cause, culprit)
	select {
	case <-p.exited: // its id may already be another's
	default:
		killGroup(p.cmd)
	}
}

// blame keeps the first cause of the end.
func (p *Process) blame(cause error, culprit string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cause == nil {
		p.cause, p.culprit = cause, culprit
		close(p.ending)
	}
}

// read takes the adapter's messages until its output ends or breaks the
// protocol.
func (p *Process) read(stdout io.Reader) {
	lines := bufio.NewReaderSize(stdout, 64<<10)
	for {
		line, err := readLine(lines)
		if errors.Is(err, errLineTooLong) {
			p.end(&Flooded{Limit: MaxLine, What: "in one line"}, "")
			return
		}
		if len(line) > 0 && err == nil {
			if culprit, err := p.take(line); err != nil {
				p.end(err, culprit)
				return
			}
		}
		if err != nil {
			break
		}
	}
	// The process has ended or is about to, unless it only closed its output.
	select {
	case <-p.exited:
	case <-time.After(exitGrace):
		p.end(&Garbage{Err: errors.New("it closed its standard output")}, "")
	}
}

// take handles one line. An error is a reason to end the process.
func (p *Process) take(line []byte) (culprit string, err error) {
	now := time.Now()
	message, err := Decode(line)
	if err != nil {
		return "", &Garbage{Err: err}
	}
	hello, isHello := message.(Hello)
	switch greeted := p.isGreeted(); {
	case isHello && greeted:
		return "", &Garbage{Err: errors.New("a second hello")}
	case isHello:
		p.hello = hello
		close(p.greeted)
		return "", nil
	case !greeted:
		return "", &Garbage{Err: fmt.Errorf("%s came before hello", excerpt(line))}
	}
	switch m := message.(type) {
	case Lost:
		return "", &Unattributed{Reason: m.Reason}
	case Ready:
		return p.pass(m.ID, len(line), Event{Time: now, Ready: &m})
	case Record:
		return p.pass(m.ID, len(line), Event{Time: now, Record: &m})
	case Result:
		return p.pass(m.ID, len(line), Event{Time: now, Ended: &Ended{}})
	}
	return "", nil
}

func (p *Process) isGreeted() bool {
	select {
	case <-p.greeted:
		return true
	default:
		return false
	}
}

// pass hands an event to its run.
func (p *Process) pass(id string, size int, event Event) (culprit string, err error) {
	p.mu.Lock()
	run := p.runs[id]
	switch {
	case p.cause != nil, p.cancelled[id]:
		p.mu.Unlock()
		return "", nil
	case p.probing == id && id != "":
		if event.Ended != nil {
			p.probing = ""
			p.timer.Stop()
			p.timer = nil
			if len(p.runs) > 0 {
				p.timer = time.AfterFunc(p.options.ProbeInterval, p.probe)
			}
		}
		p.mu.Unlock()
		return "", nil
	case run == nil:
		p.mu.Unlock()
		return "", &Garbage{Err: fmt.Errorf("output for the run %q, which is not open", id)}
	}
	run.output += size
	if run.output > p.options.MaxOutput {
		p.mu.Unlock()
		return id, &Flooded{Limit: p.options.MaxOutput, What: "for one run"}
	}
	if event.Ended != nil {
		p.forget(id)
	}
	p.mu.Unlock()
	run.deliver(event)
	return "", nil
}

// forget takes a run off the list. The caller holds the lock.
func (p *Process) forget(id string) {
	if overdue := p.runs[id].overdue; overdue != nil {
		overdue.Stop()
	}
	delete(p.runs, id)
}

// probe asks for a sign of life. It is called by the timer.
func (p *Process) probe() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cause != nil {
		return
	}
	if len(p.runs) == 0 {
		p.timer = nil
		return
	}
	p.probes++
	p.probing = fmt.Sprintf("conform-probe-%d", p.probes)
	for _, message := range []ToAdapter{
		Run{
			ID: p.probing, Name: "probe", Edition: "v12", Bindings: Bindings{Host: "127.0.0.1"},
			Deadline: p.options.AnswerTimeout.Milliseconds(),
		},
		Finish{ID: p.probing},
	} {
		if line, err := Encode(message); err == nil {
			p.out.send(line)
		}
	}
	wait := p.options.AnswerTimeout
	p.timer = time.AfterFunc(wait, func() {
		p.end(&Hung{Waited: wait, What: "sign of life", Stderr: p.stderr.String()}, "")
	})
}

// finished tells every open run of the end. Nothing else runs for the process
// any more.
func (p *Process) finished() {
	p.mu.Lock()
	if p.timer != nil {
		p.timer.Stop()
	}
	if p.cause == nil && (len(p.runs) > 0 || !p.isGreeted() || !p.cmd.ProcessState.Success()) {
		p.cause = &Exited{Status: p.cmd.ProcessState.String()}
	}
	if p.cause == nil {
		p.cause = &Closed{}
	}
	select {
	case <-p.ending:
	default:
		close(p.ending)
	}
	p.err = withStderr(p.cause, p.stderr.String())
	runs := p.runs
	p.runs = map[string]*openRun{}
	p.mu.Unlock()
	for id, run := range runs {
		if run.overdue != nil {
			run.overdue.Stop()
		}
		_, closed := p.err.(*Closed)
		culprit := !closed && (p.started == 1 || p.culprit == id)
		run.deliver(Event{Time: time.Now(), Ended: &Ended{Err: p.err, Culprit: culprit}})
	}
	close(p.done)
}

// withStderr completes an error with what the process logged, now that all of
// it is there.
func withStderr(err error, stderr string) error {
	switch e := err.(type) {
	case *Exited:
		e.Stderr = stderr
	case *Garbage:
		e.Stderr = stderr
	case *Flooded:
		e.Stderr = stderr
	case *Hung:
		e.Stderr = stderr
	case *Unattributed:
		e.Stderr = stderr
	}
	return err
}

var errLineTooLong = errors.New("line too long")

// readLine reads a line without the white space around it. What stands after the
// last newline is a line too.
func readLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		if len(line)+len(part) > MaxLine {
			return nil, errLineTooLong
		}
		if err == nil && line == nil {
			return bytes.TrimSpace(part), nil // valid until the next read
		}
		line = append(line, part...)
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
		case err == nil:
			return bytes.TrimSpace(line), nil
		default:
			return bytes.TrimSpace(line), err
		}
	}
}

// An outbox writes lines to a pipe whose reader may be slow or dead, without
// making the senders wait.
type outbox struct {
	pipe   io.WriteCloser
	mu     sync.Mutex
	filled *sync.Cond
	lines  [][]byte
	closed bool
}

func newOutbox(pipe io.WriteCloser) *outbox {
	o := &outbox{pipe: pipe}
	o.filled = sync.NewCond(&o.mu)
	return o
}

func (o *outbox) send(line []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.closed {
		o.lines = append(o.lines, line)
		o.filled.Signal()
	}
}

// close closes the pipe once what was sent before has been written.
func (o *outbox) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	o.filled.Signal()
}

func (o *outbox) serve() {
	defer o.pipe.Close()
	for {
		o.mu.Lock()
		for len(o.lines) == 0 && !o.closed {
			o.filled.Wait()
		}
		lines := o.lines
		o.lines = nil
		o.mu.Unlock()
		if len(lines) == 0 {
			return
		}
		for _, line := range lines {
			if _, err := o.pipe.Write(line); err != nil {
				return // the process has ended; the reader finds out why
			}
		}
	}
}

// A tail keeps the last bytes that were written to it.
type tail struct {
	mu    sync.Mutex
	bytes []byte
}

const (
	tailBytes = 8 << 10
	tailLines = 20
)

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := len(p)
	if len(p) > tailBytes {
		p = p[len(p)-tailBytes:]
	}
	t.bytes = append(t.bytes, p...)
	if excess := len(t.bytes) - tailBytes; excess > 0 {
		t.bytes = append(t.bytes[:0], t.bytes[excess:]...)
	}
	return n, nil
}

// String returns the last lines.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	lines := strings.Split(strings.TrimSpace(strings.ToValidUTF8(string(t.bytes), "\ufffd")), "\n")
	if len(lines) > tailLines {
		lines = lines[len(lines)-tailLines:]
	}
	return strings.Join(lines, "\n")
}
