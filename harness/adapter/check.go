package adapter

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"
)

// A Report is what [Check] found, in the order it looked.
type Report struct {
	Hello  Hello // zero when there was none
	Checks []CheckResult
}

// OK reports whether nothing is wrong with the adapter.
func (r Report) OK() bool {
	for _, check := range r.Checks {
		if check.Problem != "" {
			return false
		}
	}
	return len(r.Checks) > 0
}

// A CheckResult is the outcome of one check.
type CheckResult struct {
	Name    string // in a few words
	Want    string // what an adapter has to do, in a sentence
	Problem string // what it did instead; "" when the check held or was skipped
	Skipped string // why the check does not apply; "" when it was made
}

// Check tells the author of an adapter what is wrong with the adapter itself,
// before any vector is played. Each check gets a process of its own, and waits
// for each message that has to come as long as options.AnswerTimeout says. When
// not even an empty program can be run, the other checks are not made. It
// returns early when ctx is done; the check under way then reports that.
func Check(ctx context.Context, command Command, options Options) Report {
	return runChecks(ctx, command, options, func(string) bool { return true })
}

// runChecks makes the checks whose names are wanted.
func runChecks(ctx context.Context, command Command, options Options, wanted func(name string) bool) Report {
	if options.AnswerTimeout == 0 {
		options.AnswerTimeout = defaultAnswerTimeout
	}
	var report Report
	for _, check := range checks {
		if !wanted(check.name) {
			continue
		}
		result := CheckResult{Name: check.name, Want: check.want}
		process, err := Start(ctx, command, options)
		if err != nil {
			result.Problem = err.Error()
			report.Checks = append(report.Checks, result)
			return report
		}
		report.Hello = process.Hello()
		if check.needs != "" && !slices.Contains(report.Hello.Capabilities, check.needs) {
			result.Skipped = fmt.Sprintf("the adapter has not announced the capability %q", check.needs)
		} else if check.needsTwo && report.Hello.MaxInFlight < 2 {
			result.Skipped = "the adapter takes one run at a time"
		} else if err := check.do(&talk{ctx: ctx, process: process, patience: options.AnswerTimeout}); err != nil {
			result.Problem = err.Error()
			if lost := process.Err(); lost != nil && !strings.Contains(result.Problem, lost.Error()) {
				result.Problem += "; " + lost.Error()
			}
		}
		process.Kill()
		report.Checks = append(report.Checks, result)
		if check.basic && result.Problem != "" || ctx.Err() != nil {
			return report
		}
	}
	return report
}

