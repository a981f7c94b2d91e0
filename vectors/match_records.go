package vectors

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// A Record is one call of record by a program, with its value encoded as
// README.md says.
type Record struct {
	Label    string
	HasValue bool
	Value    any
}

// String writes the record the way files do: label, or {label: value}.
func (r Record) String() string {
	if !r.HasValue {
		return Show(r.Label)
	}
	return Show(map[string]any{r.Label: r.Value})
}

// A RecordMismatch says which record is the first that cannot be part of the
// expected list.
type RecordMismatch struct {
	Index int      // from 0; the number of records when one is missing at the end
	Want  []string // what could have stood there; empty when nothing more was wanted
	Got   string   // "" when there was no further record
	Pos   Position // of a pattern that could have stood there; zero for none
}

// String reads "record 3: wanted {error: ECONNRESET}, got close". Records are
// counted from 1.
func (m *RecordMismatch) String() string {
	want, got := "no more records", "no more records"
	switch {
	case len(m.Want) == 1:
		want = m.Want[0]
	case len(m.Want) > 1:
		want = "one of " + strings.Join(m.Want, ", ")
	}
	if m.Got != "" {
		got = m.Got
	}
	return fmt.Sprintf("record %d: wanted %s, got %s", m.Index+1, want, got)
}

// MatchRecords compares what a program recorded with the whole list that was
// expected. It returns nil when they match.
func MatchRecords(patterns []RecordPattern, records []Record) *RecordMismatch {
	states, mismatch := follow(patterns, records)
	if mismatch != nil {
		return mismatch
	}
	for _, state := range states {
		if state.mayEnd() {
			return nil
		}
	}
	want, pos := wanted(states)
	return &RecordMismatch{Index: len(records), Want: want, Pos: pos}
}

// MatchRecordPrefix answers whether the list can still become a match by
// further records. It returns nil when it can, so that a wrong record fails a
// vector at once and a missing one only at its end.
func MatchRecordPrefix(patterns []RecordPattern, records []Record) *RecordMismatch {
	_, mismatch := follow(patterns, records)
	return mismatch
}

// A recordState is what is still expected after some records: a stack of
// patterns, the next on top. Groups and alternatives are opened only when a
// record asks for it, which keeps the number of states small.
type recordState struct {
	next    *RecordPattern
	done    string // of an unordered group: which members are met, as a set of bytes
	further *recordState
}

func push(patterns []RecordPattern, further *recordState) *recordState {
	for i := len(patterns) - 1; i >= 0; i-- {
		further = &recordState{next: &patterns[i], further: further}
	}
	return further
}

func (s *recordState) isDone(member int) bool {
	return strings.ContainsRune(s.done, rune(member))
}

// members calls visit for each way to open an unordered group: with the member
// to come first, and what is left then. Members that are alike count once.
func (s *recordState) members(visit func(first RecordPattern, index int)) {
	for i, member := range s.next.Unordered {
		if s.isDone(i) {
			continue
		}
		alike := false
		for j := range i {
			alike = alike || !s.isDone(j) && samePattern(s.next.Unordered[j], member)
		}
		if !alike {
			visit(member, i)
		}
	}
}

func (s *recordState) without(member int) *recordState {
	// The members that are done are kept in order, so that equal states have
	// equal keys however they were reached.
	done := ""
	for i := range s.next.Unordered {
		if i == member || s.isDone(i) {
			done += string(rune(i))
		}
	}
	if len([]rune(done)) == len(s.next.Unordered) {
		return s.further
	}
	return &recordState{next: s.next, done: done, further: s.further}
}

// mayEnd reports whether nothing more has to come.
func (s *recordState) mayEnd() bool {
	for ; s != nil; s = s.further {
		switch {
		case s.next.AnyOf != nil:
			empty := false
			for _, run := range s.next.AnyOf {
				empty = empty || push(run, nil).mayEnd()
			}
			if !empty {
				return false
			}
		case s.next.Unordered != nil:
			for i := range s.next.Unordered {
				if !s.isDone(i) && !push(s.next.Unordered[i:i+1], nil).mayEnd() {
					return false
				}
			}
		default:
			return false
		}
	}
	return true
}

