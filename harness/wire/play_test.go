package wire_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/nodehttp/conform/harness/wire"
	"github.com/nodehttp/conform/vectors"
)

func TestReceiveJudgesEachPartOfAMessage(t *testing.T) {
	reply := "HTTP/1.1 200 Fine\r\nX-A: 1\r\nx-a: 2\r\nTransfer-Encoding: chunked\r\nTrailer: T\r\n\r\n2;ext=1\r\nok\r\n0\r\nT: end\r\n\r\n"
	text := func(s string) *string { return &s }
	named := func(name string, values ...any) []vectors.NamedValues {
		return []vectors.NamedValues{{Name: name, Values: values}}
	}
	for _, c := range []struct {
		name   string
		want   vectors.Message
		reason string // "" when it is met
	}{
		{"nothing", vectors.Message{}, ""},
		{"status", vectors.Message{Status: 200}, ""},
		{"status, wrong", vectors.Message{Status: 404}, "status: wanted 404, got 200"},
		{"reason", vectors.Message{Reason: "Fine"}, ""},
		{"reason, wrong", vectors.Message{Reason: "OK"}, "reason"},
		{"version", vectors.Message{Version: "1.1"}, ""},
		{"version, wrong", vectors.Message{Version: "1.0"}, "version"},
		{"headers", vectors.Message{Headers: named("x-a", "1", "2")}, ""},
		{"headers, incomplete", vectors.Message{Headers: named("x-a", "1")}, "header x-a"},
		{"headers, missing", vectors.Message{Headers: named("x-b", "1")}, "header x-b"},
		{"absent", vectors.Message{Absent: []string{"x-b"}}, ""},
		{"absent, present", vectors.Message{Absent: []string{"x-a"}}, "wanted none"},
		{"rawHeaders", vectors.Message{RawHeaders: []any{[]any{"X-A", "1"}, []any{"x-a", "2"},
			[]any{"Transfer-Encoding", "chunked"}, []any{"Trailer", "T"}}}, ""},
		{"rawHeaders, wrong case", vectors.Message{RawHeaders: []any{[]any{"x-a", "1"}, "$any", "$any", "$any"}}, "rawHeaders"},
		{"body", vectors.Message{Body: "ok"}, ""},
		{"body, wrong", vectors.Message{Body: "no"}, "body"},
		{"body, too long", vectors.Message{Body: "o"}, "body"},
		{"body, pattern", vectors.Message{Body: map[string]any{"$match": "^o"}}, ""},
		{"framing", vectors.Message{Framing: "chunked"}, ""},
		{"framing, wrong", vectors.Message{Framing: "length"}, "framing: wanted length, got chunked"},
		{"trailers", vectors.Message{Trailers: named("t", "end")}, ""},
		{"trailers, wrong", vectors.Message{Trailers: named("t", "start")}, "trailer t"},
		{"raw", vectors.Message{Raw: text("HTTP/1.1 200 {any}\r\nX-A: 1\r\nx-a: 2\r\n{any}\r\n{any}\r\n\r\n")}, ""},
		{"raw, wrong", vectors.Message{Raw: text("HTTP/1.1 200 Fine\r\nX-A: 2")}, `raw head: differs at byte 24`},
		{"method", vectors.Message{Method: "GET"}, "a request is wanted"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := trial{server: answers(reply)}.play(t, send(request), receive(c.want), closed(vectors.EndFIN))
			if c.reason == "" {
				wantMet(t, o)
			} else {
				wantFailure(t, o, "receive", c.reason, "server/x.yaml:2", `X-A: 1\r\n`)
			}
		})
	}
}

