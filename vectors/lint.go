package vectors

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

// A Finding is something that a schema cannot say and that should not be.
type Finding struct {
	Pos     Position
	Rule    string // program-syntax, clause-untested, ...
	Message string
}

func (f Finding) String() string { return fmt.Sprintf("%s: %s (%s)", f.Pos, f.Message, f.Rule) }

// Lint judges a whole catalogue. Its findings are sorted by place. What breaks
// the format itself is refused by Load already.
func Lint(catalogue *Catalogue) []Finding {
	l := &linter{catalogue: catalogue}
	l.sections()
	for _, clause := range catalogue.Clauses {
		l.clause(clause)
	}
	for _, vector := range catalogue.Vectors {
		l.vector(vector)
	}
	for _, name := range sortedNames(catalogue.Apps) {
		l.app(catalogue.Apps[name])
	}
	slices.SortStableFunc(l.findings, func(a, b Finding) int { return comparePositions(a.Pos, b.Pos) })
	return l.findings
}

type linter struct {
	catalogue *Catalogue
	findings  []Finding
}

func (l *linter) find(pos Position, rule, message string, arguments ...any) {
	l.findings = append(l.findings, Finding{Pos: pos, Rule: rule, Message: fmt.Sprintf(message, arguments...)})
}

// Kebab case, in which names of the API keep their own case:
// keepAlive-pools-sockets.
var kebabCase = regexp.MustCompile(`^[a-z0-9][A-Za-z0-9]*(-[a-z0-9][A-Za-z0-9]*)*$`)

func (l *linter) id(pos Position, what, id, section string) {
	before, words, _ := strings.Cut(id, "/")
	if before != section {
		l.find(pos, "id-section", "the id of the %s %s begins with its section: %s/%s", what, id, section, words)
	}
	if !kebabCase.MatchString(words) {
		l.find(pos, "id-form", "the words of the id of the %s %s begin with small letters: keepAlive-pools-sockets", what, id)
	}
}

func (l *linter) clause(clause *Clause) {
	l.id(clause.Pos, "clause", clause.ID, clause.Section)
	l.fullStop(clause.Pos, "text of the clause "+clause.ID, clause.Text)
	for _, erratum := range clause.Errata {
		l.fullStop(clause.Pos, "text of an erratum of "+clause.ID, erratum.Text)
		for _, edition := range erratum.Editions {
			if !slices.Contains(clause.Editions, edition) {
				l.find(clause.Pos, "erratum", "the clause %s has an erratum for %s, whose document does not state it", clause.ID, edition)
			}
		}
	}
	tested := len(l.catalogue.VectorsOf(clause.ID)) > 0
	switch {
	case !tested && clause.Untestable == "":
		l.find(clause.Pos, "clause-untested", "the clause %s has no vector; write one, or say in untestable why there can be none", clause.ID)
	case tested && clause.Untestable != "":
		l.find(clause.Pos, "clause-untested", "the clause %s is called untestable, and %s tests it", clause.ID, l.catalogue.VectorsOf(clause.ID)[0].ID)
	}
}

func (l *linter) fullStop(pos Position, what, text string) {
	if !strings.HasSuffix(strings.TrimSpace(text), ".") {
		l.find(pos, "full-stop", "the %s ends without a full stop", what)
	}
}

// sections looks at where vectors stand: one file for each section, called
// after it.
func (l *linter) sections() {
	type place struct {
		tree    *origin
		section string
	}
	files := make(map[place]string)
	seen := make(map[string]bool)
	for _, vector := range l.catalogue.Vectors {
		pos := Position{vector.Pos.File, 1}
		at := place{vector.tree, vector.Section}
		if first, known := files[at]; !known {
			files[at] = pos.File
		} else if first != pos.File && !seen[pos.File] {
			l.find(pos, "section-file", "the section %s is split: it has vectors in %s too", vector.Section, first)
		}
		if seen[pos.File] {
			continue
		}
		seen[pos.File] = true
		if want := fileOf(vector.Section); !slices.Contains(want, pos.File) {
			l.find(pos, "section-file", "the vectors of the section %s belong into %s", vector.Section, strings.Join(want, " or "))
		}
		if l.catalogue.Section(vector.Section) == nil {
			near := nearest(vector.Section, sortedNames(l.catalogue.sections))
			if near != "" {
				near = "; did you mean " + near + "?"
			}
			l.find(pos, "section", "no clause file has the section %s%s", vector.Section, near)
		}
	}
}

// fileOf lists the files that may hold the vectors of a section.
func fileOf(section string) []string {
	prefix, member, hasMember := strings.Cut(section, ".")
	switch prefix {
	case "response", "message":
		return []string{"message/" + section + ".yaml"}
	case "http":
		var files []string
		for _, folder := range []string{"agent", "client", "server", "message"} {
			files = append(files, path.Join(folder, section+".yaml"))
		}
		return files
	}
	if !hasMember {
		member = prefix
	}
	return []string{prefix + "/" + member + ".yaml"}
}

