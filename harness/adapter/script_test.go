package adapter_test

import (
	"fmt"
	"net"
	"syscall"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/nodehttp/conform/harness/adapter"
)

// uncaughts finishes the run and returns the messages of its uncaught
// exceptions.
func (s *session) uncaughts() []any {
	s.t.Helper()
	s.process.Finish(s.id)
	messages := []any{}
	for {
		event := s.next()
		switch {
		case event.Ended != nil && event.Ended.Err != nil:
			s.t.Fatalf("run %s: %v", s.id, event.Ended.Err)
		case event.Ended != nil:
			return messages
		case event.Record != nil && event.Record.Label == "uncaught":
			messages = append(messages, event.Record.Value.(map[string]any)["message"])
		}
	}
}

// waitFor drops events until a record with the label.
func (s *session) waitFor(label string) adapter.Record {
	s.t.Helper()
	for {
		event := s.next()
		if event.Ended != nil {
			s.t.Fatalf("run %s ended without %s: %v", s.id, label, event.Ended.Err)
		}
		if event.Record != nil && event.Record.Label == label {
			return *event.Record
		}
	}
}

// Every way for an exception to escape from a program, many at once: each is
// told of the run that it comes from, once.
func TestExceptionsBelongToTheirRuns(t *testing.T) {
	g := NewWithT(t)
	process := start(t, node(t), adapter.Options{})
	programs := map[string]string{
		"at once":               `throw new Error('%s')`,
		"in a timer":            `setTimeout(function () { throw new Error('%s'); }, 1)`,
		"in an immediate":       `setImmediate(function () { throw new Error('%s'); })`,
		"a string":              `setTimeout(function () { throw '%s'; }, 1)`,
		"without a stack":       `setTimeout(function () { throw {message: '%s'}; }, 1)`,
		"an error made earlier": `var e = new Error('%s'); setTimeout(function () { throw e; }, 1)`,
		"an event without a listener": `
			var e = new (require('events').EventEmitter)();
			setTimeout(function () { e.emit('error', new Error('%s')); }, 1)`,
		"in a listener": `
			var server = http.createServer(function () { throw new Error('%s'); });
			server.listen(port, host, function () {
				http.get({host: host, port: server.address().port, agent: false}).on('error', function () {});
			});`,
		"in a response listener": `
			var server = http.createServer(function (req, res) { res.end('x'); });
			server.listen(port, host, function () {
				http.get({host: host, port: server.address().port, agent: false}, function (res) { throw new Error('%s'); });
			});`,
		"a request without an error listener": `
			var server = net.createServer(function (socket) { socket.destroy(); });
			server.listen(port, host, function () {
				http.get({host: host, port: server.address().port, agent: false});
			}); // %s`,
		"a rejection": `Promise.reject(new Error('%s'))`,
	}
	const each = 3
	runs := map[string]*session{}
	for name, program := range programs {
		for i := range each {
			id := fmt.Sprintf("%s %d", name, i)
			runs[id] = begin(t, process, id, fmt.Sprintf(program, id))
		}
	}
	quiet := begin(t, process, "quiet", ``)
	for id, run := range runs {
		want := any(id)
		if run.id[:9] == "a request" {
			want = "socket hang up"
		}
		g.Expect(run.waitFor("uncaught").Value).To(HaveKeyWithValue("message", want))
	}
	for id, run := range runs {
		g.Expect(run.uncaughts()).To(BeEmpty(), id)
	}
	g.Expect(quiet.uncaughts()).To(BeEmpty())
}

const refused = `http.get({host: host, port: 1, agent: false})` // an error that no code of the program is near

