package wire

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nodehttp/conform/vectors"
)

// An Outcome is what became of a script.
type Outcome struct {
	Failure *Failure // nil when every step was met
	// Err is set when no verdict should be drawn: a *ScriptError, or the cause
	// of a context that was cancelled. A deadline that has passed is a plain
	// Failure.
	Err        error
	Errata     []string // clauses whose erratum was followed, in order
	Transcript []Entry
	Waited     time.Duration // spent on waits that the script prescribes
}

// Play plays the steps in order and stops at the first that is not met, or when
// ctx ends. It leaves connections open that the script does not close; Close
// ends them.
func (p *Peer) Play(ctx context.Context, steps []vectors.Step, program Program) Outcome {
	ctx, cancel := context.WithCancel(ctx)
	s := &script{
		peer:    p,
		ctx:     ctx,
		program: program,
		named:   map[string]*connection{},
		marks:   map[string]time.Time{},
		watches: map[watchKey]*watch{},
	}
	top := &run{script: s, steps: steps, cursors: newCursors()}
	var failure *Failure
	for failure == nil && top.next < len(steps) {
		step := &steps[top.next]
		failure = s.prepare(step)
		if failure == nil && isDeed(step) {
			failure = s.do(step)
			top.next++
		} else if failure == nil {
			failure = s.await(top)
		}
	}
	cancel()
	s.watchers.Wait()
	return Outcome{
		Failure:    failure,
		Err:        s.err,
		Errata:     top.errata,
		Transcript: p.Transcript(),
		Waited:     s.paused + top.waited,
	}
}

// A script is one playing.
type script struct {
	peer    *Peer
	ctx     context.Context
	program Program
	err     error
	paused  time.Duration

	programAddress *Address // once it was needed
	named          map[string]*connection
	stopped        bool

	// Guarded by the peer's mu.
	marks   map[string]time.Time
	watches map[watchKey]*watch

	watchers sync.WaitGroup
}

// isDeed tells steps that the peer does from those it waits for. Accepting is
// waiting.
func isDeed(step *vectors.Step) bool {
	return step.Connect || step.Send != nil || step.HalfClose || step.Close || step.Reset ||
		step.StopListening || step.Signal != nil || step.Mark != ""
}

// verb is the step's word in a script.
func verb(step *vectors.Step) string {
	switch {
	case step.Connect:
		return "connect"
	case step.Accept:
		return "accept"
	case step.Send != nil:
		return "send"
	case step.HalfClose:
		return "halfClose"
	case step.Close:
		return "close"
	case step.Reset:
		return "reset"
	case step.StopListening:
		return "stopListening"
	case step.Signal != nil:
		return "signal"
	case step.Mark != "":
		return "mark"
	case step.Receive != nil, step.ReceiveBytes != nil:
		return "receive"
	case step.ReceiveHead != nil:
		return "receiveHead"
	case step.Closed != nil:
		return string(step.Closed.How)
	case step.Silent > 0:
		return "silent"
	case step.Recorded != "":
		return "recorded"
	case step.Connections != nil:
		return "connections"
	case step.AnyOf != nil:
		return "anyOf"
	}
	return "step"
}

// usesConnection reports whether the step is about an open connection.
func usesConnection(step *vectors.Step) bool {
	return step.Send != nil || step.HalfClose || step.Close || step.Reset || step.Receive != nil ||
		step.ReceiveHead != nil || step.ReceiveBytes != nil || step.Closed != nil || step.Silent > 0
}

func connectionOf(step *vectors.Step) string {
	if usesConnection(step) || step.Connect || step.Accept {
		return step.On
	}
	return ""
}

// failed makes the failure of a deed.
func (s *script) failed(step *vectors.Step, start time.Time, problem, wanted, seen string) *Failure {
	return &Failure{
		Pos: step.Pos, Verb: verb(step), On: connectionOf(step),
		Wanted: wanted, Problem: problem, Seen: seen, Waited: time.Since(start),
	}
}

// scriptFault is the failure of a step that cannot be played.
func (s *script) scriptFault(step *vectors.Step, problem string) *Failure {
	s.err = &ScriptError{step.Pos, problem}
	return s.failed(step, time.Now(), problem, "", "")
}

// timeUp says why the context ended, and keeps what was not a deadline.
func (s *script) timeUp() string {
	cause := context.Cause(s.ctx)
	if errors.Is(cause, context.DeadlineExceeded) {
		return "the time was up"
	}
	s.err = cause
	return "the run was ended: " + cause.Error()
}

