package reference

import (
	"strconv"
	"strings"
)

// HeaderValue is the value of one outgoing header as it was set: a string, a number, a list of strings, or a value of
// a foreign language that keeps its identity. The zero value is "undefined", which no setter accepts.
type HeaderValue struct {
	kind   valueKind
	text   string
	number float64
	rare   *rareValue // of a list or a foreign value; never changed
}

// rareValue is what most header values have no use for.
type rareValue struct {
	list    []string
	foreign any
	live    func() []string // what the list is now
}

type valueKind uint8

const (
	valueUndefined valueKind = iota
	valueString
	valueNumber
	valueList
	valueForeign
	valueForeignList
)

// StringValue is a header value that is a string. Characters are sent as ISO 8859-1.
func StringValue(text string) HeaderValue { return HeaderValue{kind: valueString, text: text} }

// NumberValue is a header value that is a number.
func NumberValue(number float64) HeaderValue {
	return HeaderValue{kind: valueNumber, number: number, text: strconv.FormatFloat(number, 'f', -1, 64)}
}

// ListValue is a header value that is sent as one field line for each element.
func ListValue(list ...string) HeaderValue {
	return HeaderValue{kind: valueList, rare: &rareValue{list: append([]string(nil), list...)}}
}

// ForeignValue is a header value that Foreign gives back as it is and that is sent as text.
func ForeignValue(value any, text string) HeaderValue {
	return HeaderValue{kind: valueForeign, text: text, rare: &rareValue{foreign: value}}
}

// ForeignListValue is ForeignValue for a list, sent as one field line for each element of lines.
func ForeignListValue(value any, lines ...string) HeaderValue {
	return HeaderValue{kind: valueForeignList, rare: &rareValue{foreign: value, list: append([]string(nil), lines...)}}
}

// LiveListValue is ForeignListValue for a list that its owner may change until the header block is made: lines is called
// then, and now. It must not call methods of the message.
func LiveListValue(value any, lines func() []string) HeaderValue {
	return HeaderValue{kind: valueForeignList, rare: &rareValue{foreign: value, list: lines(), live: lines}}
}

// settled returns the value as it is now.
func (v HeaderValue) settled() HeaderValue {
	if v.rare != nil && v.rare.live != nil {
		now := *v.rare
		now.list = now.live()
		v.rare = &now
	}
	return v
}

// list returns the elements of a list, and nil for other values.
func (v HeaderValue) list() []string {
	if v.rare == nil {
		return nil
	}
	return v.rare.list
}

// IsUndefined reports whether the value is the zero HeaderValue.
func (v HeaderValue) IsUndefined() bool { return v.kind == valueUndefined }

// IsList reports whether the value is a list.
func (v HeaderValue) IsList() bool { return v.kind == valueList || v.kind == valueForeignList }

// Number returns the number that was set, if it was a number.
func (v HeaderValue) Number() (float64, bool) { return v.number, v.kind == valueNumber }

// Foreign returns the foreign value that was set, or nil.
func (v HeaderValue) Foreign() any {
	if v.rare == nil {
		return nil
	}
	return v.rare.foreign
}

// Lines returns the values of the field lines that are sent.
func (v HeaderValue) Lines() []string {
	if v.IsList() {
		return append([]string(nil), v.list()...)
	}
	return []string{v.text}
}

// String returns the value as text; elements of a list are joined by commas, as JavaScript does.
func (v HeaderValue) String() string {
	switch {
	case v.kind == valueUndefined:
		return "undefined"
	case v.IsList():
		return strings.Join(v.list(), ",")
	default:
		return v.text
	}
}

// HeaderField is a header with its name, for WriteHead and for the options of a request.
type HeaderField struct {
	Name  string
	Value HeaderValue
}

// Field is a HeaderField with one string, or with a list when there are several.
func Field(name string, values ...string) HeaderField {
	if len(values) == 1 {
		return HeaderField{name, StringValue(values[0])}
	}
	return HeaderField{name, ListValue(values...)}
}

// headerStore keeps outgoing headers in the order in which they were first set, with the case of the last setting.
type headerStore struct {
	fields []HeaderField
	room   [2]HeaderField // where fields begin
	used   bool           // a header was set at some time, even if it was removed since
}

