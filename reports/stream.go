// Package reports writes and reads the result stream, and renders it. Nothing
// but the stream feeds a report, so that every one of them can be made later
// from a file.
//
// A stream is newline-delimited JSON: a header, one line for each vector as it
// finishes, a footer. Several streams may stand one after the other in a file,
// one for each target. The contract is vectors/schema/result.schema.json.
package reports

import "time"

// Format is the version of the stream that this package writes. Readers refuse
// newer ones.
const Format = 1

// A Header opens the stream of one run.
type Header struct {
	Type    string    `json:"type"` // "header"
	Format  int       `json:"format"`
	Tool    Tool      `json:"tool"`
	Target  Target    `json:"target"`
	Edition string    `json:"edition"`
	Seed    int64     `json:"seed"`
	Started time.Time `json:"started"`

	Selection Selection `json:"selection"`

	// Sections and Clauses are what the run is about: clauses that the edition
	// states, in the order of the document, with their text, so that a report
	// needs no catalogue. Streams of early versions have none.
	Sections []Section `json:"sections,omitempty"`
	Clauses  []Clause  `json:"clauses,omitempty"`
}

// A Section is one heading of the document.
type Section struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	Class string `json:"class"`
}

// A Clause is one statement of the document, as the edition of the run has it.
type Clause struct {
	ID         string   `json:"id"`
	Section    string   `json:"section"`
	Class      string   `json:"class"`
	Level      string   `json:"level"`                // stated, implied, advisory or observed
	Editions   []string `json:"editions"`             // all that state it
	Text       string   `json:"text"`                 // in the project's own words
	Erratum    string   `json:"erratum,omitempty"`    // what real Node of the edition does instead
	Untestable string   `json:"untestable,omitempty"` // why no vector tests it
}

// Tool is what wrote the stream.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// Target is what was tested.
type Target struct {
	Name           string   `json:"name"` // as the user wrote it
	Implementation string   `json:"implementation"`
	Version        string   `json:"version"`
	Capabilities   []string `json:"capabilities,omitempty"`
}

// Selection says what was to be run, and how.
type Selection struct {
	Only         []string `json:"only,omitempty"`
	Skip         []string `json:"skip,omitempty"`
	Class        string   `json:"class,omitempty"`
	Vectors      int      `json:"vectors"` // how many that came to
	Parallel     int      `json:"parallel,omitempty"`
	TimeoutScale float64  `json:"timeoutScale,omitempty"`
	Fragment     string   `json:"fragment,omitempty"`
	Shard        *Shard   `json:"shard,omitempty"`
}

// A Shard says which part of the selection a stream is of.
type Shard struct {
	Index int `json:"index"` // from 1
	Of    int `json:"of"`
}

// A Vector is the verdict on one vector.
type Vector struct {
	Type       string   `json:"type"` // "vector"
	ID         string   `json:"id"`
	Clauses    []string `json:"clauses"`
	Section    string   `json:"section"`
	Class      string   `json:"class"`
	Edition    string   `json:"edition"`
	Verdict    string   `json:"verdict"`
	DurationMS float64  `json:"durationMs"`
	Attempts   int      `json:"attempts"`
	Reason     string   `json:"reason,omitempty"` // of not-applicable, error and flaky
	Known      string   `json:"known,omitempty"`  // the baseline's reason for a failure that is known
	Errata     []string `json:"errata,omitempty"` // clauses whose erratum was followed
	Records    []Record `json:"observations"`     // what the program recorded
	Failure    *Failure `json:"failure,omitempty"`
	Transcript []Entry  `json:"transcript,omitempty"`

	// Of a failure, so that a report can show what ran without a catalogue.
	About   string   `json:"about,omitempty"`
	Program string   `json:"program,omitempty"` // JavaScript
	Script  []string `json:"script,omitempty"`  // the wire script, a step a line
	Again   string   `json:"again,omitempty"`   // the command that runs the vector again
}

// A Record is one call of record by the program. Value is absent when the
// program gave none.
type Record struct {
	Label string `json:"label"`
	Value any    `json:"value,omitempty"`
	// HasValue tells a null from an absence.
	HasValue bool `json:"-"`
}

// A Failure says what was permitted and what was seen.
type Failure struct {
	Clauses     []string `json:"clauses"`  // not held
	Position    string   `json:"position"` // file:line of the step or the vector
	Step        int      `json:"step"`     // of the wire script, from 1; 0 when it was met
	Permitted   string   `json:"permitted"`
	Seen        string   `json:"seen"` // wire bytes are visible text
	WantRecords []string `json:"wantRecords,omitempty"`
	GotRecords  []string `json:"gotRecords,omitempty"`
}

// An Entry is one thing that happened on the wire or between peer and program.
type Entry struct {
	AtMS       float64 `json:"atMs"`
	Connection string  `json:"connection,omitempty"`
	Event      string  `json:"event"`
	Bytes      *string `json:"bytes,omitempty"`   // each character U+0000 to U+00FF is that byte
	Omitted    int     `json:"omitted,omitempty"` // bytes that are not shown
	Note       string  `json:"note,omitempty"`
}

// A Footer closes the stream. A stream without one is no whole stream.
type Footer struct {
	Type       string         `json:"type"` // "footer"
	Counts     map[string]int `json:"counts"`
	Clauses    map[string]int `json:"clauses"`
	ElapsedMS  float64        `json:"elapsedMs"`
	LongestMS  float64        `json:"longestWaitMs"`
	Incomplete string         `json:"incomplete,omitempty"` // why this was no whole run
	Missing    []string       `json:"missing,omitempty"`    // selected vectors without a verdict
	Baseline   []Stale        `json:"baseline,omitempty"`   // entries that fail the run
}

// Stale is a baseline entry that matched nothing, or whose vectors now pass.
type Stale struct {
	Target  string `json:"target"`
	Vectors string `json:"vectors"`
	Problem string `json:"problem"`
}

// Verdicts are the keys of Footer.Counts and Footer.Clauses, in the order in
// which they are counted out. Clauses are never flaky: that counts as fail.
func Verdicts() []string {
	return []string{"pass", "fail", "warn", "erratum", "not-applicable", "error", "flaky"}
}
