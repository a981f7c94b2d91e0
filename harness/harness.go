// Package harness runs vectors against a target and says what came of each. It
// knows nothing of flags, of report formats and of test frameworks.
//
// Vectors run side by side so that their waits overlap. What fails is run again
// alone at the end: what then passes is flaky, which is a failure of its own
// kind. What a target loses without it being certain whose doing it was is run
// again alone before anything is blamed.
package harness

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/nodehttp/conform/harness/target"
	"github.com/nodehttp/conform/harness/wire"
	"github.com/nodehttp/conform/vectors"
)

// Config says what to run, and how. Target, Catalogue and Vectors are needed.
type Config struct {
	Target    target.Target
	Catalogue *vectors.Catalogue
	Vectors   []*vectors.Vector // the selection
	Edition   vectors.Edition   // "": what the target describes itself by

	Parallel int // how many vectors at once; 0: what the target bears, else 64
	Isolated int // how many of those in processes of their own; 0: 4

	TimeoutScale float64       // multiplies every upper bound; 0: 1
	Base         time.Duration // a vector's deadline beyond its prescribed waits; 0: 8 s
	Fragment     wire.Fragment // how the peer cuts what it sends
	Seed         int64         // of random cuts
}

const (
	defaultParallel = 64
	defaultIsolated = 4
	defaultBase     = 8 * time.Second
)

// An Event tells the caller of Run how it goes. Exactly one field is set.
type Event struct {
	Begin  *Begin  // first, once
	Start  *Start  // a vector starts, perhaps not for the first time
	Result *Result // a vector has its verdict, exactly one for each
}

// Begin is what is known before the first vector runs.
type Begin struct {
	Target  target.Description
	Edition vectors.Edition
	Total   int           // vectors that will get a verdict
	Longest time.Duration // the longest prescribed wait among them
}

// Start says that a vector begins to run.
type Start struct {
	Vector *vectors.Vector
	Again  bool // it failed or was lost before, and now runs alone
}

// Run runs the selection and returns when all of it has a verdict, or soon
// after ctx is done; then the summary holds what there is and says that it is
// incomplete. An error means that nothing could run at all: the target cannot
// be described. Verdicts are never errors.
//
// The sink is called for each event from one goroutine at a time and holds the
// run up while it is called. The target is not closed.
func Run(ctx context.Context, config Config, sink func(Event)) (Summary, error) {
	if config.Target == nil || config.Catalogue == nil {
		return Summary{}, errors.New("harness: a run needs a target and a catalogue")
	}
	description, err := config.Target.Describe(ctx)
	if err != nil {
		return Summary{}, &TargetError{Err: err}
	}
	r := newRun(config, description, sink)
	return r.run(ctx), nil
}

// A TargetError says that a target could not be made ready, so nothing ran.
type TargetError struct{ Err error }

func (e *TargetError) Error() string { return e.Err.Error() }
func (e *TargetError) Unwrap() error { return e.Err }

// states reports whether the edition states the clause.
func states(clause *vectors.Clause, edition vectors.Edition) bool {
	return slices.Contains(clause.Editions, edition)
}
