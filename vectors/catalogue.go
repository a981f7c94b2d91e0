// Package vectors loads, validates and indexes the clauses of the documents
// and the vectors that test them. The data in this folder is the point; its
// format is described in README.md and schema/.
//
// Embedded has what comes with conform, Load reads another tree and With puts
// a user's own beside it. Match and MatchRecords are the language of
// expectations, Select the choice of vectors, Lint what no schema can say.
package vectors

import (
	"cmp"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// A Catalogue holds clauses, vectors and apps, and knows which belong
// together. It does not change once loaded and is safe for concurrent use; its
// slices are not to be written to.
type Catalogue struct {
	Sections []Section // in the order of the documents
	Clauses  []*Clause // in the order of the documents
	Vectors  []*Vector // in the order of their sections, then as in their files
	Apps     map[string]*App

	sections  map[string]*Section
	clauses   map[string]*Clause
	vectors   map[string]*Vector
	vectorsOf map[string][]*Vector // by clause
}

// Side says which end of a connection a program is.
type Side string

const (
	ServerSide Side = "server"
	ClientSide Side = "client"
)

// An App is a named program that a black box may stand in for.
type App struct {
	Name    string
	Side    Side
	About   string // what a black box must do to stand in for it
	Program string

	Pos         Position
	programLine int
}

// Clause returns the clause of the id, or nil.
func (c *Catalogue) Clause(id string) *Clause { return c.clauses[id] }

// Vector returns the vector of the id, or nil.
func (c *Catalogue) Vector(id string) *Vector { return c.vectors[id] }

// Section returns the section of the id, or nil.
func (c *Catalogue) Section(id string) *Section { return c.sections[id] }

// VectorsOf returns the vectors that test a clause.
func (c *Catalogue) VectorsOf(clauseID string) []*Vector { return c.vectorsOf[clauseID] }

// ClausesOf returns the clauses of a section, in the order of the document.
func (c *Catalogue) ClausesOf(sectionID string) []*Clause {
	var clauses []*Clause
	for _, clause := range c.Clauses {
		if clause.Section == sectionID {
			clauses = append(clauses, clause)
		}
	}
	return clauses
}

// Classes lists the documented classes in the order of the documents.
func (c *Catalogue) Classes() []string {
	var classes []string
	for _, section := range c.Sections {
		if !contains(classes, section.Class) {
			classes = append(classes, section.Class)
		}
	}
	return classes
}

// Load reads a tree: clauses in clauses/*.yaml, apps in apps/*.yaml, vectors
// in every other *.yaml file. Folders called testdata, or whose name begins
// with a dot or an underscore, are left out.
//
// An error joins every fault of every file, each a *LoadError (see
// LoadErrors). The catalogue beside it holds what is sound, so that lint can
// go on; whoever wants to run vectors should not.
func Load(tree fs.FS) (*Catalogue, error) {
	return (&Catalogue{}).With(tree)
}

// With reads another tree, in which clauses, vectors and apps of this
// catalogue may be named, and returns both together. The catalogue itself is
// left as it is. Errors are as Load's.
func (c *Catalogue) With(tree fs.FS) (*Catalogue, error) {
	loading := &loading{tree: new(origin), catalogue: &Catalogue{
		Sections: slices.Clone(c.Sections),
		Clauses:  slices.Clone(c.Clauses),
		Vectors:  slices.Clone(c.Vectors),
		Apps:     make(map[string]*App, len(c.Apps)),
	}}
	for name, app := range c.Apps {
		loading.catalogue.Apps[name] = app
	}
	if err := loading.read(tree); err != nil {
		return nil, err
	}
	loading.resolve()
	return loading.catalogue, joinFaults(loading.faults)
}

// An origin is one of the trees that a catalogue was read from. Files of different
// trees may have the same name.
type origin struct{ _ byte }

type loading struct {
	catalogue *Catalogue
	faults    []*LoadError
	vectors   []*Vector // of this tree
	tree      *origin
}

func (l *loading) fault(pos Position, want, problem string) {
	l.faults = append(l.faults, &LoadError{Pos: pos, Problem: problem, Want: want})
}

func (l *loading) read(tree fs.FS) error {
	schemas, err := compiledSchemas()
	if err != nil {
		return err
	}
	return fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			// A file that vanished or cannot be read is one fault among others,
			// a tree that cannot be read is the end.
			if name == "." {
				return err
			}
			l.fault(Position{name, 1}, "", "cannot be read: "+reason(err))
			return nil
		}
		base := path.Base(name)
		if entry.IsDir() {
			if name != "." && (base == "testdata" || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_")) {
				return fs.SkipDir
			}
			return nil
		}
		if extension := path.Ext(base); extension != ".yaml" && extension != ".yml" || strings.HasPrefix(base, ".") {
			return nil
		}
		data, err := fs.ReadFile(tree, name)
		if err != nil {
			l.fault(Position{name, 1}, "", "cannot be read: "+reason(err))
			return nil
		}
		l.file(name, data, schemas)
		return nil
	})
}

func reason(err error) string {
	var pathError *fs.PathError
	if errors.As(err, &pathError) {
		return pathError.Err.Error()
	}
	return err.Error()
}

