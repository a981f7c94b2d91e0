package reference_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nodehttp/conform/reference"
)

// What the listeners of a request and of its response see, and in which order. The last column is what edition v12
// shows; the others are named where they differ.
func TestClientEventOrder(t *testing.T) {
	const (
		hello = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello"
		half  = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 10\r\n\r\nhello"
		begin = "req.socket > req.finish"
		hang  = "req.error(ECONNRESET|socket hang up)"
	)
	answer := func(text string) func(*originConn, int) {
		return func(c *originConn, _ int) {
			c.head()
			c.send(text)
			c.rest()
		}
	}
	answerAndClose := func(text string) func(*originConn, int) {
		return func(c *originConn, _ int) {
			c.head()
			c.send(text)
		}
	}
	silent := func(c *originConn, _ int) { c.rest() }
	afterData := func(r *reference.ClientRequest, do func(*reference.IncomingMessage)) {
		r.EventResponse.On(func(res *reference.IncomingMessage) {
			res.EventData.Once(func([]byte) { do(res) })
		})
	}
	for name, test := range map[string]struct {
		script func(*originConn, int)
		do     func(r *reference.ClientRequest, log *eventLog)
		want   map[reference.Edition]string // V12 stands for those that are not there
	}{
		"success": {answer(hello), nil, map[reference.Edition]string{
			reference.V12: begin + " > req.response > res.data(hello) > res.end > req.close > res.close",
			reference.V10: begin + " > req.response > res.data(hello) > res.end > req.close",
			reference.V6:  begin + " > req.response > res.data(hello) > res.end > req.close",
		}},
		"server closes": {answerAndClose("HTTP/1.1 200 OK\r\n\r\nhello"), nil, map[reference.Edition]string{
			reference.V12: begin + " > req.response > res.data(hello) > res.end > req.close > res.close",
			reference.V10: begin + " > req.response > res.data(hello) > res.end > req.close",
			reference.V6:  begin + " > req.response > res.data(hello) > res.end > req.close",
		}},
		"hang up": {answerAndClose(""), nil, map[reference.Edition]string{
			reference.V12: begin + " > " + hang + " > req.close",
		}},
		"abort at once": {silent, func(r *reference.ClientRequest, _ *eventLog) { r.Abort(); r.Abort() },
			map[reference.Edition]string{reference.V12: "req.abort"}},
		"abort with the socket": {silent, func(r *reference.ClientRequest, log *eventLog) {
			r.EventSocket.On(func(*reference.Socket) { r.Abort(); log.note("(aborted)") })
		}, map[reference.Edition]string{
			reference.V12: "req.socket > (aborted) > req.abort > " + hang + " > req.close",
			reference.V6:  "req.socket > (aborted) > req.abort > req.close > " + hang,
		}},
		"abort before the response": {silent, func(r *reference.ClientRequest, log *eventLog) {
			r.EventFinish.On(r.Abort)
		}, map[reference.Edition]string{
			reference.V12: begin + " > req.abort > " + hang + " > req.close",
			reference.V6:  begin + " > req.abort > req.close > " + hang,
		}},
		"abort in the response": {answer(half), func(r *reference.ClientRequest, log *eventLog) {
			r.EventResponse.On(func(*reference.IncomingMessage) { r.Abort() })
		}, map[reference.Edition]string{
			reference.V12: begin + " > req.response > req.abort > res.aborted > req.close > res.end > res.close",
			reference.V13: begin + " > req.response > req.abort > res.aborted > req.close > res.close",
			reference.V6:  begin + " > req.response > req.abort > req.close > res.aborted > res.end > res.close",
		}},
		"abort after data": {answer(half), func(r *reference.ClientRequest, log *eventLog) {
			afterData(r, func(*reference.IncomingMessage) { r.Abort(); log.note("(aborted)") })
		}, map[reference.Edition]string{
			reference.V12: begin + " > req.response > res.data(hello) > (aborted) > req.abort > res.aborted > req.close > res.end > res.close",
			reference.V13: begin + " > req.response > res.data(hello) > (aborted) > req.abort > res.aborted > req.close > res.close",
			reference.V6:  begin + " > req.response > res.data(hello) > (aborted) > req.abort > req.close > res.aborted > res.end > res.close",
		}},
		"destroy at once": {silent, func(r *reference.ClientRequest, log *eventLog) { r.Destroy(nil) }, map[reference.Edition]string{
			reference.V12: "req.socket > " + hang + " > req.close",
			reference.V6:  "req.socket > req.close > " + hang,
		}},
		"destroy with an error": {silent, func(r *reference.ClientRequest, log *eventLog) { r.Destroy(errors.New("boom")) },
			map[reference.Edition]string{reference.V12: "req.socket > req.error(boom) > req.close"}},
		"destroy the response": {answer(half), func(r *reference.ClientRequest, log *eventLog) {
			afterData(r, func(res *reference.IncomingMessage) { res.Destroy(errors.New("rb")) })
		}, map[reference.Edition]string{
			reference.V12: begin + " > req.response > res.data(hello) > req.error(rb) > res.aborted > req.close > res.end > res.close",
			reference.V13: begin + " > req.response > res.data(hello) > req.error(rb) > res.aborted > req.close > res.close",
			reference.V6:  begin + " > req.response > res.data(hello) > req.error(rb) > req.close > res.aborted > res.end > res.close",
		}},
		"premature close": {answerAndClose(half), nil, map[reference.Edition]string{
			reference.V12: begin + " > req.response > res.data(hello) > res.aborted > req.close > res.end > res.close",
			reference.V13: begin + " > req.response > res.data(hello) > res.aborted > req.close > res.close",
			reference.V6:  begin + " > req.response > res.data(hello) > req.close > res.aborted > res.end > res.close",
		}},
		"no response": {answer("garbage\r\n\r\n"), nil, map[reference.Edition]string{
			reference.V12: begin + " > req.error(HPE_INVALID_CONSTANT|Parse Error: Expected HTTP/) > req.close",
			reference.V10: begin + " > req.error(HPE_INVALID_CONSTANT|Parse Error) > req.close",
			reference.V6:  begin + " > req.error(HPE_INVALID_CONSTANT|Parse Error) > req.close",
		}},
		"more than a response": {answer(hello + "EXTRA"), nil, map[reference.Edition]string{
			reference.V12: begin + " > req.response > res.data(hello) > req.error(HPE_INVALID_CONSTANT|Parse Error: Expected HTTP/) > res.end > req.close > res.close",
			reference.V10: begin + " > req.response > res.data(hello) > req.error(HPE_INVALID_CONSTANT|Parse Error) > res.end > req.close",
			reference.V6:  begin + " > req.response > res.data(hello) > req.error(HPE_INVALID_CONSTANT|Parse Error) > res.end > req.close",
		}},
		"continue": {answer("HTTP/1.1 100 Continue\r\n\r\n" + hello), nil, map[reference.Edition]string{
			reference.V12: begin + " > req.continue > req.response > res.data(hello) > res.end > req.close > res.close",
			reference.V10: begin + " > req.continue > req.response > res.data(hello) > res.end > req.close",
			reference.V6:  begin + " > req.continue > req.response > res.data(hello) > res.end > req.close",
		}},
		"timeout": {silent, func(r *reference.ClientRequest, log *eventLog) {
			if err := r.SetTimeout(20*time.Millisecond, func() { log.note("(callback)"); r.Abort() }); err != nil {
				log.note("%v", err)
			}
		}, map[reference.Edition]string{
			reference.V12: begin + " > req.timeout > (callback) > req.abort > " + hang + " > req.close",
			reference.V6:  begin + " > req.timeout > (callback) > req.abort > req.close > " + hang,
		}},
		"upgrade unheard": {answer("HTTP/1.1 101 SP\r\nConnection: Upgrade\r\nUpgrade: foo\r\n\r\nhead"), nil,
			map[reference.Edition]string{reference.V12: begin + " > req.close"}},
	} {
		for _, edition := range []reference.Edition{reference.V6, reference.V10, reference.V12, reference.V13} {
			want, differs := test.want[edition]
			if !differs {
				want = test.want[reference.V12]
			}
			for _, looped := range []bool{true, false} {
				t.Run(fmt.Sprintf("%s %v loop=%v", name, edition, looped), func(t *testing.T) {
					options := reference.AgentOptions{Edition: edition}
					run := func(f func()) { f() }
					if looped {
						l := newLoop(t)
						options.Executor = l
						run = l.do
					}
					noLeaks(t)
					p := newOrigin(t, test.script)
					log := newEventLog()
					run(func() {
						r, err := reference.Request(reference.RequestOptions{
							Host: "127.0.0.1", Port: p.port, OneTimeAgent: true, DefaultAgent: agentOf(t, options),
							Prepare: func(r *reference.ClientRequest) {
								log.watch(r)
								if test.do != nil && !looped {
									test.do(r, log)
								}
							},
						}, nil)
						if err != nil {
							t.Error(err)
							return
						}
						if test.do != nil && looped {
							test.do(r, log)
						}
						if err := r.End(nil, nil); err != nil {
							t.Error(err)
						}
					})
					entries := strings.Split(want, " > ")
					log.until(t, entries[len(entries)-1])
					if got := log.String(); got != want {
						t.Errorf("saw  %s\nwant %s", got, want)
					}
				})
			}
		}
	}
}
