package jshost

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"math"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/dop251/goja"

	"github.com/nodehttp/conform/reference"
)

// toJS converts what an event carries.
func (h *Host) toJS(value any) goja.Value {
	switch value := value.(type) {
	case nil:
		return goja.Undefined()
	case goja.Value:
		return value
	case error:
		return h.errorValue(value)
	case []byte:
		return h.buffer(value)
	case *reference.Socket:
		return h.socketObject(value)
	case *reference.IncomingMessage:
		return h.incomingObject(value)
	case *reference.ServerResponse:
		return h.responseObject(value)
	case *reference.ClientRequest:
		return h.requestObject(value)
	case *reference.Information:
		return h.informationObject(value)
	case *reference.RequestOptions:
		return h.optionsObject(value)
	case []string:
		return h.stringArray(value)
	default:
		return h.vm.ToValue(value)
	}
}

func (h *Host) stringArray(list []string) *goja.Object {
	values := make([]any, len(list))
	for i, text := range list {
		values[i] = text
	}
	return h.vm.NewArray(values...)
}

// --- bytes

// buffer makes a Buffer with a copy of bytes, which belong to Go.
func (h *Host) buffer(bytes []byte) goja.Value {
	owned := append(make([]byte, 0, len(bytes)), bytes...)
	buffer, err := h.makeBuf(goja.Undefined(), h.vm.ToValue(h.vm.NewArrayBuffer(owned)))
	if err != nil {
		panic(err)
	}
	return buffer
}

// bytesOf returns the bytes of a typed array.
func (h *Host) bytesOf(value goja.Value) ([]byte, bool) {
	object, ok := value.(*goja.Object)
	if !ok {
		return nil, false
	}
	bytes, ok := object.Export().([]byte)
	return bytes, ok
}

// encodingName returns the usual name of an encoding, and "" for one that does not exist.
func encodingName(name string) string {
	switch strings.ToLower(name) {
	case "utf8", "utf-8", "":
		return "utf8"
	case "latin1", "binary":
		return "latin1"
	case "ascii":
		return "ascii"
	case "hex":
		return "hex"
	case "base64":
		return "base64"
	case "ucs2", "ucs-2", "utf16le", "utf-16le":
		return "utf16le"
	}
	return ""
}

// encodingOf returns the encoding that an argument names; UTF-8 when it is not a string.
func encodingOf(value goja.Value) string {
	if value == nil || !isString(value) {
		return "utf8"
	}
	if name := encodingName(value.String()); name != "" {
		return name
	}
	return "utf8"
}

// decodeText turns text into the bytes that it is written as in an encoding.
func decodeText(text goja.Value, encoding string) []byte {
	switch encoding {
	case "latin1", "ascii":
		units := utf16.Encode([]rune(text.String()))
		bytes := make([]byte, len(units))
		for i, unit := range units {
			bytes[i] = byte(unit)
		}
		return bytes
	case "hex":
		digits := text.String()
		for i := 0; i < len(digits); i++ {
			if !strings.ContainsRune("0123456789abcdefABCDEF", rune(digits[i])) {
				digits = digits[:i]
				break
			}
		}
		bytes, _ := hex.DecodeString(digits[:len(digits)&^1])
		return bytes
	case "base64":
		clean := strings.Map(func(r rune) rune {
			switch {
			case r == '-':
				return '+'
			case r == '_':
				return '/'
			case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '+', r == '/':
				return r
			}
			return -1
		}, text.String())
		if len(clean)%4 == 1 {
			clean = clean[:len(clean)-1]
		}
		bytes, _ := base64.RawStdEncoding.DecodeString(clean)
		return bytes
	case "utf16le":
		units := utf16.Encode([]rune(text.String()))
		bytes := make([]byte, 0, 2*len(units))
		for _, unit := range units {
			bytes = append(bytes, byte(unit), byte(unit>>8))
		}
		return bytes
	}
	return []byte(text.String())
}

// encodeText is the way back.
func encodeText(bytes []byte, encoding string) string {
	switch encoding {
	case "latin1", "ascii":
		var text strings.Builder
		for _, b := range bytes {
			if encoding == "ascii" {
				b &= 0x7f
			}
			text.WriteRune(rune(b))
		}
		return text.String()
	case "hex":
		return hex.EncodeToString(bytes)
	case "base64":
		return base64.StdEncoding.EncodeToString(bytes)
	case "utf16le":
		units := make([]uint16, len(bytes)/2)
		for i := range units {
			units[i] = uint16(bytes[2*i]) | uint16(bytes[2*i+1])<<8
		}
		return string(utf16.Decode(units))
	}
	return strings.ToValidUTF8(string(bytes), "\uFFFD")
}

// textDecoder turns chunks into text, and keeps what of a character has not come yet.
type textDecoder struct {
	encoding string
	rest     []byte
}

