package specs

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gleak"

	"github.com/nodehttp/conform/harness"
	"github.com/nodehttp/conform/harness/target"
	"github.com/nodehttp/conform/vectors"
)

var (
	targetFlag  = flag.String("target", "reference", "what the specs run on: `reference`, node@VERSION, bun, deno, fake:silent, ...")
	editionFlag = flag.String("edition", "", "the one edition to judge by; default: all for the reference, the target's own for others")
)

// current is the suite of this test binary. A test binary has one.
var current *suite

// A suite runs the vectors of a test package, each edition once.
type suite struct {
	sections []string        // ids of the sections in it, or prefixes of them that end in a dot
	edition  vectors.Edition // the one that the run is about, or ""

	mu   sync.Mutex
	runs map[vectors.Edition]func() (harness.Summary, error)
}

// Run runs the specs of a test package, which is about the sections with these
// ids, or with ids that begin with these where they end in a dot.
func Run(t *testing.T, description string, sections ...string) {
	goroutines := gleak.Goroutines()
	edition, err := chosenEdition(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	current = &suite{sections: sections, edition: edition, runs: map[vectors.Edition]func() (harness.Summary, error){}}
	RegisterFailHandler(Fail)
	RunSpecs(t, description)
	NewWithT(t).Eventually(gleak.Goroutines).ShouldNot(gleak.HaveLeaked(goroutines), "the suite left goroutines behind")
}

// judged reports whether the run is about the edition.
func judged(edition vectors.Edition) bool {
	return current.edition == "" || current.edition == edition
}

// chosenEdition is the one edition that the run is about, or "" for all.
func chosenEdition(ctx context.Context) (vectors.Edition, error) {
	if *editionFlag != "" {
		if edition := vectors.Edition(*editionFlag); slices.Contains(vectors.Editions(), edition) {
			return edition, nil
		}
		return "", fmt.Errorf("-edition %s: there are %v", *editionFlag, vectors.Editions())
	}
	if *targetFlag == "reference" {
		return "", nil
	}
	opened, err := target.Open(*targetFlag, target.ProcessOptions{})
	if err != nil {
		return "", err
	}
	defer opened.Close()
	description, err := opened.Describe(ctx)
	return description.Edition, err
}

// summary returns what the suite's vectors came to for the edition. The first
// call starts all of them.
func (s *suite) summary(ctx context.Context, edition vectors.Edition) (harness.Summary, error) {
	s.mu.Lock()
	run := s.runs[edition]
	if run == nil {
		run = sync.OnceValues(func() (harness.Summary, error) {
			catalogue, err := vectors.Embedded()
			if err != nil {
				return harness.Summary{}, err
			}
			return s.runVectors(ctx, *targetFlag, s.vectors(catalogue), harness.Config{Edition: edition})
		})
		s.runs[edition] = run
	}
	s.mu.Unlock()
	return run()
}

// runVectors runs vectors on the target of that name.
func (s *suite) runVectors(ctx context.Context, name string, selected []*vectors.Vector, config harness.Config) (harness.Summary, error) {
	catalogue, err := vectors.Embedded()
	if err != nil {
		return harness.Summary{}, err
	}
	opened, err := target.Open(name, target.ProcessOptions{})
	if err != nil {
		return harness.Summary{}, err
	}
	defer opened.Close()
	config.Target, config.Catalogue, config.Vectors = opened, catalogue, selected
	summary, err := harness.Run(ctx, config, func(harness.Event) {})
	if err == nil && summary.Incomplete != "" {
		err = fmt.Errorf("the run on %s is incomplete: %s", name, summary.Incomplete)
	}
	return summary, err
}

func (s *suite) vectors(catalogue *vectors.Catalogue) []*vectors.Vector {
	return slices.DeleteFunc(slices.Clone(catalogue.Vectors), func(v *vectors.Vector) bool { return !s.has(v.Section) })
}

// has reports whether a section belongs to the suite: by its id, or by a prefix
// that ends in a dot.
func (s *suite) has(section string) bool {
	return slices.ContainsFunc(s.sections, func(pattern string) bool {
		return section == pattern || strings.HasSuffix(pattern, ".") && strings.HasPrefix(section, pattern)
	})
}
