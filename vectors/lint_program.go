package vectors

import (
	"cmp"
	"errors"
	"fmt"
	"math/big"
	"reflect"
	"slices"
	"strings"

	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/file"
	"github.com/dop251/goja/parser"
	"github.com/dop251/goja/token"
)

// What programs see, as README.md lists it.
var bindingNames = []string{
	"http", "https", "net", "tls", "url", "Buffer", "console", "require",
	"setTimeout", "clearTimeout", "setInterval", "clearInterval", "setImmediate", "clearImmediate",
	"bytes", "host", "port", "socketPath", "certificate", "ready", "record", "attempt", "on",
}

var es5Globals = []string{
	"undefined", "NaN", "Infinity", "Object", "Function", "Array", "String", "Boolean", "Number", "Date", "RegExp",
	"Error", "EvalError", "RangeError", "ReferenceError", "SyntaxError", "TypeError", "URIError", "Math", "JSON",
	"parseInt", "parseFloat", "isNaN", "isFinite", "encodeURIComponent", "decodeURIComponent", "encodeURI", "decodeURI",
	"arguments",
}

var es2015Globals = []string{
	"Promise", "Symbol", "Map", "Set", "WeakMap", "WeakSet", "Proxy", "Reflect", "ArrayBuffer", "DataView", "Uint8Array",
	"Int8Array", "Uint16Array", "Int16Array", "Uint32Array", "Int32Array", "Float32Array", "Float64Array", "Uint8ClampedArray",
}

// An analysis is what lint wants to know about a program. Lines count from 1.
type analysis struct {
	failed     bool
	syntax     []programFault
	constructs []construct    // what ES5 does not have, the first of each kind
	free       map[string]int // the names it uses and does not declare, with the first line of each

	handlers      []string // the names it passes to on
	handlersKnown bool     // false where a name is computed
}

type programFault struct {
	line int
	text string
}

type construct struct {
	name string
	year int // 2015, or 2016 for all that is newer
	line int
}

// The program is a function body, so that return may stand in it. The wrapper
// takes no line of its own.
const programOpening, programClosing = "(function () {", "\n})"

// analyse parses a program. It never runs it.
func analyse(program string) (result *analysis) {
	result = &analysis{free: make(map[string]int), handlersKnown: true}
	source := programOpening + program + programClosing
	// The parser is fed with whatever stands in a file; a panic of it is a fault
	// of the program.
	defer func() {
		if recovered := recover(); recovered != nil {
			result.failed = true
			result.syntax = append(result.syntax, programFault{1, fmt.Sprint("the parser gave up: ", recovered)})
		}
	}()
	parsed, err := parser.ParseFile(nil, "", source, 0, parser.WithDisableSourceMaps)
	if err == nil && len(parsed.Body) != 1 {
		err = errors.New("a brace too many")
	}
	if err != nil {
		result.failed = true
		var list parser.ErrorList
		if !errors.As(err, &list) {
			result.syntax = []programFault{{1, err.Error()}}
			return result
		}
		// What follows the first fault is most often its consequence.
		line := min(list[0].Position.Line, 1+strings.Count(strings.TrimRight(program, "\n"), "\n"))
		result.syntax = []programFault{{line, list[0].Message}}
		return result
	}
	w := &walker{result: result, source: source, found: make(map[string]bool)}
	w.walk(reflect.ValueOf(parsed.Body), nil)
	slices.SortStableFunc(result.constructs, func(a, b construct) int { return cmp.Compare(a.line, b.line) })
	return result
}

// A scope holds the names that a function declares. Blocks have none of their
// own: that errs on the side of silence.
type scope struct {
	names map[string]bool
	outer *scope
}

func (s *scope) has(name string) bool {
	for ; s != nil; s = s.outer {
		if s.names[name] {
			return true
		}
	}
	return false
}

// A walker visits the syntax tree by reflection, so that no kind of node can
// be forgotten, and treats by hand what declares or names something.
type walker struct {
	result *analysis
	source string
	found  map[string]bool
}

func (w *walker) line(at file.Idx) int {
	end := min(max(int(at)-1, 0), len(w.source))
	return 1 + strings.Count(w.source[:end], "\n")
}

func (w *walker) construct(node ast.Node, name string, year int) {
	if !w.found[name] {
		w.found[name] = true
		w.result.constructs = append(w.result.constructs, construct{name, year, w.line(node.Idx0())})
	}
}

func (w *walker) reference(name string, at file.Idx, within *scope) {
	if _, known := w.result.free[name]; !known && !within.has(name) {
		w.result.free[name] = w.line(at)
	}
}

var nodeType = reflect.TypeFor[ast.Node]()

func (w *walker) walk(value reflect.Value, within *scope) {
	switch value.Kind() {
	case reflect.Interface:
		if !value.IsNil() {
			w.walk(value.Elem(), within)
		}
	case reflect.Slice:
		for i := range value.Len() {
			w.walk(value.Index(i), within)
		}
	case reflect.Pointer:
		if value.IsNil() || value.Elem().Kind() != reflect.Struct || value.Type() == reflect.TypeFor[*big.Int]() {
			return
		}
		if node, ok := value.Interface().(ast.Node); ok {
			if w.node(node, within) {
				return
			}
		}
		w.fields(value.Elem(), within)
	case reflect.Struct:
		// Names of members are structs; what is a node of its own is not.
		if value.Type() != reflect.TypeFor[ast.Identifier]() && value.CanAddr() {
			w.walk(value.Addr(), within)
		}
	}
}

