package vectors

import (
	"fmt"
	"regexp"
)

var (
	sectionForm = regexp.MustCompile(`^(agent|client|server|response|message|http)(\.[A-Za-z][A-Za-z0-9_-]*)?$`)
	idForm      = regexp.MustCompile(`^(agent|client|server|response|message|http)(\.[A-Za-z][A-Za-z0-9_-]*)?/[A-Za-z0-9]+(-[A-Za-z0-9]+)*$`)
	nameForm    = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]*$`)
)

const (
	sectionWant = "write agent, client, server, response, message or http, alone or with a member: response.writeHead"
	idWant      = "write the section, a slash and a few words: response.writeHead/headers-override-set-headers"
)

// clauseFile decodes a file of clauses/.
func (s *source) clauseFile() ([]Section, []*Clause) {
	root := element{Node: s.root}
	pairs := s.mapping(root, "a clause file", []string{"class", "sections"})
	s.need(root, "a clause file", pairs, "class", "sections")
	class := ""
	for _, each := range pairs {
		if each.key == "class" {
			class = s.text(each.value, "class")
		}
	}
	var sections []Section
	var clauses []*Clause
	for _, each := range pairs {
		if each.key != "sections" {
			continue
		}
		for _, member := range s.list(each.value, "sections", "write one entry for each section") {
			section, of := s.section(member, class)
			sections = append(sections, section)
			clauses = append(clauses, of...)
		}
	}
	return sections, clauses
}

func (s *source) section(at element, class string) (Section, []*Clause) {
	section := Section{Class: class}
	pairs := s.mapping(at, "a section", []string{"section", "title", "clauses"})
	s.need(at, "a section", pairs, "section", "title", "clauses")
	var clauses []*Clause
	for _, each := range pairs {
		switch each.key {
		case "section":
			section.ID = s.sectionID(each.value)
		case "title":
			section.Title = s.text(each.value, "title")
		}
	}
	for _, each := range pairs {
		if each.key != "clauses" {
			continue
		}
		for _, member := range s.list(each.value, "clauses", "write one entry for each clause") {
			clause := s.clause(member)
			clause.Class, clause.Section = class, section.ID
			clauses = append(clauses, clause)
		}
	}
	return section, clauses
}

func (s *source) sectionID(at element) string {
	id := s.text(at, "section")
	if id != "" && !sectionForm.MatchString(id) {
		s.fault(at, sectionWant, "%q is no section", id)
	}
	return id
}

func (s *source) id(at element) string {
	id := s.text(at, "id")
	if id != "" && !idForm.MatchString(id) {
		s.fault(at, idWant, "%q is no id", id)
	}
	return id
}

func (s *source) clause(at element) *Clause {
	clause := &Clause{Pos: s.position(at.Node)}
	pairs := s.mapping(at, "a clause", []string{"id", "editions", "level", "text", "erratum", "untestable"})
	s.need(at, "a clause", pairs, "id", "editions", "level", "text")
	for _, each := range pairs {
		switch each.key {
		case "id":
			clause.ID = s.id(each.value)
			clause.Pos = s.position(each.value.Node)
		case "editions":
			clause.Editions = s.editions(each.value)
		case "level":
			clause.Level = Level(s.oneOf(each.value, "level",
				string(Stated), string(Implied), string(Advisory), string(Observed)))
		case "text":
			clause.Text = s.text(each.value, "text")
		case "untestable":
			clause.Untestable = s.text(each.value, "untestable")
		case "erratum":
			for _, member := range s.list(each.value, "erratum", "write a list of {editions, text}") {
				clause.Errata = append(clause.Errata, s.erratum(member))
			}
		}
	}
	return clause
}

func (s *source) erratum(at element) Erratum {
	var erratum Erratum
	pairs := s.mapping(at, "an erratum", []string{"editions", "text"})
	s.need(at, "an erratum", pairs, "editions", "text")
	for _, each := range pairs {
		switch each.key {
		case "editions":
			erratum.Editions = s.editions(each.value)
		case "text":
			erratum.Text = s.text(each.value, "text")
		}
	}
	return erratum
}

// editions decodes a list of editions and puts it in the order of time.
func (s *source) editions(at element) []Edition {
	known := editionNames()
	var named []string
	for _, member := range s.list(at, "editions", "write them in brackets: [v10, v12]") {
		edition := s.oneOf(member, "an edition", known...)
		if edition != "" && contains(named, edition) {
			s.fault(member, "", "%s stands twice in editions", edition)
		}
		named = append(named, edition)
	}
	if len(at.Content) == 0 && len(named) == 0 {
		s.fault(at, didYouMean("", known), "editions names none")
	}
	var editions []Edition
	for _, edition := range Editions() {
		if contains(named, string(edition)) {
			editions = append(editions, edition)
		}
	}
	return editions
}

func editionNames() []string {
	var names []string
	for _, edition := range Editions() {
		names = append(names, string(edition))
	}
	return names
}

// appFile decodes a file of apps/.
func (s *source) appFile() *App {
	root := element{Node: s.root}
	app := &App{Pos: s.position(s.root)}
	pairs := s.mapping(root, "an app", []string{"app", "side", "about", "program"})
	s.need(root, "an app", pairs, "app", "side", "about", "program")
	for _, each := range pairs {
		switch each.key {
		case "app":
			app.Name = s.name(each.value, "app")
		case "side":
			app.Side = Side(s.oneOf(each.value, "side", string(ServerSide), string(ClientSide)))
		case "about":
			app.About = s.text(each.value, "about")
		case "program":
			app.Program = s.program(each.value)
			app.programLine = firstLine(each.value)
		}
	}
	return app
}

// maxProgram bounds programs, in bytes: whoever reads them has to have a chance,
// and parsers recurse.
const maxProgram = 64 << 10

func (s *source) program(at element) string {
	program := s.text(at, "program")
	if len(program) > maxProgram {
		s.fault(at, fmt.Sprintf("stay below %d bytes", maxProgram), "program has %d bytes", len(program))
		return ""
	}
	return program
}

// name decodes a name of a connection, a mark, an app or a capability.
func (s *source) name(at element, what string) string {
	name := s.text(at, what)
	if name != "" && !nameForm.MatchString(name) {
		s.fault(at, "begin with a letter, go on with letters, digits, - and _", "%q is no name", name)
	}
	return name
}
