package harness

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/nodehttp/conform/harness/target"
	"github.com/nodehttp/conform/harness/wire"
	"github.com/nodehttp/conform/vectors"
)

// A recordList is one permitted list of records.
type recordList struct {
	patterns []vectors.RecordPattern
	erratum  string // the clause whose erratum permits it; "" when the document does
}

// recordLists are the lists that the edition permits for the vector.
func (r *run) recordLists(v *vectors.Vector) []recordList {
	lists := []recordList{{patterns: v.Records}}
	if v.Erratum != nil && hasErratum(r.config.Catalogue, r.edition, v.Erratum.Clause) {
		lists = append(lists, recordList{patterns: v.Erratum.Records, erratum: v.Erratum.Clause})
	}
	return lists
}

// program is the running program as the engine sees it: what it did so far, and
// whether that can still become what the vector demands. It is the wire peer's
// Program.
type program struct {
	session target.Session
	lists   []recordList
	abort   context.CancelCauseFunc // ends the script when it is of no use to go on

	mu       sync.Mutex
	changed  chan struct{} // closed and replaced at every change
	ready    *target.Ready
	records  []target.Record
	plain    []vectors.Record // the same, for matching
	ended    *target.Ended
	gone     bool // no more events
	finished bool // Finish was called after a script that was played
}

func newProgram(session target.Session, lists []recordList, abort context.CancelCauseFunc) *program {
	return &program{session: session, lists: lists, abort: abort, changed: make(chan struct{})}
}

// watch takes the session's events until there are no more, or over is closed:
// a target that goes on after Cancel must not hold up the engine.
func (p *program) watch(over <-chan struct{}) {
	for {
		var event target.Event
		var more bool
		select {
		case event, more = <-p.session.Events():
		case <-over:
		}
		p.mu.Lock()
		if !more {
			p.gone = true
			p.announce()
			p.mu.Unlock()
			return
		}
		switch {
		case event.Ready != nil && p.ready == nil:
			p.ready = event.Ready
		case event.Record != nil:
			p.records = append(p.records, *event.Record)
			p.plain = append(p.plain, vectors.Record{Label: event.Record.Label, HasValue: event.Record.HasValue, Value: event.Record.Value})
			if !p.possible() {
				p.abort(errWrongRecord)
			}
		case event.Ended != nil:
			p.ended = event.Ended
			if !p.finished {
				p.abort(errTargetEnded)
			}
		}
		p.announce()
		p.mu.Unlock()
	}
}

// announce wakes whoever waits. The caller holds mu.
func (p *program) announce() {
	close(p.changed)
	p.changed = make(chan struct{})
}

// await returns true as soon as the condition holds and false when ctx is done
// first. The condition is called with mu held.
func (p *program) await(ctx context.Context, condition func() bool) bool {
	for {
		p.mu.Lock()
		holds, changed := condition(), p.changed
		p.mu.Unlock()
		if holds {
			return true
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return false
		}
	}
}

// finish tells the target that the script has been played, and waits until it
// has ended the run. After a failure only the last words are waited for.
func (p *program) finish(failed bool, patience, lastWords time.Duration) bool {
	p.mu.Lock()
	p.finished = !failed
	p.mu.Unlock()
	if failed {
		patience = lastWords
	}
	// A context of its own: the deadline is for the program, and what it did in
	// time is not spoilt by the end that follows.
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := p.session.Finish(); err != nil && !failed {
		return false
	}
	return p.await(ctx, func() bool { return p.ended != nil || p.gone })
}

// possible reports whether the records can still become one of the lists. The
// caller holds mu.
func (p *program) possible() bool {
	for _, list := range p.lists {
		if vectors.MatchRecordPrefix(list.patterns, p.plain) == nil {
			return true
		}
	}
	return false
}

// matched returns the list that the records are, or nil. The caller holds mu.
func (p *program) matched() *recordList {
	for i, list := range p.lists {
		if vectors.MatchRecords(list.patterns, p.plain) == nil {
			return &p.lists[i]
		}
	}
	return nil
}

// mismatch is what keeps the records from being what the document permits. The
// caller holds mu.
func (p *program) mismatch() *vectors.RecordMismatch {
	return vectors.MatchRecords(p.lists[0].patterns, p.plain)
}

func (p *program) expected() []string {
	var lines []string
	for _, list := range p.lists {
		if list.erratum != "" {
			lines = append(lines, "or by the erratum of "+list.erratum+":")
		}
		for _, pattern := range list.patterns {
			lines = append(lines, pattern.String())
		}
	}
	return lines
}

func (p *program) got() []string {
	lines := make([]string, len(p.plain))
	for i, record := range p.plain {
		lines[i] = record.String()
	}
	return lines
}

// What the program was to do and never will.
var (
	errNeverReady    = errors.New("the run ended before the program listened")
	errNeverRecorded = errors.New("the run ended before the program recorded it")
)

// Ready implements wire.Program.
func (p *program) Ready(ctx context.Context) (wire.Address, error) {
	if !p.await(ctx, func() bool { return p.ready != nil || p.gone }) {
		return wire.Address{}, context.Cause(ctx)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ready == nil {
		return wire.Address{}, errNeverReady
	}
	return wire.Address{Host: p.ready.Host, Port: p.ready.Port, Path: p.ready.Path}, nil
}

// Recorded implements wire.Program.
func (p *program) Recorded(ctx context.Context, label string, nth int) error {
	count := func() int {
		n := 0
		for _, record := range p.plain {
			if record.Label == label {
				n++
			}
		}
		return n
	}
	if !p.await(ctx, func() bool { return count() >= nth || p.gone }) {
		return context.Cause(ctx)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if count() < nth {
		return errNeverRecorded
	}
	return nil
}

// Signal implements wire.Program.
func (p *program) Signal(name string, value any) error { return p.session.Signal(name, value) }
