package broken

import (
	"fmt"
	"io"
	"slices"

	"github.com/nodehttp/conform/vectors"
)

// A Proof says which clauses of an edition have vectors that were seen to fail.
type Proof struct {
	Edition vectors.Edition
	Clauses []ClauseProof // those of the edition that can be tested, in document order
}

// A ClauseProof is what is known of one clause.
type ClauseProof struct {
	Clause        *vectors.Clause
	Catches       []Catch
	Inexpressible string // why no preload script can violate it; "" when one can
}

// Proved reports whether a variant of the clause was caught.
func (c ClauseProof) Proved() bool { return slices.ContainsFunc(c.Catches, Catch.Caught) }

// NewProof sorts what was caught by the clauses that the glob takes, all of them
// if it is nil.
func NewProof(catalogue *vectors.Catalogue, edition vectors.Edition, table Table, catches []Catch, only *vectors.Glob) Proof {
	proof := Proof{Edition: edition}
	for _, clause := range catalogue.Clauses {
		if !slices.Contains(clause.Editions, edition) || clause.Untestable != "" || only != nil && !only.Match(clause.ID) {
			continue
		}
		entry := ClauseProof{Clause: clause, Inexpressible: table.Inexpressible[clause.ID]}
		for _, variant := range table.Variants {
			at := slices.IndexFunc(catches, func(c Catch) bool { return c.Variant == variant })
			if variant.Clause == clause.ID && at >= 0 {
				entry.Catches = append(entry.Catches, catches[at])
			}
		}
		proof.Clauses = append(proof.Clauses, entry)
	}
	return proof
}

// Escaped lists the variants that no vector of their clause caught.
func (p Proof) Escaped() []Catch {
	var escaped []Catch
	for _, clause := range p.Clauses {
		for _, found := range clause.Catches {
			if !found.Caught() {
				escaped = append(escaped, found)
			}
		}
	}
	return escaped
}

// Unmoved lists the vectors that ran against variants of their clauses and
// passed on all of them, in document order. Each needs another variant or a fake
// to show that it can fail.
func (p Proof) Unmoved() []string {
	failed := map[string]bool{}
	for _, clause := range p.Clauses {
		for _, found := range clause.Catches {
			for _, sighting := range found.By {
				failed[sighting.Vector] = true
			}
		}
	}
	var unmoved []string
	for _, clause := range p.Clauses {
		for _, found := range clause.Catches {
			for _, id := range found.Passed {
				if !failed[id] && !slices.Contains(unmoved, id) {
					unmoved = append(unmoved, id)
				}
			}
		}
	}
	return unmoved
}

// Print writes the proof for people: a line for each clause and the variants of
// it, then what has no variant, what vectors no variant moved, what nobody
// caught, and the sums. With verbose it says what the vectors saw.
func (p Proof) Print(w io.Writer, verbose bool) {
	var variants, expressible, proved int
	var without []ClauseProof
	for _, clause := range p.Clauses {
		if clause.Inexpressible == "" {
			expressible++
		}
		if clause.Proved() {
			proved++
		}
		variants += len(clause.Catches)
		if len(clause.Catches) == 0 {
			without = append(without, clause)
			continue
		}
		fmt.Fprintln(w, clause.Clause.ID)
		for _, found := range clause.Catches {
			printCatch(w, found, verbose)
		}
	}
	if len(without) > 0 {
		fmt.Fprintf(w, "\nno variant:\n")
		for _, clause := range without {
			reason := clause.Inexpressible
			if reason == "" {
				reason = "nobody has written one"
			}
			fmt.Fprintf(w, "  %s: %s\n", clause.Clause.ID, reason)
		}
	}
	if unmoved := p.Unmoved(); len(unmoved) > 0 {
		fmt.Fprintf(w, "\nvectors that passed on every variant of their clauses:\n")
		for _, id := range unmoved {
			fmt.Fprintf(w, "  %s\n", id)
		}
	}
	escaped := p.Escaped()
	if len(escaped) > 0 {
		fmt.Fprintf(w, "\nnot caught:\n")
		for _, found := range escaped {
			fmt.Fprintf(w, "  %s\n", found.Variant.ID())
		}
	}
	fmt.Fprintf(w, "\n%d variants, %d caught; edition %s: %d clauses, %d can be violated by a preload script, %d of them (%d%%) have a variant that their vectors catch\n",
		variants, variants-len(escaped), p.Edition, len(p.Clauses), expressible, proved, 100*proved/max(1, expressible))
}

func printCatch(w io.Writer, found Catch, verbose bool) {
	switch {
	case found.Caught():
		fmt.Fprintf(w, "  %-32s caught by", found.Variant.Name)
		for _, sighting := range found.By {
			fmt.Fprintf(w, " %s", sighting.Vector)
		}
		fmt.Fprintln(w)
		if verbose {
			for _, sighting := range found.By {
				fmt.Fprintf(w, "      %s\n        permitted: %s\n        seen:      %s\n", sighting.Vector, sighting.Permitted, sighting.Seen)
			}
		}
	case found.Err != nil:
		fmt.Fprintf(w, "  %-32s NOT TOLD: %v\n", found.Variant.Name, found.Err)
	default:
		fmt.Fprintf(w, "  %-32s NOT CAUGHT by %v\n", found.Variant.Name, found.Passed)
	}
	if len(found.Other) > 0 {
		fmt.Fprintf(w, "      fails %d vectors of other clauses too", len(found.Other))
		if verbose {
			fmt.Fprintf(w, ": %v", found.Other)
		}
		fmt.Fprintln(w)
	}
}
