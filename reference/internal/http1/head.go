package http1

import "strings"

// Head is a parsed start line with its field section. It and every slice taken from it are valid only
// until the Handler method that received it returns; take strings to keep them.
type Head struct {
	Fields

	// Method is the request method; MethodNone for a response.
	Method Method
	// Major and Minor are the HTTP version; a request line without one is 0.9.
	Major, Minor uint16
	// StatusCode is the response status, 0 for a request.
	StatusCode int
	// ContentLength is the announced length, or -1.
	ContentLength int64
	// Chunked tells that the body is in chunks.
	Chunked bool
	// KeepAlive tells that, as far as this message goes, the connection can carry another one.
	KeepAlive bool
	// Upgrade tells that the message asks for (or, as a response, makes) a switch of protocols:
	// CONNECT, or Upgrade together with "Connection: upgrade".
	Upgrade bool

	target span
}

// Target is the request target, or the reason phrase of a response.
func (h *Head) Target() []byte { return h.block[h.target.from:h.target.to] }

// Fields is a field section in the order of arrival: case kept, surrounding white space removed.
type Fields struct {
	block  []byte
	fields []field
	high   bool
}

type span struct{ from, to uint32 }

type field struct{ name, value span }

// Len counts the field lines.
func (f *Fields) Len() int { return len(f.fields) }

// Name is the name of field line i.
func (f *Fields) Name(i int) []byte {
	s := f.fields[i].name
	return f.block[s.from:s.to]
}

// Value is the value of field line i. The lines of a folded value are joined without their CRLF.
func (f *Fields) Value(i int) []byte {
	s := f.fields[i].value
	return f.block[s.from:s.to]
}

// AppendStrings appends name, value, name, value, ... to list as strings the caller may keep. Bytes are
// decoded as ISO 8859-1. All strings share one allocation (list growing is a second one).
func (f *Fields) AppendStrings(list []string) []string {
	list, _ = f.appendStrings(list, span{})
	return list
}

// AppendStrings does what [Fields.AppendStrings] does and returns the target (or reason phrase) as a
// string as well, still with one allocation.
func (h *Head) AppendStrings(list []string) (all []string, target string) {
	return h.appendStrings(list, h.target)
}

func (f *Fields) appendStrings(list []string, extra span) ([]string, string) {
	if f.high {
		return f.appendDecoded(list, extra)
	}
	if cap(list)-len(list) < 2*len(f.fields) {
		grown := make([]string, len(list), len(list)+2*len(f.fields))
		copy(grown, list)
		list = grown
	}
	text := string(f.block)
	for i := range f.fields {
		line := &f.fields[i]
		list = append(list, text[line.name.from:line.name.to], text[line.value.from:line.value.to])
	}
	return list, text[extra.from:extra.to]
}

// appendDecoded is appendStrings for blocks with bytes above 0x7f, each of which becomes two bytes.
func (f *Fields) appendDecoded(list []string, extra span) ([]string, string) {
	size := int(extra.to - extra.from)
	for i := range f.fields {
		size += len(f.Name(i)) + len(f.Value(i))
	}
	var text strings.Builder
	text.Grow(2 * size)
	decode := func(raw []byte) string {
		from := text.Len()
		for _, c := range raw {
			text.WriteRune(rune(c))
		}
		return text.String()[from:]
	}
	target := decode(f.block[extra.from:extra.to])
	for i := range f.fields {
		list = append(list, decode(f.Name(i)), decode(f.Value(i)))
	}
	return list, target
}