func (h *headerStore) find(name string) int {
	for i := range h.fields {
		if equalNames(h.fields[i].Name, name) {
			return i
		}
	}
	return -1
}

func (h *headerStore) get(name string) (HeaderValue, bool) {
	if i := h.find(name); i >= 0 {
		return h.fields[i].Value, true
	}
	return HeaderValue{}, false
}

func (h *headerStore) set(name string, value HeaderValue) {
	h.used = true
	if i := h.find(name); i >= 0 {
		h.fields[i] = HeaderField{name, value}
		return
	}
	if h.fields == nil {
		h.fields = h.room[:0]
	}
	h.fields = append(h.fields, HeaderField{name, value})
}

func (h *headerStore) remove(name string) {
	if i := h.find(name); i >= 0 {
		h.fields = append(h.fields[:i], h.fields[i+1:]...)
	}
}

// names returns the names in lower case.
func (h *headerStore) names() []string {
	names := make([]string, len(h.fields))
	for i := range h.fields {
		names[i] = strings.ToLower(h.fields[i].Name)
	}
	return names
}

// all returns the fields with their names in lower case.
func (h *headerStore) all() []HeaderField {
	fields := make([]HeaderField, len(h.fields))
	for i := range h.fields {
		fields[i] = HeaderField{strings.ToLower(h.fields[i].Name), h.fields[i].Value}
	}
	return fields
}

// equalNames compares two field names without regard to ASCII case.
func equalNames(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := 0; i < len(a); i++ {
		if lowerByte(a[i]) != lowerByte(b[i]) {
			return false
		}
	}
	return true
}

func lowerByte(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c | 0x20
	}
	return c
}

// isToken reports whether text can be a header name or a method.
func isToken(text string) bool {
	if text == "" {
		return false
	}
	for i := 0; i < len(text); i++ {
		if !tokenBytes[text[i]] {
			return false
		}
	}
	return true
}

var tokenBytes = func() (table [256]bool) {
	for c := '0'; c <= '9'; c++ {
		table[c] = true
	}
	for c := 'a'; c <= 'z'; c++ {
		table[c], table[c-'a'+'A'] = true, true
	}
	for _, c := range "!#$%&'*+-.^_`|~" {
		table[c] = true
	}
	return table
}()

// hasInvalidCharacter reports whether text holds a character that no header value may have: a control character other
// than tab, DEL, or one above U+00FF.
func hasInvalidCharacter(text string) bool {
	for _, c := range text {
		if c < ' ' && c != '\t' || c == 0x7f || c > 0xff {
			return true
		}
	}
	return false
}

func (v HeaderValue) hasInvalidCharacter() bool {
	if v.IsList() {
		for _, line := range v.list() {
			if hasInvalidCharacter(line) {
				return true
			}
		}
		return false
	}
	return hasInvalidCharacter(v.text)
}

// checkHeader validates a header as Node's setHeader does: first the name, then the value.
func (b *behaviours) checkHeader(name string, value HeaderValue) error {
	if !isToken(name) {
		return b.tokenError("Header name", name)
	}
	if value.IsUndefined() {
		return b.headerValueError(name)
	}
	if value.hasInvalidCharacter() {
		return b.characterError("header content", name)
	}
	return nil
}

// appendLatin1 appends text as ISO 8859-1. Characters above U+00FF cannot occur in what was validated.
func appendLatin1(buffer []byte, text string) []byte {
	for i := 0; i < len(text); i++ {
		if text[i] >= 0x80 {
			buffer = append(buffer, text[:i]...)
			for _, c := range text[i:] {
				buffer = append(buffer, byte(c))
			}
			return buffer
		}
	}
	return append(buffer, text...)
}

// containsToken reports whether token, given in lower case, stands in text with no letter, digit or underscore beside it.
func containsToken(text, token string) bool {
	isWord := func(i int) bool {
		if i < 0 || i >= len(text) {
			return false
		}
		c := lowerByte(text[i])
		return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_'
	}
	for i := 0; i+len(token) <= len(text); i++ {
		if equalNames(text[i:i+len(token)], token) && !isWord(i-1) && !isWord(i+len(token)) {
			return true
		}
	}
	return false
}
