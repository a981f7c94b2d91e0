package adapter_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gleak"

	"github.com/nodehttp/conform/harness/adapter"
)

// generous is longer than anything here takes, on any machine.
const generous = time.Minute

// A session collects what one run delivers.
type session struct {
	t       *testing.T
	process *adapter.Process
	id      string
	events  chan adapter.Event
}

func begin(t *testing.T, process *adapter.Process, id, program string) *session {
	t.Helper()
	s := &session{t: t, process: process, id: id, events: make(chan adapter.Event, 1<<16)}
	run := adapter.Run{
		ID: id, Name: t.Name(), Edition: "v12", Program: program, Deadline: 60000,
		Bindings: adapter.Bindings{Host: "127.0.0.1"},
	}
	if err := process.Run(run, func(e adapter.Event) { s.events <- e }); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *session) next() adapter.Event {
	s.t.Helper()
	select {
	case event := <-s.events:
		return event
	case <-time.After(generous):
		s.t.Fatalf("run %s delivered nothing", s.id)
		panic("unreachable")
	}
}

// label waits for the next record and returns its label.
func (s *session) label() string {
	s.t.Helper()
	event := s.next()
	if event.Record == nil {
		s.t.Fatalf("run %s: %+v is no record", s.id, event)
	}
	return event.Record.Label
}

// ended drops records and waits for the end.
func (s *session) ended() adapter.Ended {
	s.t.Helper()
	for {
		if event := s.next(); event.Ended != nil {
			return *event.Ended
		}
	}
}

func start(t *testing.T, command adapter.Command, options adapter.Options) *adapter.Process {
	t.Helper()
	before := gleak.Goroutines()
	process, err := adapter.Start(t.Context(), command, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		process.Close()
		NewWithT(t).Eventually(gleak.Goroutines, generous).ShouldNot(gleak.HaveLeaked(before))
	})
	return process
}

func TestRunsAreMultiplexed(t *testing.T) {
	g := NewWithT(t)
	process := start(t, fake("good"), adapter.Options{})
	g.Expect(process.Hello().Implementation).To(Equal(adapter.Implementation{Name: "fake", Version: "1"}))

	a := begin(t, process, "a", "one\ntwo")
	b := begin(t, process, "b", "three")
	process.Finish("b")
	process.Finish("a")
	g.Expect(b.label()).To(Equal("three"))
	g.Expect(b.ended()).To(Equal(adapter.Ended{}))
	g.Expect(a.label()).To(Equal("one"))
	g.Expect(a.label()).To(Equal("two"))
	g.Expect(a.ended()).To(Equal(adapter.Ended{}))

	process.Close()
	g.Expect(process.Err()).NotTo(HaveOccurred())
}

