package http1

// Classes of bytes, one bit each, so that one table answers every question.
const (
	classToken    = 1 << iota // in a field name; Node's parser lets spaces through
	classValue                // in a field value
	classURL                  // in a path, query or fragment
	classUserinfo             // in an authority
	classAlpha
	classPlainToken // classToken without the space
)

var classes = func() (table [256]uint8) {
	for c := 0; c < 256; c++ {
		alpha := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		digit := c >= '0' && c <= '9'
		if alpha {
			table[c] |= classAlpha
		}
		if alpha || digit || contains("!#$%&'*+-.^_`|~", c) {
			table[c] |= classToken | classPlainToken
		}
		if alpha || digit || contains("-_.!~*'()%;:&=+$,", c) {
			table[c] |= classUserinfo
		}
		if c == '\t' || c >= ' ' && c != 0x7f {
			table[c] |= classValue
		}
		if c == '\t' || c == '\f' || c > ' ' && c != 0x7f && c != '#' && c != '?' {
			table[c] |= classURL
		}
	}
	table[' '] |= classToken
	return table
}()

func contains(set string, c int) bool {
	for i := 0; i < len(set); i++ {
		if int(set[i]) == c {
			return true
		}
	}
	return false
}

// hexValue gives a hexadecimal digit's value, and 0xff for other bytes.
var hexValue = func() (table [256]uint8) {
	for c := range table {
		switch {
		case c >= '0' && c <= '9':
			table[c] = uint8(c - '0')
		case c >= 'a' && c <= 'f':
			table[c] = uint8(c-'a') + 10
		case c >= 'A' && c <= 'F':
			table[c] = uint8(c-'A') + 10
		default:
			table[c] = 0xff
		}
	}
	return table
}()

// lower folds an ASCII capital.
func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c | 0x20
	}
	return c
}

// equalFold compares text with a name already in lower case.
func equalFold(text []byte, name string) bool {
	if len(text) != len(name) {
		return false
	}
	for i := 0; i < len(name); i++ {
		if lower(text[i]) != name[i] {
			return false
		}
	}
	return true
}
