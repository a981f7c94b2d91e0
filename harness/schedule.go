package harness

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/nodehttp/conform/harness/target"
	"github.com/nodehttp/conform/harness/wire"
	"github.com/nodehttp/conform/vectors"
)

// run is one call of Run: it decides what runs when, and turns attempts into
// verdicts.
type run struct {
	config      Config
	description target.Description
	edition     vectors.Edition
	sink        func(Event)
	order       map[*vectors.Vector]int           // place in the document
	certificate func() (*wire.Certificate, error) // made once, when a vector needs it

	mu      sync.Mutex
	results []Result
	again   []first // what is to run again alone
	ids     int
}

// first is the outcome of a first attempt that does not yet make a verdict.
type first struct {
	vector  *vectors.Vector
	outcome outcome
}

func newRun(config Config, description target.Description, sink func(Event)) *run {
	if config.Edition == "" {
		config.Edition = description.Edition
	}
	if config.Edition == "" {
		config.Edition = vectors.V12
	}
	if config.Parallel <= 0 {
		config.Parallel = cmp.Or(description.MaxInFlight, defaultParallel)
	}
	if description.MaxInFlight > 0 {
		config.Parallel = min(config.Parallel, description.MaxInFlight)
	}
	if config.Isolated <= 0 {
		config.Isolated = defaultIsolated
	}
	if config.TimeoutScale <= 0 {
		config.TimeoutScale = 1
	}
	if config.Base <= 0 {
		config.Base = defaultBase
	}
	r := &run{config: config, description: description, edition: config.Edition, sink: sink, order: map[*vectors.Vector]int{}}
	r.certificate = sync.OnceValues(wire.NewCertificates)
	for i, v := range config.Catalogue.Vectors {
		r.order[v] = i
	}
	return r
}

func (r *run) run(ctx context.Context) Summary {
	summary := Summary{Target: r.description, Edition: r.edition}
	var jobs []*vectors.Vector
	var total int
	unfit := map[*vectors.Vector]string{}
	for _, v := range r.config.Vectors {
		if !v.AppliesTo(r.edition) {
			continue
		}
		total++
		if reason := r.notApplicable(v); reason != "" {
			unfit[v] = reason
			continue
		}
		jobs = append(jobs, v)
		if wait := v.LongestWait(); wait > summary.LongestWait {
			summary.LongestWait, summary.LongestID = wait, v.ID
		}
	}
	began := time.Now()
	r.emit(Event{Begin: &Begin{Target: r.description, Edition: r.edition, Total: total, Longest: summary.LongestWait}})
	for _, v := range r.config.Vectors {
		if reason, ok := unfit[v]; ok {
			r.settle(Result{Vector: v, Verdict: NotApplicable, Reason: reason})
		}
	}
	r.runTogether(ctx, jobs)
	r.runAgain(ctx)
	summary.Elapsed = time.Since(began)

	slices.SortFunc(r.results, func(a, b Result) int { return cmp.Compare(r.order[a.Vector], r.order[b.Vector]) })
	summary.Results = r.results
	settled := map[*vectors.Vector]bool{}
	for _, result := range r.results {
		settled[result.Vector] = true
	}
	for _, v := range r.config.Vectors {
		if v.AppliesTo(r.edition) && !settled[v] {
			summary.Missing = append(summary.Missing, v.ID)
		}
	}
	summary.Counts, summary.Clauses = summarize(r.results, r.config.Catalogue, r.edition)
	switch {
	case ctx.Err() != nil:
		summary.Incomplete = fmt.Sprintf("interrupted: %d of %d vectors have a verdict", len(r.results), total)
	case total == 0:
		summary.Incomplete = "nothing ran: no vector was selected"
	case summary.Ran() == 0 && summary.Counts[Error] > 0:
		summary.Incomplete = "nothing ran: every vector met a fault of the harness or the set-up"
	case summary.Ran() == 0:
		summary.Incomplete = "nothing ran: no selected vector is applicable to this target"
	case summary.Counts[Error] > 0:
		summary.Incomplete = fmt.Sprintf("%d vectors met a fault of the harness or the set-up", summary.Counts[Error])
	}
	return summary
}

// notApplicable is the reason why the target cannot express the vector, or "".
func (r *run) notApplicable(v *vectors.Vector) string {
	for _, capability := range v.Requires {
		if !slices.Contains(r.description.Capabilities, capability) {
			return fmt.Sprintf("the vector requires %s, which the target has not said it has", capability)
		}
	}
	return r.config.Target.Applicable(v)
}

// runTogether runs the vectors side by side, those with the longest prescribed
// waits first, and at most Isolated of those that need a process of their own.
func (r *run) runTogether(ctx context.Context, jobs []*vectors.Vector) {
	jobs = slices.Clone(jobs)
	slices.SortStableFunc(jobs, func(a, b *vectors.Vector) int { return cmp.Compare(b.LongestWait(), a.LongestWait()) })
	queue := &queue{jobs: jobs, isolatedLeft: r.config.Isolated}
	queue.changed.L = &queue.mu
	var workers sync.WaitGroup
	for range min(r.config.Parallel, len(jobs)) {
		workers.Go(func() {
			for ctx.Err() == nil {
				v := queue.take()
				if v == nil {
					return
				}
				r.emit(Event{Start: &Start{Vector: v}})
				outcome := r.attempt(ctx, v, v.Isolate)
				queue.done(v)
				r.judgeFirst(ctx, v, outcome)
			}
		})
	}
	workers.Wait()
}

