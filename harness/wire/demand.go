package wire

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/nodehttp/conform/vectors"
)

// Demands are judged by polling: whenever something has changed, each is shown
// the captures and says whether it is met, cannot be met any more, or is
// pending. So the alternatives of an anyOf all see the same moment, and list
// order decides between those that are met in it.

type state int

const (
	pending state = iota
	met
	failed
)

// A demand is one step being judged. The peer's mu is held during all calls.
type demand interface {
	// poll says how it stands. problem goes with failed; wake is when a pending
	// demand wants to be asked again though nothing has changed, or zero.
	poll(now time.Time) (s state, problem string, wake time.Time)
	// wanted and seen are for the failure.
	wanted() string
	seen() string
}

// Cursors say what a run has consumed of the append-only captures. Each
// alternative has its own.
type cursors struct {
	read     map[*connection]int
	recorded map[string]int
}

func newCursors() *cursors {
	return &cursors{map[*connection]int{}, map[string]int{}}
}

func (c *cursors) clone() *cursors {
	return &cursors{maps.Clone(c.read), maps.Clone(c.recorded)}
}

// A run goes through a list of demands: the script itself, or an alternative.
type run struct {
	script  *script
	steps   []vectors.Step
	nested  bool // it is an alternative
	next    int
	cursors *cursors
	waited  time.Duration
	errata  []string
	failure *Failure

	current demand
	began   time.Time // when current became so
}

// poll goes on until the steps before `until` are met, or one is not. The
// caller holds mu.
func (r *run) poll(now time.Time, until int) (state, time.Time) {
	for r.next < until {
		if r.failure != nil {
			return failed, time.Time{}
		}
		if r.current == nil {
			r.began = now
			if r.current = r.begin(&r.steps[r.next], now); r.current == nil {
				return failed, time.Time{}
			}
		}
		switch state, problem, wake := r.current.poll(now); state {
		case pending:
			return pending, wake
		case failed:
			return r.fail(now, problem), time.Time{}
		}
		if waiting, ok := r.current.(interface{ spent() time.Duration }); ok {
			r.waited += waiting.spent()
		}
		r.current = nil
		r.next++
	}
	return met, time.Time{}
}

// fail ends the run at its current step.
func (r *run) fail(now time.Time, problem string) state {
	if r.failure != nil {
		return failed
	}
	r.failure = &Failure{Problem: problem}
	if r.next < len(r.steps) {
		step := &r.steps[r.next]
		r.failure.Pos, r.failure.Verb, r.failure.On = step.Pos, verb(step), connectionOf(step)
	}
	if r.current != nil {
		r.failure.Waited = now.Sub(r.began)
		if choice, ok := r.current.(*choice); ok {
			for _, alternative := range choice.runs {
				alternative.fail(now, problem)
				r.failure.Alternatives = append(r.failure.Alternatives, alternative.failure)
			}
		}
		r.failure.Wanted, r.failure.Seen = r.current.wanted(), r.current.seen()
	}
	return failed
}

// begin makes the demand of a step; nil after a fault of the script.
func (r *run) begin(step *vectors.Step, now time.Time) demand {
	s, c := r.script, r.script.named[step.On]
	b := base{run: r, c: c}
	if c != nil {
		b.start = r.cursors.read[c]
	}
	fault := func(err error) demand {
		s.err = &ScriptError{step.Pos, err.Error()}
		r.fail(now, err.Error())
		return nil
	}
	switch {
	case step.Accept && !r.nested:
		return &acceptance{base: b, step: step, began: now}
	case step.Receive != nil, step.ReceiveHead != nil:
		want, headOnly := step.Receive, false
		if want == nil {
			want, headOnly = step.ReceiveHead, true
		}
		reader := &messageReader{request: c.accepted, to: want.To, headAll: headOnly}
		d := &messageDemand{base: b, want: want, reader: reader}
		if want.Raw != nil {
			pattern, err := s.pattern(*want.Raw)
			if err != nil {
				return fault(err)
			}
			d.raw = pattern
		}
		return d
	case step.ReceiveBytes != nil:
		pattern, err := s.pattern(*step.ReceiveBytes)
		if err != nil {
			return fault(err)
		}
		return &bytesDemand{base: b, text: *step.ReceiveBytes, matching: pattern.start()}
	case step.Closed != nil:
		since := c.since
		if step.Closed.Since != "" {
			marked, ok := s.marks[step.Closed.Since]
			if !ok {
				return fault(fmt.Errorf("there is no mark %q", step.Closed.Since))
			}
			since = marked
		}
		return &closing{base: b, want: step.Closed, since: since, began: now}
	case step.Silent > 0:
		return &silence{base: b, duration: step.Silent, began: now}
	case step.Recorded != "":
		return &record{base: b, label: step.Recorded, watch: s.watch(step.Recorded, r.cursors.recorded[step.Recorded]+1)}
	case step.Connections != nil:
		return &total{base: b, count: *step.Connections}
	case step.AnyOf != nil:
		return newChoice(b, step.AnyOf)
	}
	return fault(fmt.Errorf("%s is no demand", verb(step)))
}

