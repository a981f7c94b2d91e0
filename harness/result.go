package harness

import (
	"time"

	"github.com/nodehttp/conform/harness/target"
	"github.com/nodehttp/conform/harness/wire"
	"github.com/nodehttp/conform/vectors"
)

// Verdict is the outcome of one vector on one target.
type Verdict string

const (
	Pass          Verdict = "pass"
	Fail          Verdict = "fail"
	Warn          Verdict = "warn"           // only clauses that are not scored were not held
	Erratum       Verdict = "erratum"        // follows real Node where the document says otherwise
	NotApplicable Verdict = "not-applicable" // this kind of target cannot express the vector
	Error         Verdict = "error"          // the harness or the set-up failed, not the target
	Flaky         Verdict = "flaky"          // failed, then passed when it ran again alone
)

// Verdicts lists all verdicts in the order in which they are counted out.
func Verdicts() []Verdict {
	return []Verdict{Pass, Fail, Warn, Erratum, NotApplicable, Error, Flaky}
}

// A Result is what one vector came to.
type Result struct {
	Vector   *vectors.Vector
	Edition  vectors.Edition
	Verdict  Verdict
	Reason   string        // why not applicable, what kind of error; else ""
	Duration time.Duration // of the attempt that decided
	Attempts int           // 0 for a vector that is not applicable

	Records    []target.Record // what the program recorded, in the attempt that decided
	Errata     []string        // clauses whose erratum the target followed
	Failure    *Failure        // of a fail, warn or flaky; nil otherwise
	Transcript []wire.Entry    // of the failed attempt
}

// A Failure says what was permitted and what was seen instead. Its texts are
// ready to print; wire bytes in them are visible.
type Failure struct {
	Clauses   []string         // what was not held: the vector's clauses that the edition states
	Step      int              // the step of the wire script that was not met, from 1; 0: the script was
	Position  vectors.Position // of that step, or of the vector
	Permitted string
	Seen      string

	// Records that the vector demands and that were made, one entry a line;
	// both empty when the records were as demanded.
	WantRecords []string
	GotRecords  []string
}

// A ClauseVerdict says what the vectors of a clause came to, the worst first:
// Fail when one failed or was flaky, Error, Warn, Erratum, Pass,
// NotApplicable when none of them ran.
type ClauseVerdict struct {
	Clause  *vectors.Clause
	Verdict Verdict
}

// A Summary is what a whole run came to.
type Summary struct {
	Target  target.Description
	Edition vectors.Edition
	Results []Result // in document order; only what got a verdict
	Missing []string // ids of selected vectors that got none
	Counts  map[Verdict]int
	Clauses []ClauseVerdict // of the vectors with a verdict, in document order

	Elapsed     time.Duration // from the first start to the last verdict
	LongestWait time.Duration // the longest that one script prescribes to wait
	LongestID   string        // whose script that is; "" when none waits

	// Incomplete says why the run is no whole run: it was interrupted, or
	// nothing ran. "" for a whole run.
	Incomplete string
}

// Ran reports how many vectors were really run.
func (s Summary) Ran() int {
	return len(s.Results) - s.Counts[NotApplicable] - s.Counts[Error]
}

// Held reports whether the run was whole and nothing in it failed.
func (s Summary) Held() bool {
	return s.Incomplete == "" && s.Counts[Fail]+s.Counts[Flaky]+s.Counts[Error] == 0
}

func summarize(results []Result, catalogue *vectors.Catalogue, edition vectors.Edition) (map[Verdict]int, []ClauseVerdict) {
	counts := map[Verdict]int{}
	worst := map[string]Verdict{}
	for _, result := range results {
		counts[result.Verdict]++
		verdict := result.Verdict
		if verdict == Flaky {
			verdict = Fail
		}
		for _, id := range result.Vector.Clauses {
			if badness[verdict] >= badness[worst[id]] {
				worst[id] = verdict
			}
		}
	}
	var clauses []ClauseVerdict
	for _, clause := range catalogue.Clauses {
		if verdict, ok := worst[clause.ID]; ok && states(clause, edition) {
			clauses = append(clauses, ClauseVerdict{clause, verdict})
		}
	}
	return counts, clauses
}

var badness = map[Verdict]int{NotApplicable: 1, Pass: 2, Erratum: 3, Warn: 4, Error: 5, Fail: 6}
