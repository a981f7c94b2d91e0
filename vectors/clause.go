package vectors

import "fmt"

// A Clause is one atomic, testable statement of the documents, in our own
// words.
type Clause struct {
	ID         string
	Class      string // http.Server, ...
	Section    string
	Editions   []Edition
	Level      Level
	Text       string
	Errata     []Erratum
	Untestable string // why no vector can test it; "" when one must

	Pos Position
}

// ErratumIn returns what real Node of the edition does instead, and whether
// the clause has an erratum there.
func (c *Clause) ErratumIn(edition Edition) (string, bool) {
	for _, erratum := range c.Errata {
		for _, e := range erratum.Editions {
			if e == edition {
				return erratum.Text, true
			}
		}
	}
	return "", false
}

// An Erratum says where real Node contradicts its own document.
type Erratum struct {
	Editions []Edition
	Text     string
}

// Level says how strongly the documents state a clause.
type Level string

const (
	Stated   Level = "stated"
	Implied  Level = "implied"  // by an example
	Advisory Level = "advisory" // not holding it is a warning
	Observed Level = "observed" // every real Node does it and no document says so; never scored
)

// Scored reports whether a clause of this level can fail a run.
func (l Level) Scored() bool { return l == Stated || l == Implied }

// A Section is one heading of the documents.
type Section struct {
	ID    string // response.writeHead
	Title string // response.writeHead(statusCode...)
	Class string
}

// Edition names one of the five documents.
type Edition string

const (
	V03 Edition = "v0.3"
	V6  Edition = "v6"
	V10 Edition = "v10"
	V12 Edition = "v12" // the whole page, and the default
	V13 Edition = "v13"
)

// Editions lists the documents, oldest first.
func Editions() []Edition { return []Edition{V03, V6, V10, V12, V13} }

// A Position is a place in a file of clauses or vectors. File is relative to
// the root of its tree.
type Position struct {
	File string
	Line int
}

func (p Position) String() string { return fmt.Sprintf("%s:%d", p.File, p.Line) }