// checks are made in this order: what later ones rest on comes first.
var checks = []struct {
	name     string
	want     string
	basic    bool   // nothing else can be checked when it fails
	needs    string // a capability
	needsTwo bool   // runs in flight
	do       func(*talk) error
}{
	{
		name:  "hello",
		want:  "The first line is a hello with protocol 1, an implementation, its capabilities and maxInFlight.",
		basic: true,
		do:    func(*talk) error { return nil }, // Start has seen to it
	},
	{
		name:  "an empty program",
		want:  "A run whose program does nothing is answered, after finish, by a result and nothing else.",
		basic: true,
		do: func(t *talk) error {
			return t.expect(``, nil)
		},
	},
	{
		name: "record",
		want: "record(label) sends no value, record(label, value) the value, and more values are a list.",
		do: func(t *talk) error {
			return t.expect(`record('none'); record('one', 1); record('undefined', undefined); record('several', 1, 'b', null);`,
				[]string{`none`, `one 1`, `undefined "$undefined"`, `several [1,"b",null]`})
		},
	},
	{
		name: "values",
		want: "Values are written as vectors/README.md says.",
		do:   checkValues,
	},
	{
		name: "deep values",
		want: "A value nested without end is written down to some depth, and the rest as $object.",
		do: func(t *talk) error {
			run, err := t.begin("1", `var deep = {}; for (var i = 0; i < 100000; i++) deep = {a: deep}; record('deep', deep);`)
			if err != nil {
				return err
			}
			records, err := run.finish()
			if err != nil {
				return err
			}
			if len(records) != 1 || !strings.Contains(asJSON(records[0].Value), `"$object"`) {
				return errors.New("it was not")
			}
			return nil
		},
	},
	{
		name: "long values",
		want: "A record of a million characters arrives whole.",
		do: func(t *talk) error {
			run, err := t.begin("1", `var s = 'x'; while (s.length < 1000000) s += s; record('long', s.slice(0, 1000000));`)
			if err != nil {
				return err
			}
			records, err := run.finish()
			if err != nil {
				return err
			}
			if len(records) != 1 || records[0].Value != strings.Repeat("x", 1000000) {
				return errors.New("it did not")
			}
			return nil
		},
	},
	{
		name: "order",
		want: "The records of a run arrive in the order they were made, all before its result.",
		do: func(t *talk) error {
			var want []string
			for i := range 1000 {
				want = append(want, fmt.Sprintf("n %d", i))
			}
			return t.expect(`for (var i = 0; i < 1000; i++) record('n', i);`, want)
		},
	},
	{
		name: "attempt",
		want: "attempt records what a function throws, as {code, name} or {name}, and otherwise that it returned.",
		do: func(t *talk) error {
			return t.expect(`
				attempt('coded', function () { var e = new TypeError('x'); e.code = 'E_X'; throw e; });
				attempt('plain', function () { throw new RangeError('x'); });
				attempt('fine', function () {});`,
				[]string{`coded {"code":"E_X","name":"TypeError"}`, `plain {"name":"RangeError"}`, `fine "returned"`})
		},
	},
	{
		name: "bindings",
		want: "host, port, socketPath and certificate are what the run message says, and http, net, url, Buffer, bytes and the timers are there.",
		do: func(t *talk) error {
			t.bindings = Bindings{Host: "127.0.0.2", Port: 4711, SocketPath: "/nowhere", Certificate: &Certificate{Key: "K", Cert: "C", CA: "A"}}
			return t.expect(`
				record('given', host, port, socketPath, certificate.key, certificate.cert, certificate.ca);
				record('types', typeof http.request, typeof net.connect, typeof url.parse, typeof Buffer, typeof setTimeout);
				record('bytes', bytes('\u00ff\n'));`,
				[]string{
					`given ["127.0.0.2",4711,"/nowhere","K","C","A"]`,
					`types ["function","function","function","function","function"]`,
					`bytes {"$bytes":"ÿ\n"}`,
				})
		},
	},
	{
		name: "ready, as a callback",
		want: "ready, as the callback of listen, announces the port, and a request to it is answered.",
		do: func(t *talk) error {
			return t.serve(`http.createServer(function (req, res) { res.end('hello'); }).listen(port, host, ready);`)
		},
	},
	{
		name: "ready, called",
		want: "ready(server) announces the port, and a request to it is answered.",
		do: func(t *talk) error {
			return t.serve(`
				var server = http.createServer(function (req, res) { res.end('hello'); });
				server.listen(port, host, function () { ready(server); });`)
		},
	},
	{
		name:  "ready on a Unix socket",
		want:  "ready announces the path of a server on a Unix socket, and a request to it is answered.",
		needs: "unix",
		do: func(t *talk) error {
			folder, err := os.MkdirTemp("", "conform-check-")
			if err != nil {
				return err
			}
			defer os.RemoveAll(folder)
			t.bindings.SocketPath = filepath.Join(folder, "socket")
			return t.serve(`http.createServer(function (req, res) { res.end('hello'); }).listen(socketPath, ready);`)
		},
	},
	{
		name: "signals",
		want: "A signal calls the handler of its name with its value decoded; one that comes before there is a handler is kept.",
		do: func(t *talk) error {
			run, err := t.begin("1", `
				on('first', function (value) {
					record('first', value, Buffer.isBuffer(value.bytes));
					setTimeout(function () { on('second', function (value) { record('second', value); }); }, 20);
				});
				record('waiting');`)
			if err != nil {
				return err
			}
			if err := run.wantRecord(`waiting`); err != nil {
				return err
			}
			value := map[string]any{"text": "$$x", "none": "$undefined", "bytes": map[string]any{"$bytes": "ÿ"}}
			t.process.Signal(Signal{ID: "1", Name: "second"})
			t.process.Signal(Signal{ID: "1", Name: "nobody"})
			t.process.Signal(Signal{ID: "1", Name: "first", Value: value, HasValue: true})
			if err := run.wantRecord(`first [{"bytes":{"$bytes":"ÿ"},"none":"$undefined","text":"$$x"},true]`); err != nil {
				return err
			}
			if err := run.wantRecord(`second "$undefined"`); err != nil {
				return err
			}
			return run.wantEnd()
		},
	},
	{
		name:     "two runs at once",
		want:     "Two runs are open at once; each gets its own signals, and its records bear its own id.",
		needsTwo: true,
		do: func(t *talk) error {
			program := `on('go', function (value) { record('went', value); });`
			a, err := t.begin("a", program)
			if err != nil {
				return err
			}
			b, err := t.begin("b", program)
			if err != nil {
				return err
			}
			t.process.Signal(Signal{ID: "b", Name: "go", Value: 1, HasValue: true})
			t.process.Signal(Signal{ID: "a", Name: "go", Value: 2, HasValue: true})
			for _, step := range []struct {
				run  *talkRun
				want string
			}{{b, "went 1"}, {a, "went 2"}} {
				if err := step.run.wantRecord(step.want); err != nil {
					return err
				}
			}
			if err := b.wantEnd(); err != nil {
				return err
			}
			return a.wantEnd()
		},
	},
	{
		name: "exceptions",
		want: "What a program throws becomes the record uncaught, and the run goes on.",
		do: func(t *talk) error {
			run, err := t.begin("1", `
				on('go', function () { record('still here'); });
				var e = new TypeError('oh'); e.code = 'E_OH'; throw e;`)
			if err != nil {
				return err
			}
			t.process.Signal(Signal{ID: "1", Name: "go"})
			if err := run.wantRecord(`uncaught {"code":"E_OH","message":"oh","name":"TypeError"}`); err != nil {
				return err
			}
			if err := run.wantRecord(`still here`); err != nil {
				return err
			}
			return run.wantEnd()
		},
	},
	{
		name: "asynchronous exceptions, alone",
		want: "An exception in a callback becomes the record uncaught of the only run there is.",
		do: func(t *talk) error {
			run, err := t.begin("1", `setTimeout(function () { throw new Error('later'); }, 1);`)
			if err != nil {
				return err
			}
			if err := run.wantRecord(`uncaught {"message":"later","name":"Error"}`); err != nil {
				return err
			}
			return run.wantEnd()
		},
	},
	{
		name:     "asynchronous exceptions, among several",
		want:     "An exception in a callback becomes the record uncaught of the run it belongs to, or else the adapter says lost.",
		needsTwo: true,
		do: func(t *talk) error {
			other, err := t.begin("other", ``)
			if err != nil {
				return err
			}
			run, err := t.begin("1", `setTimeout(function () { throw new Error('later'); }, 1);`)
			if err != nil {
				return err
			}
			err = run.wantRecord(`uncaught {"message":"later","name":"Error"}`)
			var lost *Unattributed
			switch {
			case errors.As(err, &lost):
				return nil
			case err != nil:
				return err
			}
			if err := other.wantEnd(); err != nil {
				return fmt.Errorf("the run beside it: %w", err)
			}
			return run.wantEnd()
		},
	},
	{
		name: "finish lets the program finish",
		want: "Between finish and result the event loop turns at least twice, with I/O in between.",
		do: func(t *talk) error {
			run, err := t.begin("1", `
				on('go', function () {
					var next = typeof setImmediate === 'function' ? setImmediate : function (f) { setTimeout(f, 0); };
					next(function () { next(function () { record('two turns later'); }); });
				});
				record('waiting');`)
			if err != nil {
				return err
			}
			if err := run.wantRecord(`waiting`); err != nil {
				return err
			}
			t.process.Signal(Signal{ID: "1", Name: "go"})
			records, err := run.finish()
			if err != nil {
				return err
			}
			return compare(records, []string{`two turns later`})
		},
	},
	{
		name: "silence after result",
		want: "After its result nothing more is said of a run, even when its program goes on.",
		do: func(t *talk) error {
			run, err := t.begin("1", `setInterval(function () { record('again'); }, 1); record('first');`)
			if err != nil {
				return err
			}
			if err := run.wantRecord(`first`); err != nil {
				return err
			}
			if _, err := run.finish(); err != nil {
				return err
			}
			return t.stillWorks()
		},
	},
	{
		name: "servers are closed",
		want: "The servers of a run that is over are closed.",
		do: func(t *talk) error {
			run, err := t.begin("1", `http.createServer().listen(port, host, ready);`)
			if err != nil {
				return err
			}
			address, err := run.ready()
			if err != nil {
				return err
			}
			if err := run.wantEnd(); err != nil {
				return err
			}
			for limit := time.Now().Add(t.patience); ; time.Sleep(5 * time.Millisecond) {
				conn, err := net.Dial("tcp", address)
				if err != nil {
					return nil
				}
				conn.Close()
				if time.Now().After(limit) {
					return fmt.Errorf("%s still accepts connections", address)
				}
			}
		},
	},
	{
		name: "cancel",
		want: "A cancelled run is forgotten without an answer, and others go on.",
		do: func(t *talk) error {
			run, err := t.begin("1", `setInterval(function () { record('again'); }, 1); record('first');`)
			if err != nil {
				return err
			}
			if err := run.wantRecord(`first`); err != nil {
				return err
			}
			t.process.Cancel("1")
			if err := t.stillWorks(); err != nil {
				return err
			}
			// What was under way may still have come; from now on nothing may.
			t.process.mu.Lock()
			delete(t.process.cancelled, "1")
			t.process.mu.Unlock()
			return t.stillWorks()
		},
	},
	{
		name: "late messages",
		want: "Messages for a run that is over are ignored.",
		do: func(t *talk) error {
			if err := t.expect(``, nil); err != nil {
				return err
			}
			for _, line := range []string{
				`{"type":"signal","id":"1","name":"go"}`, `{"type":"finish","id":"1"}`, `{"type":"cancel","id":"1"}`,
			} {
				t.process.out.send([]byte(line + "\n"))
			}
			return t.stillWorks()
		},
	},
	{
		name: "unknown keys",
		want: "Keys that the protocol does not know are ignored.",
		do: func(t *talk) error {
			t.process.out.send([]byte(`{"type":"cancel","id":"nobody","colour":{"red":1}}` + "\n"))
			return t.stillWorks()
		},
	},
	{
		name: "unknown types",
		want: "A message of an unknown type is refused: the adapter says lost or exits.",
		do: func(t *talk) error {
			t.process.out.send([]byte(`{"type":"dance","id":"1"}` + "\n"))
			return t.wantExit("it went on")
		},
	},
	{
		name: "end of input",
		want: "At the end of its input the adapter exits, also with a run open.",
		do: func(t *talk) error {
			run, err := t.begin("1", `http.createServer().listen(port, host, ready); setInterval(function () {}, 1000);`)
			if err != nil {
				return err
			}
			if _, err := run.ready(); err != nil {
				return err
			}
			t.process.out.close()
			return t.wantExit("it still runs")
		},
	},
}