// pattern compiles a text of the script. Placeholders for the peer's address
// are those of the program where the peer has none.
func (s *script) pattern(text string) (*bytePattern, error) {
	address := s.peer.address
	if !s.peer.options.Listen && s.programAddress != nil {
		address = *s.programAddress
	}
	return compilePattern(text, address.Host, address.Port)
}

// base is what demands have in common.
type base struct {
	run   *run
	c     *connection // nil for demands about none
	start int         // the first unread byte
}

func (b *base) unread() []byte { return b.c.data[b.start:] }

// consume moves the cursor.
func (b *base) consume(n int) { b.run.cursors.read[b.c] = b.start + n }

// shownUnread is how much of unread bytes a failure shows.
const shownUnread = 1500

func (b *base) seen() string {
	if b.c == nil {
		return ""
	}
	text := "nothing"
	if unread := b.unread(); len(unread) > 0 {
		text = shown(unread, shownUnread)
	}
	if b.c.end == nil {
		return text + "\n(the connection is open)"
	}
	return text + "\n(then " + b.c.end.String() + ")"
}

// A messageDemand is receive or receiveHead of an HTTP message.
type messageDemand struct {
	base
	want   *vectors.Message
	reader *messageReader
	raw    *bytePattern
	judged bool // the head
}

func (d *messageDemand) poll(time.Time) (state, string, time.Time) {
	data, end := d.unread(), d.c.end
	if err := d.reader.advance(data, end != nil && end.how == byFIN); err != nil {
		return failed, "no HTTP message: " + err.Error(), time.Time{}
	}
	if d.reader.headRead() && !d.judged {
		d.judged = true
		if problem := d.judgeHead(data[:d.reader.headEnd]); problem != "" {
			return failed, problem, time.Time{}
		}
	}
	if d.reader.whole() {
		if problem := d.judgeRest(); problem != "" {
			return failed, problem, time.Time{}
		}
		d.consume(d.reader.end())
		return met, "", time.Time{}
	}
	if problem := d.judgeBodySoFar(); problem != "" {
		return failed, problem, time.Time{}
	}
	if end != nil {
		return failed, "the connection ended before the message was complete: " + end.String(), time.Time{}
	}
	return pending, "", time.Time{}
}

func (d *messageDemand) judgeHead(head []byte) string {
	r, want := d.reader, d.want
	if r.request && (want.Status != nil || want.Reason != nil) {
		return "a response is wanted, and a request came"
	}
	if !r.request && (want.Method != nil || want.Target != nil) {
		return "a request is wanted, and a response came"
	}
	for _, part := range []struct {
		name           string
		pattern, value any
	}{
		{"method", want.Method, r.method},
		{"target", want.Target, vectors.EncodeText(r.target)},
		{"status", want.Status, float64(r.status)},
		{"reason", want.Reason, vectors.EncodeText(r.reason)},
		{"version", want.Version, r.version},
	} {
		if problem := judge(part.name, part.pattern, part.value); problem != "" {
			return problem
		}
	}
	if problem := judgeFields("header", want.Headers, r.fields); problem != "" {
		return problem
	}
	for _, name := range want.Absent {
		if values := valuesOf(r.fields, name); len(values) > 0 {
			return fmt.Sprintf("header %s: wanted none, got %s", name, vectors.Show(values))
		}
	}
	if want.RawHeaders != nil {
		all := make([]any, len(r.fields))
		for i, f := range r.fields {
			all[i] = []any{vectors.EncodeText(f.name), vectors.EncodeText(f.value)}
		}
		if problem := judge("rawHeaders", want.RawHeaders, all); problem != "" {
			return problem
		}
	}
	if want.Framing != "" && want.Framing != r.framing {
		return fmt.Sprintf("framing: wanted %s, got %s", want.Framing, r.framing)
	}
	if d.raw != nil {
		m := d.raw.start()
		m.advance(head, true)
		if !m.met || m.at < len(head) {
			return fmt.Sprintf("raw head: differs at byte %d, %s: wanted %s", m.at, quote(head[m.at:]), m.wantedOr("its end"))
		}
	}
	return ""
}