// A queue hands out vectors in order, holding back those that need a process
// of their own while enough of them run.
type queue struct {
	mu           sync.Mutex
	changed      sync.Cond
	jobs         []*vectors.Vector
	isolatedLeft int
}

// take returns the next vector that may start, waiting for one, or nil when
// none is left.
func (q *queue) take() *vectors.Vector {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.jobs) > 0 {
		for i, v := range q.jobs {
			if v.Isolate && q.isolatedLeft == 0 {
				continue
			}
			if v.Isolate {
				q.isolatedLeft--
			}
			q.jobs = slices.Delete(q.jobs, i, i+1)
			if len(q.jobs) == 0 {
				q.changed.Broadcast()
			}
			return v
		}
		q.changed.Wait()
	}
	return nil
}

func (q *queue) done(v *vectors.Vector) {
	if !v.Isolate {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.isolatedLeft++
	q.changed.Broadcast()
}

// judgeFirst settles what is certain after one attempt and keeps the rest for
// runAgain.
func (r *run) judgeFirst(ctx context.Context, v *vectors.Vector, outcome outcome) {
	if ctx.Err() != nil && !outcome.held() {
		return // the interrupt may be why it failed, so it has no verdict
	}
	if outcome.held() || r.description.Steady {
		r.settle(r.judge(v, outcome, 1))
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.again = append(r.again, first{v, outcome})
}

const (
	// One lane for every so many vectors that run again: a handful runs
	// strictly one by one, hundreds of hanging ones still come to an end.
	againPerLane = 16
	againLanes   = 8
	// After so many faults of the set-up in a row, the rest keeps its first
	// outcome: the target is gone.
	againErrors = 3
)

// runAgain runs what failed or was lost once more, alone in its process.
func (r *run) runAgain(ctx context.Context) {
	waiting := r.again
	slices.SortFunc(waiting, func(a, b first) int { return cmp.Compare(r.order[a.vector], r.order[b.vector]) })
	var (
		mu     sync.Mutex
		next   int
		errors int
		lanes  sync.WaitGroup
	)
	for range min(max(1, len(waiting)/againPerLane), againLanes, r.config.Parallel) {
		lanes.Go(func() {
			for {
				mu.Lock()
				i, hopeless := next, errors >= againErrors
				next++
				mu.Unlock()
				if i >= len(waiting) {
					return
				}
				v, before := waiting[i].vector, waiting[i].outcome
				if ctx.Err() != nil || hopeless {
					r.settle(r.judge(v, before, 1))
					continue
				}
				r.emit(Event{Start: &Start{Vector: v, Again: true}})
				outcome := r.attempt(ctx, v, true)
				mu.Lock()
				if outcome.fault != nil {
					errors++
				} else {
					errors = 0
				}
				mu.Unlock()
				if ctx.Err() != nil && !outcome.held() {
					r.settle(r.judge(v, before, 1))
					continue
				}
				r.settle(r.judgeAgain(v, before, outcome))
			}
		})
	}
	lanes.Wait()
}

// judge turns one attempt into a verdict.
func (r *run) judge(v *vectors.Vector, outcome outcome, attempts int) Result {
	result := Result{
		Vector: v, Duration: outcome.duration, Attempts: attempts,
		Records: outcome.records, Errata: outcome.errata,
	}
	switch {
	case outcome.fault != nil:
		result.Verdict, result.Reason = Error, outcome.fault.Error()
		result.Transcript = outcome.transcript
	case outcome.failure != nil:
		result.Verdict = Fail
		result.Failure, result.Transcript = outcome.failure, outcome.transcript
		result.Failure.Clauses = r.judgedClauses(v)
		if !r.scored(v) {
			result.Verdict = Warn
		}
	case len(outcome.errata) > 0:
		result.Verdict = Erratum
	default:
		result.Verdict = Pass
	}
	return result
}

// judgeAgain weighs the attempt among others against the one alone.
func (r *run) judgeAgain(v *vectors.Vector, before, alone outcome) Result {
	result := r.judge(v, alone, 2)
	innocent := before.fault != nil || before.lost && !before.blamed
	if !alone.held() || innocent {
		return result
	}
	failed := r.judge(v, before, 2)
	if failed.Verdict == Warn {
		return result // an unsteady recommendation is held well enough
	}
	failed.Verdict = Flaky
	failed.Reason = "failed among others, then passed when it ran alone"
	return failed
}

// judgedClauses are the vector's clauses that the edition states, or all of
// them for a vector that names its editions itself.
func (r *run) judgedClauses(v *vectors.Vector) []string {
	var stated []string
	for _, id := range v.Clauses {
		if clause := r.config.Catalogue.Clause(id); clause != nil && states(clause, r.edition) {
			stated = append(stated, id)
		}
	}
	if stated == nil {
		return v.Clauses
	}
	return stated
}

// scored reports whether one of the judged clauses can fail a run.
func (r *run) scored(v *vectors.Vector) bool {
	return slices.ContainsFunc(r.judgedClauses(v), func(id string) bool {
		clause := r.config.Catalogue.Clause(id)
		return clause == nil || clause.Level.Scored()
	})
}

func (r *run) settle(result Result) {
	result.Edition = r.edition
	r.mu.Lock()
	defer r.mu.Unlock()
	r.results = append(r.results, result)
	if r.sink != nil {
		r.sink(Event{Result: &result})
	}
}

func (r *run) emit(event Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.sink != nil {
		r.sink(event)
	}
}