// Whatever ends a process, every open run is told what it was; nobody is blamed
// while several could be the cause, and a run that had the process to itself is.
func TestMisbehaviourEndsTheProcess(t *testing.T) {
	for _, test := range []struct {
		program string
		want    error  // of its type
		says    string // in the error's text
		certain bool   // the cause is known among several runs
	}{
		{program: "crash", want: &adapter.Exited{}, says: "segmentation fault, as it were"},
		{program: "exit 0", want: &adapter.Exited{}, says: "exit status 0"},
		{program: "exit 3", want: &adapter.Exited{}, says: "exit status 3"},
		{program: "hang", want: &adapter.Hung{}, says: "within 2s"},
		{program: "garbage", want: &adapter.Garbage{}, says: "TypeError: undefined is not a function"},
		{program: "unknown type", want: &adapter.Garbage{}, says: "progress"},
		{program: "no label", want: &adapter.Garbage{}, says: `"label" is missing`},
		{program: "unknown id", want: &adapter.Garbage{}, says: `"nobody"`},
		{program: "lost", want: &adapter.Unattributed{}, says: "an exception from nowhere"},
		{program: "flood", want: &adapter.Flooded{}, says: "for one run", certain: true},
		{program: "endless line", want: &adapter.Flooded{}, says: "in one line"},
		{program: "close stdout", want: &adapter.Garbage{}, says: "closed its standard output"},
	} {
		t.Run(test.program, func(t *testing.T) {
			options := adapter.Options{MaxOutput: 1 << 20, ProbeInterval: 50 * time.Millisecond}
			if test.program == "hang" {
				options.AnswerTimeout = 2 * time.Second
			}
			t.Run("among others", func(t *testing.T) {
				g := NewWithT(t)
				process := start(t, fake("good"), options)
				innocent := begin(t, process, "innocent", "fine")
				guilty := begin(t, process, "guilty", test.program)

				g.Expect(innocent.label()).To(Equal("fine"))
				end := innocent.ended()
				g.Expect(end.Err).To(BeAssignableToTypeOf(test.want))
				g.Expect(end.Err).To(MatchError(ContainSubstring(test.says)))
				g.Expect(end.Culprit).To(BeFalse())
				g.Expect(guilty.ended()).To(Equal(adapter.Ended{Err: end.Err, Culprit: test.certain}))

				g.Eventually(process.Done(), generous).Should(BeClosed())
				g.Expect(process.Err()).To(Equal(end.Err))
				g.Expect(process.Run(adapter.Run{ID: "late", Deadline: 1}, func(adapter.Event) {})).To(MatchError(end.Err))
			})
			t.Run("alone", func(t *testing.T) {
				g := NewWithT(t)
				process := start(t, fake("good"), options)
				guilty := begin(t, process, "guilty", test.program)
				end := guilty.ended()
				g.Expect(end.Err).To(BeAssignableToTypeOf(test.want))
				g.Expect(end.Culprit).To(BeTrue())
			})
		})
	}
}

func TestAResultEndsARun(t *testing.T) {
	g := NewWithT(t)
	process := start(t, fake("good"), adapter.Options{})
	run := begin(t, process, "1", "result twice")
	g.Expect(run.ended()).To(Equal(adapter.Ended{}))
	g.Eventually(process.Done(), generous).Should(BeClosed())
	g.Expect(process.Err()).To(MatchError(ContainSubstring("which is not open")))
}

// Without probes a hang shows when finish is not answered.
func TestFinishHasToBeAnswered(t *testing.T) {
	g := NewWithT(t)
	process := start(t, fake("one in flight"), adapter.Options{AnswerTimeout: 100 * time.Millisecond, ProbeInterval: time.Millisecond})
	run := begin(t, process, "1", "working\nhang")
	g.Expect(run.label()).To(Equal("working"))
	process.Finish("1")
	end := run.ended()
	var hung *adapter.Hung
	g.Expect(errors.As(end.Err, &hung)).To(BeTrue())
	g.Expect(hung.What).To(Equal("result after finish"))
}

func TestProbesDoNotDisturb(t *testing.T) {
	g := NewWithT(t)
	process := start(t, fake("good"), adapter.Options{ProbeInterval: time.Millisecond})
	patient := begin(t, process, "patient", "")
	for i := range 200 {
		run := begin(t, process, fmt.Sprint(i), "a")
		process.Finish(run.id)
		g.Expect(run.label()).To(Equal("a"))
		g.Expect(run.ended()).To(Equal(adapter.Ended{}))
	}
	process.Finish("patient")
	g.Expect(patient.ended()).To(Equal(adapter.Ended{}))
}

// What a cancelled run still says is nobody's fault, and it says it to nobody.
func TestCancelledRunsAreForgotten(t *testing.T) {
	g := NewWithT(t)
	process := start(t, fake("good"), adapter.Options{})
	run := begin(t, process, "1", strings.Repeat("a\n", 10000))
	process.Finish("1")
	process.Cancel("1")
	process.Cancel("1")
	process.Signal(adapter.Signal{ID: "1", Name: "go"})

	other := begin(t, process, "2", "b")
	process.Finish("2")
	g.Expect(other.ended()).To(Equal(adapter.Ended{}))
	seen := len(run.events)
	g.Consistently(run.events, 20*time.Millisecond).Should(HaveLen(seen))
}