func (w *walker) fields(value reflect.Value, within *scope) {
	for i := range value.NumField() {
		field := value.Type().Field(i)
		if !field.IsExported() || field.Name == "DeclarationList" || field.Name == "Label" || field.Name == "File" {
			continue
		}
		w.walk(value.Field(i), within)
	}
}

// node treats a node by hand; true means that its children are done with.
func (w *walker) node(node ast.Node, within *scope) bool {
	w.name(node)
	switch n := node.(type) {
	case *ast.Identifier:
		w.reference(n.Name.String(), n.Idx, within)
		return true
	case *ast.MetaProperty:
		return true
	case *ast.PropertyShort:
		w.reference(n.Name.Name.String(), n.Name.Idx, within)
		w.walk(reflect.ValueOf(n.Initializer), within)
		return true
	case *ast.PropertyKeyed:
		if n.Computed {
			w.walk(reflect.ValueOf(n.Key), within)
		}
		w.walk(reflect.ValueOf(n.Value), within)
		return true
	case *ast.MethodDefinition:
		if n.Computed {
			w.walk(reflect.ValueOf(n.Key), within)
		}
		w.walk(reflect.ValueOf(n.Body), within)
		return true
	case *ast.FieldDefinition:
		if n.Computed {
			w.walk(reflect.ValueOf(n.Key), within)
		}
		w.walk(reflect.ValueOf(n.Initializer), within)
		return true
	case *ast.FunctionLiteral:
		inner := &scope{map[string]bool{"arguments": true}, within}
		if n.Name != nil {
			inner.names[n.Name.Name.String()] = true
		}
		declare(inner, reflect.ValueOf(n.ParameterList))
		declare(inner, reflect.ValueOf(n.Body))
		w.walk(reflect.ValueOf(n.ParameterList), inner)
		w.walk(reflect.ValueOf(n.Body), inner)
		return true
	case *ast.ArrowFunctionLiteral:
		inner := &scope{map[string]bool{}, within}
		declare(inner, reflect.ValueOf(n.ParameterList))
		declare(inner, reflect.ValueOf(n.Body))
		w.walk(reflect.ValueOf(n.ParameterList), inner)
		w.walk(reflect.ValueOf(n.Body), inner)
		return true
	case *ast.ClassLiteral:
		inner := &scope{map[string]bool{}, within}
		if n.Name != nil {
			inner.names[n.Name.Name.String()] = true
		}
		w.walk(reflect.ValueOf(n.SuperClass), inner)
		w.walk(reflect.ValueOf(n.Body), inner)
		return true
	case *ast.ClassStaticBlock:
		inner := &scope{map[string]bool{}, within}
		declare(inner, reflect.ValueOf(n.Block))
		w.walk(reflect.ValueOf(n.Block), inner)
		return true
	case *ast.UnaryExpression:
		// typeof asks for names that may not be there.
		if _, plain := n.Operand.(*ast.Identifier); plain && n.Operator == token.TYPEOF {
			return true
		}
	case *ast.CallExpression:
		callee, ok := n.Callee.(*ast.Identifier)
		if ok && callee.Name == "on" && !within.has("on") {
			literal, isLiteral := ast.Expression(nil), false
			if len(n.ArgumentList) > 0 {
				literal = n.ArgumentList[0]
			}
			var name *ast.StringLiteral
			if name, isLiteral = literal.(*ast.StringLiteral); isLiteral {
				w.result.handlers = append(w.result.handlers, name.Value.String())
			} else {
				w.result.handlersKnown = false
			}
		}
	}
	return false
}