// judgeBodySoFar notices as early as possible that a body is not the text that
// is wanted.
func (d *messageDemand) judgeBodySoFar() string {
	r := d.reader
	text, ok := d.want.Body.(string)
	if !ok || strings.HasPrefix(text, "$") || !r.headRead() || r.headAll {
		return ""
	}
	wanted, err := wireBytes(text)
	if err != nil {
		return err.Error()
	}
	same := len(r.body) <= len(wanted) && string(wanted[:len(r.body)]) == string(r.body)
	if r.state == inSized && len(r.body)+r.remaining != len(wanted) {
		return fmt.Sprintf("body: wanted %s, got %s", count(len(wanted), "byte"), count(len(r.body)+r.remaining, "byte"))
	}
	if !same {
		return judge("body", d.want.Body, vectors.EncodeText(latin1(string(r.body))))
	}
	return ""
}

func (d *messageDemand) judgeRest() string {
	if d.reader.headAll {
		return ""
	}
	if problem := judge("body", d.want.Body, vectors.EncodeText(latin1(string(d.reader.body)))); problem != "" {
		return problem
	}
	return judgeFields("trailer", d.want.Trailers, d.reader.trailers)
}

// judge compares one part of a message; nil patterns are not judged.
func judge(name string, pattern, value any) string {
	if pattern == nil {
		return ""
	}
	if mismatch := vectors.Match(pattern, value); mismatch != nil {
		return name + ": " + mismatch.String()
	}
	return ""
}

func judgeFields(what string, wanted []vectors.NamedValues, fields []field) string {
	for _, named := range wanted {
		if problem := judge(what+" "+named.Name, named.Values, valuesOf(fields, named.Name)); problem != "" {
			return problem
		}
	}
	return ""
}

func valuesOf(fields []field, name string) []any {
	values := []any{}
	for _, f := range fields {
		if strings.EqualFold(f.name, name) {
			values = append(values, vectors.EncodeText(f.value))
		}
	}
	return values
}

func (d *messageDemand) wanted() string {
	w := d.want
	kind := "a response"
	if d.c.accepted {
		kind = "a request"
	}
	if d.reader.headAll {
		kind = "the head of " + kind
	}
	var parts []string
	add := func(name string, pattern any) {
		if pattern != nil {
			parts = append(parts, name+" "+vectors.Show(pattern))
		}
	}
	add("method", w.Method)
	add("target", w.Target)
	add("status", w.Status)
	add("reason", w.Reason)
	add("version", w.Version)
	for _, named := range w.Headers {
		add("header "+named.Name, named.Values)
	}
	if len(w.Absent) > 0 {
		parts = append(parts, "no header "+strings.Join(w.Absent, ", "))
	}
	add("rawHeaders", w.RawHeaders)
	if w.Framing != "" {
		parts = append(parts, "framing "+w.Framing)
	}
	add("body", w.Body)
	for _, named := range w.Trailers {
		add("trailer "+named.Name, named.Values)
	}
	if w.Raw != nil {
		parts = append(parts, "raw head "+visibleText(*w.Raw))
	}
	if w.To != "" {
		kind += " to " + w.To
	}
	if len(parts) == 0 {
		return kind
	}
	return kind + " with " + strings.Join(parts, "; ")
}

// visibleText shows a text of the script.
func visibleText(text string) string {
	bytes, err := wireBytes(text)
	if err != nil {
		return text
	}
	return shown(bytes, shownUnread)
}

// A bytesDemand is receive of exact bytes.
type bytesDemand struct {
	base
	text     string
	matching *matching
}