func (l *linter) vector(vector *Vector) {
	l.id(vector.Pos, "vector", vector.ID, vector.Section)
	var stated []Edition
	for _, id := range vector.Clauses {
		clause := l.catalogue.Clause(id)
		if clause == nil {
			l.find(vector.Pos, "clause-unknown", "the vector %s names the clause %s, which does not exist", vector.ID, id)
			continue
		}
		stated = append(stated, clause.Editions...)
	}
	for _, edition := range vector.Editions {
		if !slices.Contains(stated, edition) {
			l.find(vector.Pos, "edition", "the vector %s names %s, and none of its clauses does", vector.ID, edition)
		}
	}
	if vector.Erratum != nil {
		l.erratum(vector, vector.Pos, vector.Erratum.Clause)
	}
	l.wireErrata(vector, vector.Wire)
	l.script(vector)
	l.mustFail(vector)
	l.program(vector)
}

// erratum looks for an erratum that the vector may rely on.
func (l *linter) erratum(vector *Vector, pos Position, id string) {
	clause := l.catalogue.Clause(id)
	if clause == nil {
		l.find(pos, "erratum", "the vector %s relies on an erratum of %s, which does not exist", vector.ID, id)
		return
	}
	for _, edition := range vector.Editions {
		if _, ok := clause.ErratumIn(edition); ok {
			return
		}
	}
	l.find(pos, "erratum", "the vector %s relies on an erratum of %s, which has none for %s", vector.ID, id, joinEditions(vector.Editions))
}

func joinEditions(editions []Edition) string {
	var names []string
	for _, edition := range editions {
		names = append(names, string(edition))
	}
	return strings.Join(names, ", ")
}

func (l *linter) wireErrata(vector *Vector, steps []Step) {
	for _, step := range steps {
		for _, alternative := range step.AnyOf {
			if alternative.Erratum != "" {
				l.erratum(vector, step.Pos, alternative.Erratum)
			}
			l.wireErrata(vector, alternative.Steps)
		}
	}
}

// script follows a wire script: connections and marks exist where they are
// used, records that it waits for can come.
func (l *linter) script(vector *Vector) {
	listens := vector.PeerListens()
	connections := make(map[string]bool)
	if !listens {
		connections[mainConnection] = true
	}
	marks := make(map[string]bool)
	opened := false
	var follow func(steps []Step)
	follow = func(steps []Step) {
		for _, step := range steps {
			switch {
			case step.Accept, step.Connect:
				if step.Connect && listens {
					l.find(step.Pos, "connection", "connect and accept do not go together: the peer of %s listens", vector.ID)
				}
				// main is open by itself from the first step that needs it, and
				// may be opened by name before that.
				if connections[step.On] && (step.On != mainConnection || opened || listens) {
					l.find(step.Pos, "connection", "the connection %s is there already; give this one a name of its own", step.On)
				}
				connections[step.On], opened = true, true
			case step.StopListening && !listens:
				l.find(step.Pos, "connection", "the peer of %s does not listen, so it cannot stop", vector.ID)
			case step.Mark != "":
				marks[step.Mark] = true
			case step.AnyOf != nil:
				for _, alternative := range step.AnyOf {
					follow(alternative.Steps)
				}
			case step.Recorded != "":
				if !mentions(vector, step.Recorded) {
					l.find(step.Pos, "recorded", "the script of %s waits for the record %s, which its records do not have", vector.ID, step.Recorded)
				}
			case aboutConnection(step):
				opened = true
				if !connections[step.On] {
					l.find(step.Pos, "connection", "no connection is called %s here; it is opened by accept or connect", step.On)
				}
			}
			if step.Closed != nil && step.Closed.Since != "" && !marks[step.Closed.Since] {
				l.find(step.Pos, "mark", "since names %s, and no step before it marks that moment", step.Closed.Since)
			}
		}
	}
	follow(vector.Wire)
}

func aboutConnection(step Step) bool {
	return step.Send != nil || step.HalfClose || step.Close || step.Reset || step.Receive != nil || step.ReceiveHead != nil ||
		step.ReceiveBytes != nil || step.Closed != nil || step.Silent > 0
}

func mentions(vector *Vector, label string) bool {
	var within func([]RecordPattern) bool
	within = func(patterns []RecordPattern) bool {
		return slices.ContainsFunc(patterns, func(pattern RecordPattern) bool {
			return pattern.Label == label || within(pattern.Unordered) || slices.ContainsFunc(pattern.AnyOf, within)
		})
	}
	return within(vector.Records) || vector.Erratum != nil && within(vector.Erratum.Records)
}