func (d *textDecoder) write(chunk []byte) string {
	bytes := append(d.rest, chunk...)
	keep := 0
	switch d.encoding {
	case "utf8":
		for back := 1; back <= 3 && back <= len(bytes); back++ {
			if b := bytes[len(bytes)-back]; utf8.RuneStart(b) {
				if !utf8.FullRune(bytes[len(bytes)-back:]) {
					keep = back
				}
				break
			}
		}
	case "base64":
		keep = len(bytes) % 3
	case "utf16le":
		keep = len(bytes) % 2
	}
	whole := bytes[:len(bytes)-keep]
	d.rest = append([]byte(nil), bytes[len(bytes)-keep:]...)
	return encodeText(whole, d.encoding)
}

func (d *textDecoder) end() string {
	rest := d.rest
	d.rest = nil
	if d.encoding == "utf8" && len(rest) > 0 {
		return "\uFFFD"
	}
	return encodeText(rest, d.encoding)
}

// --- small values

func isMissing(value goja.Value) bool {
	return value == nil || goja.IsUndefined(value) || goja.IsNull(value)
}

func isString(value goja.Value) bool {
	_, ok := value.(goja.String)
	return ok
}

func isNumber(value goja.Value) bool {
	if value == nil {
		return false
	}
	switch value.Export().(type) {
	case int64, float64:
		_, object := value.(*goja.Object)
		return !object
	}
	return false
}

func isFunction(value goja.Value) bool {
	_, ok := goja.AssertFunction(value)
	return ok
}

// toInt32 is JavaScript's value | 0.
func toInt32(value goja.Value) int {
	number := value.ToFloat()
	if math.IsNaN(number) || math.IsInf(number, 0) {
		return 0
	}
	return int(int32(uint32(int64(math.Mod(math.Trunc(number), 1<<32)))))
}

