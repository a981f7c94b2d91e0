package vectors

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// A LoadError is one fault in one file of clauses, vectors or apps.
type LoadError struct {
	Pos     Position
	Key     string // where in the file, as vectors[2].wire[0].send; may be empty
	Problem string
	Want    string // what would be right; may be empty
}

func (e *LoadError) Error() string {
	var text strings.Builder
	text.WriteString(e.Pos.String())
	text.WriteString(": ")
	if e.Key != "" {
		text.WriteString(e.Key)
		text.WriteString(": ")
	}
	text.WriteString(e.Problem)
	if e.Want != "" {
		text.WriteString("; ")
		text.WriteString(e.Want)
	}
	return text.String()
}

// LoadErrors lists the faults that an error of Load or With holds, in the
// order of files and lines.
func LoadErrors(err error) []*LoadError {
	var faults []*LoadError
	var collect func(error)
	collect = func(err error) {
		switch e := err.(type) {
		case nil:
		case *LoadError:
			faults = append(faults, e)
		case interface{ Unwrap() []error }:
			for _, each := range e.Unwrap() {
				collect(each)
			}
		case interface{ Unwrap() error }:
			collect(e.Unwrap())
		}
	}
	collect(err)
	return faults
}

// joinFaults turns faults into one error, sorted by place.
func joinFaults(faults []*LoadError) error {
	slices.SortStableFunc(faults, func(a, b *LoadError) int {
		return comparePositions(a.Pos, b.Pos)
	})
	errs := make([]error, len(faults))
	for i, fault := range faults {
		errs[i] = fault
	}
	return errors.Join(errs...)
}

func comparePositions(a, b Position) int {
	if order := strings.Compare(a.File, b.File); order != 0 {
		return order
	}
	return a.Line - b.Line
}

// nearest returns the candidate that a misspelt word most likely stands for,
// or "" when none is near.
func nearest(word string, candidates []string) string {
	best, bestDistance := "", 3+len(word)/6
	for _, candidate := range candidates {
		if strings.EqualFold(word, candidate) {
			return candidate
		}
		distance := editDistance(strings.ToLower(word), strings.ToLower(candidate))
		if distance < bestDistance && distance < max(len(word), len(candidate))/2+1 {
			best, bestDistance = candidate, distance
		}
	}
	return best
}

// didYouMean is nearest as half a sentence, or what is known when nothing is
// near.
func didYouMean(word string, candidates []string) string {
	if near := nearest(word, candidates); near != "" {
		return fmt.Sprintf("did you mean %s?", near)
	}
	if len(candidates) == 0 || len(candidates) > 24 {
		return ""
	}
	return "known are " + strings.Join(candidates, ", ")
}

// editDistance is the Levenshtein distance of two words.
func editDistance(a, b string) int {
	if len(a) > 200 || len(b) > 200 {
		return max(len(a), len(b))
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j]+1, row[j+1]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