func checkValues(t *talk) error {
	values := []struct{ expression, want string }{
		{`undefined`, `"$undefined"`},
		{`null`, `null`},
		{`true`, `true`},
		{`-1.5`, `-1.5`},
		{`NaN`, `"$NaN"`},
		{`Infinity`, `"$Infinity"`},
		{`-Infinity`, `"$-Infinity"`},
		{`''`, `""`},
		{`'$undefined'`, `"$$undefined"`},
		{`'$$'`, `"$$$"`},
		{`'\u20ac\u0000\n"'`, `"€\u0000\n\""`},
		{`bytes('$\u00ff\u0000')`, `{"$bytes":"$ÿ\u0000"}`},
		{`new TypeError('oh')`, `{"$error":{"name":"TypeError","message":"oh"}}`},
		{`(function () { var e = new Error('oh'); e.code = 'E_OH'; return e; })()`, `{"$error":{"name":"Error","code":"E_OH","message":"oh"}}`},
		{`function () {}`, `"$function"`},
		{`[1, [undefined], {}]`, `[1,["$undefined"],{}]`},
		{`[1, , 3]`, `[1,"$undefined",3]`},
		{`{a: undefined, $b: '$c', d: [bytes('e')]}`, `{"a":"$undefined","$$b":"$$c","d":[{"$bytes":"e"}]}`},
		{`(function () { var o = Object.create(null); o.a = 1; return o; })()`, `{"a":1}`},
		{`(function () { var o = {a: 1}; o.self = o; return o; })()`, `{"a":1,"self":"$object"}`},
		{`(function () { var a = [1]; a.push(a); return a; })()`, `[1,"$object"]`},
		{`new Date(0)`, `"$object"`},
		{`new net.Socket()`, `"$object"`},
		{`(function () { var o = {}; Object.defineProperty(o, 'a', {enumerable: true, get: function () { throw new Error('no'); }}); return o; })()`, `"$object"`},
	}
	var program strings.Builder
	for _, value := range values {
		fmt.Fprintf(&program, "record('value', %s);\n", value.expression)
	}
	run, err := t.begin("1", program.String())
	if err != nil {
		return err
	}
	records, err := run.finish()
	if err != nil {
		return err
	}
	var problems []string
	for i, record := range records {
		if i < len(values) && !sameJSON(record.Value, values[i].want) {
			problems = append(problems, fmt.Sprintf("%s came as %s, not as %s", values[i].expression, asJSON(record.Value), values[i].want))
		}
	}
	if len(records) != len(values) {
		problems = append(problems, fmt.Sprintf("%d values were recorded and %d came", len(values), len(records)))
	}
	if problems != nil {
		return errors.New(strings.Join(problems, "; "))
	}
	return nil
}

