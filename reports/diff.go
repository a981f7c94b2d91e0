package reports

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"
)

// A Difference is what changed from one set of streams to another.
type Difference struct {
	Targets  []TargetDifference `json:"targets"`
	Appeared []string           `json:"appeared"` // targets that only the new streams have
	Vanished []string           `json:"vanished"` // and only the old
}

// A TargetDifference is what changed of one target.
type TargetDifference struct {
	Old        TargetRun      `json:"old"`
	New        TargetRun      `json:"new"`
	Changes    []Change       `json:"changes"` // by kind, then by id
	Counts     map[string]int `json:"counts"`  // of the kinds, and of what is the same
	Incomplete string         `json:"incomplete,omitempty"`
}

// A TargetRun names what was compared.
type TargetRun struct {
	Name           string `json:"name"`
	Implementation string `json:"implementation"`
	Version        string `json:"version"`
	Edition        string `json:"edition"`
}

// A Change is a vector whose verdict is another, or that is there only once.
type Change struct {
	Kind string `json:"kind"`
	ID   string `json:"id"`
	Old  string `json:"old,omitempty"` // the verdict; "" when it appeared
	New  string `json:"new,omitempty"` // the verdict; "" when it vanished
	Seen string `json:"seen,omitempty"`
}

// Kinds of changes, in the order in which they are told.
const (
	Broke    = "broke"    // held, and does not any more: a regression
	Fixed    = "fixed"    // did not hold, and does
	Appeared = "appeared" // was not there
	Vanished = "vanished" // is not there
	Changed  = "changed"  // any other change of the verdict
	same     = "same"
)

var changeKinds = []string{Broke, Fixed, Appeared, Vanished, Changed}

// Regressed reports whether something that held does not any more.
func (d *Difference) Regressed() bool {
	return slices.ContainsFunc(d.Targets, func(t TargetDifference) bool { return t.Counts[Broke] > 0 })
}

// A DiffError says why two sets of streams cannot be compared.
type DiffError struct{ Problem string }

func (e *DiffError) Error() string { return e.Problem }

// Diff compares two sets of streams, target by target. Two streams are
// compared whatever their targets' names, so that two versions can be; of
// several, those of the same name are. Errors are Read's and *DiffError. It
// holds a few words for each vector.
func Diff(old, new Source) (*Difference, error) {
	before, err := readRuns(old)
	if err != nil {
		return nil, fmt.Errorf("old: %w", err)
	}
	after, err := readRuns(new)
	if err != nil {
		return nil, fmt.Errorf("new: %w", err)
	}
	d := &Difference{Targets: []TargetDifference{}, Appeared: []string{}, Vanished: []string{}}
	if len(before) == 1 && len(after) == 1 {
		d.Targets = append(d.Targets, compare(before[0], after[0]))
		return d, nil
	}
	for _, run := range after {
		at := slices.IndexFunc(before, func(other *verdicts) bool { return other.of.Name == run.of.Name })
		if at < 0 {
			d.Appeared = append(d.Appeared, run.of.Name)
			continue
		}
		d.Targets = append(d.Targets, compare(before[at], run))
	}
	for _, run := range before {
		if !slices.ContainsFunc(after, func(other *verdicts) bool { return other.of.Name == run.of.Name }) {
			d.Vanished = append(d.Vanished, run.of.Name)
		}
	}
	if len(d.Targets) == 0 {
		return nil, &DiffError{"the streams have no target in common"}
	}
	return d, nil
}

// verdicts are those of one stream, by vector.
type verdicts struct {
	of         TargetRun
	incomplete string
	byID       map[string]verdictSeen
}

type verdictSeen struct{ verdict, seen string }

func readRuns(source Source) ([]*verdicts, error) {
	var runs []*verdicts
	err := source.Each(func(line Line) error {
		switch {
		case line.Header != nil:
			t := line.Header.Target
			for _, run := range runs {
				if run.of.Name == t.Name {
					return &DiffError{fmt.Sprintf("there are two streams of the target %s; conform merge joins the shards of a run", t.Name)}
				}
			}
			runs = append(runs, &verdicts{TargetRun{t.Name, t.Implementation, t.Version, line.Header.Edition}, "", map[string]verdictSeen{}})
		case line.Vector != nil:
			v := line.Vector
			one := verdictSeen{verdict: v.Verdict}
			if !holds(v.Verdict) {
				one.seen = shortened(oneLine(firstLine(v.Reason)), 200)
				if v.Failure != nil && v.Failure.Seen != "" {
					one.seen = shortened(oneLine(firstLine(v.Failure.Seen)), 200)
				}
			}
			runs[len(runs)-1].byID[v.ID] = one
		case line.Footer != nil:
			runs[len(runs)-1].incomplete = line.Footer.Incomplete
		}
		return nil
	})
	return runs, err
}

// holds tells verdicts with which nothing is wrong from the others; what is
// not applicable neither holds nor fails.
func holds(verdict string) bool {
	return verdict == "pass" || verdict == "warn" || verdict == "erratum"
}

func fails(verdict string) bool {
	return verdict == "fail" || verdict == "flaky" || verdict == "error"
}