// prepare opens the first connection of a connecting peer when a step needs
// one, and refuses steps about connections that are not there.
func (s *script) prepare(step *vectors.Step) *Failure {
	for i := range step.AnyOf {
		for j := range step.AnyOf[i].Steps {
			if failure := s.prepare(&step.AnyOf[i].Steps[j]); failure != nil {
				return failure
			}
		}
	}
	if !usesConnection(step) || s.named[step.On] != nil {
		return nil
	}
	if s.peer.options.Listen || len(s.named) > 0 {
		return s.scriptFault(step, fmt.Sprintf("there is no connection %q here", step.On))
	}
	return s.connect(step)
}

// address is where the program listens.
func (s *script) address() (Address, error) {
	if s.programAddress != nil {
		return *s.programAddress, nil
	}
	address, err := s.program.Ready(s.ctx)
	if err != nil {
		return Address{}, err
	}
	if ip := net.ParseIP(address.Host); address.Host == "" || ip != nil && ip.IsUnspecified() {
		address.Host = s.peer.options.Host
	}
	if address.Path == "" {
		address.Path = s.peer.options.SocketPath
	}
	s.programAddress = &address
	return address, nil
}

func (s *script) connect(step *vectors.Step) *Failure {
	start := time.Now()
	if s.named[step.On] != nil {
		return s.scriptFault(step, fmt.Sprintf("there is a connection %q already", step.On))
	}
	address, err := s.address()
	if err != nil {
		problem := "the program does not listen: " + err.Error()
		if s.ctx.Err() != nil {
			problem = "the program does not listen: " + s.timeUp()
		}
		return s.failed(step, start, problem, "a program that announces where it listens", "")
	}
	c, err := s.peer.connect(s.ctx, step.On, address)
	if err != nil {
		problem := "cannot connect to the program: " + err.Error()
		if s.ctx.Err() != nil {
			problem = "cannot connect to the program: " + s.timeUp()
		}
		return s.failed(step, start, problem, "a connection that is accepted", "")
	}
	s.named[step.On] = c
	return nil
}

// do plays a step that waits for nothing the program does.
func (s *script) do(step *vectors.Step) *Failure {
	if s.ctx.Err() != nil {
		return s.failed(step, time.Now(), s.timeUp(), "", "")
	}
	start := time.Now()
	p, c := s.peer, s.named[step.On]
	note := func(c *connection, event Event, text string) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.note(c, event, nil, text)
	}
	switch {
	case step.Connect:
		return s.connect(step)
	case step.Send != nil:
		return s.send(step, c)
	case step.HalfClose:
		stop := c.untilDone(s.ctx)
		defer stop()
		if err := c.halfClose(s.ctx); err != nil {
			// The connection has ended already; what the script demands next
			// judges that.
			note(c, Trouble, "no FIN could be sent: "+err.Error())
			return nil
		}
		note(c, SentFIN, "")
	case step.Close:
		note(c, Closed, "")
		c.hangUp(false)
	case step.Reset:
		note(c, SentRST, "")
		c.hangUp(true)
	case step.StopListening:
		if p.listener == nil {
			return s.scriptFault(step, "this peer does not listen")
		}
		s.stopListening()
		note(nil, Stopped, "")
	case step.Signal != nil:
		note(nil, Signalled, step.Signal.Name)
		if err := s.program.Signal(step.Signal.Name, step.Signal.Value); err != nil {
			return s.failed(step, start, "the program cannot be signalled: "+err.Error(), "", "")
		}
	case step.Mark != "":
		p.mu.Lock()
		s.marks[step.Mark] = start
		p.note(nil, Marked, nil, step.Mark)
		p.mu.Unlock()
	}
	return nil
}

// stopListening takes what the kernel has accepted already, then closes.
func (s *script) stopListening() {
	if s.stopped {
		return
	}
	s.stopped = true
	p := s.peer
	for {
		p.mu.Lock()
		changed, pending := p.changed, p.acceptError == nil && backlogged(p.listener)
		p.mu.Unlock()
		if !pending {
			break
		}
		select {
		case <-changed:
		case <-s.ctx.Done():
			return
		}
	}
	p.listener.Close()
	p.accepts.Wait()
}

