package http1

// Method numbers a request method the parser accepts. The zero value is no method (a response).
type Method uint8

// The methods the parser must recognise for their own sake.
const (
	MethodNone Method = iota
	MethodDelete
	MethodGet
	MethodHead
	MethodPost
	MethodPut
	MethodConnect
)

var methodNames = [...]string{
	"", "DELETE", "GET", "HEAD", "POST", "PUT", "CONNECT",
	"OPTIONS", "TRACE", "COPY", "LOCK", "MKCOL", "MOVE", "PROPFIND", "PROPPATCH", "SEARCH", "UNLOCK",
	"BIND", "REBIND", "UNBIND", "ACL", "REPORT", "MKACTIVITY", "CHECKOUT", "MERGE", "M-SEARCH",
	"NOTIFY", "SUBSCRIBE", "UNSUBSCRIBE", "PATCH", "PURGE", "MKCALENDAR", "LINK", "UNLINK",
	"SOURCE", "PRI",
}

// String gives the method's name, without allocating.
func (m Method) String() string { return methodNames[m] }

// methodsByFirst lists the methods that begin with a given byte. No method is a prefix of another.
var methodsByFirst = func() (table [256][]Method) {
	for m := MethodDelete; int(m) < len(methodNames); m++ {
		first := methodNames[m][0]
		table[first] = append(table[first], m)
	}
	return table
}()

// matchMethod tells whether text is a method, and if not, whether it begins one.
func matchMethod(text []byte, quirks *Quirks) (m Method, begins bool) {
	for _, candidate := range methodsByFirst[text[0]] {
		name := methodNames[candidate]
		if quirks.RefusePRI && name == "PRI" || quirks.RefuseSource && name == "SOURCE" {
			continue
		}
		if len(name) == len(text) && name == string(text) {
			return candidate, true
		}
		if len(name) > len(text) && name[:len(text)] == string(text) {
			begins = true
		}
	}
	return MethodNone, begins
}
