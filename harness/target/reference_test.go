package target

import (
	"context"
	"errors"
	"testing"

	"github.com/onsi/gomega"
	"github.com/onsi/gomega/gleak"
)

// counting records the numbers from 1 when it is signalled, and ends when it is
// told to.
type counting struct {
	output  *Output
	numbers int
}

func (c *counting) Signal(string, any) {
	for i := range c.numbers {
		c.output.Emit(Event{Record: &Record{Label: "n", HasValue: true, Value: i}})
	}
}
func (c *counting) Finish() { c.output.Emit(Event{Ended: &Ended{}}) }
func (c *counting) Cancel() {}

func startCounting(t *testing.T, numbers int) (Target, Session) {
	inProcess := NewInProcess(Description{Name: "counting"}, func(_ context.Context, _ Run, output *Output) (Program, error) {
		return &counting{output, numbers}, nil
	})
	session, err := inProcess.Start(t.Context(), Run{})
	if err != nil {
		t.Fatal(err)
	}
	return inProcess, session
}

func TestInProcessDeliversInOrderAndEnds(t *testing.T) {
	inProcess, session := startCounting(t, 10000)
	session.Signal("go", nil) // does not block though nobody reads yet
	session.Finish()
	next := 0
	ended := false
	for event := range session.Events() {
		switch {
		case event.Record != nil && event.Record.Value == next:
			next++
		case event.Ended != nil:
			ended = true
		default:
			t.Fatalf("unexpected %+v after %d records", event, next)
		}
	}
	if next != 10000 || !ended {
		t.Errorf("%d records, ended %v", next, ended)
	}
	inProcess.Close()
}

func TestInProcessCancelClosesEvents(t *testing.T) {
	g := gomega.NewWithT(t)
	before := gleak.Goroutines()
	inProcess, session := startCounting(t, 100)
	session.Signal("go", nil)
	session.Cancel()
	session.Cancel()
	for range session.Events() {
	}
	session.Signal("go", nil) // nothing happens
	inProcess.Close()
	g.Eventually(gleak.Goroutines, "5s").ShouldNot(gleak.HaveLeaked(before))
}

func TestInProcessLauncherThatFails(t *testing.T) {
	broken := errors.New("no engine")
	inProcess := NewInProcess(Description{}, func(context.Context, Run, *Output) (Program, error) { return nil, broken })
	if _, err := inProcess.Start(t.Context(), Run{}); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	if _, err := NewInProcess(Description{}, nil).Describe(t.Context()); err == nil {
		t.Error("a target without a launcher describes itself")
	}
}
