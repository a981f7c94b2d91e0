package harness_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/onsi/gomega"
	"github.com/onsi/gomega/gleak"

	"github.com/nodehttp/conform/harness"
	"github.com/nodehttp/conform/harness/target"
	"github.com/nodehttp/conform/vectors"
)

// The clauses that the vectors of these tests are about.
const clauses = `
class: http.Server
sections:
  - section: server.trial
    title: server.trial
    clauses:
      - {id: server.trial/stated, editions: [v10, v12], level: stated, text: It holds.}
      - {id: server.trial/advice, editions: [v10, v12], level: advisory, text: It should hold.}
      - {id: server.trial/seen, editions: [v10, v12], level: observed, text: It is seen to hold.}
      - id: server.trial/contradicted
        editions: [v10, v12]
        level: stated
        text: It holds.
        erratum: [{editions: [v12], text: It does not.}]
`

// load makes a catalogue of vectors, each written as in a file.
func load(t *testing.T, entries ...string) *vectors.Catalogue {
	t.Helper()
	file := "section: server.trial\nvectors:\n"
	for _, entry := range entries {
		file += "  - " + strings.ReplaceAll(strings.TrimSpace(entry), "\n", "\n    ") + "\n"
	}
	catalogue, err := vectors.Load(fstest.MapFS{
		"clauses/server.yaml":      {Data: []byte(clauses)},
		"server/server.trial.yaml": {Data: []byte(file)},
	})
	if err != nil {
		t.Fatal(err)
	}
	return catalogue
}

// vector is an entry whose program is the name of what the scripted target
// does, and which demands records.
func vector(name, clause, does, records string) string {
	return fmt.Sprintf("id: server.trial/%s\nclauses: [server.trial/%s]\nprogram: %s\nrecords: %s", name, clause, does, records)
}

// A scripted target does what the vector's program names.
type scripted struct {
	does        map[string]func(*scriptedSession)
	unfit       string
	description target.Description

	mu      sync.Mutex
	starts  []string // vector ids, "alone" appended where it is so
	open    int
	most    int // that were open at once
	running sync.WaitGroup
}

func newScripted(does map[string]func(*scriptedSession)) *scripted {
	return &scripted{does: does, description: target.Description{Name: "scripted", Edition: vectors.V12}}
}

func (s *scripted) Describe(context.Context) (target.Description, error) { return s.description, nil }
func (s *scripted) Applicable(*vectors.Vector) string                    { return s.unfit }
func (s *scripted) Close() error                                         { s.running.Wait(); return nil }

var errSetUp = errors.New("no room left")

func (s *scripted) Start(_ context.Context, run target.Run) (target.Session, error) {
	program := strings.TrimSpace(run.Vector.Program)
	if program == "faulty" {
		return nil, errSetUp
	}
	s.mu.Lock()
	name := run.Vector.ID
	if run.Alone {
		name += " alone"
	}
	s.starts = append(s.starts, name)
	s.open++
	s.most = max(s.most, s.open)
	s.mu.Unlock()
	session := &scriptedSession{
		run: run, events: make(chan target.Event, 64), finished: make(chan struct{}), cancelled: make(chan struct{}),
		attempt: s.count(run.Vector.ID), signals: make(chan string, 8),
	}
	s.running.Go(func() {
		s.does[program](session)
		close(session.events)
		s.mu.Lock()
		s.open--
		s.mu.Unlock()
	})
	return session, nil
}

func (s *scripted) count(id string) int {
	n := 0
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, start := range s.starts {
		if start == id || start == id+" alone" {
			n++
		}
	}
	return n
}

type scriptedSession struct {
	run     target.Run
	attempt int // from 1
	events  chan target.Event
	signals chan string

	finish, cancel      sync.Once
	finished, cancelled chan struct{}
}

func (s *scriptedSession) Events() <-chan target.Event { return s.events }
func (s *scriptedSession) Finish() error               { s.finish.Do(func() { close(s.finished) }); return nil }
func (s *scriptedSession) Cancel()                     { s.cancel.Do(func() { close(s.cancelled) }) }
func (s *scriptedSession) Signal(name string, value any) error {
	s.signals <- name
	return nil
}

