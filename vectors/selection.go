package vectors

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gobwas/glob"
)

// A Glob is a pattern for ids. Its * crosses slashes and dots, so that
// response.* has every vector of a ServerResponse.
type Glob struct {
	pattern *glob.Pattern
}

// ParseGlob compiles a pattern; its errors are *SelectionError.
func ParseGlob(pattern string) (*Glob, error) {
	compiled, err := glob.Compile(pattern)
	if err != nil {
		return nil, &SelectionError{Pattern: pattern, Problem: "is no glob: " + err.Error()}
	}
	return &Glob{compiled}, nil
}

func (g *Glob) String() string { return g.pattern.String() }

// Match reports whether the glob covers the id.
func (g *Glob) Match(id string) bool { return g.pattern.Match(id) }

// MatchVector reports whether the glob covers the id of the vector or of one
// of its clauses.
func (g *Glob) MatchVector(vector *Vector) bool {
	return g.Match(vector.ID) || slices.ContainsFunc(vector.Clauses, g.Match)
}

// A Selection says which vectors are wanted. What is empty does not narrow it.
type Selection struct {
	Only    []string // globs of vector or clause ids; one of them must match
	Skip    []string // globs of vector or clause ids; none of them may match
	Class   string   // http.Server, or Server
	Edition Edition
}

// A SelectionError says which part of a selection is no use.
type SelectionError struct {
	Pattern string // as the user wrote it
	Problem string
	Want    string // may be empty
}

func (e *SelectionError) Error() string {
	if e.Want == "" {
		return fmt.Sprintf("%q %s", e.Pattern, e.Problem)
	}
	return fmt.Sprintf("%q %s; %s", e.Pattern, e.Problem, e.Want)
}

// Select returns the vectors of a selection in the order of the catalogue. The
// list is empty when each part of the selection is sound but no vector is in
// all of them. A glob that matches no id of the whole catalogue, and an
// unknown class or edition, are a *SelectionError.
func (c *Catalogue) Select(selection Selection) ([]*Vector, error) {
	only, err := c.globs(selection.Only)
	if err != nil {
		return nil, err
	}
	skip, err := c.globs(selection.Skip)
	if err != nil {
		return nil, err
	}
	class, err := c.class(selection.Class)
	if err != nil {
		return nil, err
	}
	if selection.Edition != "" && !slices.Contains(Editions(), selection.Edition) {
		return nil, &SelectionError{string(selection.Edition), "is no edition", didYouMean(string(selection.Edition), editionNames())}
	}
	var selected []*Vector
	for _, vector := range c.Vectors {
		covers := func(glob *Glob) bool { return glob.MatchVector(vector) }
		switch {
		case len(only) > 0 && !slices.ContainsFunc(only, covers):
		case slices.ContainsFunc(skip, covers):
		case selection.Edition != "" && !vector.AppliesTo(selection.Edition):
		case class != "" && !c.isOfClass(vector, class):
		default:
			selected = append(selected, vector)
		}
	}
	return selected, nil
}

func (c *Catalogue) isOfClass(vector *Vector, class string) bool {
	return slices.ContainsFunc(vector.Clauses, func(id string) bool {
		clause := c.Clause(id)
		return clause != nil && clause.Class == class
	})
}

// globs compiles patterns. One that matches nothing is most likely a mistake,
// and would silently run too much or too little.
func (c *Catalogue) globs(patterns []string) ([]*Glob, error) {
	var globs []*Glob
	for _, pattern := range patterns {
		glob, err := ParseGlob(pattern)
		if err != nil {
			return nil, err
		}
		matches := slices.ContainsFunc(c.Vectors, glob.MatchVector) ||
			slices.ContainsFunc(c.Clauses, func(clause *Clause) bool { return glob.Match(clause.ID) })
		if !matches {
			ids := append(sortedNames(c.vectors), sortedNames(c.clauses)...)
			want := ""
			if near := nearest(pattern, ids); near != "" {
				want = "did you mean " + near + "?"
			}
			return nil, &SelectionError{pattern, "matches no vector and no clause", want}
		}
		globs = append(globs, glob)
	}
	return globs, nil
}

// class finds the class that the user means by http.Server, Server or server.
func (c *Catalogue) class(name string) (string, error) {
	if name == "" {
		return "", nil
	}
	classes := c.Classes()
	for _, class := range classes {
		if strings.EqualFold(class, name) || strings.EqualFold(strings.TrimPrefix(class, "http."), name) {
			return class, nil
		}
	}
	return "", &SelectionError{name, "is no class", didYouMean(name, classes)}
}
