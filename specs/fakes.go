package specs

import (
	"context"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sync/errgroup"

	"github.com/nodehttp/conform/harness"
	"github.com/nodehttp/conform/harness/target"
	"github.com/nodehttp/conform/vectors"
)

// Fakes describes what the suite's vectors make of the targets that exist only
// to be caught. A silent one and one that resets every connection hold no
// clause at all. The others may pass the vectors named here, because what these
// demand is what the fake really does.
func Fakes(reallyDone map[string][]string) bool {
	return Describe("a fake", Label("fakes"), func() {
		passed := sync.OnceValues(func() (map[string][]string, error) { return current.passedByFakes(context.Background()) })
		for _, fake := range target.Fakes() {
			It(fake+" passes only what it really does", func() {
				passed, err := passed()
				Expect(err).NotTo(HaveOccurred())
				Expect(passed[fake]).To(ConsistOf(reallyDone[fake]))
			})
		}
	})
}

// passedByFakes runs the suite's vectors on all fakes at once, since what they
// mostly do is wait, and returns what each of them passed.
func (s *suite) passedByFakes(ctx context.Context) (map[string][]string, error) {
	byEdition, err := s.byEdition()
	if err != nil {
		return nil, err
	}
	var mu sync.Mutex
	passed := map[string][]string{}
	group, ctx := errgroup.WithContext(ctx)
	for _, fake := range target.Fakes() {
		for edition, own := range byEdition {
			group.Go(func() error {
				summary, err := s.runVectors(ctx, "fake:"+fake, own, harness.Config{
					Edition: edition,
					// A fake answers at once or never, and costs next to nothing.
					Base: time.Second, Parallel: len(own), Isolated: len(own),
				})
				mu.Lock()
				defer mu.Unlock()
				for _, result := range summary.Results {
					if result.Verdict == harness.Pass || result.Verdict == harness.Erratum {
						passed[fake] = append(passed[fake], result.Vector.ID)
					}
				}
				return err
			})
		}
	}
	return passed, group.Wait()
}

// byEdition returns the suite's vectors by the edition to run them for: v12
// where they are about it, else the last of theirs.
func (s *suite) byEdition() (map[vectors.Edition][]*vectors.Vector, error) {
	catalogue, err := vectors.Embedded()
	if err != nil {
		return nil, err
	}
	byEdition := map[vectors.Edition][]*vectors.Vector{}
	for _, v := range s.vectors(catalogue) {
		edition := v.Editions[len(v.Editions)-1]
		if v.AppliesTo(vectors.V12) {
			edition = vectors.V12
		}
		byEdition[edition] = append(byEdition[edition], v)
	}
	return byEdition, nil
}