func (s *scriptedSession) record(label string, value any) {
	s.events <- target.Event{Record: &target.Record{Label: label, HasValue: true, Value: value, Time: time.Now()}}
}

func (s *scriptedSession) end(err error, blame bool) {
	s.events <- target.Event{Ended: &target.Ended{Err: err, Blame: blame}}
}

// untilFinished waits for Finish, then ends the run well.
func (s *scriptedSession) untilFinished() {
	select {
	case <-s.finished:
		s.end(nil, false)
	case <-s.cancelled:
	}
}

// What scripted programs do.
func recordsOne(s *scriptedSession)  { s.record("got", 1); s.untilFinished() }
func recordsTwo(s *scriptedSession)  { s.record("got", 2); s.untilFinished() }
func recordsNone(s *scriptedSession) { s.untilFinished() }

func run(t *testing.T, catalogue *vectors.Catalogue, scripted *scripted, change ...func(*harness.Config)) (harness.Summary, []harness.Result) {
	t.Helper()
	config := harness.Config{
		Target: scripted, Catalogue: catalogue, Vectors: catalogue.Vectors,
		// Long enough for a loaded machine, short enough to wait for on purpose.
		Base: time.Second,
	}
	for _, c := range change {
		c(&config)
	}
	var results []harness.Result
	summary, err := harness.Run(t.Context(), config, func(event harness.Event) {
		if event.Result != nil {
			results = append(results, *event.Result)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	scripted.Close()
	return summary, results
}

func noLeaks(t *testing.T) {
	g := gomega.NewWithT(t)
	before := gleak.Goroutines()
	t.Cleanup(func() { g.Eventually(gleak.Goroutines, "5s").ShouldNot(gleak.HaveLeaked(before)) })
}

func TestVerdictOfOneVector(t *testing.T) {
	noLeaks(t)
	crash := errors.New("exit status 7")
	does := map[string]func(*scriptedSession){
		"one": recordsOne, "two": recordsTwo, "none": recordsNone,
		"extra": func(s *scriptedSession) {
			s.record("got", 1)
			<-s.finished
			s.record("more", 2)
			s.end(nil, false)
		},
		"crash":      func(s *scriptedSession) { s.end(crash, true) },
		"crashLater": func(s *scriptedSession) { s.record("got", 1); <-s.finished; s.end(crash, true) },
		"unsteady": func(s *scriptedSession) {
			if s.attempt == 1 {
				recordsTwo(s)
			} else {
				recordsOne(s)
			}
		},
	}
	for _, c := range []struct {
		name, clause, program, extra string
		want                         harness.Verdict
		seen                         string // in Failure.Seen or Reason
		attempts                     int
	}{
		{name: "records as demanded", clause: "stated", program: "one", want: harness.Pass, attempts: 1},
		{name: "another record", clause: "stated", program: "two", want: harness.Fail, seen: "record 1 is {got: 2}", attempts: 2},
		{name: "a record that does not come", clause: "stated", program: "none", want: harness.Fail, seen: "no further record within 1s", attempts: 2},
		{name: "a record more after the script", clause: "stated", program: "extra", want: harness.Fail, seen: "record 2 is {more: 2}", attempts: 2},
		{name: "a recommendation", clause: "advice", program: "two", want: harness.Warn, seen: "record 1 is {got: 2}", attempts: 2},
		{name: "an observation", clause: "seen", program: "two", want: harness.Warn, seen: "record 1 is {got: 2}", attempts: 2},
		{name: "an erratum of the edition", clause: "contradicted", program: "two", extra: "erratum: {clause: server.trial/contradicted, records: [{got: 2}]}", want: harness.Erratum, attempts: 1},
		{name: "an erratum of no clause here", clause: "stated", program: "two", extra: "erratum: {clause: server.trial/stated, records: [{got: 2}]}", want: harness.Fail, seen: "record 1 is {got: 2}", attempts: 2},
		{name: "a target that dies", clause: "stated", program: "crash", want: harness.Fail, seen: "exit status 7", attempts: 2},
		{name: "a target that dies at the end", clause: "stated", program: "crashLater", want: harness.Fail, seen: "exit status 7", attempts: 2},
		{name: "failed, then passed alone", clause: "stated", program: "unsteady", want: harness.Flaky, seen: "passed when it ran alone", attempts: 2},
		{name: "the set-up", clause: "stated", program: "faulty", want: harness.Error, seen: "no room left", attempts: 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			entry := vector("it", c.clause, c.program, "[{got: 1}]")
			if c.extra != "" {
				entry += "\n" + c.extra
			}
			summary, results := run(t, load(t, entry), newScripted(does))
			if len(results) != 1 {
				t.Fatalf("%d results, want 1", len(results))
			}
			result := results[0]
			if result.Verdict != c.want || result.Attempts != c.attempts {
				t.Errorf("verdict %s after %d attempts, want %s after %d", result.Verdict, result.Attempts, c.want, c.attempts)
			}
			text := result.Reason
			if result.Failure != nil {
				text += result.Failure.Seen
				if result.Failure.Permitted == "" || len(result.Failure.Clauses) != 1 {
					t.Errorf("failure %+v says not what was permitted, or by which clause", result.Failure)
				}
			}
			if !strings.Contains(text, c.seen) {
				t.Errorf("it says %q, want %q in it", text, c.seen)
			}
			if summary.Counts[c.want] != 1 {
				t.Errorf("counts %v, want one %s", summary.Counts, c.want)
			}
			held := c.want == harness.Pass || c.want == harness.Warn || c.want == harness.Erratum
			if summary.Held() != held {
				t.Errorf("Held() = %v, want %v", summary.Held(), held)
			}
		})
	}
}

func TestErratumOfAnotherEditionIsNotPermitted(t *testing.T) {
	catalogue := load(t, vector("it", "contradicted", "two", "[{got: 1}]")+"\nerratum: {clause: server.trial/contradicted, records: [{got: 2}]}")
	target := newScripted(map[string]func(*scriptedSession){"two": recordsTwo})
	_, results := run(t, catalogue, target, func(c *harness.Config) { c.Edition = vectors.V10 })
	if results[0].Verdict != harness.Fail {
		t.Errorf("verdict %s, want fail: v10 has no erratum", results[0].Verdict)
	}
}

func TestNotApplicable(t *testing.T) {
	catalogue := load(t, vector("it", "stated", "one", "[{got: 1}]"), vector("flag", "stated", "one", "[{got: 1}]")+"\nrequires: [flight]")
	t.Run("the target's own reason", func(t *testing.T) {
		target := newScripted(nil)
		target.unfit = "it is a teapot"
		target.description.Capabilities = []string{"flight"}
		summary, results := run(t, catalogue, target)
		if results[0].Verdict != harness.NotApplicable || results[0].Reason != "it is a teapot" {
			t.Errorf("got %+v", results[0])
		}
		if !strings.Contains(summary.Incomplete, "nothing ran") {
			t.Errorf("Incomplete = %q, want it to say that nothing ran", summary.Incomplete)
		}
	})
	t.Run("a capability that is missing", func(t *testing.T) {
		summary, _ := run(t, catalogue, newScripted(map[string]func(*scriptedSession){"one": recordsOne}))
		if summary.Results[1].Verdict != harness.NotApplicable || !strings.Contains(summary.Results[1].Reason, "flight") {
			t.Errorf("got %+v", summary.Results[1])
		}
		if !summary.Held() {
			t.Error("a vector that is not applicable fails the run")
		}
	})
}

func TestNothingSelectedIsIncomplete(t *testing.T) {
	catalogue := load(t, vector("it", "stated", "one", "[{got: 1}]"))
	for name, change := range map[string]func(*harness.Config){
		"no vectors":           func(c *harness.Config) { c.Vectors = nil },
		"none for the edition": func(c *harness.Config) { c.Edition = vectors.V6 },
	} {
		t.Run(name, func(t *testing.T) {
			summary, results := run(t, catalogue, newScripted(nil), change)
			if summary.Incomplete == "" || summary.Held() || len(results) > 0 {
				t.Errorf("got %+v, want an incomplete run", summary)
			}
		})
	}
}

// One process dies with four runs open; which of them did it is not certain.
// All run again alone, and only the culprit is lost again.
func TestLostWithoutBlameRunsAgainAlone(t *testing.T) {
	noLeaks(t)
	var entries []string
	for i := range 3 {
		entries = append(entries, vector(fmt.Sprintf("bystander%d", i), "stated", "bystander", "[{got: 1}]"))
	}
	entries = append(entries, vector("culprit", "stated", "culprit", "[{got: 1}]"))
	died := make(chan struct{})
	var once sync.Once
	crash := errors.New("exit status 7")
	target := newScripted(map[string]func(*scriptedSession){
		"culprit": func(s *scriptedSession) { once.Do(func() { close(died) }); s.end(crash, false) },
		"bystander": func(s *scriptedSession) {
			if s.run.Alone {
				recordsOne(s)
				return
			}
			<-died
			s.end(crash, false)
		},
	})
	summary, _ := run(t, load(t, entries...), target)
	if summary.Counts[harness.Pass] != 3 || summary.Counts[harness.Fail] != 1 || summary.Counts[harness.Flaky] != 0 {
		t.Errorf("counts %v, want 3 pass and 1 fail", summary.Counts)
	}
	for _, result := range summary.Results {
		if (result.Verdict == harness.Fail) != (result.Vector.ID == "server.trial/culprit") {
			t.Errorf("%s: %s", result.Vector.ID, result.Verdict)
		}
	}
}

// A program that never answers holds up neither the others nor the end.
func TestHangStallsNothing(t *testing.T) {
	noLeaks(t)
	entries := []string{vector("hang", "stated", "hang", "[{got: 1}]")}
	for i := range 20 {
		entries = append(entries, vector(fmt.Sprintf("quick%d", i), "stated", "one", "[{got: 1}]"))
	}
	var order []string
	catalogue := load(t, entries...)
	target := newScripted(map[string]func(*scriptedSession){
		"one":  recordsOne,
		"hang": func(s *scriptedSession) { <-s.cancelled },
	})
	_, err := harness.Run(t.Context(), harness.Config{
		Target: target, Catalogue: catalogue, Vectors: catalogue.Vectors, Parallel: 2, Base: time.Second,
	}, func(event harness.Event) {
		if event.Result != nil {
			order = append(order, event.Result.Vector.ID)
		}
	})
	target.Close()
	if err != nil || len(order) != 21 || order[20] != "server.trial/hang" {
		t.Errorf("order %v, error %v; want the hang last of 21", order, err)
	}
}

func TestFinishThatIsNeverAnswered(t *testing.T) {
	noLeaks(t)
	target := newScripted(map[string]func(*scriptedSession){
		"deaf": func(s *scriptedSession) { s.record("got", 1); <-s.cancelled },
	})
	_, results := run(t, load(t, vector("deaf", "stated", "deaf", "[{got: 1}]")), target, func(c *harness.Config) { c.TimeoutScale = 0.02 })
	if results[0].Verdict != harness.Fail || !strings.Contains(results[0].Failure.Seen, "did not end") {
		t.Errorf("got %s: %+v", results[0].Verdict, results[0].Failure)
	}
}

func TestInterruptDeliversWhatIsThere(t *testing.T) {
	noLeaks(t)
	catalogue := load(t,
		vector("slow", "stated", "hang", "[{got: 1}]"),
		vector("wrong", "stated", "two", "[{got: 1}]"),
		vector("quick", "stated", "one", "[{got: 1}]"),
	)
	target := newScripted(map[string]func(*scriptedSession){
		"one": recordsOne, "two": recordsTwo,
		"hang": func(s *scriptedSession) { <-s.cancelled },
	})
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	var again sync.Once
	summary, err := harness.Run(ctx, harness.Config{
		Target: target, Catalogue: catalogue, Vectors: catalogue.Vectors, Base: time.Hour, Parallel: 1,
	}, func(event harness.Event) {
		// One at a time and in order: the first hangs, so it is interrupted
		// before the others have run.
		if event.Start != nil && event.Start.Vector.ID == "server.trial/slow" {
			again.Do(interrupt)
		}
	})
	target.Close()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(summary.Incomplete, "interrupted") || !slices.Contains(summary.Missing, "server.trial/slow") {
		t.Errorf("summary %+v, want an interrupted run without a verdict for slow", summary)
	}
	if summary.Counts[harness.Fail] > 0 {
		t.Error("what was interrupted counts as failed")
	}
}

// What failed before the interrupt is not lost, though it could not run again.
func TestInterruptKeepsFailures(t *testing.T) {
	noLeaks(t)
	catalogue := load(t, vector("wrong", "stated", "two", "[{got: 1}]"))
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	target := newScripted(map[string]func(*scriptedSession){"two": recordsTwo})
	summary, err := harness.Run(ctx, harness.Config{Target: target, Catalogue: catalogue, Vectors: catalogue.Vectors}, func(event harness.Event) {
		if event.Start != nil && event.Start.Again {
			interrupt()
		}
	})
	target.Close()
	if err != nil || summary.Counts[harness.Fail] != 1 || summary.Held() || summary.Incomplete == "" {
		t.Errorf("summary %+v, error %v; want one fail in an incomplete run", summary, err)
	}
}

func TestResultsAreInDocumentOrderAndStreamedAsTheyFinish(t *testing.T) {
	catalogue := load(t, vector("first", "stated", "later", "[{got: 1}]"), vector("second", "stated", "one", "[{got: 1}]"))
	secondDone := make(chan struct{})
	target := newScripted(map[string]func(*scriptedSession){
		"one": recordsOne,
		"later": func(s *scriptedSession) {
			<-secondDone
			recordsOne(s)
		},
	})
	var stream []string
	summary, err := harness.Run(t.Context(), harness.Config{Target: target, Catalogue: catalogue, Vectors: catalogue.Vectors}, func(event harness.Event) {
		if event.Result != nil {
			stream = append(stream, event.Result.Vector.ID)
			if event.Result.Vector.ID == "server.trial/second" {
				close(secondDone)
			}
		}
	})
	target.Close()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(stream, []string{"server.trial/second", "server.trial/first"}) {
		t.Errorf("stream %v", stream)
	}
	if summary.Results[0].Vector.ID != "server.trial/first" {
		t.Errorf("the summary begins with %s", summary.Results[0].Vector.ID)
	}
}

func TestLongestWaitsStartFirst(t *testing.T) {
	wire := "\nwire: [{silent: %s}, {send: x}, {receive: x}]"
	catalogue := load(t,
		vector("none", "stated", "echo", "[]"),
		vector("short", "stated", "echo", "[]")+fmt.Sprintf(wire, "1ms"),
		vector("long", "stated", "echo", "[]")+fmt.Sprintf(wire, "20ms"),
	)
	target := newScripted(map[string]func(*scriptedSession){"echo": echo})
	summary, _ := run(t, catalogue, target, func(c *harness.Config) { c.Parallel = 1 })
	want := []string{"server.trial/long", "server.trial/short", "server.trial/none"}
	if !slices.Equal(target.starts, want) {
		t.Errorf("started %v, want %v", target.starts, want)
	}
	if summary.LongestWait != 20*time.Millisecond || summary.LongestID != "server.trial/long" {
		t.Errorf("longest wait %s of %s", summary.LongestWait, summary.LongestID)
	}
	if !summary.Held() {
		t.Errorf("counts %v", summary.Counts)
	}
}

// echo is a server of one connection, as a program would be.
func echo(s *scriptedSession) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	defer listener.Close()
	s.events <- target.Event{Ready: &target.Ready{Port: listener.Addr().(*net.TCPAddr).Port}}
	var serving sync.WaitGroup
	serving.Go(func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		buffer := make([]byte, 64)
		for {
			n, err := conn.Read(buffer)
			if err != nil {
				return
			}
			conn.Write(buffer[:n])
		}
	})
	s.untilFinished()
	listener.Close()
	<-s.cancelled // the peer closes its side after that
	serving.Wait()
}