// after adds the states that a record leads to.
func (s *recordState) after(record Record, reached *stateSet) {
	if s == nil {
		return
	}
	switch {
	case s.next.AnyOf != nil:
		for i := range s.next.AnyOf {
			push(s.next.AnyOf[i], s.further).after(record, reached)
		}
	case s.next.Unordered != nil:
		s.members(func(_ RecordPattern, i int) {
			push(s.next.Unordered[i:i+1], s.without(i)).after(record, reached)
		})
		if len(s.next.Unordered) == 0 {
			s.further.after(record, reached)
		}
	default:
		if matchRecord(*s.next, record) {
			reached.add(s.further)
		}
	}
}

// firsts visits the patterns that could meet the next record.
func (s *recordState) firsts(visit func(*RecordPattern)) {
	if s == nil {
		return
	}
	switch {
	case s.next.AnyOf != nil:
		for i := range s.next.AnyOf {
			push(s.next.AnyOf[i], s.further).firsts(visit)
		}
	case s.next.Unordered != nil:
		for i := range s.next.Unordered {
			if !s.isDone(i) {
				push(s.next.Unordered[i:i+1], nil).firsts(visit)
			}
		}
		if len(s.next.Unordered) == 0 || (&recordState{next: s.next, done: s.done}).mayEnd() {
			s.further.firsts(visit)
		}
	default:
		visit(s.next)
	}
}

type stateSet struct {
	states []*recordState
	keys   map[string]bool
}

func (set *stateSet) add(state *recordState) {
	var key strings.Builder
	for s := state; s != nil; s = s.further {
		fmt.Fprintf(&key, "%p%s;", s.next, strconv.Quote(s.done))
	}
	if !set.keys[key.String()] {
		set.keys[key.String()] = true
		set.states = append(set.states, state)
	}
}

func follow(patterns []RecordPattern, records []Record) ([]*recordState, *RecordMismatch) {
	states := []*recordState{push(patterns, nil)}
	for i, record := range records {
		reached := &stateSet{keys: make(map[string]bool)}
		for _, state := range states {
			state.after(record, reached)
		}
		if len(reached.states) == 0 {
			want, pos := wanted(states)
			return nil, &RecordMismatch{Index: i, Want: want, Got: record.String(), Pos: pos}
		}
		states = reached.states
	}
	return states, nil
}

// wanted lists what could come next, each once.
func wanted(states []*recordState) ([]string, Position) {
	var want []string
	var pos Position
	for _, state := range states {
		state.firsts(func(pattern *RecordPattern) {
			if text := pattern.String(); !contains(want, text) {
				want = append(want, text)
			}
			if pos == (Position{}) {
				pos = pattern.Pos
			}
		})
	}
	return want, pos
}

func matchRecord(pattern RecordPattern, record Record) bool {
	if pattern.Label != record.Label || pattern.HasValue != record.HasValue {
		return false
	}
	return !pattern.HasValue || Match(pattern.Value, record.Value) == nil
}

// String writes the pattern the way files do.
func (p RecordPattern) String() string {
	switch {
	case p.AnyOf != nil:
		runs := make([]string, len(p.AnyOf))
		for i, run := range p.AnyOf {
			runs[i] = showPatterns(run)
		}
		return "{$anyOf: [" + strings.Join(runs, ", ") + "]}"
	case p.Unordered != nil:
		return "{$unordered: " + showPatterns(p.Unordered) + "}"
	}
	return Record{Label: p.Label, HasValue: p.HasValue, Value: p.Value}.String()
}

func showPatterns(patterns []RecordPattern) string {
	texts := make([]string, len(patterns))
	for i, pattern := range patterns {
		texts[i] = pattern.String()
	}
	return "[" + strings.Join(texts, ", ") + "]"
}

// samePattern compares patterns without their places.
func samePattern(a, b RecordPattern) bool {
	if a.AnyOf == nil && a.Unordered == nil {
		return b.AnyOf == nil && b.Unordered == nil && a.Label == b.Label && a.HasValue == b.HasValue &&
			reflect.DeepEqual(a.Value, b.Value)
	}
	return a.String() == b.String()
}