// A talk is what one check says to an adapter and hears from it.
type talk struct {
	ctx      context.Context
	process  *Process
	patience time.Duration
	bindings Bindings
}

func (t *talk) begin(id, program string) (*talkRun, error) {
	bindings := t.bindings
	if bindings.Host == "" {
		bindings.Host = "127.0.0.1"
	}
	run := &talkRun{talk: t, id: id, events: newQueue()}
	err := t.process.Run(Run{
		ID: id, Name: "check", Edition: "v12", Program: program, Bindings: bindings,
		Deadline: (10 * t.patience).Milliseconds(),
	}, run.events.put)
	return run, err
}

// expect runs a program to its end and compares its records.
func (t *talk) expect(program string, want []string) error {
	run, err := t.begin("1", program)
	if err != nil {
		return err
	}
	records, err := run.finish()
	if err != nil {
		return err
	}
	return compare(records, want)
}

// serve runs a server's program and asks it for a page.
func (t *talk) serve(program string) error {
	run, err := t.begin("1", program)
	if err != nil {
		return err
	}
	address, err := run.ready()
	if err != nil {
		return err
	}
	network := "tcp"
	if t.bindings.SocketPath != "" {
		network = "unix"
	}
	ctx, cancel := context.WithTimeout(t.ctx, t.patience)
	defer cancel()
	transport := &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, address)
		},
	}
	request, err := http.NewRequestWithContext(ctx, "GET", "http://localhost/", nil)
	if err != nil {
		return err
	}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return fmt.Errorf("a request to %s failed: %w", address, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || string(body) != "hello" {
		return fmt.Errorf("a request to %s was answered with %q (%v)", address, body, err)
	}
	return run.wantEnd()
}

