package vectors

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// A Mismatch says where a value is not what a pattern wants.
type Mismatch struct {
	Path string // within the value, as .headers[0]; "" for the value itself
	Want string
	Got  string
}

// String reads "wanted ..., got ...".
func (m *Mismatch) String() string {
	if m.Path == "" {
		return fmt.Sprintf("wanted %s, got %s", m.Want, m.Got)
	}
	return fmt.Sprintf("at %s: wanted %s, got %s", m.Path, m.Want, m.Got)
}

// Match compares a value, encoded as records are, with a pattern of the value
// language in README.md. It returns nil when they match. Both are what
// encoding/json decodes to; Go's other number types are welcome, and []string.
//
// Text that comes from the wire is not encoded: pass it through EncodeText.
//
// Where a pattern is none (Load refuses those) the mismatch says so. Match is
// safe for concurrent use.
func Match(pattern, value any) *Mismatch {
	return match(normal(pattern), normal(value), "")
}

// EncodeText writes a string as records write it: one that begins with $ gets
// another, so that it is not taken for $undefined and its like.
func EncodeText(text string) string {
	if strings.HasPrefix(text, "$") {
		return "$" + text
	}
	return text
}

// decodeText is the inverse of EncodeText; false for what is no string.
func decodeText(value any) (string, bool) {
	text, ok := value.(string)
	if !ok {
		return "", false
	}
	if strings.HasPrefix(text, "$$") {
		return text[1:], true
	}
	return text, !strings.HasPrefix(text, "$")
}

// The values that JSON cannot say.
var specialValues = []string{"$undefined", "$NaN", "$Infinity", "$-Infinity", "$function", "$object"}

// The operators of patterns, and the two shapes of values that look like them.
var operators = []string{"$type", "$match", "$includes", "$between", "$anyOf", "$unordered", "$not", "$bytes", "$error"}

// The names that $type knows.
var typeNames = []string{"string", "number", "boolean", "undefined", "function", "object", "symbol", "bigint", "array", "null", "buffer", "error"}

// operator returns the operator that a pattern consists of.
func operator(pattern any) (name string, operand any) {
	object, ok := pattern.(map[string]any)
	if !ok || len(object) != 1 {
		return "", nil
	}
	for key, operand := range object {
		if strings.HasPrefix(key, "$") && contains(operators, key) {
			return key, operand
		}
	}
	return "", nil
}

func match(pattern, value any, path string) *Mismatch {
	differ := func() *Mismatch {
		return &Mismatch{Path: path, Want: Show(pattern), Got: Show(value)}
	}
	if pattern == "$any" {
		return nil
	}
	name, operand := operator(pattern)
	switch name {
	case "$type":
		if !hasType(value, operand) {
			return differ()
		}
		return nil
	case "$match":
		text, isText := decodeText(value)
		expression, _ := operand.(string)
		compiled, err := regexp.Compile(expression)
		if err != nil || !isText || !compiled.MatchString(text) {
			return differ()
		}
		return nil
	case "$between":
		bounds, _ := operand.([]any)
		number, isNumber := value.(float64)
		if text, isText := value.(string); isText { // a header value
			parsed, err := strconv.ParseFloat(text, 64)
			number, isNumber = parsed, err == nil
		}
		if len(bounds) != 2 || !isNumber {
			return differ()
		}
		low, lowOK := bounds[0].(float64)
		high, highOK := bounds[1].(float64)
		if !lowOK || !highOK || number < low || number > high {
			return differ()
		}
		return nil
	case "$anyOf":
		alternatives, _ := operand.([]any)
		for _, alternative := range alternatives {
			if match(alternative, value, path) == nil {
				return nil
			}
		}
		return differ()
	case "$not":
		if match(operand, value, path) == nil {
			return differ()
		}
		return nil
	case "$unordered":
		wanted, _ := operand.([]any)
		members, isList := value.([]any)
		if !isList || len(members) != len(wanted) || !assign(wanted, members) {
			return differ()
		}
		return nil
	case "$includes":
		return matchIncludes(operand, value, path, differ)
	case "$bytes":
		valueName, content := operator(value)
		if valueName != "$bytes" {
			return differ()
		}
		// Bytes are written as they are, without the escape of a leading $.
		if literal, ok := operand.(string); ok && literal != "$any" {
			if literal != content {
				return differ()
			}
			return nil
		}
		if text, ok := content.(string); ok {
			content = EncodeText(text)
		}
		return match(operand, content, path+".$bytes")
	case "$error":
		valueName, content := operator(value)
		if valueName != "$error" {
			return differ()
		}
		return matchIncludes(operand, content, path+".$error", differ)
	}
	switch pattern := pattern.(type) {
	case map[string]any:
		object, ok := value.(map[string]any)
		if valueName, _ := operator(value); !ok || valueName != "" {
			return differ()
		}
		if mismatch := matchKeys(pattern, object, path); mismatch != nil {
			return mismatch
		}
		for _, key := range sortedKeys(object) {
			if _, known := pattern[key]; !known {
				return &Mismatch{Path: path + "." + key, Want: "no such key", Got: Show(object[key])}
			}
		}
		return nil
	case []any:
		members, ok := value.([]any)
		if !ok {
			return differ()
		}
		if len(members) != len(pattern) {
			return differ()
		}
		for i := range pattern {
			if mismatch := match(pattern[i], members[i], fmt.Sprintf("%s[%d]", path, i)); mismatch != nil {
				return mismatch
			}
		}
		return nil
	}
	if !reflect.DeepEqual(pattern, value) {
		return differ()
	}
	return nil
}