// duration converts milliseconds; what is no number is 0.
func duration(value goja.Value) time.Duration {
	if isMissing(value) {
		return 0
	}
	number := value.ToFloat()
	if math.IsNaN(number) {
		return 0
	}
	return time.Duration(math.Min(number*float64(time.Millisecond), math.MaxInt64/2))
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// callbackOf returns a function of the program as a Go function without arguments, or nil.
func (h *Host) callbackOf(value, this goja.Value) func() {
	function, ok := goja.AssertFunction(value)
	if !ok {
		return nil
	}
	return func() { h.Call(function, this) }
}

// errorCallbackOf is callbackOf for functions that take an error.
func (h *Host) errorCallbackOf(value, this goja.Value) func(error) {
	function, ok := goja.AssertFunction(value)
	if !ok {
		return nil
	}
	return func(err error) {
		if err != nil {
			h.Call(function, this, h.errorValue(err))
			return
		}
		h.Call(function, this)
	}
}

// --- errors

// thrownValue is a value of the program on its way through Go.
type thrownValue struct{ value goja.Value }

func (t *thrownValue) Error() string { return t.value.String() }

// errorArgument converts an optional error that a program passes.
func errorArgument(value goja.Value) error {
	if isMissing(value) {
		return nil
	}
	return &thrownValue{value}
}

// throw throws an error, unless it is nil.
func (h *Host) throw(err error) {
	if err != nil {
		panic(h.errorValue(err))
	}
}

// errorValue converts an error.
func (h *Host) errorValue(err error) goja.Value {
	if err == nil {
		return goja.Undefined()
	}
	var thrown *thrownValue
	if errors.As(err, &thrown) {
		return thrown.value
	}
	var exception *goja.Exception
	if errors.As(err, &exception) {
		return exception.Value()
	}
	var failure *reference.Error
	if !errors.As(err, &failure) {
		return h.newError("Error", "", err.Error())
	}
	value := h.newError(failure.Name, failure.Code, failure.Message)
	if strings.HasPrefix(failure.Code, "HPE_") {
		_ = value.Set("bytesParsed", failure.BytesParsed)
		if failure.Reason != "" {
			_ = value.Set("reason", failure.Reason)
		}
		if failure.RawPacket != nil {
			_ = value.Set("rawPacket", h.buffer(failure.RawPacket))
		}
	}
	h.describeSystemError(value, failure)
	return value
}

// errorNumbers are what Node 13 calls errors of the system.
var errorNumbers = map[string]int{
	"ENOENT": -2, "EACCES": -13, "EPIPE": -32, "EADDRINUSE": -98, "EADDRNOTAVAIL": -99, "ENETUNREACH": -101,
	"ECONNRESET": -104, "ETIMEDOUT": -110, "ECONNREFUSED": -111, "EHOSTUNREACH": -113, "EAI_AGAIN": -3001, "ENOTFOUND": -3008,
}

// describeSystemError adds the parts of a message such as "connect ECONNREFUSED 127.0.0.1:1".
func (h *Host) describeSystemError(value *goja.Object, failure *reference.Error) {
	operation, rest, found := strings.Cut(failure.Message, " ")
	if failure.Code == "" || !found || !strings.HasPrefix(rest, failure.Code) {
		return
	}
	_ = value.Set("errno", failure.Code)
	if number, ok := errorNumbers[failure.Code]; ok && h.options.Edition == reference.V13 {
		_ = value.Set("errno", number)
	}
	_ = value.Set("syscall", operation)
	words := strings.Fields(rest)
	address := words[len(words)-1]
	if len(words) < 2 {
		return
	}
	if at := strings.LastIndexByte(address, ':'); at >= 0 && operation != "getaddrinfo" {
		_ = value.Set("address", strings.Trim(address[:at], "[]"))
		_ = value.Set("port", h.vm.ToValue(address[at+1:]).ToNumber())
	} else if operation == "getaddrinfo" {
		_ = value.Set("hostname", address)
	} else {
		_ = value.Set("address", address)
		if operation == "listen" && strings.Contains(address, "/") {
			_ = value.Set("port", -1)
		}
	}
}

// newError makes an Error of a class of the language.
func (h *Host) newError(class, code, message string) *goja.Object {
	constructor := h.errorOf[class]
	if constructor == nil {
		constructor = h.vm.Get(class).ToObject(h.vm)
		h.errorOf[class] = constructor
	}
	value, err := h.vm.New(constructor, h.vm.ToValue(message))
	if err != nil {
		panic(err)
	}
	if code != "" {
		_ = value.Set("code", code)
		if h.options.Edition == reference.V10 && strings.HasPrefix(code, "ERR_") {
			h.hide(value, "name", h.vm.ToValue(class+" ["+code+"]"))
		}
	}
	return value
}

// argumentTypeError is for an argument that has a type which the Go API cannot even express. what is such as
// `"name" argument`, expected such as "of type string".
func (h *Host) argumentTypeError(what, expected string, received goja.Value) *goja.Object {
	code := "ERR_INVALID_ARG_TYPE"
	if h.options.Edition == reference.V6 || h.options.Edition == reference.V03 {
		code = ""
	}
	switch h.options.Edition {
	case reference.V6, reference.V03:
		if text, ok := textsOfV6[what]; ok {
			return h.newError("TypeError", "", text)
		}
	case reference.V10:
		if older, ok := typesOfV10[expected]; ok {
			expected = older
		}
		what = strings.NewReplacer("options.method\" property", "method\" argument", "timeout", "msecs").Replace(what)
	}
	return h.newError("TypeError", code, "The "+what+" must be "+expected+". Received "+h.describe(received))
}

// What types are called in messages of Node 10, and which messages Node 6 had instead.
var typesOfV10 = map[string]string{
	"of type string or one of undefined or null":            "one of type string, undefined, or null",
	"of type string or an instance of Buffer or Uint8Array": "one of type string or Buffer",
	"of type function": "of type Function",
	"one of Agent-like Object, undefined, or false": "one of type Agent-like Object, undefined, or false",
}

var textsOfV6 = map[string]string{
	`"options.method" property`:   `(options.method || "GET").toUpperCase is not a function`,
	`"options.hostname" property`: `hostHeader.indexOf is not a function`,
	`"options.host" property`:     `hostHeader.indexOf is not a function`,
	`"options.lookup" property`:   `"lookup" option should be a function`,
	`"options.agent" property`:    `self.agent.addRequest is not a function`,
	`"listener" argument`:         `"listener" argument must be a function`,
	`first argument`:              `First argument must be a string or Buffer`,
	`"chunk" argument`:            `First argument must be a string or Buffer`,
}

// symbolText is what String() makes of a symbol.
func symbolText(value goja.Value) string { return "Symbol(" + value.String() + ")" }

// typeOf is the operator.
func typeOf(value goja.Value) string {
	switch {
	case value == nil || goja.IsUndefined(value):
		return "undefined"
	case isString(value):
		return "string"
	case isFunction(value):
		return "function"
	case isNumber(value):
		return "number"
	}
	if _, ok := value.Export().(bool); ok {
		return "boolean"
	}
	if _, ok := value.(*goja.Symbol); ok {
		return "symbol"
	}
	return "object"
}

// describe says what an argument is, in the words of Node's messages.
func (h *Host) describe(value goja.Value) string {
	if h.options.Edition == reference.V10 {
		return "type " + typeOf(value)
	}
	switch {
	case value == nil || goja.IsUndefined(value):
		return "undefined"
	case goja.IsNull(value):
		return "null"
	case isString(value):
		text := "'" + value.String() + "'"
		if len(text) > 25 {
			text = text[:25] + "..."
		}
		return "type string (" + text + ")"
	}
	object, ok := value.(*goja.Object)
	if !ok {
		switch value.Export().(type) {
		case bool:
			return "type boolean (" + value.String() + ")"
		case int64, float64:
			return "type number (" + value.String() + ")"
		}
		return "type symbol (" + symbolText(value) + ")"
	}
	if isFunction(value) {
		if name := object.Get("name"); name != nil && name.String() != "" {
			return "function " + name.String()
		}
		return "type function ([Function])"
	}
	if constructor, ok := object.Get("constructor").(*goja.Object); ok {
		if name := constructor.Get("name"); name != nil && name.String() != "" {
			return "an instance of " + name.String()
		}
	}
	return "[Object: null prototype] {}"
}