// stillWorks makes a run that outlives a few turns of the event loop.
func (t *talk) stillWorks() error {
	run, err := t.begin("after", `setTimeout(function () { record('works'); }, 30);`)
	if err != nil {
		return err
	}
	defer func() { t.process.Cancel("after") }()
	if err := run.wantRecord(`works`); err != nil {
		return err
	}
	return run.wantEnd()
}

func (t *talk) wantExit(otherwise string) error {
	select {
	case <-t.process.Done():
		return nil
	case <-t.ctx.Done():
		return t.ctx.Err()
	case <-time.After(t.patience):
		return fmt.Errorf("%s after %v", otherwise, t.patience)
	}
}

// A talkRun is one run of a talk.
type talkRun struct {
	talk   *talk
	id     string
	events *queue
}

func (r *talkRun) next() (Event, error) {
	return r.events.next(r.talk.ctx, r.talk.patience)
}

// ready waits for the program to listen and returns the address.
func (r *talkRun) ready() (string, error) {
	event, err := r.next()
	switch {
	case err != nil:
		return "", err
	case event.Ready == nil:
		return "", fmt.Errorf("instead of ready came %s", describe(event))
	case event.Ready.Path != "":
		if event.Ready.Path != r.talk.bindings.SocketPath {
			return "", fmt.Errorf("the path %q is not the one of socketPath", event.Ready.Path)
		}
		return event.Ready.Path, nil
	}
	host := event.Ready.Host
	if host == "" {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, fmt.Sprint(event.Ready.Port)), nil
}