// Runtimes that cannot follow asynchronous calls lose what has no stack, unless
// nobody else can have been it.
func TestWithoutAsynchronousContext(t *testing.T) {
	old := node(t, "var hooks = optional('async_hooks');", "var hooks = undefined;")
	t.Run("an error without a stack, among several", func(t *testing.T) {
		g := NewWithT(t)
		process := start(t, old, adapter.Options{})
		other := begin(t, process, "other", `0`)
		run := begin(t, process, "1", refused)
		g.Expect(run.ended().Err).To(BeAssignableToTypeOf(&adapter.Unattributed{}))
		g.Expect(other.ended().Culprit).To(BeFalse())
	})
	t.Run("the same alone", func(t *testing.T) {
		process := start(t, old, adapter.Options{})
		run := begin(t, process, "1", refused)
		NewWithT(t).Expect(run.waitFor("uncaught").Value).To(HaveKeyWithValue("code", "ECONNREFUSED"))
	})
	t.Run("the same when another run is over", func(t *testing.T) {
		process := start(t, old, adapter.Options{})
		earlier := begin(t, process, "earlier", `0`)
		earlier.uncaughts()
		run := begin(t, process, "1", refused)
		NewWithT(t).Expect(run.ended().Err).To(BeAssignableToTypeOf(&adapter.Unattributed{}))
	})
	t.Run("a stack tells", func(t *testing.T) {
		process := start(t, old, adapter.Options{})
		begin(t, process, "other", `0`)
		run := begin(t, process, "1", `setTimeout(function () { throw new Error('mine'); }, 1)`)
		NewWithT(t).Expect(run.waitFor("uncaught").Value).To(HaveKeyWithValue("message", "mine"))
	})
}

// What a program does after its result is nobody's.
func TestExceptionsAfterTheResult(t *testing.T) {
	g := NewWithT(t)
	process := start(t, node(t), adapter.Options{})
	over := begin(t, process, "over", `setTimeout(function () { throw new Error('too late'); }, 50); `+refused)
	over.uncaughts()
	other := begin(t, process, "other", `setTimeout(function () { record('later'); }, 100);`)
	other.waitFor("later")
	g.Expect(other.uncaughts()).To(BeEmpty())
}

func TestStandardOutputIsTheProtocols(t *testing.T) {
	g := NewWithT(t)
	process := start(t, node(t), adapter.Options{})
	run := begin(t, process, "1", `console.log('%s lines', 'chatty'); console.error('x'); process.exitCode = 3; throw new Error('after');`)
	g.Expect(run.uncaughts()).To(ConsistOf("after"))

	guilty := begin(t, process, "2", `console.log('last words'); process.exit(9);`)
	end := guilty.ended()
	g.Expect(end.Err).To(MatchError(And(ContainSubstring("exit status 9"), ContainSubstring("last words"))))
}

// Records made just before the process ends arrive.
func TestNoRecordIsLost(t *testing.T) {
	g := NewWithT(t)
	process := start(t, node(t), adapter.Options{})
	const many = 20000
	run := begin(t, process, "1", fmt.Sprintf(`for (var i = 0; i < %d; i++) record('n', i); process.exit(0);`, many))
	for i := range many {
		event := run.next()
		g.Expect(event.Record).NotTo(BeNil())
		g.Expect(event.Record.Value).To(BeEquivalentTo(i))
	}
	g.Expect(run.ended().Err).To(BeAssignableToTypeOf(&adapter.Exited{}))
}

// One program in an endless loop is found out while others wait.
func TestEndlessLoop(t *testing.T) {
	g := NewWithT(t)
	process := start(t, node(t), adapter.Options{AnswerTimeout: 2 * time.Second, ProbeInterval: 10 * time.Millisecond})
	innocent := begin(t, process, "innocent", ``)
	begin(t, process, "guilty", `for (;;) {}`)
	g.Expect(innocent.ended().Err).To(BeAssignableToTypeOf(&adapter.Hung{}))
}

// The deadline of a run that is heard no more of is when its servers go.
func TestForgottenRunsEnd(t *testing.T) {
	g := NewWithT(t)
	process := start(t, node(t, "message.deadline + 1000", "message.deadline + 200"), adapter.Options{})
	events := make(chan adapter.Event, 10)
	err := process.Run(adapter.Run{
		ID: "1", Edition: "v12", Deadline: 1, Bindings: adapter.Bindings{Host: "127.0.0.1"},
		Program: `http.createServer().listen(port, host, ready)`,
	}, func(e adapter.Event) { events <- e })
	g.Expect(err).NotTo(HaveOccurred())
	address := fmt.Sprintf("127.0.0.1:%d", (<-events).Ready.Port)
	g.Eventually(func() error {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			conn.Close()
		}
		return err
	}, generous).Should(MatchError(syscall.ECONNREFUSED))
}