// matchIncludes judges the keys that are named, or that some members are
// there.
func matchIncludes(operand, value any, path string, differ func() *Mismatch) *Mismatch {
	switch wanted := operand.(type) {
	case map[string]any:
		if name, _ := operator(wanted); name != "" {
			return match(wanted, value, path)
		}
		object, ok := value.(map[string]any)
		if name, _ := operator(value); !ok || name != "" {
			return differ()
		}
		return matchKeys(wanted, object, path)
	case []any:
		members, ok := value.([]any)
		if !ok || len(members) < len(wanted) || !assign(wanted, members) {
			return differ()
		}
		return nil
	}
	return match(operand, value, path)
}

// matchKeys compares the keys that the pattern names. A key that is missing
// counts as undefined.
func matchKeys(pattern, object map[string]any, path string) *Mismatch {
	for _, key := range sortedKeys(pattern) {
		value, found := object[key]
		if !found {
			if match(pattern[key], "$undefined", "") == nil && pattern[key] != "$any" {
				continue
			}
			return &Mismatch{Path: path + "." + key, Want: Show(pattern[key]), Got: "no such key"}
		}
		if mismatch := match(pattern[key], value, path+"."+key); mismatch != nil {
			return mismatch
		}
	}
	return nil
}

// assign reports whether every pattern can be given a member of its own. It is
// a maximum matching in a bipartite graph, by augmenting paths.
func assign(patterns, members []any) bool {
	takenBy := make([]int, len(members))
	for i := range takenBy {
		takenBy[i] = -1
	}
	edges := make([][]int, len(patterns))
	for p, pattern := range patterns {
		for m, member := range members {
			if match(pattern, member, "") == nil {
				edges[p] = append(edges[p], m)
			}
		}
	}
	var place func(p int, tried []bool) bool
	place = func(p int, tried []bool) bool {
		for _, m := range edges[p] {
			if tried[m] {
				continue
			}
			tried[m] = true
			if takenBy[m] < 0 || place(takenBy[m], tried) {
				takenBy[m] = p
				return true
			}
		}
		return false
	}
	for p := range patterns {
		if !place(p, make([]bool, len(members))) {
			return false
		}
	}
	return true
}

func hasType(value, wanted any) bool {
	if names, ok := wanted.([]any); ok {
		return slices.ContainsFunc(names, func(name any) bool { return hasType(value, name) })
	}
	actual := typeOf(value)
	if wanted == "object" {
		// As typeof has it, save that null is asked for by its name.
		return slices.Contains([]string{"object", "array", "buffer", "error"}, actual)
	}
	return wanted == actual
}