func (r *talkRun) wantRecord(want string) error {
	event, err := r.next()
	switch {
	case err != nil:
		return fmt.Errorf("instead of the record %s: %w", want, err)
	case event.Record == nil:
		return fmt.Errorf("instead of the record %s came %s", want, describe(event))
	}
	return compare([]Record{*event.Record}, []string{want})
}

// finish sends finish and returns the records until the result.
func (r *talkRun) finish() ([]Record, error) {
	if err := r.talk.process.Finish(r.id); err != nil {
		return nil, err
	}
	var records []Record
	for {
		event, err := r.next()
		switch {
		case err != nil:
			return nil, err
		case event.Record != nil:
			records = append(records, *event.Record)
		case event.Ended != nil:
			return records, nil
		default:
			return nil, fmt.Errorf("%s came after finish", describe(event))
		}
	}
}

func (r *talkRun) wantEnd() error {
	records, err := r.finish()
	if err != nil {
		return err
	}
	return compare(records, nil)
}

func describe(event Event) string {
	switch {
	case event.Ready != nil:
		return "ready"
	case event.Record != nil:
		return "the record " + show(*event.Record)
	}
	return "a result"
}

// show writes a record as the checks do: its label, and its value if it has one.
func show(record Record) string {
	if !record.HasValue {
		return record.Label
	}
	return record.Label + " " + asJSON(record.Value)
}

// compare compares records with what show would write, with the keys of objects
// in any order.
func compare(records []Record, want []string) error {
	for i, record := range records {
		if i >= len(want) {
			return fmt.Errorf("there is one record too many: %s", show(record))
		}
		label, value, hasValue := cutRecord(want[i])
		if record.Label != label || record.HasValue != hasValue || hasValue && !sameJSON(record.Value, value) {
			return fmt.Errorf("record %d is %s, not %s", i+1, show(record), want[i])
		}
	}
	if len(records) < len(want) {
		return fmt.Errorf("there is no record %s", want[len(records)])
	}
	return nil
}

// cutRecord undoes show. Labels may have blanks in them, values begin with none
// of the characters of a label.
func cutRecord(shown string) (label, value string, hasValue bool) {
	for i := range shown {
		if shown[i] == ' ' && json.Valid([]byte(shown[i+1:])) {
			return shown[:i], shown[i+1:], true
		}
	}
	return shown, "", false
}

func asJSON(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(text)
}

func sameJSON(value any, want string) bool {
	var wanted any
	return json.Unmarshal([]byte(want), &wanted) == nil && reflect.DeepEqual(value, wanted)
}

// A queue holds the events of a run until they are asked for.
type queue struct{ events chan Event }

// More than any check's program causes. What is above that is dropped, and the
// check fails for want of it.
const queueLength = 1 << 16

func newQueue() *queue { return &queue{make(chan Event, queueLength)} }

func (q *queue) put(event Event) {
	select {
	case q.events <- event:
	default:
	}
}

func (q *queue) next(ctx context.Context, patience time.Duration) (Event, error) {
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	select {
	case event := <-q.events:
		if event.Ended != nil && event.Ended.Err != nil {
			return event, event.Ended.Err
		}
		return event, nil
	case <-ctx.Done():
		return Event{}, ctx.Err()
	case <-timeout.C:
		return Event{}, fmt.Errorf("nothing came within %v", patience)
	}
}