// name reports what is newer than ES5.
func (w *walker) name(node ast.Node) {
	const newer = 2016
	switch n := node.(type) {
	case *ast.LexicalDeclaration:
		w.construct(n, n.Token.String(), 2015)
	case *ast.ForDeclaration:
		w.construct(n, map[bool]string{true: "const", false: "let"}[n.IsConst], 2015)
	case *ast.ArrowFunctionLiteral:
		w.construct(n, "an arrow function", 2015)
		if n.Async {
			w.construct(n, "an async function", newer)
		}
	case *ast.FunctionLiteral:
		if n.Generator {
			w.construct(n, "a generator", 2015)
		}
		if n.Async {
			w.construct(n, "an async function", newer)
		}
	case *ast.AwaitExpression:
		w.construct(n, "await", newer)
	case *ast.ClassLiteral:
		w.construct(n, "a class", 2015)
	case *ast.FieldDefinition:
		w.construct(n, "a class field", newer)
	case *ast.ClassStaticBlock:
		w.construct(n, "a static block", newer)
	case *ast.PrivateDotExpression:
		w.construct(n, "a private member", newer)
	case *ast.OptionalChain:
		w.construct(n, "optional chaining", newer)
	case *ast.TemplateLiteral:
		w.construct(n, "a template literal", 2015)
	case *ast.ForOfStatement:
		w.construct(n, "for ... of", 2015)
	case *ast.ArrayPattern:
		w.construct(n, "destructuring", 2015)
	case *ast.ObjectPattern:
		w.construct(n, "destructuring", 2015)
		if n.Rest != nil {
			w.construct(n, "a rest property", newer)
		}
	case *ast.ParameterList:
		if n.Rest != nil {
			w.construct(n, "a rest parameter", 2015)
		}
		for _, parameter := range n.List {
			if parameter.Initializer != nil {
				w.construct(parameter.Initializer, "a default of a parameter", 2015)
			}
		}
	case *ast.ObjectLiteral:
		for _, property := range n.Value {
			switch property := property.(type) {
			case *ast.PropertyShort:
				w.construct(&property.Name, "a shorthand property", 2015)
			case *ast.PropertyKeyed:
				if property.Computed {
					w.construct(property, "a computed key", 2015)
				}
				if property.Kind == ast.PropertyKindMethod {
					w.construct(property, "a shorthand method", 2015)
				}
			case *ast.SpreadElement:
				w.construct(property, "spreading into an object", newer)
			}
		}
	case *ast.SpreadElement:
		w.construct(n, "spreading", 2015)
	case *ast.MetaProperty:
		w.construct(n, "new.target", 2015)
	case *ast.CatchStatement:
		if n.Parameter == nil {
			w.construct(n, "catch without a parameter", newer)
		}
	case *ast.BinaryExpression:
		w.operator(n, n.Operator)
	case *ast.AssignExpression:
		w.operator(n, n.Operator)
	case *ast.NumberLiteral:
		if _, isBig := n.Value.(*big.Int); isBig {
			w.construct(n, "a BigInt", newer)
		}
		if literal := strings.ToLower(n.Literal); strings.HasPrefix(literal, "0b") || strings.HasPrefix(literal, "0o") {
			w.construct(n, "the number "+n.Literal, 2015)
		}
	case *ast.RegExpLiteral:
		if strings.ContainsAny(n.Flags, "uy") {
			w.construct(n, "the flags "+n.Flags+" of a regular expression", 2015)
		}
		if strings.ContainsAny(n.Flags, "sdv") {
			w.construct(n, "the flags "+n.Flags+" of a regular expression", newer)
		}
	}
}

func (w *walker) operator(node ast.Node, operator token.Token) {
	switch operator {
	case token.EXPONENT, token.COALESCE:
		w.construct(node, "the operator "+operator.String(), 2016)
	}
}

// declare adds the names that a function declares, wherever in it they stand,
// save within its inner functions.
func declare(into *scope, value reflect.Value) {
	switch value.Kind() {
	case reflect.Interface:
		if !value.IsNil() {
			declare(into, value.Elem())
		}
		return
	case reflect.Slice:
		for i := range value.Len() {
			declare(into, value.Index(i))
		}
		return
	case reflect.Struct:
		if value.CanAddr() {
			declare(into, value.Addr())
		}
		return
	case reflect.Pointer:
		if value.IsNil() || value.Elem().Kind() != reflect.Struct || !value.Type().Implements(nodeType) {
			if value.Kind() != reflect.Pointer || value.IsNil() || value.Type() != reflect.TypeFor[*ast.ParameterList]() {
				return
			}
		}
	default:
		return
	}
	switch n := value.Interface().(type) {
	case *ast.FunctionDeclaration:
		into.names[n.Function.Name.Name.String()] = true
		return
	case *ast.ClassDeclaration:
		into.names[n.Class.Name.Name.String()] = true
		return
	case *ast.FunctionLiteral, *ast.ArrowFunctionLiteral, *ast.ClassLiteral:
		return
	case *ast.Binding:
		bind(into, n.Target)
	case *ast.ForDeclaration:
		bind(into, n.Target)
	case *ast.CatchStatement:
		if n.Parameter != nil {
			bind(into, n.Parameter)
		}
	case *ast.ParameterList:
		for _, parameter := range n.List {
			bind(into, parameter.Target)
		}
		bind(into, n.Rest)
		return
	}
	for i := range value.Elem().NumField() {
		if field := value.Elem().Type().Field(i); field.IsExported() && field.Name != "DeclarationList" {
			declare(into, value.Elem().Field(i))
		}
	}
}

// bind adds the names of a binding target.
func bind(into *scope, target ast.Expression) {
	switch n := target.(type) {
	case *ast.Identifier:
		into.names[n.Name.String()] = true
	case *ast.AssignExpression:
		bind(into, n.Left)
	case *ast.Binding:
		bind(into, n.Target)
	case *ast.ArrayPattern:
		for _, element := range n.Elements {
			bind(into, element)
		}
		bind(into, n.Rest)
	case *ast.ObjectPattern:
		for _, property := range n.Properties {
			switch property := property.(type) {
			case *ast.PropertyShort:
				into.names[property.Name.Name.String()] = true
			case *ast.PropertyKeyed:
				bind(into, property.Value)
			}
		}
		bind(into, n.Rest)
	}
}