func (d *bytesDemand) poll(time.Time) (state, string, time.Time) {
	data, end := d.unread(), d.c.end
	d.matching.advance(data, end != nil)
	at := d.matching.at
	switch {
	case d.matching.met:
		d.consume(at)
		return met, "", time.Time{}
	case d.matching.wrong:
		return failed, fmt.Sprintf("byte %d cannot match: wanted %s, got %s", at, d.matching.wantedOr("the end"), quote(data[at:])), time.Time{}
	case end != nil:
		return failed, fmt.Sprintf("the connection ended after %s, before %s: %s", count(at, "byte"), d.matching.wantedOr("the end"), end), time.Time{}
	}
	return pending, "", time.Time{}
}

func (d *bytesDemand) wanted() string { return visibleText(d.text) }

func (m *matching) wantedOr(otherwise string) string {
	if text := m.wanted(); text != "" {
		return text
	}
	return otherwise
}

// A closing is closed, ended or wasReset.
type closing struct {
	base
	want  *vectors.Closed
	since time.Time
	began time.Time
}

func (d *closing) poll(now time.Time) (state, string, time.Time) {
	if len(d.unread()) > 0 {
		return failed, "bytes came where the end was due", time.Time{}
	}
	before := d.before()
	end := d.c.end
	if end == nil {
		if before == 0 {
			return pending, "", time.Time{}
		}
		latest := d.since.Add(before)
		if now.After(latest) {
			return failed, "the connection is still open, " + d.sinceText(now), time.Time{}
		}
		return pending, "", latest.Add(time.Millisecond)
	}
	if !end.is(d.want.How) {
		return failed, "it ended otherwise: " + end.String(), time.Time{}
	}
	passed := end.at.Sub(d.since)
	if d.want.After > 0 && passed < d.want.After {
		return failed, "it ended too early, " + d.sinceText(end.at), time.Time{}
	}
	if before > 0 && passed > before {
		return failed, "it ended too late, " + d.sinceText(end.at), time.Time{}
	}
	return met, "", time.Time{}
}

func (d *closing) before() time.Duration {
	return time.Duration(float64(d.want.Before) * d.run.script.peer.options.TimeoutScale)
}

func (d *closing) sinceText(at time.Time) string {
	since := "the peer's last deed there"
	if d.want.Since != "" {
		since = "mark " + d.want.Since
	}
	return fmt.Sprintf("%s after %s", at.Sub(d.since).Round(100*time.Microsecond), since)
}

func (d *closing) spent() time.Duration {
	return max(0, min(d.want.After, d.c.end.at.Sub(d.began)))
}

func (d *closing) wanted() string {
	text := map[vectors.End]string{
		vectors.EndFIN: "FIN", vectors.EndReset: "RST", vectors.AnyEnd: "FIN or RST",
	}[d.want.How]
	if d.want.After > 0 {
		text += fmt.Sprintf(", not earlier than %s", d.want.After)
	}
	if d.want.Before > 0 {
		text += fmt.Sprintf(", not later than %s", d.before())
	}
	if d.want.Since != "" {
		text += " after mark " + d.want.Since
	}
	return text + ", and nothing before it"
}

// A silence is a while in which nothing comes.
type silence struct {
	base
	duration time.Duration
	began    time.Time
}

func (d *silence) poll(now time.Time) (state, string, time.Time) {
	until := d.began.Add(d.duration)
	if len(d.unread()) > 0 && d.c.arrivedAt(d.start).Before(until) {
		return failed, "bytes came", time.Time{}
	}
	if d.c.end != nil && d.c.end.at.Before(until) {
		return failed, "the connection ended: " + d.c.end.String(), time.Time{}
	}
	if now.Before(until) {
		return pending, "", until
	}
	return met, "", time.Time{}
}

func (d *silence) spent() time.Duration { return d.duration }

func (d *silence) wanted() string {
	return fmt.Sprintf("nothing for %s, and an open connection", d.duration)
}

// A record is a wait for the program.
type record struct {
	base
	label string
	watch *watch
}

func (d *record) poll(time.Time) (state, string, time.Time) {
	switch {
	case !d.watch.done:
		return pending, "", time.Time{}
	case d.watch.err != nil:
		return failed, d.watch.err.Error(), time.Time{}
	}
	d.run.cursors.recorded[d.label]++
	return met, "", time.Time{}
}

func (d *record) wanted() string { return fmt.Sprintf("the program records %q", d.label) }
func (d *record) seen() string   { return "" }

// A total is the number of connections so far. What the kernel has accepted
// counts, though the acceptor was late.
type total struct {
	base
	count  int
	asked  bool // the acceptor, to come up to date
	before int  // its answers until then
}