func TestWireFailureNamesTheStep(t *testing.T) {
	noLeaks(t)
	catalogue := load(t, vector("it", "stated", "echo", "[]")+"\nwire:\n  - send: \"a\\r\\n\"\n  - receive: \"b\\r\\n\"")
	_, results := run(t, catalogue, newScripted(map[string]func(*scriptedSession){"echo": echo}))
	failure := results[0].Failure
	if results[0].Verdict != harness.Fail || failure.Step != 2 || failure.Position.Line == 0 {
		t.Fatalf("got %s, %+v", results[0].Verdict, failure)
	}
	if !strings.Contains(failure.Permitted, `b\r\n`) || !strings.Contains(failure.Seen, `a\r\n`) {
		t.Errorf("permitted %q, seen %q; want the bytes readable", failure.Permitted, failure.Seen)
	}
	if len(results[0].Transcript) == 0 {
		t.Error("a failure without a transcript")
	}
}

func TestWireErratum(t *testing.T) {
	entry := vector("it", "contradicted", "echo", "[]") + `
wire:
  - send: a
  - anyOf:
      - [{receive: b}]
      - {erratum: server.trial/contradicted, steps: [{receive: a}]}`
	for edition, want := range map[vectors.Edition]harness.Verdict{vectors.V12: harness.Erratum, vectors.V10: harness.Fail} {
		t.Run(string(edition), func(t *testing.T) {
			_, results := run(t, load(t, entry), newScripted(map[string]func(*scriptedSession){"echo": echo}),
				func(c *harness.Config) { c.Edition = edition })
			if results[0].Verdict != want {
				t.Errorf("verdict %s, want %s: %+v", results[0].Verdict, want, results[0].Failure)
			}
		})
	}
}