// mustFail looks for vectors that a dead target could pass.
func (l *linter) mustFail(vector *Vector) {
	recordsSomething := vector.Records != nil && !push(vector.Records, nil).mayEnd()
	if !recordsSomething && !slices.ContainsFunc(vector.Wire, provesLife) {
		l.find(vector.Pos, "cannot-fail", "a target that does nothing could pass %s: let it receive or record something", vector.ID)
	}
	for i, step := range vector.Wire {
		if hasSilence(step) && !slices.ContainsFunc(vector.Wire[i+1:], provesLife) {
			l.find(step.Pos, "silent", "no exchange follows the silence in %s: let it receive something after it", vector.ID)
		}
	}
}

// provesLife reports whether a step is met only by a target that does
// something other than closing.
func provesLife(step Step) bool {
	if step.Receive != nil || step.ReceiveHead != nil || step.ReceiveBytes != nil || step.Recorded != "" {
		return true
	}
	return len(step.AnyOf) > 0 && !slices.ContainsFunc(step.AnyOf, func(alternative Alternative) bool {
		return !slices.ContainsFunc(alternative.Steps, provesLife)
	})
}

func hasSilence(step Step) bool {
	return step.Silent > 0 || slices.ContainsFunc(step.AnyOf, func(alternative Alternative) bool {
		for i, inner := range alternative.Steps {
			if hasSilence(inner) && !slices.ContainsFunc(alternative.Steps[i+1:], provesLife) {
				return true
			}
		}
		return false
	})
}

func (l *linter) program(vector *Vector) {
	if vector.Program == "" {
		return
	}
	pos := Position{vector.Pos.File, vector.programLine}
	if vector.App != "" {
		pos = vector.Pos
	}
	analysis := analyse(vector.Program)
	if vector.App == "" {
		l.judge(analysis, pos, slices.Contains(vector.Editions, V03))
	}
	if analysis.failed {
		return
	}
	if app := l.catalogue.Apps[vector.App]; app != nil {
		if len(vector.Wire) > 0 && vector.PeerListens() != (app.Side == ClientSide) {
			l.find(pos, "app", "the app %s is a %s, and so is the peer of %s", app.Name, app.Side, vector.ID)
		}
		if app.Side == ServerSide && len(vector.Records) > 0 {
			l.find(pos, "app", "the app %s is a server, which records nothing, and %s expects records", app.Name, vector.ID)
		}
	} else if len(vector.Wire) > 0 && !vector.PeerListens() && analysis.free["ready"] == 0 {
		l.find(pos, "ready", "the peer of %s connects, and the program never says ready where it listens", vector.ID)
	}
	if vector.Transport == Unix && analysis.free["socketPath"] == 0 {
		l.find(pos, "transport", "the transport of %s is unix, and its program does not use socketPath", vector.ID)
	}
	for _, step := range vector.Wire {
		if step.Signal != nil && analysis.handlersKnown && !contains(analysis.handlers, step.Signal.Name) {
			l.find(step.Pos, "signal", "the script signals %s, and the program has no on('%s', ...)", step.Signal.Name, step.Signal.Name)
		}
	}
}

func (l *linter) app(app *App) {
	oldest := slices.ContainsFunc(l.catalogue.Vectors, func(v *Vector) bool {
		return v.App == app.Name && slices.Contains(v.Editions, V03)
	})
	l.judge(analyse(app.Program), Position{app.Pos.File, app.programLine}, oldest)
}

// judge reports on a program whose first line is at pos.
func (l *linter) judge(analysis *analysis, pos Position, es5 bool) {
	at := func(line int) Position { return Position{pos.File, pos.Line + line - 1} }
	for _, fault := range analysis.syntax {
		l.find(at(fault.line), "program-syntax", "the program is no JavaScript: %s", fault.text)
	}
	for _, construct := range analysis.constructs {
		switch {
		case construct.year > 2015:
			l.find(at(construct.line), "program-edition", "%s is newer than ES2015, which is what programs may use", construct.name)
		case es5:
			l.find(at(construct.line), "program-edition", "%s is ES2015, and %s is among the editions, whose programs are ES5", construct.name, V03)
		}
	}
	for _, name := range sortedNames(analysis.free) {
		line := analysis.free[name]
		switch {
		case contains(bindingNames, name) || contains(es5Globals, name):
		case contains(es2015Globals, name):
			if es5 {
				l.find(at(line), "program-edition", "%s is ES2015, and %s is among the editions, whose programs are ES5", name, V03)
			}
		default:
			want := ""
			if near := nearest(name, append(slices.Clone(bindingNames), es5Globals...)); near != "" {
				want = "; did you mean " + near + "?"
			}
			l.find(at(line), "program-name", "programs do not see %s%s", name, want)
		}
	}
}