func (d *total) poll(now time.Time) (state, string, time.Time) {
	p := d.run.script.peer
	if p.listener != nil && p.acceptError == nil {
		if backlogged(p.listener) {
			d.asked = false
			return pending, "", now.Add(time.Millisecond)
		}
		if !d.asked {
			d.asked, d.before = true, p.upToDate
			p.askAcceptor()
		}
		if p.upToDate == d.before {
			return pending, "", time.Time{}
		}
	}
	if p.accepted != d.count {
		return failed, fmt.Sprintf("wanted %d, got %d", d.count, p.accepted), time.Time{}
	}
	return met, "", time.Time{}
}

func (d *total) wanted() string { return count(d.count, "connection") + " in all" }
func (d *total) seen() string {
	return count(d.run.script.peer.accepted, "connection")
}

// An acceptance waits for the program to connect.
type acceptance struct {
	base
	step  *vectors.Step
	began time.Time
}

func (d *acceptance) poll(time.Time) (state, string, time.Time) {
	s := d.run.script
	p := s.peer
	if len(p.waiting) == 0 {
		if p.listener == nil || p.acceptError != nil {
			return failed, "the peer does not listen any more", time.Time{}
		}
		return pending, "", time.Time{}
	}
	c := p.waiting[0]
	p.waiting = p.waiting[1:]
	c.name = d.step.On
	// A timer of the program that starts with the connection starts after both.
	if d.began.Before(c.since) {
		c.since = d.began
	}
	s.named[c.name] = c
	p.note(c, Accepted, nil, "")
	return met, "", time.Time{}
}

func (d *acceptance) wanted() string { return "the program connects" }
func (d *acceptance) seen() string {
	return count(d.run.script.peer.accepted, "connection") + " so far, all taken"
}

// A choice is anyOf: its runs are polled side by side, each over cursors of its
// own, and the first that is met goes on.
type choice struct {
	base
	runs      []*run
	permitted []vectors.Alternative
	chosen    *run
}

func newChoice(b base, alternatives []vectors.Alternative) demand {
	d := &choice{base: b}
	permits := b.run.script.peer.options.Permits
	for _, alternative := range alternatives {
		if alternative.Erratum != "" && permits != nil && !permits(alternative.Erratum) {
			continue
		}
		d.permitted = append(d.permitted, alternative)
		d.runs = append(d.runs, &run{
			script: b.run.script, steps: alternative.Steps, nested: true, cursors: b.run.cursors.clone(),
		})
	}
	return d
}

func (d *choice) poll(now time.Time) (state, string, time.Time) {
	var earliest time.Time
	possible := false
	for i, alternative := range d.runs {
		state, wake := alternative.poll(now, len(alternative.steps))
		switch state {
		case met:
			d.take(i)
			return met, "", time.Time{}
		case pending:
			possible = true
			if !wake.IsZero() && (earliest.IsZero() || wake.Before(earliest)) {
				earliest = wake
			}
		}
	}
	if !possible {
		return failed, "no alternative can be met any more", time.Time{}
	}
	return pending, "", earliest
}

func (d *choice) take(i int) {
	r := d.run
	d.chosen = d.runs[i]
	r.cursors = d.chosen.cursors
	if clause := d.permitted[i].Erratum; clause != "" {
		r.errata = append(r.errata, clause)
	}
	r.errata = append(r.errata, d.chosen.errata...)
}

func (d *choice) spent() time.Duration { return d.chosen.waited }

// wanted lists the alternatives, each with what its failed step permits.
func (d *choice) wanted() string {
	lines := make([]string, len(d.runs))
	for i, alternative := range d.runs {
		verbs := make([]string, len(alternative.steps))
		for j := range alternative.steps {
			verbs[j] = verb(&alternative.steps[j])
			if j == alternative.next {
				verbs[j] += " [" + alternative.failure.Wanted + "]"
			}
		}
		lines[i] = fmt.Sprintf("%d: %s", i+1, strings.Join(verbs, ", "))
	}
	return strings.Join(lines, "\n")
}

// seen is what the alternatives saw, once where they saw the same.
func (d *choice) seen() string {
	var texts []string
	for _, alternative := range d.runs {
		if seen := alternative.failure.Seen; seen != "" && !slices.Contains(texts, seen) {
			texts = append(texts, seen)
		}
	}
	return strings.Join(texts, "\nor, after what another alternative had read:\n")
}