func TestIsolatedVectorsAreAloneAndFewAtATime(t *testing.T) {
	var entries []string
	for i := range 12 {
		entries = append(entries, vector(fmt.Sprintf("own%d", i), "stated", "one", "[{got: 1}]")+"\nisolate: true")
	}
	target := newScripted(map[string]func(*scriptedSession){"one": recordsOne})
	summary, _ := run(t, load(t, entries...), target, func(c *harness.Config) { c.Isolated = 3 })
	if !summary.Held() || target.most > 3 {
		t.Errorf("%d at once, counts %v; want at most 3", target.most, summary.Counts)
	}
	for _, start := range target.starts {
		if !strings.HasSuffix(start, "alone") {
			t.Errorf("%s was not alone", start)
		}
	}
}

func TestParallelIsWhatTheTargetBears(t *testing.T) {
	var entries []string
	for i := range 12 {
		entries = append(entries, vector(fmt.Sprintf("it%d", i), "stated", "one", "[{got: 1}]"))
	}
	target := newScripted(map[string]func(*scriptedSession){"one": recordsOne})
	target.description.MaxInFlight = 2
	summary, _ := run(t, load(t, entries...), target, func(c *harness.Config) { c.Parallel = 50 })
	if !summary.Held() || target.most > 2 {
		t.Errorf("%d at once, counts %v; want at most 2", target.most, summary.Counts)
	}
}

