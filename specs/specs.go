// Package specs is the readable front end over the vectors: Ginkgo suites in
// which a file is a section of the documents and a leaf is a clause, in the
// order of the page.
//
//	var _ = specs.Section("server.event-checkContinue",
//		specs.Clause("server.event-checkContinue/no-request-event"),
//		...
//	)
//
// A leaf is labelled with its class, its edition and its clause, whose id a
// label writes with a colon, not a slash. It asks the
// engine for the verdicts of the clause's vectors; the engine starts all
// vectors of the suite together when the first leaf asks, so the waits overlap.
//
// go test runs the suites on the reference, for every edition. Another target
// is a flag away:
//
//	go test ./specs/server -target node@12.22.9
//	go test ./specs/... -target fake:silent -edition v10
package specs

import (
	"context"
	"fmt"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/nodehttp/conform/harness"
	"github.com/nodehttp/conform/vectors"
)

// A ClauseSpec is a clause's place in a section's file.
type ClauseSpec struct{ id string }

// Clause names a clause of the section. Its text is the catalogue's.
func Clause(id string) ClauseSpec { return ClauseSpec{id: id} }

// Section describes one section of the documents: its clauses in document
// order, and whatever else the body adds, such as specs of the Go API.
//
// The clauses must be exactly the catalogue's, in the catalogue's order: a
// clause that nobody listed here would be one that nobody reads.
func Section(id string, clauses ...ClauseSpec) bool {
	return Describe(id, func() {
		catalogue, err := vectors.Embedded()
		if err != nil {
			It("has a catalogue", func() { Expect(err).NotTo(HaveOccurred()) })
			return
		}
		It("lists the clauses of its section, in document order", Label("catalogue"), func() {
			var listed, catalogued []string
			for _, clause := range clauses {
				listed = append(listed, clause.id)
			}
			for _, clause := range catalogue.ClausesOf(id) {
				catalogued = append(catalogued, clause.ID)
			}
			Expect(listed).To(Equal(catalogued))
		})
		for _, spec := range clauses {
			if clause := catalogue.Clause(spec.id); clause != nil {
				describeClause(catalogue, clause)
			}
		}
	})
}

// describeClause adds one leaf for each edition that states the clause and that
// the run is about.
func describeClause(catalogue *vectors.Catalogue, clause *vectors.Clause) {
	if clause.Untestable != "" {
		PIt(clause.Text+" (untestable: "+clause.Untestable+")", Label(clause.Class, label(clause)))
		return
	}
	for _, edition := range clause.Editions {
		if !judged(edition) || !testedIn(catalogue, clause, edition) {
			continue
		}
		It(clause.Text, Label(clause.Class, string(edition), label(clause)), func(ctx SpecContext) {
			expectHeld(ctx, clause, edition)
		})
	}
}

// label is the clause's id as a label may be written: Ginkgo reads what stands
// before the colon as a key, so a section
// can be chosen as a whole.
func label(clause *vectors.Clause) string { return strings.Replace(clause.ID, "/", ":", 1) }

func testedIn(catalogue *vectors.Catalogue, clause *vectors.Clause, edition vectors.Edition) bool {
	return slices.ContainsFunc(catalogue.VectorsOf(clause.ID), func(v *vectors.Vector) bool { return v.AppliesTo(edition) })
}

func expectHeld(ctx context.Context, clause *vectors.Clause, edition vectors.Edition) {
	summary, err := current.summary(ctx, edition)
	Expect(err).NotTo(HaveOccurred())
	var failures, reasons []string
	applicable := false
	for _, result := range summary.Results {
		if !slices.Contains(result.Vector.Clauses, clause.ID) {
			continue
		}
		switch result.Verdict {
		case harness.NotApplicable:
			reasons = append(reasons, result.Vector.ID+": "+result.Reason)
			continue
		case harness.Erratum:
			AddReportEntry("follows real Node where the document says otherwise", result.Vector.ID)
		case harness.Warn:
			AddReportEntry("not held, and not scored", result.Vector.ID)
		case harness.Fail, harness.Flaky, harness.Error:
			failures = append(failures, describe(result))
		}
		applicable = true
	}
	if !applicable && len(failures) == 0 {
		Expect(reasons).NotTo(BeEmpty(), "no vector of the clause got a verdict")
		Skip("not applicable: " + strings.Join(reasons, "; "))
	}
	if len(failures) > 0 {
		Fail(strings.Join(failures, "\n\n"))
	}
}

// describe says of a failed vector what `conform run` says of it.
func describe(result harness.Result) string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s: %s (%s)", result.Vector.ID, result.Verdict, result.Vector.Pos)
	if result.Reason != "" {
		fmt.Fprintf(&text, "\n%s", result.Reason)
	}
	if failure := result.Failure; failure != nil {
		fmt.Fprintf(&text, "\nat %s\npermitted: %s\nseen: %s", failure.Position, failure.Permitted, failure.Seen)
		if len(failure.WantRecords)+len(failure.GotRecords) > 0 {
			fmt.Fprintf(&text, "\nrecords wanted:\n  %s\nrecords made:\n  %s",
				strings.Join(failure.WantRecords, "\n  "), strings.Join(failure.GotRecords, "\n  "))
		}
	}
	return text.String()
}