func (s *script) send(step *vectors.Step, c *connection) *Failure {
	start := time.Now()
	p := s.peer
	p.mu.Lock()
	c.since = start
	hung := c.hung
	p.mu.Unlock()
	if hung {
		return s.scriptFault(step, "the script has closed this connection before")
	}
	stop := c.untilDone(s.ctx)
	defer stop()
	for _, segment := range step.Send {
		if segment.Pause > 0 {
			if !s.pause(segment.Pause) {
				return s.failed(step, start, s.timeUp(), "", "")
			}
			continue
		}
		payload, err := payloadOf(segment)
		if err != nil {
			return s.scriptFault(step, err.Error())
		}
		sent, err := s.sendSegment(c, payload)
		if err == nil {
			continue
		}
		if s.ctx.Err() != nil {
			return s.failed(step, start, s.timeUp(),
				fmt.Sprintf("a program that reads: %s to send", count(len(payload), "byte")),
				fmt.Sprintf("it took no more than about %d", sent))
		}
		// The program has ended the connection. That is for the demands that
		// follow to judge.
		p.mu.Lock()
		p.note(c, Trouble, nil, "not sent: "+err.Error())
		p.mu.Unlock()
		return nil
	}
	return nil
}

func (s *script) sendSegment(c *connection, payload []byte) (sent int, err error) {
	pieces := s.peer.options.cut(len(payload), c.fragments)
	c.fragments++
	for i, piece := range pieces {
		if i > 0 {
			c.settle(s.ctx)
		}
		bytes := payload[sent : sent+piece]
		s.peer.mu.Lock()
		s.peer.note(c, Sent, bytes, "")
		s.peer.mu.Unlock()
		n, err := c.write(bytes)
		sent += n
		if err != nil {
			return sent, err
		}
	}
	if len(pieces) > 1 {
		c.settle(s.ctx)
	}
	return sent, nil
}

func (s *script) pause(duration time.Duration) bool {
	start := time.Now()
	timer := time.NewTimer(duration)
	defer timer.Stop()
	defer func() { s.paused += min(duration, time.Since(start)) }()
	select {
	case <-timer.C:
		return true
	case <-s.ctx.Done():
		return false
	}
}

// payloadOf writes a segment out.
func payloadOf(segment vectors.Segment) ([]byte, error) {
	if segment.Repeat <= 1 {
		return wireBytes(segment.Bytes)
	}
	if !strings.Contains(segment.Bytes, "{i}") {
		once, err := wireBytes(segment.Bytes)
		return bytes.Repeat(once, segment.Repeat), err
	}
	var all []byte
	for i := range segment.Repeat {
		once, err := wireBytes(strings.ReplaceAll(segment.Bytes, "{i}", strconv.Itoa(i+1)))
		if err != nil {
			return nil, err
		}
		all = append(all, once...)
	}
	return all, nil
}

// await waits until the next step of the run is met or cannot be any more.
func (s *script) await(top *run) *Failure {
	p := s.peer
	until := top.next + 1
	for {
		p.mu.Lock()
		now := time.Now()
		if p.overflow {
			top.fail(now, fmt.Sprintf("the program sent more than the %s that are kept", count(p.options.Limit, "byte")))
		}
		state, wake := top.poll(now, until)
		changed := p.changed
		p.mu.Unlock()
		switch state {
		case met:
			return nil
		case failed:
			return top.failure
		}
		if !s.sleep(changed, now, wake) {
			p.mu.Lock()
			top.fail(time.Now(), s.timeUp())
			p.mu.Unlock()
			return top.failure
		}
	}
}

// sleep waits for a change or until wake, unless that is zero. It reports false
// when the context ended.
func (s *script) sleep(changed <-chan struct{}, now, wake time.Time) bool {
	var alarm <-chan time.Time
	if !wake.IsZero() {
		timer := time.NewTimer(max(0, wake.Sub(now)))
		defer timer.Stop()
		alarm = timer.C
	}
	select {
	case <-changed:
	case <-alarm:
	case <-s.ctx.Done():
		return false
	}
	return true
}

type watchKey struct {
	label string
	nth   int
}

// A watch waits for one record of the program.
type watch struct {
	done bool
	err  error
}

// watch returns the watch of a record, and starts it the first time. The caller
// holds the peer's mu.
func (s *script) watch(label string, nth int) *watch {
	key := watchKey{label, nth}
	if w := s.watches[key]; w != nil {
		return w
	}
	w := &watch{}
	s.watches[key] = w
	s.watchers.Go(func() {
		err := s.program.Recorded(s.ctx, label, nth)
		if s.ctx.Err() != nil && err != nil {
			return // the script's end, not the record's
		}
		s.peer.mu.Lock()
		defer s.peer.mu.Unlock()
		w.done, w.err = true, err
		if err == nil {
			s.peer.note(nil, Recorded, nil, label)
		}
		s.peer.announce()
	})
	return w
}
