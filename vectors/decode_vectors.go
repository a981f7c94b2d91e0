package vectors

import (
	"regexp"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// mainConnection is the name of the connection where nothing is said.
const mainConnection = "main"

var durationForm = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?(ms|s|m)$`)

// firstLine is the line of the file that holds the first line of a program.
func firstLine(at element) int {
	if at.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		return at.Line + 1
	}
	return at.Line
}

// vectorFile decodes a file of vectors. App and the default of Editions are
// resolved later, when everything is loaded.
func (s *source) vectorFile() []*Vector {
	root := element{Node: s.root}
	pairs := s.mapping(root, "a vector file", []string{"section", "vectors"})
	s.need(root, "a vector file", pairs, "section", "vectors")
	section := ""
	for _, each := range pairs {
		if each.key == "section" {
			section = s.sectionID(each.value)
		}
	}
	var vectors []*Vector
	for _, each := range pairs {
		if each.key != "vectors" {
			continue
		}
		for _, member := range s.list(each.value, "vectors", "write one entry for each vector") {
			vector := s.vector(member)
			vector.Section = section
			vectors = append(vectors, vector)
		}
	}
	return vectors
}

func (s *source) vector(at element) *Vector {
	vector := &Vector{Pos: s.position(at.Node), Transport: TCP}
	pairs := s.mapping(at, "a vector", []string{"id", "clauses", "about", "editions", "isolate", "transport", "fragment",
		"requires", "app", "program", "wire", "records", "erratum"})
	s.need(at, "a vector", pairs, "id", "clauses")
	has := make(map[string]bool)
	for _, each := range pairs {
		has[each.key] = true
		switch each.key {
		case "id":
			vector.ID = s.id(each.value)
			vector.Pos = s.position(each.value.Node)
		case "clauses":
			vector.Clauses = s.texts(each.value, "clauses")
		case "about":
			vector.About = s.text(each.value, "about")
		case "editions":
			vector.Editions = s.editions(each.value)
		case "isolate":
			vector.Isolate = s.boolean(each.value, "isolate")
		case "transport":
			if transport := s.oneOf(each.value, "transport", string(TCP), string(Unix), string(TLS)); transport != "" {
				vector.Transport = Transport(transport)
			}
		case "fragment":
			vector.NeverFragment = s.oneOf(each.value, "fragment", "never") == "never"
		case "requires":
			vector.Requires = s.texts(each.value, "requires")
		case "app":
			vector.App = s.name(each.value, "app")
			vector.appLine = each.value.Line
		case "program":
			vector.Program = s.program(each.value)
			vector.programLine = firstLine(each.value)
		case "wire":
			script := &script{source: s, on: mainConnection}
			vector.Wire = script.steps(each.value, "wire")
		case "records":
			vector.Records = s.records(each.value, "records")
		case "erratum":
			vector.Erratum = s.recordErratum(each.value)
		}
	}
	if at.Kind == yaml.MappingNode {
		for _, key := range s.meant[at.Node] {
			has[key] = true
		}
		if has["program"] == has["app"] {
			s.fault(at, "write one of the two", "a vector has either a program or an app")
		}
		if !has["wire"] && !has["records"] {
			s.fault(at, "write one of them, or both", "a vector has neither wire nor records")
		}
		if has["erratum"] && !has["records"] {
			s.fault(at, "the errata of a wire script stand in its anyOf", "erratum replaces records, and there are none")
		}
	}
	return vector
}

func (s *source) recordErratum(at element) *RecordErratum {
	erratum := &RecordErratum{}
	pairs := s.mapping(at, "an erratum", []string{"clause", "records"})
	s.need(at, "an erratum", pairs, "clause", "records")
	for _, each := range pairs {
		switch each.key {
		case "clause":
			erratum.Clause = s.text(each.value, "clause")
		case "records":
			erratum.Records = s.records(each.value, "records")
		}
	}
	return erratum
}

func (s *source) records(at element, what string) []RecordPattern {
	var patterns []RecordPattern
	for _, member := range s.list(at, what, "write one entry for each record") {
		patterns = append(patterns, s.record(member))
	}
	return patterns
}

func (s *source) record(at element) RecordPattern {
	pattern := RecordPattern{Pos: s.position(at.Node)}
	if at.Kind != yaml.MappingNode {
		pattern.Label = s.text(at, "a record")
		if strings.HasPrefix(pattern.Label, "$") {
			s.fault(at, "write {$anyOf: [[...], [...]]} or {$unordered: [...]}", "a label does not begin with $")
		}
		return pattern
	}
	if len(at.Content) != 2 {
		s.fault(at, "write {label: value}, and one entry for each record", "a record has one label, got %d", len(at.Content)/2)
		return pattern
	}
	key := at.Content[0].Value
	value := at.member(key, at.Content[1])
	switch {
	case key == "$anyOf":
		runs := s.list(value, key, "write a list of lists of records")
		pattern.AnyOf = [][]RecordPattern{}
		for _, run := range runs {
			pattern.AnyOf = append(pattern.AnyOf, s.records(run, "a run of $anyOf"))
		}
		if len(runs) < 2 && value.Kind == yaml.SequenceNode {
			s.fault(value, "", "$anyOf takes two runs of records or more")
		}
	case key == "$unordered":
		pattern.Unordered = s.records(value, key)
		if len(pattern.Unordered) < 2 && value.Kind == yaml.SequenceNode {
			s.fault(value, "", "$unordered takes two records or more")
		}
	case strings.HasPrefix(key, "$"):
		s.fault(element{at.Content[0], value.path}, didYouMean(key, []string{"$anyOf", "$unordered"}), "unknown group %s of records", key)
	default:
		pattern.Label, pattern.HasValue = key, true
		pattern.Value = s.pattern(value)
	}
	return pattern
}

// A script decodes steps; on is the connection they are about.
type script struct {
	*source
	on      string
	demands bool // within an alternative, where no deed may stand
}

var (
	deeds         = []string{"connect", "accept", "send", "halfClose", "close", "reset", "stopListening", "signal", "mark"}
	demandVerbs   = []string{"receive", "receiveHead", "ended", "wasReset", "closed", "silent", "recorded", "connections", "anyOf"}
	verbs         = append(append([]string{}, deeds...), demandVerbs...)
	standingAlone = []string{"accept", "halfClose", "close", "reset", "stopListening", "ended", "wasReset", "closed"}
)

func (s *script) steps(at element, what string) []Step {
	var steps []Step
	for _, member := range s.list(at, what, "write one entry for each step") {
		steps = append(steps, s.step(member))
	}
	return steps
}

func (s *script) step(at element) Step {
	step := Step{On: s.on, Pos: s.position(at.Node)}
	if at.Kind == yaml.ScalarNode && at.ShortTag() == "!!str" {
		switch verb := at.Value; {
		case contains(standingAlone, verb):
			s.verb(&step, verb, element{at.Node, at.path}, nil)
		case contains(verbs, verb):
			s.fault(at, "write "+verb+": ...", "the step %s lacks what it is about", verb)
		default:
			s.fault(at, didYouMean(verb, verbs), "unknown step %s", verb)
		}
		return step
	}
	pairs := s.mapping(at, "a step", append([]string{"on"}, verbs...))
	var found []pair
	for _, each := range pairs {
		if each.key == "on" {
			if name := s.name(each.value, "on"); name != "" {
				s.on, step.On = name, name
			}
			continue
		}
		found = append(found, each)
	}
	switch {
	case len(found) == 1:
		s.verb(&step, found[0].key, element{found[0].keyNode, found[0].value.path}, &found[0].value)
	case len(found) > 1:
		s.fault(element{found[1].keyNode, found[1].value.path}, "make it two steps", "a step has one verb, got %s and %s", found[0].key, found[1].key)
	case at.Kind == yaml.MappingNode && len(at.Content)/2 == len(pairs):
		s.fault(at, "its verb is one of "+strings.Join(verbs, ", "), "a step without a verb")
	}
	return step
}

// verb decodes a verb and its argument, which is nil where the verb stands
// alone.
func (s *script) verb(step *Step, verb string, at element, argument *element) {
	if s.demands && contains(deeds, verb) {
		s.fault(at, "alternatives hold what the peer demands, none of its deeds", "%s cannot stand in anyOf", verb)
		return
	}
	if argument != nil && argument.Kind == yaml.ScalarNode && argument.ShortTag() == "!!null" {
		if !contains(standingAlone, verb) {
			s.fault(*argument, "write "+verb+": ...", "the step %s lacks what it is about", verb)
			return
		}
		argument = nil
	}
	if argument != nil && contains([]string{"halfClose", "close", "reset", "stopListening"}, verb) {
		s.fault(*argument, "for another connection write {on: name, "+verb+": }", "%s takes nothing, got %s", verb, kindOf(argument.Node))
		return
	}
	switch verb {
	case "connect":
		step.Connect = true
		s.open(step, s.name(*argument, verb))
	case "accept":
		step.Accept = true
		name := mainConnection
		if argument != nil {
			name = s.name(*argument, verb)
		}
		s.open(step, name)
	case "send":
		step.Send = s.segments(*argument)
	case "halfClose":
		step.HalfClose = true
	case "close":
		step.Close = true
	case "reset":
		step.Reset = true
	case "stopListening":
		step.StopListening = true
	case "signal":
		step.Signal = s.signal(*argument)
	case "mark":
		step.Mark = s.name(*argument, verb)
	case "receive":
		if argument.Kind == yaml.ScalarNode {
			bytes := s.text(*argument, verb)
			s.checkBytes(*argument)
			s.checkPlaceholders(*argument)
			step.ReceiveBytes = &bytes
			return
		}
		step.Receive = s.message(*argument, true)
	case "receiveHead":
		step.ReceiveHead = s.message(*argument, false)
	case "ended", "wasReset", "closed":
		step.Closed = s.end(End(verb), argument)
	case "silent":
		step.Silent = s.duration(*argument, verb)
	case "recorded":
		step.Recorded = s.text(*argument, verb)
	case "connections":
		count := s.number(*argument, verb, 0, 10000)
		step.Connections = &count
	case "anyOf":
		step.AnyOf = s.alternatives(*argument)
	}
}

func (s *script) open(step *Step, name string) {
	if name != "" {
		s.on, step.On = name, name
	}
}

func (s *script) segments(at element) []Segment {
	if at.Kind == yaml.ScalarNode {
		text := s.text(at, "send")
		s.checkBytes(at)
		return []Segment{{Bytes: text, Repeat: 1}}
	}
	var segments []Segment
	members := s.list(at, "send", "write bytes or a list of segments")
	for _, member := range members {
		segments = append(segments, s.segment(member))
	}
	if len(members) == 0 && at.Kind == yaml.SequenceNode {
		s.fault(at, "", "send has no segment")
	}
	return segments
}

func (s *script) segment(at element) Segment {
	if at.Kind == yaml.ScalarNode {
		text := s.text(at, "a segment")
		s.checkBytes(at)
		return Segment{Bytes: text, Repeat: 1}
	}
	segment := Segment{}
	pairs := s.mapping(at, "a segment", []string{"repeat", "times", "pause"})
	for _, each := range pairs {
		switch each.key {
		case "repeat":
			segment.Bytes = s.text(each.value, "repeat")
			s.checkBytes(each.value)
		case "times":
			segment.Repeat = s.number(each.value, "times", 1, 100_000_000)
		case "pause":
			segment.Pause = s.duration(each.value, "pause")
			if len(pairs) > 1 {
				s.fault(each.value, "make it two segments", "a pause stands alone")
			}
			return segment
		}
	}
	s.need(at, "a segment", pairs, "repeat", "times")
	return segment
}

func (s *script) signal(at element) *Signal {
	if at.Kind == yaml.ScalarNode {
		return &Signal{Name: s.name(at, "signal")}
	}
	if at.Kind != yaml.MappingNode || len(at.Content) != 2 {
		s.fault(at, "write signal: name, or signal: {name: value}", "signal has one name")
		return &Signal{}
	}
	name := s.name(element{at.Content[0], at.path}, "signal")
	value := at.member(name, at.Content[1])
	s.checkValue(value)
	return &Signal{Name: name, Value: plain(value.Node)}
}

// checkValue refuses what is a pattern and no value.
func (s *source) checkValue(at element) {
	switch at.Kind {
	case yaml.ScalarNode:
		if at.Value == "$any" && at.ShortTag() == "!!str" {
			s.fault(at, "", "$any is a pattern, and a value is wanted")
			return
		}
		s.checkPattern(at)
	case yaml.SequenceNode:
		for i := range at.Content {
			s.checkValue(at.index(i))
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(at.Content); i += 2 {
			key := at.Content[i].Value
			operand := at.member(key, at.Content[i+1])
			if strings.HasPrefix(key, "$") && key != "$bytes" && key != "$error" {
				s.fault(element{at.Content[i], operand.path}, "", "%s is a pattern, and a value is wanted", key)
				continue
			}
			s.checkValue(operand)
		}
	}
}

func (s *script) end(how End, argument *element) *Closed {
	closed := &Closed{How: how}
	if argument == nil {
		return closed
	}
	for _, each := range s.mapping(*argument, string(how), []string{"after", "before", "since"}) {
		switch each.key {
		case "after":
			closed.After = s.duration(each.value, "after")
		case "before":
			closed.Before = s.duration(each.value, "before")
		case "since":
			closed.Since = s.name(each.value, "since")
		}
	}
	if closed.Before > 0 && closed.After >= closed.Before {
		s.fault(*argument, "", "after is not below before")
	}
	return closed
}

func (s *source) duration(at element, what string) time.Duration {
	const want = "write a number and ms or s: 300ms, 5s"
	if at.Kind != yaml.ScalarNode {
		s.fault(at, want, "%s is a duration, got %s", what, kindOf(at.Node))
		return 0
	}
	duration, err := time.ParseDuration(at.Value)
	if err != nil || !durationForm.MatchString(at.Value) || duration <= 0 {
		s.fault(at, want, "%s is a duration, got %s", what, kindOf(at.Node))
		return 0
	}
	if duration > 10*time.Minute {
		s.fault(at, "stay below 10m", "%s is longer than anybody waits", what)
	}
	return duration
}

func (s *script) alternatives(at element) []Alternative {
	const want = "write a list of alternatives, each one demand or a list of them"
	var alternatives []Alternative
	members := s.list(at, "anyOf", want)
	for _, member := range members {
		within := &script{source: s.source, on: s.on, demands: true}
		alternative := Alternative{}
		switch {
		case member.Kind == yaml.SequenceNode:
			alternative.Steps = within.steps(member, "an alternative")
		case member.Kind == yaml.MappingNode && (hasKey(member, "erratum") || hasKey(member, "steps")):
			pairs := s.mapping(member, "an alternative", []string{"erratum", "steps"})
			s.need(member, "an alternative", pairs, "erratum", "steps")
			for _, each := range pairs {
				switch each.key {
				case "erratum":
					alternative.Erratum = s.text(each.value, "erratum")
				case "steps":
					alternative.Steps = within.steps(each.value, "steps")
				}
			}
		default:
			alternative.Steps = []Step{within.step(member)}
		}
		if len(alternative.Steps) == 0 && member.Kind == yaml.SequenceNode {
			s.fault(member, "", "an alternative without a step")
		}
		alternatives = append(alternatives, alternative)
	}
	if len(members) < 2 && at.Kind == yaml.SequenceNode {
		s.fault(at, want, "anyOf takes two alternatives or more")
	}
	return alternatives
}

func hasKey(at element, name string) bool {
	for i := 0; i+1 < len(at.Content); i += 2 {
		if at.Content[i].Value == name {
			return true
		}
	}
	return false
}

func (s *script) message(at element, whole bool) *Message {
	known := []string{"to", "method", "target", "status", "reason", "version", "headers", "absent", "rawHeaders", "body",
		"framing", "trailers", "raw"}
	message := &Message{}
	for _, each := range s.mapping(at, "a message", known) {
		switch each.key {
		case "to":
			message.To = s.text(each.value, "to")
		case "method":
			message.Method = s.textPattern(each.value)
		case "target":
			message.Target = s.textPattern(each.value)
		case "status":
			message.Status = s.pattern(each.value)
			if _, text := message.Status.(string); text && message.Status != "$any" {
				s.fault(each.value, "write it without quotes", "status is a number, got %s", kindOf(each.value.Node))
			}
		case "reason":
			message.Reason = s.textPattern(each.value)
		case "version":
			message.Version = s.textPattern(each.value)
		case "headers":
			message.Headers = s.fields(each.value, "headers")
		case "trailers":
			message.Trailers = s.fields(each.value, "trailers")
		case "absent":
			for _, name := range s.texts(each.value, "absent") {
				message.Absent = append(message.Absent, strings.ToLower(name))
			}
		case "rawHeaders":
			if each.value.Kind == yaml.ScalarNode && each.value.Value != "$any" {
				s.fault(each.value, "write [[Name, value], ...]", "rawHeaders is a list, got %s", kindOf(each.value.Node))
			}
			message.RawHeaders = s.textPattern(each.value)
		case "body":
			message.Body = s.textPattern(each.value)
			if each.value.Kind == yaml.ScalarNode {
				s.checkBytes(each.value)
			}
		case "framing":
			message.Framing = s.oneOf(each.value, "framing", "length", "chunked", "close", "none")
		case "raw":
			raw := s.text(each.value, "raw")
			s.checkBytes(each.value)
			s.checkPlaceholders(each.value)
			message.Raw = &raw
		}
		if !whole && contains([]string{"body", "trailers"}, each.key) {
			s.fault(element{each.keyNode, each.value.path}, "write receive, or leave it out", "receiveHead does not read the %s", each.key)
		}
	}
	return message
}

// fields decodes headers and trailers. Their values are lists, or one pattern
// for the list.
func (s *source) fields(at element, what string) []NamedValues {
	var fields []NamedValues
	for _, each := range s.mapping(at, what, nil) {
		name := strings.ToLower(each.key)
		for _, before := range fields {
			if before.Name == name {
				s.fault(element{each.keyNode, each.value.path}, "give all its values in one list", "the field %s stands twice", name)
			}
		}
		switch {
		case each.value.Kind == yaml.SequenceNode && len(each.value.Content) == 0:
			s.fault(each.value, "put the name into absent", "no value for the field %s", name)
		case each.value.Kind == yaml.ScalarNode && each.value.Value != "$any":
			s.fault(each.value, "write ["+each.value.Value+"]", "the values of a field are a list, got %s", kindOf(each.value.Node))
		}
		fields = append(fields, NamedValues{Name: name, Values: s.textPattern(each.value)})
	}
	return fields
}

// checkPlaceholders looks at the braces of an expectation of bytes.
func (s *source) checkPlaceholders(at element) {
	known := []string{"{date}", "{host}", "{port}", "{any}"}
	rest := at.Value
	for {
		open := strings.IndexByte(rest, '{')
		if open < 0 {
			return
		}
		rest = rest[open:]
		if strings.HasPrefix(rest, "{{") {
			rest = rest[2:]
			continue
		}
		found := false
		for _, each := range known {
			if strings.HasPrefix(rest, each) {
				rest, found = rest[len(each):], true
				break
			}
		}
		if !found {
			name := rest
			if end := strings.IndexByte(rest, '}'); end >= 0 {
				name = rest[:end+1]
			}
			s.fault(at, didYouMean(name, known)+"; a brace is written {{", "unknown placeholder %s", name)
			return
		}
	}
}