func TestSteadyTargetsAreNotRunAgain(t *testing.T) {
	target := newScripted(map[string]func(*scriptedSession){"two": recordsTwo})
	target.description.Steady = true
	_, results := run(t, load(t, vector("it", "stated", "two", "[{got: 1}]")), target)
	if results[0].Verdict != harness.Fail || results[0].Attempts != 1 {
		t.Errorf("got %s after %d attempts", results[0].Verdict, results[0].Attempts)
	}
}

func TestSetUpThatIsGoneIsNotTriedForEver(t *testing.T) {
	var entries []string
	for i := range 30 {
		entries = append(entries, vector(fmt.Sprintf("it%d", i), "stated", "faulty", "[{got: 1}]"))
	}
	summary, _ := run(t, load(t, entries...), newScripted(nil))
	twice := 0
	for _, result := range summary.Results {
		if result.Attempts == 2 {
			twice++
		}
	}
	if summary.Counts[harness.Error] != 30 || twice != 3 || summary.Incomplete == "" {
		t.Errorf("%d errors, %d tried twice, incomplete %q", summary.Counts[harness.Error], twice, summary.Incomplete)
	}
}

func TestTargetThatCannotBeDescribed(t *testing.T) {
	_, err := harness.Run(t.Context(), harness.Config{Target: undescribed{}, Catalogue: load(t, vector("it", "stated", "one", "[]"))}, nil)
	var targetError *harness.TargetError
	if !errors.As(err, &targetError) || !errors.Is(err, errSetUp) {
		t.Errorf("error %v, want a TargetError", err)
	}
}

type undescribed struct{ target.Target }

func (undescribed) Describe(context.Context) (target.Description, error) {
	return target.Description{}, errSetUp
}
