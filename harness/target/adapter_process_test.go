package target_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gleak"

	"github.com/nodehttp/conform/harness/adapter"
	"github.com/nodehttp/conform/harness/target"
	"github.com/nodehttp/conform/vectors"
)

// generous is longer than anything here takes, on any machine.
const generous = time.Minute

// This test binary is an adapter when it is started with the argument. Its
// programs are one word: what to do with the run.
const fakeAdapterArgument = "be-an-adapter"

func init() {
	if len(os.Args) == 2 && os.Args[1] == fakeAdapterArgument {
		beAnAdapter()
		os.Exit(0)
	}
}

func beAnAdapter() {
	fmt.Println(`{"type":"hello","protocol":1,"implementation":{"name":"fake","version":"7"},"capabilities":["net","tls"],"maxInFlight":8}`)
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		var message struct{ Type, ID, Program, Name string }
		if err := json.Unmarshal(in.Bytes(), &message); err != nil {
			panic(err)
		}
		switch {
		case message.Type == "run" && message.Program == "exit":
			os.Exit(9)
		case message.Type == "run" && message.Program == "pid":
			fmt.Printf(`{"type":"record","id":%q,"label":"pid","value":"%d"}`+"\n", message.ID, os.Getpid())
		case message.Type == "run" && message.Program == "listen":
			fmt.Printf(`{"type":"ready","id":%q,"port":1234}`+"\n", message.ID)
		case message.Type == "signal":
			fmt.Printf(`{"type":"record","id":%q,"label":%q}`+"\n", message.ID, message.Name)
		case message.Type == "finish":
			fmt.Printf(`{"type":"result","id":%q}`+"\n", message.ID)
		}
	}
}

func fakeTarget(t *testing.T) target.Target {
	t.Helper()
	before := gleak.Goroutines()
	fake, err := target.AdapterCommand(fmt.Sprintf("'%s' %s", os.Args[0], fakeAdapterArgument), target.ProcessOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		fake.Close()
		NewWithT(t).Eventually(gleak.Goroutines, generous).ShouldNot(gleak.HaveLeaked(before))
	})
	return fake
}

func run(id, program string) target.Run {
	return target.Run{
		ID: id, Vector: &vectors.Vector{ID: "a.b/c", Program: program}, Edition: vectors.V12,
		Bindings: target.Bindings{Host: "127.0.0.1"}, Deadline: generous,
	}
}

func alone(r target.Run) target.Run {
	r.Alone = true
	return r
}