func TestReceiveReadsRequestsOfAClient(t *testing.T) {
	tr := trial{client: asks("POST /a?b HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc")}
	o := tr.play(t, accept(), receive(vectors.Message{Method: "POST", Target: "/a?b", Body: "abc", Framing: "length"}),
		send(hello), hangUp(), recorded(hello))
	wantMet(t, o)
	o = tr.play(t, accept(), receive(vectors.Message{Method: "GET"}))
	wantFailure(t, o, "receive", "method", `POST /a?b HTTP/1.1\r\n`)
	o = tr.play(t, accept(), receive(vectors.Message{Status: 200}))
	wantFailure(t, o, "receive", "a response is wanted")
}

func TestReceiveFailsWhenTheMessageStaysIncomplete(t *testing.T) {
	cut := "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok"
	o := trial{server: answers(cut)}.play(t, send(request), receive(vectors.Message{}))
	wantFailure(t, o, "receive", "ended before the message was complete: FIN")
	o = trial{server: resets}.play(t, send(request), receive(vectors.Message{}))
	wantFailure(t, o, "receive", "RST", "seen:\n    nothing")
	o = trial{server: answers("HTTP/1.1 200 OK\n\n", "")}.play(t, send(request), receive(vectors.Message{}))
	wantFailure(t, o, "receive", "without CR")
}

func TestABodyThatCannotBeRightFailsBeforeItIsComplete(t *testing.T) {
	for _, head := range []string{"Content-Length: 1000", "Transfer-Encoding: chunked"} {
		open := "HTTP/1.1 200 OK\r\n" + head + "\r\n\r\n3e8\r\nx"
		o := trial{server: answers(open, "")}.play(t, send(request), receive(vectors.Message{Body: "ok"}))
		wantFailure(t, o, "receive", "body")
	}
}

func TestReceiveHeadLeavesTheBody(t *testing.T) {
	o := trial{server: answers(hello)}.play(t, send(request),
		receiveHead(vectors.Message{Status: 200, Framing: "length"}), receiveBytes("ok"), closed(vectors.EndFIN))
	wantMet(t, o)
	o = trial{server: answers(hello)}.play(t, send(request), receiveHead(vectors.Message{Status: 200}), closed(vectors.EndFIN))
	wantFailure(t, o, "ended", "bytes came", "seen:", "ok")
}

func TestResponsesToHeadAndConnectHaveNoBody(t *testing.T) {
	o := trial{server: answers("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n")}.play(t,
		send(request), receive(vectors.Message{To: "HEAD", Body: "", Framing: "none"}), closed(vectors.EndFIN))
	wantMet(t, o)
	o = trial{server: answers("HTTP/1.1 200 OK\r\n\r\ntunnel")}.play(t,
		send(request), receive(vectors.Message{To: "CONNECT"}), receiveBytes("tunnel"), closed(vectors.EndFIN))
	wantMet(t, o)
}

func TestInterimResponsesAreMessagesOfTheirOwn(t *testing.T) {
	o := trial{server: answers("HTTP/1.1 100 Continue\r\n\r\n" + hello)}.play(t, send(request),
		receive(vectors.Message{Status: 100}), receive(vectors.Message{Status: 200}), closed(vectors.EndFIN))
	wantMet(t, o)
}