func typeOf(value any) string {
	switch value := value.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case float64:
		return "number"
	case []any:
		return "array"
	case string:
		switch value {
		case "$undefined", "$function", "$object":
			return value[1:]
		case "$NaN", "$Infinity", "$-Infinity":
			return "number"
		}
		return "string"
	}
	switch name, _ := operator(value); name {
	case "$bytes":
		return "buffer"
	case "$error":
		return "error"
	}
	return "object"
}

// normal brings Go's number and list types to those of encoding/json.
func normal(value any) any {
	switch value := value.(type) {
	case nil, bool, float64, string:
		return value
	case []any:
		for i := range value {
			if !isNormal(value[i]) {
				members := make([]any, len(value))
				for i := range value {
					members[i] = normal(value[i])
				}
				return members
			}
		}
		return value
	case map[string]any:
		for _, each := range value {
			if !isNormal(each) {
				object := make(map[string]any, len(value))
				for key, each := range value {
					object[key] = normal(each)
				}
				return object
			}
		}
		return value
	case json.Number:
		if number, err := value.Float64(); err == nil {
			return number
		}
		return value.String()
	}
	reflected := reflect.ValueOf(value)
	switch {
	case reflected.CanInt():
		return float64(reflected.Int())
	case reflected.CanUint():
		return float64(reflected.Uint())
	case reflected.CanFloat():
		return reflected.Float()
	}
	switch reflected.Kind() {
	case reflect.String:
		return reflected.String()
	case reflect.Slice, reflect.Array:
		members := make([]any, reflected.Len())
		for i := range members {
			members[i] = normal(reflected.Index(i).Interface())
		}
		return members
	case reflect.Map:
		if reflected.Type().Key().Kind() == reflect.String {
			object := make(map[string]any, reflected.Len())
			for _, key := range reflected.MapKeys() {
				object[key.String()] = normal(reflected.MapIndex(key).Interface())
			}
			return object
		}
	}
	return value
}

func isNormal(value any) bool {
	switch value := value.(type) {
	case nil, bool, float64, string:
		return true
	case []any:
		return !slices.ContainsFunc(value, func(each any) bool { return !isNormal(each) })
	case map[string]any:
		for _, each := range value {
			if !isNormal(each) {
				return false
			}
		}
		return true
	}
	return false
}

func sortedKeys(object map[string]any) []string {
	keys := make([]string, 0, len(object))
	for key := range object {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}

var bareWord = regexp.MustCompile(`^[A-Za-z_$/*][A-Za-z0-9_$/*.+-]*( [A-Za-z0-9_$/*.+-]+)*$`)

// Show writes a value or a pattern the way the files write them, on one line:
// {error: ECONNRESET}. Control characters are escaped.
func Show(value any) string {
	var text strings.Builder
	show(&text, normal(value))
	return text.String()
}

func show(text *strings.Builder, value any) {
	switch value := value.(type) {
	case nil:
		text.WriteString("null")
	case bool:
		text.WriteString(strconv.FormatBool(value))
	case float64:
		text.WriteString(strconv.FormatFloat(value, 'g', -1, 64))
	case string:
		if bareWord.MatchString(value) && !contains([]string{"true", "false", "null"}, value) {
			text.WriteString(value)
		} else {
			text.WriteString(strconv.Quote(value))
		}
	case []any:
		text.WriteByte('[')
		for i, member := range value {
			if i > 0 {
				text.WriteString(", ")
			}
			show(text, member)
		}
		text.WriteByte(']')
	case map[string]any:
		text.WriteByte('{')
		for i, key := range sortedKeys(value) {
			if i > 0 {
				text.WriteString(", ")
			}
			show(text, key)
			text.WriteString(": ")
			show(text, value[key])
		}
		text.WriteByte('}')
	default:
		fmt.Fprintf(text, "%v", value)
	}
}