func begin(t *testing.T, on target.Target, r target.Run) target.Session {
	t.Helper()
	session, err := on.Start(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return session
}

func next(t *testing.T, session target.Session) target.Event {
	t.Helper()
	select {
	case event, ok := <-session.Events():
		if !ok {
			t.Fatal("the events ended")
		}
		return event
	case <-time.After(generous):
		t.Fatal("no event")
	}
	panic("unreachable")
}

func TestAdapterCommandIsDescribed(t *testing.T) {
	g := NewWithT(t)
	fake := fakeTarget(t)
	unix := &vectors.Vector{Transport: vectors.Unix}
	g.Expect(fake.Applicable(unix)).To(BeEmpty(), "nothing is known before Describe")

	description, err := fake.Describe(t.Context())
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(description.Implementation).To(Equal("fake"))
	g.Expect(description.Version).To(Equal("7"))
	g.Expect(description.Edition).To(Equal(vectors.V12))
	g.Expect(description.MaxInFlight).To(Equal(7), "one is kept for probes")

	g.Expect(fake.Applicable(unix)).To(ContainSubstring(`"unix"`))
	g.Expect(fake.Applicable(&vectors.Vector{Transport: vectors.TLS})).To(BeEmpty())
	g.Expect(fake.Applicable(&vectors.Vector{Requires: []string{"telepathy"}})).To(ContainSubstring(`"telepathy"`))
}

func TestEventsOfASession(t *testing.T) {
	g := NewWithT(t)
	session := begin(t, fakeTarget(t), run("1", "listen"))
	g.Expect(next(t, session).Ready).To(Equal(&target.Ready{Port: 1234}))
	g.Expect(session.Signal("go", nil)).To(Succeed())
	record := next(t, session).Record
	g.Expect(record.Label).To(Equal("go"))
	g.Expect(record.HasValue).To(BeFalse())
	g.Expect(record.Time).NotTo(BeZero())
	g.Expect(session.Finish()).To(Succeed())
	g.Expect(next(t, session).Ended).To(Equal(&target.Ended{}))
	g.Expect(session.Events()).To(BeClosed())
	session.Cancel()
}

func pid(t *testing.T, session target.Session) any {
	t.Helper()
	return next(t, session).Record.Value
}

func TestAloneMeansAProcessOfItsOwn(t *testing.T) {
	g := NewWithT(t)
	fake := fakeTarget(t)
	a, b := begin(t, fake, run("a", "pid")), begin(t, fake, run("b", "pid"))
	c, d := begin(t, fake, alone(run("c", "pid"))), begin(t, fake, alone(run("d", "pid")))
	shared := pid(t, a)
	g.Expect(pid(t, b)).To(Equal(shared))
	ofC := pid(t, c)
	g.Expect(ofC).NotTo(Equal(shared))
	g.Expect(pid(t, d)).NotTo(BeElementOf(shared, ofC))
}

// Many more than there are slots: each gets one in the end, and who does not
// want to wait need not.
func TestSlotsForRunsAlone(t *testing.T) {
	g := NewWithT(t)
	fake := fakeTarget(t)
	var open []target.Session
	for i := 0; ; i++ {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		session, err := fake.Start(ctx, alone(run(fmt.Sprint(i), "")))
		cancel()
		if err != nil {
			g.Expect(err).To(MatchError(context.DeadlineExceeded))
			break
		}
		open = append(open, session)
	}
	g.Expect(len(open)).To(BeNumerically(">=", 2))
	open[0].Cancel()
	begin(t, fake, alone(run("next", ""))).Cancel()
}

func TestALostProcessIsReplaced(t *testing.T) {
	g := NewWithT(t)
	fake := fakeTarget(t)
	innocent := begin(t, fake, run("innocent", "pid"))
	first := pid(t, innocent)
	guilty := begin(t, fake, run("guilty", "exit"))
	for _, session := range []target.Session{innocent, guilty} {
		ended := next(t, session).Ended
		g.Expect(ended.Err).To(BeAssignableToTypeOf(&adapter.Exited{}))
		g.Expect(ended.Blame).To(BeFalse(), "it may have been the other one")
	}
	again := begin(t, fake, run("again", "pid"))
	g.Expect(pid(t, again)).NotTo(Equal(first))

	for _, test := range []struct {
		program string
		err     error
	}{{"exit", &adapter.Exited{}}, {"pid", nil}} {
		session := begin(t, fake, alone(run("alone", test.program)))
		if test.err == nil {
			next(t, session)
			session.Finish()
			g.Expect(next(t, session).Ended).To(Equal(&target.Ended{}))
			continue
		}
		ended := next(t, session).Ended
		g.Expect(ended.Err).To(BeAssignableToTypeOf(test.err))
		g.Expect(ended.Blame).To(BeTrue())
	}
}

func TestCancelEndsTheEvents(t *testing.T) {
	g := NewWithT(t)
	fake := fakeTarget(t)
	for _, r := range []target.Run{run("1", ""), alone(run("2", ""))} {
		session := begin(t, fake, r)
		session.Cancel()
		session.Cancel()
		g.Eventually(session.Events(), generous).Should(BeClosed())
		g.Expect(session.Signal("go", nil)).To(Succeed())
		g.Expect(session.Finish()).To(Succeed())
	}
}

func TestCloseEndsWhatIsLeft(t *testing.T) {
	g := NewWithT(t)
	fake := fakeTarget(t)
	sessions := []target.Session{begin(t, fake, run("1", "pid")), begin(t, fake, alone(run("2", "pid")))}
	g.Expect(fake.Close()).To(Succeed())
	for _, session := range sessions {
		for range session.Events() {
		}
	}
	_, err := fake.Start(t.Context(), run("3", ""))
	g.Expect(err).To(MatchError(target.ErrClosed))
	g.Expect(fake.Close()).To(Succeed())
}

func TestACommandThatIsNoAdapter(t *testing.T) {
	g := NewWithT(t)
	for command, says := range map[string]string{
		"no-such-adapter --flag":                  "could not be started",
		`sh -c "echo not an adapter; cat"`:        "not an adapter",
		`sh -c "echo 'it is broken' >&2; exit 4"`: "it is broken",
	} {
		fake, err := target.AdapterCommand(command, target.ProcessOptions{})
		g.Expect(err).NotTo(HaveOccurred())
		_, err = fake.Describe(t.Context())
		g.Expect(err).To(MatchError(ContainSubstring(says)))
		_, err = fake.Start(t.Context(), alone(run("1", "")))
		g.Expect(err).To(MatchError(ContainSubstring(says)))
		g.Expect(fake.Close()).To(Succeed())
	}
}

func TestSplitCommand(t *testing.T) {
	for command, want := range map[string][]string{
		`node my-adapter.js`:             {"node", "my-adapter.js"},
		"  node\t a \n":                  {"node", "a"},
		`'/a b/node' "c d" e\ f`:         {"/a b/node", "c d", "e f"},
		`a --x="1 2"'3 4'`:               {"a", "--x=1 23 4"},
		`a '' ""`:                        {"a", "", ""},
		`a "\"\\\n" '\n' $HOME * | ; \$`: {"a", `"\\n`, `\n`, "$HOME", "*", "|", ";", "$"},
	} {
		words, err := target.SplitCommand(command)
		NewWithT(t).Expect(err).NotTo(HaveOccurred())
		NewWithT(t).Expect(words).To(Equal(want), command)
	}
	for command, says := range map[string]string{
		``:      "names no program",
		`  `:    "names no program",
		`'' a`:  "names no program",
		`a "b`:  `lacks a closing "`,
		`a 'b"`: `lacks a closing '`,
		`a b\`:  "ends in a backslash",
		`a "b\`: `lacks a closing "`,
	} {
		_, err := target.AdapterCommand(command, target.ProcessOptions{})
		g := NewWithT(t)
		g.Expect(err).To(BeAssignableToTypeOf(&target.CommandError{}), command)
		g.Expect(strings.Contains(err.Error(), says)).To(BeTrue(), "%s: %v", command, err)
	}
}