func TestCancelDoesNotWaitForAHungAdapter(t *testing.T) {
	process := start(t, fake("good"), adapter.Options{})
	begin(t, process, "1", "hang")
	// More than a pipe holds.
	big := begin(t, process, "2", strings.Repeat("a\n", 1<<20))
	process.Cancel("1")
	process.Cancel(big.id)
	process.Kill()
}

func TestStartReportsWhatIsWrong(t *testing.T) {
	for _, test := range []struct {
		behaviour string
		want      error
		says      []string
	}{
		{"never says hello", &adapter.Hung{}, []string{"no hello within 1s", "still warming up"}},
		{"exits before hello", &adapter.Exited{}, []string{"exit status 7", "cannot find the runtime"}},
		{"another protocol", &adapter.Garbage{}, []string{`"protocol" is 2`}},
		{"a banner before hello", &adapter.Garbage{}, []string{"Welcome!", "is no JSON object"}},
		{"a record before hello", &adapter.Garbage{}, []string{"came before hello"}},
	} {
		t.Run(test.behaviour, func(t *testing.T) {
			g := NewWithT(t)
			before := gleak.Goroutines()
			options := adapter.Options{HelloTimeout: generous}
			if test.behaviour == "never says hello" {
				options.HelloTimeout = time.Second
			}
			_, err := adapter.Start(t.Context(), fake(test.behaviour), options)
			g.Expect(err).To(BeAssignableToTypeOf(test.want))
			for _, text := range test.says {
				g.Expect(err).To(MatchError(ContainSubstring(text)))
			}
			g.Eventually(gleak.Goroutines, generous).ShouldNot(gleak.HaveLeaked(before))
		})
	}
	t.Run("a second hello", func(t *testing.T) {
		g := NewWithT(t)
		// It may come before Start is done or after.
		process, err := adapter.Start(t.Context(), fake("a second hello"), adapter.Options{})
		if err == nil {
			g.Eventually(process.Done(), generous).Should(BeClosed())
			err = process.Err()
		}
		g.Expect(err).To(MatchError(ContainSubstring("a second hello")))
	})
	t.Run("no such command", func(t *testing.T) {
		_, err := adapter.Start(t.Context(), adapter.Command{Path: "no-such-adapter"}, adapter.Options{})
		var start *adapter.StartError
		NewWithT(t).Expect(errors.As(err, &start)).To(BeTrue())
	})
	t.Run("interrupted", func(t *testing.T) {
		g := NewWithT(t)
		before := gleak.Goroutines()
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		_, err := adapter.Start(ctx, fake("never says hello"), adapter.Options{})
		g.Expect(err).To(MatchError(context.DeadlineExceeded))
		g.Eventually(gleak.Goroutines, generous).ShouldNot(gleak.HaveLeaked(before))
	})
}

// Closing is not waiting for an adapter that does not care, and open runs learn
// of it.
func TestClose(t *testing.T) {
	g := NewWithT(t)
	process := start(t, fake("ignores the end of input"), adapter.Options{})
	run := begin(t, process, "1", "")
	process.Close()
	end := run.ended()
	g.Expect(end.Err).To(BeAssignableToTypeOf(&adapter.Closed{}))
	g.Expect(end.Culprit).To(BeFalse())
	g.Expect(process.Err()).NotTo(HaveOccurred())
}

// An adapter's children end with it, even when they hold its output open.
func TestChildrenEndToo(t *testing.T) {
	g := NewWithT(t)
	shell := adapter.Command{Path: "sh", Args: []string{"-c", "sleep 600 & echo '" + goodHello + "'; read line; exit 0"}}
	process := start(t, shell, adapter.Options{})
	run := begin(t, process, "1", "")
	g.Expect(run.ended().Err).To(BeAssignableToTypeOf(&adapter.Exited{}))
}
