package vectors

import (
	"regexp"
	"strings"

	"go.yaml.in/yaml/v4"
)

// pattern decodes a pattern of the value language and reports what is none.
func (s *source) pattern(at element) any {
	s.checkPattern(at)
	return plain(at.Node)
}

// textPattern decodes a pattern for text of the wire, whose scalars are taken
// as they are written.
func (s *source) textPattern(at element) any {
	s.checkPattern(at)
	return textual(at.Node)
}

func (s *source) checkPattern(at element) {
	switch at.Kind {
	case yaml.ScalarNode:
		if at.ShortTag() != "!!str" || !strings.HasPrefix(at.Value, "$") || strings.HasPrefix(at.Value, "$$") {
			return
		}
		known := append([]string{"$any"}, specialValues...)
		if contains(known, at.Value) {
			return
		}
		want := "a string that begins with $ is written $" + at.Value
		if near := nearest(at.Value, known); near != "" {
			want = "did you mean " + near + "? " + want
		}
		s.fault(at, want, "unknown value %s", at.Value)
	case yaml.SequenceNode:
		for i := range at.Content {
			s.checkPattern(at.index(i))
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(at.Content); i += 2 {
			key := at.Content[i]
			operand := at.member(key.Value, at.Content[i+1])
			if !strings.HasPrefix(key.Value, "$") {
				s.checkPattern(operand)
				continue
			}
			if !contains(operators, key.Value) {
				s.fault(element{key, operand.path}, didYouMean(key.Value, operators), "unknown operator %s", key.Value)
				continue
			}
			if len(at.Content) != 2 {
				s.fault(element{key, operand.path}, "put the other keys elsewhere", "the operator %s stands alone in its mapping", key.Value)
				continue
			}
			s.checkOperator(key.Value, operand)
		}
	}
}

func (s *source) checkOperator(name string, operand element) {
	switch name {
	case "$type":
		names := []element{operand}
		if operand.Kind == yaml.SequenceNode {
			names = s.list(operand, "$type", "")
		}
		for _, each := range names {
			// The YAML null is as good a name as its word.
			if each.ShortTag() == "!!null" && each.Value == "null" {
				s.fault(each, `write "null" in quotes`, "$type is a string, got nothing")
				continue
			}
			s.oneOf(each, "$type", typeNames...)
		}
	case "$match":
		expression := s.text(operand, "$match")
		if _, err := regexp.Compile(expression); err != nil {
			s.fault(operand, "RE2 syntax has no backreferences and no lookaround", "bad regular expression: %s",
				strings.TrimPrefix(err.Error(), "error parsing regexp: "))
		}
	case "$includes":
		if operand.Kind == yaml.ScalarNode {
			s.fault(operand, "for a part of a string write {$match: ...}", "$includes takes a mapping or a list, got %s", kindOf(operand.Node))
			return
		}
		s.checkPattern(operand)
	case "$between":
		bounds := s.list(operand, "$between", "write [low, high]")
		var numbers []float64
		for _, bound := range bounds {
			number, ok := 0.0, false
			if tag := bound.ShortTag(); bound.Kind == yaml.ScalarNode && (tag == "!!int" || tag == "!!float") {
				number, ok = numberOf(bound.Node)
			}
			if !ok {
				s.fault(bound, "", "a bound of $between is a number, got %s", kindOf(bound.Node))
				return
			}
			numbers = append(numbers, number)
		}
		if operand.Kind == yaml.SequenceNode && (len(numbers) != 2 || numbers[0] > numbers[1]) {
			s.fault(operand, "write [low, high]", "$between takes two numbers, the lower one first")
		}
	case "$anyOf", "$unordered":
		members := s.list(operand, name, "write the patterns in brackets: [...]")
		if operand.Kind == yaml.SequenceNode && len(members) == 0 {
			s.fault(operand, "", "%s is empty", name)
		}
		for _, member := range members {
			s.checkPattern(member)
		}
	case "$not":
		s.checkPattern(operand)
	case "$bytes":
		if operand.Kind == yaml.ScalarNode {
			s.checkBytes(operand)
			return
		}
		s.checkPattern(operand)
	case "$error":
		for _, each := range s.mapping(operand, "$error", []string{"name", "code", "message", "errno", "syscall"}) {
			s.checkPattern(each.value)
		}
	}
}

// checkBytes looks for characters that are no bytes.
func (s *source) checkBytes(at element) {
	for _, character := range at.Value {
		if character > 0xFF {
			s.fault(at, `write the bytes of its encoding, "\xE2\x82\xAC" for the euro sign in UTF-8`,
				"the character %q is no byte", character)
			return
		}
	}
}