// file reads one file. What is sound in a file with faults is left out too: a
// vector that is half understood could pass.
func (l *loading) file(name string, data []byte, schemas *schemas) {
	source := readSource(name, data)
	if source.root == nil {
		l.faults = append(l.faults, source.faults...)
		return
	}
	folder, _, _ := strings.Cut(name, "/")
	var keep func()
	var schema string
	switch {
	case folder == "clauses":
		sections, clauses := source.clauseFile()
		schema = clauseFileSchema
		keep = func() {
			l.catalogue.Sections = append(l.catalogue.Sections, sections...)
			l.catalogue.Clauses = append(l.catalogue.Clauses, clauses...)
		}
	case folder == "apps":
		app := source.appFile()
		schema = appSchema
		keep = func() {
			if before := l.catalogue.Apps[app.Name]; before != nil {
				l.fault(app.Pos, "", "the app "+app.Name+" stands twice, first in "+before.Pos.String())
				return
			}
			l.catalogue.Apps[app.Name] = app
		}
	default:
		vectors := source.vectorFile()
		schema = vectorFileSchema
		keep = func() {
			for _, vector := range vectors {
				vector.tree = l.tree
			}
			l.vectors = append(l.vectors, vectors...)
		}
	}
	source.validate(schemas, schema)
	if len(source.faults) > 0 {
		l.faults = append(l.faults, source.faults...)
		return
	}
	keep()
}

// classOrder is the order of the classes on the page.
var classOrder = []string{"agent", "client", "server", "response", "message", "http"}

func classRank(section string) int {
	prefix, _, _ := strings.Cut(section, ".")
	if rank := slices.Index(classOrder, prefix); rank >= 0 {
		return rank
	}
	return len(classOrder)
}

// resolve puts everything in order, builds the indexes, and fills in what
// needs all files: apps and editions.
func (l *loading) resolve() {
	c := l.catalogue
	slices.SortStableFunc(c.Sections, func(a, b Section) int { return cmp.Compare(classRank(a.ID), classRank(b.ID)) })
	slices.SortStableFunc(c.Clauses, func(a, b *Clause) int { return cmp.Compare(classRank(a.Section), classRank(b.Section)) })

	c.sections = make(map[string]*Section)
	var sections []Section
	for _, section := range c.Sections {
		// A user's own clauses may go into sections that are there already.
		if slices.ContainsFunc(sections, func(s Section) bool { return s.ID == section.ID }) {
			continue
		}
		sections = append(sections, section)
	}
	c.Sections = sections
	order := make(map[string]int)
	for i := range c.Sections {
		c.sections[c.Sections[i].ID] = &c.Sections[i]
		order[c.Sections[i].ID] = i
	}

	c.clauses = make(map[string]*Clause)
	c.Clauses = slices.DeleteFunc(c.Clauses, func(clause *Clause) bool {
		if before := c.clauses[clause.ID]; before != nil {
			l.fault(clause.Pos, "ids are unique", "the clause "+clause.ID+" stands twice, first in "+before.Pos.String())
			return true
		}
		c.clauses[clause.ID] = clause
		return false
	})

	c.vectors = make(map[string]*Vector)
	for _, vector := range c.Vectors {
		c.vectors[vector.ID] = vector
	}
	for _, vector := range l.vectors {
		if before := c.vectors[vector.ID]; before != nil {
			l.fault(vector.Pos, "ids are unique", "the vector "+vector.ID+" stands twice, first in "+before.Pos.String())
			continue
		}
		if l.complete(vector) {
			c.vectors[vector.ID] = vector
			c.Vectors = append(c.Vectors, vector)
		}
	}
	rank := func(v *Vector) int {
		if at, known := order[v.Section]; known {
			return at
		}
		return len(order)
	}
	slices.SortStableFunc(c.Vectors, func(a, b *Vector) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.Section, b.Section))
	})
	c.vectorsOf = make(map[string][]*Vector)
	for _, vector := range c.Vectors {
		for _, clause := range vector.Clauses {
			c.vectorsOf[clause] = append(c.vectorsOf[clause], vector)
		}
	}
}

// complete fills in the app and the editions of a vector, and reports whether
// all that it names exists.
func (l *loading) complete(vector *Vector) bool {
	ok := true
	if vector.App != "" {
		app := l.catalogue.Apps[vector.App]
		if app == nil {
			l.fault(Position{vector.Pos.File, vector.appLine}, didYouMean(vector.App, sortedNames(l.catalogue.Apps)),
				"the vector "+vector.ID+" names the app "+vector.App+", which does not exist")
			return false
		}
		vector.Program = app.Program
	}
	named := make(map[Edition]bool)
	for _, id := range vector.Clauses {
		clause := l.catalogue.clauses[id]
		if clause == nil {
			want := ""
			if near := nearest(id, sortedNames(l.catalogue.clauses)); near != "" {
				want = "did you mean " + near + "?"
			}
			l.fault(vector.Pos, want, "the vector "+vector.ID+" names the clause "+id+", which does not exist")
			ok = false
			continue
		}
		for _, edition := range clause.Editions {
			named[edition] = true
		}
	}
	if ok && len(vector.Editions) == 0 {
		for _, edition := range Editions() {
			if named[edition] {
				vector.Editions = append(vector.Editions, edition)
			}
		}
	}
	return ok
}

func sortedNames[T any](index map[string]T) []string {
	names := make([]string, 0, len(index))
	for name := range index {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
