package broken

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/nodehttp/conform/harness"
	"github.com/nodehttp/conform/harness/target"
	"github.com/nodehttp/conform/vectors"
)

// A Hunt runs vectors against variants.
type Hunt struct {
	Scripts   *Scripts
	Catalogue *vectors.Catalogue
	Edition   vectors.Edition // whose clauses and vectors; "": v12

	AllVectors   bool          // not only those of the violated clause
	AtOnce       int           // how many variants at once; 0: 2
	Base         time.Duration // a vector's deadline beyond its prescribed waits; 0: 2 s
	TimeoutScale float64       // multiplies every upper bound; 0: 0.5
}

const (
	defaultAtOnce       = 2
	defaultBase         = 2 * time.Second
	defaultTimeoutScale = 0.5

	// A busy machine may spoil one attempt of a vector, hardly three.
	unbrokenAttempts = 3
)

// A Catch says what came of one variant.
type Catch struct {
	Variant Variant
	By      []Sighting // the vectors of its clause that failed; none: it got away
	Passed  []string   // those that did not, or that cannot tell
	Other   []string   // vectors of other clauses that failed too, with AllVectors
	Err     error      // why it could not be told; nil otherwise
}

// Caught reports whether a vector of the violated clause failed.
func (c Catch) Caught() bool { return len(c.By) > 0 }

// A Sighting is a vector that saw the violation.
type Sighting struct {
	Vector    string
	Permitted string
	Seen      string
}

// Unfit runs the vectors that the variants need on the Node that nothing is
// broken in. What fails there cannot tell anything of variants: those are
// returned by id, with what was seen.
func (h Hunt) Unfit(ctx context.Context, variants []Variant) (map[string]string, error) {
	unfit := map[string]string{}
	unbroken := h.Scripts.Unbroken()
	defer unbroken.Close()
	needed := map[string]bool{}
	for _, variant := range variants {
		for _, v := range h.Catalogue.VectorsOf(variant.Clause) {
			needed[v.ID] = true
		}
	}
	var left []*vectors.Vector
	for _, v := range h.Catalogue.Vectors {
		if needed[v.ID] || h.AllVectors {
			left = append(left, v)
		}
	}
	for range unbrokenAttempts {
		summary, err := harness.Run(ctx, h.config(unbroken, left), nil)
		if err != nil {
			return nil, err
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		clear(unfit)
		left = nil
		for _, result := range summary.Results {
			if result.Verdict == harness.Pass || result.Verdict == harness.Erratum || result.Verdict == harness.NotApplicable {
				continue
			}
			left = append(left, result.Vector)
			unfit[result.Vector.ID] = seen(result)
		}
		if len(left) == 0 {
			break
		}
	}
	return unfit, nil
}

// Run runs each variant and calls report with what came of it, from one
// goroutine at a time and in no particular order. Vectors that are unfit count
// neither way. It returns the error of ctx, or nil.
func (h Hunt) Run(ctx context.Context, variants []Variant, unfit map[string]string, report func(Catch)) error {
	atOnce := h.AtOnce
	if atOnce <= 0 {
		atOnce = defaultAtOnce
	}
	var (
		mu      sync.Mutex
		queue   = make(chan Variant)
		workers sync.WaitGroup
	)
	for range atOnce {
		workers.Go(func() {
			for variant := range queue {
				broken := h.Scripts.Target(variant)
				found := h.judge(ctx, variant, broken, unfit)
				broken.Close()
				if ctx.Err() != nil {
					continue
				}
				mu.Lock()
				report(found)
				mu.Unlock()
			}
		})
	}
	for _, variant := range variants {
		if ctx.Err() != nil {
			break
		}
		queue <- variant
	}
	close(queue)
	workers.Wait()
	return ctx.Err()
}

// errNoVectors says that nothing in the edition tests the violated clause.
var errNoVectors = errors.New("no vector of the edition tests the clause")

// judge runs the vectors of the violated clause on a target.
func (h Hunt) judge(ctx context.Context, variant Variant, broken target.Target, unfit map[string]string) Catch {
	found := Catch{Variant: variant}
	ofClause := map[string]bool{}
	for _, v := range h.Catalogue.VectorsOf(variant.Clause) {
		if v.AppliesTo(h.edition()) && unfit[v.ID] == "" {
			ofClause[v.ID] = true
		}
	}
	if len(ofClause) == 0 {
		found.Err = errNoVectors
		return found
	}
	var selected []*vectors.Vector
	for _, v := range h.Catalogue.Vectors {
		if ofClause[v.ID] || h.AllVectors && unfit[v.ID] == "" {
			selected = append(selected, v)
		}
	}
	summary, err := harness.Run(ctx, h.config(broken, selected), nil)
	if err != nil {
		found.Err = err
		return found
	}
	for _, result := range summary.Results {
		failed := result.Verdict == harness.Fail || result.Verdict == harness.Warn
		switch {
		case !failed && ofClause[result.Vector.ID]:
			found.Passed = append(found.Passed, result.Vector.ID)
		case !failed:
		case !ofClause[result.Vector.ID]:
			found.Other = append(found.Other, result.Vector.ID)
		case wasLost(result):
			// A process that dies fails everything: that shows nothing of the clause.
			found.Err = fmt.Errorf("%s: %s", result.Vector.ID, result.Failure.Seen)
		default:
			found.By = append(found.By, Sighting{result.Vector.ID, result.Failure.Permitted, seen(result)})
		}
	}
	return found
}

func wasLost(result harness.Result) bool {
	return strings.HasPrefix(result.Failure.Seen, "the target was lost")
}

func seen(result harness.Result) string {
	if result.Failure == nil {
		return string(result.Verdict) + " " + result.Reason
	}
	return result.Failure.Seen
}

func (h Hunt) edition() vectors.Edition {
	if h.Edition == "" {
		return vectors.V12
	}
	return h.Edition
}

func (h Hunt) config(t target.Target, selected []*vectors.Vector) harness.Config {
	config := harness.Config{
		Target: t, Catalogue: h.Catalogue, Vectors: selected, Edition: h.edition(),
		Base: h.Base, TimeoutScale: h.TimeoutScale,
	}
	if config.TimeoutScale <= 0 {
		config.TimeoutScale = defaultTimeoutScale
	}
	if config.Base <= 0 {
		config.Base = time.Duration(float64(defaultBase) / config.TimeoutScale)
	}
	return config
}