func TestReceiveBytes(t *testing.T) {
	reply := "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nX: {\r\n\r\n"
	for _, c := range []struct{ name, want, reason string }{
		{"as they are", strings.Replace(reply, "{", "{{", 1), ""},
		{"a date", "HTTP/1.1 200 OK\r\nDate: {date}\r\nX: {{\r\n\r\n", ""},
		{"anything", "HTTP/1.1 {any}\r\n{any}: {any}\r\nX{any}\r\n\r\n", ""},
		{"anything at the end", "HTTP/1.1 200{any}", "bytes came"},
		{"a wrong byte", "HTTP/1.1 200 No\r\n", `byte 13 cannot match: wanted "No\r\n", got "OK\r\n`},
		{"a wrong date", "HTTP/1.1 {date}\r\n", `byte 9 cannot match: wanted a {date}`},
		{"too few", "HTTP/1.1 200 OK\r\n", "bytes came"},
		{"too many", "{any}\r\n{any}\r\n{any}\r\n\r\nmore", `the connection ended after 62 bytes, before "more"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := trial{server: answers(reply)}.play(t, send(request), receiveBytes(c.want), closed(vectors.EndFIN))
			if c.reason == "" {
				wantMet(t, o)
			} else {
				wantFailure(t, o, o.Failure.Verb, c.reason)
			}
		})
	}
}

func TestBytesThatCannotMatchFailWhileTheConnectionIsOpen(t *testing.T) {
	o := trial{server: answers("HTTP/1.1 500", "")}.play(t, send(request), receiveBytes("HTTP/1.1 200 OK\r\n"))
	wantFailure(t, o, "receive", "byte 9 cannot match", "(the connection is open)")
}

func TestPlaceholdersForThePeersAddress(t *testing.T) {
	o := trial{client: func(p *program, network, address string) {
		asks("GET / HTTP/1.1\r\nHost: "+address+"\r\n\r\n")(p, network, address)
	}}.play(t, accept(), receiveBytes("GET / HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n"), hangUp())
	wantMet(t, o)
}

// Each way to end meets its own verb and closed, and no other.
func TestEndsAreToldApart(t *testing.T) {
	fin := answers(hello)
	rst := func(p *program, c net.Conn) { answers(hello)(p, c); c.(*net.TCPConn).SetLinger(0) }
	for _, c := range []struct {
		name   string
		server server
		want   vectors.End
		reason string
	}{
		{"FIN is ended", fin, vectors.EndFIN, ""},
		{"FIN is closed", fin, vectors.AnyEnd, ""},
		{"FIN is no reset", fin, vectors.EndReset, "it ended otherwise: FIN"},
		{"RST is wasReset", rst, vectors.EndReset, ""},
		{"RST is closed", rst, vectors.AnyEnd, ""},
		{"RST is no FIN", rst, vectors.EndFIN, "it ended otherwise: RST"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := trial{server: c.server}.play(t, send(request), receive(vectors.Message{Status: 200}), closed(c.want))
			if c.reason == "" {
				wantMet(t, o)
			} else {
				wantFailure(t, o, string(c.want), c.reason)
			}
		})
	}
	o := trial{server: mute, deadline: 50 * time.Millisecond}.play(t, send(request), closed(vectors.AnyEnd))
	wantFailure(t, o, "closed", "the time was up", "(the connection is open)")
	if o.Err != nil {
		t.Errorf("a deadline is a failure, not an error: %v", o.Err)
	}
}

func TestAResetThatAWriteIsToldOfIsStillAReset(t *testing.T) {
	for range 50 {
		o := trial{server: func(p *program, c net.Conn) {
			readRequest(bufio.NewReader(c))
			c.(*net.TCPConn).SetLinger(0)
			c.Close()
			p.record("reset")
		}}.play(t, send(request), recorded("reset"), send("more", "and more", "and still more"), closed(vectors.EndReset))
		wantMet(t, o)
	}
}

func TestAClosingHasALowerBound(t *testing.T) {
	after := func(d time.Duration) server {
		return func(p *program, c net.Conn) {
			readRequest(bufio.NewReader(c))
			time.Sleep(d) // the timeout of the program under test
		}
	}
	o := trial{server: after(60 * time.Millisecond)}.play(t, send(request), closedBetween(60*time.Millisecond, 0, ""))
	wantMet(t, o)
	if o.Waited <= 0 || o.Waited > 60*time.Millisecond {
		t.Errorf("waited %s, of 60 ms prescribed", o.Waited)
	}
	o = trial{server: after(0)}.play(t, send(request), closedBetween(10*time.Second, 0, ""))
	wantFailure(t, o, "closed", "it ended too early", "not earlier than 10s")
	o = trial{server: after(60 * time.Millisecond)}.play(t, mark("start"), send(request), silent(10*time.Millisecond),
		closedBetween(60*time.Millisecond, 0, "start"))
	wantMet(t, o)
	o = trial{server: after(0)}.play(t, mark("start"), send(request), closedBetween(10*time.Second, 0, "start"))
	wantFailure(t, o, "closed", "mark start")
}

func TestAClosingHasAnUpperBound(t *testing.T) {
	o := trial{server: mute}.play(t, send(request), closedBetween(0, 30*time.Millisecond, ""))
	wantFailure(t, o, "closed", "still open")
	// The same script is met by a slow program when time is scaled.
	slow := func(p *program, c net.Conn) {
		readRequest(bufio.NewReader(c))
		time.Sleep(60 * time.Millisecond)
	}
	o = trial{server: slow, options: wire.Options{TimeoutScale: 1000}}.play(t, send(request), closedBetween(0, 30*time.Millisecond, ""))
	wantMet(t, o)
}

func TestAClosingAfterAnAcceptCountsFromItsStart(t *testing.T) {
	o := trial{client: func(p *program, network, address string) {
		c, err := net.Dial(network, address)
		if err == nil {
			time.Sleep(50 * time.Millisecond)
			c.Close()
		}
	}}.play(t, accept(), closedBetween(50*time.Millisecond, 0, ""))
	wantMet(t, o)
}

func TestSilence(t *testing.T) {
	const while = 40 * time.Millisecond
	o := trial{server: answers(hello, "")}.play(t, send(request), receive(vectors.Message{}), silent(while),
		send("rest of nothing"))
	wantMet(t, o)
	if o.Waited != while {
		t.Errorf("waited %s", o.Waited)
	}
	o = trial{server: answers(hello, "")}.play(t, send(request), silent(patience))
	wantFailure(t, o, "silent", "bytes came", "HTTP/1.1 200 OK")
	o = trial{server: answers(hello)}.play(t, send(request), receive(vectors.Message{}), silent(patience))
	wantFailure(t, o, "silent", "the connection ended: FIN")
	o = trial{server: resets}.play(t, send(request), silent(patience))
	wantFailure(t, o, "silent", "RST")
}

func TestRecordedConsumesOneRecordEach(t *testing.T) {
	twice := func(p *program, c net.Conn) { p.record("a"); mute(p, c); p.record("a") }
	o := trial{server: twice}.play(t, send("x"), recorded("a"), halfClose(), recorded("a"))
	wantMet(t, o)
	o = trial{server: twice, deadline: 100 * time.Millisecond}.play(t, send("x"), recorded("a"), recorded("a"))
	wantFailure(t, o, "recorded", "the time was up", `the program records "a"`)
	gone := newProgram()
	gone.failed = errGone
	o = trial{client: mutely, program: gone}.play(t, recorded("a"))
	wantFailure(t, o, "recorded", "the program ended")
}

// mutely never connects.
func mutely(p *program, network, address string) {}

func TestSignal(t *testing.T) {
	o := trial{server: func(p *program, c net.Conn) {
		p.record(<-p.signals)
	}}.play(t, send("x"), signal("go"), recorded("go"), closed(vectors.AnyEnd))
	wantMet(t, o)
	gone := newProgram()
	gone.failed = errGone
	o = trial{client: mutely, program: gone}.play(t, signal("go"))
	wantFailure(t, o, "signal", "the program ended")
}

func TestConnectionsAreNamedAndCounted(t *testing.T) {
	three := func(p *program, network, address string) {
		done := make(chan struct{})
		for _, text := range []string{"first", "second", "third"} {
			c, err := net.Dial(network, address)
			if err != nil {
				p.record("refused")
				return
			}
			io.WriteString(c, text)
			go func() { io.Copy(io.Discard, c); c.Close(); done <- struct{}{} }()
		}
		p.record("connected")
		for range 3 {
			<-done
		}
	}
	script := func(n int) []vectors.Step {
		return []vectors.Step{
			on("a", accept()), on("b", accept()), recorded("connected"), connections(n),
			on("b", receiveBytes("second")), on("a", receiveBytes("first")),
			on("a", hangUp()), on("b", hangUp()),
		}
	}
	wantMet(t, trial{client: three}.play(t, script(3)...))
	o := trial{client: three}.play(t, script(2)...)
	wantFailure(t, o, "connections", "wanted 2, got 3")
	o = trial{client: three}.play(t, script(4)...)
	wantFailure(t, o, "connections", "wanted 4, got 3")
	if !strings.Contains(wire.Render(o.Transcript), "(not accepted, no. 3) connected") {
		t.Errorf("the third connection is not in the transcript:\n%s", wire.Render(o.Transcript))
	}
}

func TestAcceptFailsWhenNobodyConnects(t *testing.T) {
	o := trial{client: mutely, deadline: 50 * time.Millisecond}.play(t, accept())
	wantFailure(t, o, "accept", "the time was up", "0 connections so far")
	o = trial{client: mutely}.play(t, stopListening(), accept())
	wantFailure(t, o, "accept", "does not listen any more")
}

func TestStopListeningRefusesLaterConnections(t *testing.T) {
	for _, transport := range []vectors.Transport{vectors.TCP, vectors.Unix} {
		o := trial{options: wire.Options{Transport: transport}, client: func(p *program, network, address string) {
			c, err := net.Dial(network, address)
			if err != nil {
				return
			}
			defer c.Close()
			<-p.signals
			_, err = net.Dial(network, address)
			p.record(map[bool]string{true: "refused", false: "connected"}[err != nil])
		}}.play(t, accept(), stopListening(), signal("again"), recorded("refused"), connections(1))
		wantMet(t, o)
	}
}

func TestConnect(t *testing.T) {
	o := trial{server: answers(hello)}.play(t, on("a", connect()), on("b", connect()),
		on("b", send(request)), on("b", receive(vectors.Message{Body: "ok"})),
		on("a", send(request)), on("a", receive(vectors.Message{Body: "ok"})))
	wantMet(t, o)
	refusing := newProgram()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	refusing.listens.Port = l.Addr().(*net.TCPAddr).Port
	l.Close()
	o = trial{program: refusing}.play(t, send(request))
	wantFailure(t, o, "send", "cannot connect", "refused")
	gone := newProgram()
	gone.failed = errGone
	o = trial{program: gone}.play(t, connect())
	wantFailure(t, o, "connect", "does not listen: the program ended")
}

func TestHalfCloseSendsFINAndReadsOn(t *testing.T) {
	o := trial{server: func(p *program, c net.Conn) {
		got, _ := io.ReadAll(c)
		io.WriteString(c, "got "+string(got))
	}}.play(t, send("abc"), halfClose(), receiveBytes("got abc"), closed(vectors.EndFIN))
	wantMet(t, o)
}

func TestCloseAndResetReachTheProgram(t *testing.T) {
	o := trial{client: asks(request)}.play(t, accept(), receive(vectors.Message{}), send("bye"), hangUp(), recorded("bye"))
	wantMet(t, o)
	o = trial{client: asks(request)}.play(t, accept(), receive(vectors.Message{}), reset(), recorded("error"))
	wantMet(t, o)
	o = trial{client: asks(request)}.play(t, accept(), receive(vectors.Message{}), hangUp(), closed(vectors.AnyEnd))
	wantFailure(t, o, "closed", "closed by the peer itself")
}

func TestSendsToAnEndedConnectionAreLeftToTheDemands(t *testing.T) {
	o := trial{server: func(p *program, c net.Conn) {
		c.Close()
		p.record("closed")
	}}.play(t, connect(), recorded("closed"), closed(vectors.EndFIN), send("a", "b", "c"), closed(vectors.EndFIN))
	wantMet(t, o)
}

func TestSendFailsWhenTheProgramDoesNotRead(t *testing.T) {
	stuck := vectors.Step{Send: []vectors.Segment{{Bytes: strings.Repeat("x", 1<<16), Repeat: 512}}}
	release := make(chan struct{})
	defer close(release)
	o := trial{deadline: 300 * time.Millisecond, server: func(p *program, c net.Conn) {
		one := make([]byte, 1)
		<-p.signals
		c.Read(one)
	}, program: func() *program {
		p := newProgram()
		time.AfterFunc(time.Second, func() { p.signals <- "end" })
		return p
	}()}.play(t, stuck)
	wantFailure(t, o, "send", "the time was up", "a program that reads")
}

func TestRepeatedSegmentsAndPauses(t *testing.T) {
	step := vectors.Step{Send: []vectors.Segment{
		{Bytes: "<{i}>", Repeat: 3}, {Pause: 20 * time.Millisecond}, {Bytes: "\u00ff{i}", Repeat: 1},
	}}
	o := trial{server: func(p *program, c net.Conn) {
		got, _ := io.ReadAll(c)
		c.Write(got)
	}}.play(t, step, halfClose(), receiveBytes("<1><2><3>\u00ff{{i}"), closed(vectors.EndFIN))
	wantMet(t, o)
	if o.Waited != 20*time.Millisecond {
		t.Errorf("waited %s", o.Waited)
	}
}

func TestAnyOfTakesTheFirstThatIsMet(t *testing.T) {
	ok, missing := receive(vectors.Message{Status: 200}), receive(vectors.Message{Status: 404})
	o := trial{server: answers(hello)}.play(t, send(request),
		anyOf(either(missing), either(ok, closed(vectors.EndFIN)), either(closed(vectors.AnyEnd))))
	wantMet(t, o)
	// What an alternative consumed stays consumed, what the others did does not.
	o = trial{server: answers(hello, hello)}.play(t, send(request+request),
		anyOf(either(ok, missing), either(ok)), ok, closed(vectors.EndFIN))
	wantMet(t, o)
	// The first in list order, when the same moment meets several.
	o = trial{server: answers(hello)}.play(t, send(request),
		anyOf(erratum("a/first", ok), erratum("b/second", ok)))
	wantMet(t, o)
	if len(o.Errata) != 1 || o.Errata[0] != "a/first" {
		t.Errorf("errata: %v", o.Errata)
	}
}

func TestAnyOfFailsAtOnceWithEveryReason(t *testing.T) {
	o := trial{server: answers(hello, "")}.play(t, send(request),
		anyOf(either(receive(vectors.Message{Status: 404})), either(silent(patience)), either(closed(vectors.AnyEnd))))
	wantFailure(t, o, "anyOf", "no alternative can be met any more", "alternative 1", "wanted 404",
		"alternative 2", "alternative 3", "bytes came where the end was due",
		"1: receive [a response with status 404]\n", `HTTP/1.1 200 OK\r\n`)
}

func TestAnyOfWithoutAnAnswerSaysWhatWasPending(t *testing.T) {
	o := trial{server: mute, deadline: 50 * time.Millisecond}.play(t, send(request),
		anyOf(either(receive(vectors.Message{Status: 404})), either(recorded("x"))))
	wantFailure(t, o, "anyOf", "the time was up", "alternative 1", "status 404", `records "x"`)
}

func TestErrataThatAreNotPermittedAreNoAlternatives(t *testing.T) {
	script := anyOf(either(receive(vectors.Message{Status: 404})), erratum("x/y", receive(vectors.Message{Status: 200})))
	o := trial{server: answers(hello)}.play(t, send(request), script)
	wantMet(t, o)
	if len(o.Errata) != 1 || o.Errata[0] != "x/y" {
		t.Errorf("errata: %v", o.Errata)
	}
	permits := func(clause string) bool { return clause != "x/y" }
	o = trial{server: answers(hello), options: wire.Options{Permits: permits}}.play(t, send(request), script)
	wantFailure(t, o, "anyOf", "wanted 404")
}

func TestRecordsAreConsumedPerAlternative(t *testing.T) {
	o := trial{server: func(p *program, c net.Conn) { p.record("a"); answers(hello)(p, c) }}.play(t, send(request),
		anyOf(either(recorded("a"), receive(vectors.Message{Status: 404})), either(recorded("a"), receive(vectors.Message{}))),
		closed(vectors.EndFIN))
	wantMet(t, o)
}

func TestFaultsOfAScriptAreErrors(t *testing.T) {
	for name, steps := range map[string][]vectors.Step{
		"an unknown connection": {send(request), on("other", send("x"))},
		"an unknown mark":       {send(request), closedBetween(0, 0, "never")},
		"a send after a close":  {send(request), hangUp(), send("x")},
		"a wrong placeholder":   {send(request), receiveBytes("{dat}")},
		"no byte":               {send("\u0100")},
	} {
		t.Run(name, func(t *testing.T) {
			o := trial{server: mute}.play(t, steps...)
			var fault *wire.ScriptError
			if o.Failure == nil || !errors.As(o.Err, &fault) {
				t.Errorf("failure %v, error %v", o.Failure, o.Err)
			}
		})
	}
}

func TestACancelledRunIsNoVerdict(t *testing.T) {
	peer, err := wire.Open(wire.Options{Listen: true})
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errGone)
	o := peer.Play(ctx, []vectors.Step{accept()}, newProgram())
	if !errors.Is(o.Err, errGone) || o.Failure == nil {
		t.Errorf("failure %v, error %v", o.Failure, o.Err)
	}
}

func TestAFloodIsBounded(t *testing.T) {
	flood := func(p *program, c net.Conn) {
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")
		junk := make([]byte, 1<<16)
		for {
			if _, err := c.Write(junk); err != nil {
				return
			}
		}
	}
	o := trial{server: flood, options: wire.Options{Limit: 1 << 20}}.play(t, send(request), receive(vectors.Message{}))
	wantFailure(t, o, "receive", "the program sent more than the 1048576 bytes that are kept")
	if len(o.Failure.Error()) > 20000 {
		t.Errorf("a failure text of %d bytes", len(o.Failure.Error()))
	}
}

func TestAgainstNetHTTP(t *testing.T) {
	script := []vectors.Step{
		send("GET /a HTTP/1.1\r\nHost: a\r\n\r\n"),
		receive(vectors.Message{Status: 200, Body: "/a", Framing: "length"}),
		send("GET /b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
		receive(vectors.Message{Status: 200, Body: "/b"}),
		closed(vectors.EndFIN),
	}
	for _, fragment := range []wire.Fragment{wire.FragmentNone, wire.FragmentBytes, wire.FragmentRandom} {
		o := trial{server: serveHTTP, options: wire.Options{Fragment: fragment, Seed: 7}}.play(t, script...)
		wantMet(t, o)
	}
}

// serveHTTP is net/http on one connection.
func serveHTTP(p *program, c net.Conn) {
	done := make(chan struct{})
	s := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.URL.Path) }),
		ConnState: func(_ net.Conn, state http.ConnState) {
			if state == http.StateClosed {
				close(done)
			}
		},
	}
	l := &single{conn: make(chan net.Conn, 1)}
	l.conn <- c
	served := make(chan struct{})
	go func() { s.Serve(l); close(served) }()
	<-done
	close(l.conn)
	<-served
}

// single is a listener of one connection.
type single struct{ conn chan net.Conn }

func (l *single) Accept() (net.Conn, error) {
	if c, ok := <-l.conn; ok {
		return c, nil
	}
	return nil, net.ErrClosed
}
func (l *single) Close() error   { return nil }
func (l *single) Addr() net.Addr { return &net.TCPAddr{} }