func compare(old, new *verdicts) TargetDifference {
	d := TargetDifference{Old: old.of, New: new.of, Changes: []Change{}, Counts: map[string]int{same: 0}, Incomplete: new.incomplete}
	for _, kind := range changeKinds {
		d.Counts[kind] = 0
	}
	add := func(kind, id, was, is, seen string) {
		d.Counts[kind]++
		d.Changes = append(d.Changes, Change{kind, id, was, is, seen})
	}
	for id, is := range new.byID {
		was, had := old.byID[id]
		switch {
		case !had:
			add(Appeared, id, "", is.verdict, is.seen)
		case was.verdict == is.verdict:
			d.Counts[same]++
		case holds(was.verdict) && fails(is.verdict):
			add(Broke, id, was.verdict, is.verdict, is.seen)
		case fails(was.verdict) && holds(is.verdict):
			add(Fixed, id, was.verdict, is.verdict, "")
		default:
			add(Changed, id, was.verdict, is.verdict, is.seen)
		}
	}
	for id, was := range old.byID {
		if _, has := new.byID[id]; !has {
			add(Vanished, id, was.verdict, "", "")
		}
	}
	slices.SortFunc(d.Changes, func(a, b Change) int {
		if a.Kind != b.Kind {
			return slices.Index(changeKinds, a.Kind) - slices.Index(changeKinds, b.Kind)
		}
		return strings.Compare(a.ID, b.ID)
	})
	return d
}

func (t *TargetDifference) title() string {
	name := func(run TargetRun) string {
		return (&Summary{Header: Header{Target: Target{Name: run.Name, Implementation: run.Implementation, Version: run.Version}}}).Title() + ", edition " + run.Edition
	}
	if t.Old == t.New {
		return name(t.New)
	}
	return name(t.Old) + " -> " + name(t.New)
}

func (t *TargetDifference) counted() string {
	var parts []string
	for _, kind := range append(slices.Clone(changeKinds), same) {
		parts = append(parts, fmt.Sprintf("%d %s", t.Counts[kind], kind))
	}
	return strings.Join(parts, ", ")
}

func (c *Change) verdicts() string {
	switch {
	case c.Old == "":
		return c.New
	case c.New == "":
		return "was " + c.Old
	}
	return c.Old + " -> " + c.New
}

// Text writes the difference for people.
func (d *Difference) Text(w io.Writer) error {
	out := bufio.NewWriter(w)
	for i := range d.Targets {
		t := &d.Targets[i]
		fmt.Fprintf(out, "%s\n", oneLine(t.title()))
		for _, change := range t.Changes {
			fmt.Fprintf(out, "  %-9s %s  %s\n", change.Kind, oneLine(change.ID), change.verdicts())
			if change.Seen != "" {
				fmt.Fprintf(out, "            %s\n", change.Seen)
			}
		}
		fmt.Fprintf(out, "  %s\n", t.counted())
		if t.Incomplete != "" {
			fmt.Fprintf(out, "  the new run is incomplete: %s\n", oneLine(t.Incomplete))
		}
	}
	for _, name := range d.Appeared {
		fmt.Fprintf(out, "%s appeared\n", oneLine(name))
	}
	for _, name := range d.Vanished {
		fmt.Fprintf(out, "%s vanished\n", oneLine(name))
	}
	return out.Flush()
}

// Markdown writes the difference for a pull request.
func (d *Difference) Markdown(w io.Writer) error {
	out := bufio.NewWriter(w)
	word := "no regression"
	if d.Regressed() {
		word = "a regression"
	}
	fmt.Fprintf(out, "## Conformance: %s\n", word)
	for i := range d.Targets {
		t := &d.Targets[i]
		fmt.Fprintf(out, "\n**%s**: %s\n", plainText(t.title()), t.counted())
		if t.Incomplete != "" {
			fmt.Fprintf(out, "\nThe new run is incomplete: %s\n", plainText(t.Incomplete))
		}
		if len(t.Changes) == 0 {
			continue
		}
		fmt.Fprint(out, "\n| | vector | verdict | seen |\n|---|---|---|---|\n")
		for i, change := range t.Changes {
			if i == 100 {
				fmt.Fprintf(out, "| | and %d more | | |\n", len(t.Changes)-i)
				break
			}
			fmt.Fprintf(out, "| %s | %s | %s | %s |\n", change.Kind, cell(change.ID), cell(change.verdicts()), cell(change.Seen))
		}
	}
	for _, name := range d.Appeared {
		fmt.Fprintf(out, "\n%s appeared.\n", plainText(name))
	}
	for _, name := range d.Vanished {
		fmt.Fprintf(out, "\n%s vanished.\n", plainText(name))
	}
	return out.Flush()
}

// JSON writes the difference as one document; the contract is
// vectors/schema/diff.schema.json.
func (d *Difference) JSON(w io.Writer) error {
	data, err := encode(struct {
		Report    string `json:"report"`
		Format    int    `json:"format"`
		Regressed bool   `json:"regressed"`
		*Difference
	}{"conform-diff", 1, d.Regressed(), d})
	if err == nil {
		_, err = w.Write(append(data, '\n'))
	}
	return err
}
