package reference

import (
	"net/netip"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
)

// requestURL is what a URL contributes to the options of a request.
type requestURL struct {
	protocol string // with its colon, in lower case
	auth     string // user:password, as it will be encoded into the Authorization header
	hostname string // without the brackets of an IPv6 address
	port     string // empty when the URL names none or the default of its scheme
	path     string // with the query, without the fragment
}

// parseStandardURL follows the URL standard, which is what `new URL()` does. It reports false for a string that the
// standard rejects. Credentials stay percent-encoded: Node 11 to 13 send them like that.
func parseStandardURL(raw string) (requestURL, bool) {
	raw = strings.TrimFunc(raw, func(r rune) bool { return r <= ' ' })
	raw = strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(raw)
	scheme, rest, found := strings.Cut(raw, ":")
	if !found || !isScheme(scheme) {
		return requestURL{}, false
	}
	scheme = strings.ToLower(scheme)
	parsed := requestURL{protocol: scheme + ":"}
	defaultPort, special := specialSchemes[scheme]
	rest, _, _ = strings.Cut(rest, "#")
	if !special {
		// No request can be made of such a URL: only its protocol matters, for the error.
		parsed.path = rest
		return parsed, true
	}
	rest = strings.TrimLeft(rest, `/\`)
	end := strings.IndexAny(rest, `/\?`)
	if end < 0 {
		end = len(rest)
	}
	authority, rest := rest[:end], rest[end:]
	if at := strings.LastIndexByte(authority, '@'); at >= 0 {
		user, password, _ := strings.Cut(authority[:at], ":")
		authority = authority[at+1:]
		if user != "" || password != "" {
			parsed.auth = percentEncode(user, userinfoEscapes) + ":" + percentEncode(password, userinfoEscapes)
		}
	}
	host := authority
	if colon := strings.LastIndexByte(authority, ':'); colon >= 0 && !strings.HasSuffix(authority, "]") {
		host = authority[:colon]
		if digits := authority[colon+1:]; digits != "" {
			port, err := strconv.ParseUint(digits, 10, 16)
			if err != nil {
				return requestURL{}, false
			}
			if parsed.port = strconv.FormatUint(port, 10); parsed.port == defaultPort {
				parsed.port = ""
			}
		}
	}
	var valid bool
	if parsed.hostname, valid = parseStandardHost(host); !valid {
		return requestURL{}, false
	}
	path, query, hasQuery := strings.Cut(rest, "?")
	parsed.path = standardPath(path)
	if hasQuery && query != "" {
		parsed.path += "?" + percentEncode(query, queryEscapes)
	}
	return parsed, true
}

// specialSchemes are the schemes with an authority, and their default ports.
var specialSchemes = map[string]string{"http": "80", "https": "443", "ws": "80", "wss": "443", "ftp": "21"}

func isScheme(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i] | 0x20
		letter := c >= 'a' && c <= 'z'
		if !letter && (i == 0 || !(s[i] >= '0' && s[i] <= '9' || s[i] == '+' || s[i] == '-' || s[i] == '.')) {
			return false
		}
	}
	return s != ""
}

const (
	pathEscapes     = " \"#<>?`{}"
	queryEscapes    = " \"#<>'"
	userinfoEscapes = pathEscapes + "/:;=@[\\]^|"
)

func percentEncode(s, escapes string) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' || c >= 0x7f || strings.IndexByte(escapes, c) >= 0 {
			b.Write([]byte{'%', digits[c>>4], digits[c&15]})
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

func percentDecode(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if c, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(c))
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// standardPath resolves dot segments, reads a backslash as a slash and escapes what a path may not contain.
func standardPath(path string) string {
	segments := strings.Split(strings.ReplaceAll(path, `\`, "/"), "/")
	var kept []string
	for i, segment := range segments {
		last := i == len(segments)-1
		switch strings.ReplaceAll(strings.ToLower(segment), "%2e", ".") {
		case ".":
			if last {
				kept = append(kept, "")
			}
		case "..":
			if len(kept) > 1 {
				kept = kept[:len(kept)-1]
			}
			if last {
				kept = append(kept, "")
			}
		default:
			kept = append(kept, percentEncode(segment, pathEscapes))
		}
	}
	if joined := strings.Join(kept, "/"); strings.HasPrefix(joined, "/") {
		return joined
	}
	return "/"
}

func parseStandardHost(host string) (string, bool) {
	if strings.HasPrefix(host, "[") {
		address, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(host, "["), "]"))
		if err != nil || !address.Is6() || address.Zone() != "" {
			return "", false
		}
		return address.String(), true
	}
	host = percentDecode(host)
	ascii, err := idna.New(idna.MapForLookup(), idna.StrictDomainName(false), idna.ValidateLabels(false)).ToASCII(host)
	if err != nil || ascii == "" || strings.ContainsAny(ascii, "\x00\t\n\r #%/:<>?@[\\]^|") {
		return "", false
	}
	if address, isNumber, valid := parseNumericHost(ascii); isNumber {
		return address, valid
	}
	return ascii, true
}

// parseNumericHost reads the forms of an IPv4 address that the URL standard knows: one to four parts, each decimal,
// octal or hexadecimal, the last one filling the rest.
func parseNumericHost(host string) (address string, isNumber, valid bool) {
	parts := strings.Split(strings.TrimSuffix(host, "."), ".")
	if _, ok := parseNumericPart(parts[len(parts)-1]); !ok {
		return "", false, false
	}
	if len(parts) > 4 {
		return "", true, false
	}
	var value uint64
	for i, part := range parts {
		n, ok := parseNumericPart(part)
		if !ok {
			return "", true, false
		}
		if i < len(parts)-1 {
			if n > 255 {
				return "", true, false
			}
			value |= n << (8 * (3 - i))
		} else {
			if n >= 1<<(8*(5-len(parts))) {
				return "", true, false
			}
			value |= n
		}
	}
	return netip.AddrFrom4([4]byte{byte(value >> 24), byte(value >> 16), byte(value >> 8), byte(value)}).String(), true, true
}

func parseNumericPart(part string) (uint64, bool) {
	base := 10
	switch {
	case len(part) >= 2 && (part[:2] == "0x" || part[:2] == "0X"):
		if part, base = part[2:], 16; part == "" {
			return 0, true
		}
	case len(part) >= 2 && part[0] == '0':
		part, base = part[1:], 8
	}
	n, err := strconv.ParseUint(part, base, 64)
	return n, err == nil && part[0] != '+'
}

// parseLegacyURL follows `url.parse()`: it never fails, takes what looks like a protocol for one, moves what cannot be
// part of a host name to the path, and decodes credentials.
func parseLegacyURL(raw string) requestURL {
	raw = strings.TrimSpace(raw)
	before, query, hasQuery := strings.Cut(raw, "?")
	rest := strings.ReplaceAll(before, `\`, "/")
	if hasQuery {
		rest += "?" + query
	}
	rest, _, _ = strings.Cut(rest, "#")
	var parsed requestURL
	if n := legacyProtocolLength(rest); n > 0 {
		parsed.protocol, rest = strings.ToLower(rest[:n]), rest[n:]
	}
	slashes := strings.HasPrefix(rest, "//")
	if slashes && parsed.protocol == "" {
		// Two slashes without a protocol are part of the path.
		slashes = false
	} else if slashes {
		rest = rest[2:]
	}
	_, slashed := specialSchemes[strings.TrimSuffix(parsed.protocol, ":")]
	if slashes || parsed.protocol != "" && !slashed {
		rest = parsed.takeLegacyAuthority(rest)
	}
	rest = escapeLegacy(rest)
	if rest == "" && slashed && parsed.hostname != "" || strings.HasPrefix(rest, "?") && slashed {
		rest = "/" + rest
	}
	parsed.path = rest
	return parsed
}

func legacyProtocolLength(s string) int {
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == ':' && i > 0:
			return i + 1
		case c|0x20 >= 'a' && c|0x20 <= 'z', c >= '0' && c <= '9', c == '.', c == '+', c == '-':
		default:
			return 0
		}
	}
	return 0
}

// takeLegacyAuthority reads credentials, host name and port from the beginning of rest and returns what follows them.
func (u *requestURL) takeLegacyAuthority(rest string) string {
	end := strings.IndexAny(rest, "/?")
	if end < 0 {
		end = len(rest)
	}
	if at := strings.LastIndexByte(rest[:end], '@'); at >= 0 {
		u.auth, rest = percentDecode(rest[:at]), rest[at+1:]
	}
	end = strings.IndexAny(rest, "/?\t\n\r \"%';<>\\^`{|}")
	if end < 0 {
		end = len(rest)
	}
	host, rest := rest[:end], rest[end:]
	if colon := strings.LastIndexByte(host, ':'); colon >= 0 && strings.Trim(host[colon+1:], "0123456789") == "" {
		host, u.port = host[:colon], host[colon+1:]
	}
	if strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]") {
		u.hostname = strings.ToLower(host[1 : len(host)-1])
		return rest
	}
	for i := 0; i < len(host); i++ {
		c := host[i]
		if c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || c == '.' || c == '-' || c == '+' || c == '_' || c > 0x7f {
			continue
		}
		host, rest = host[:i], "/"+host[i:]+rest
		break
	}
	u.hostname = strings.ToLower(host)
	if ascii, err := idna.New(idna.MapForLookup(), idna.StrictDomainName(false)).ToASCII(u.hostname); err == nil {
		u.hostname = ascii
	}
	return rest
}

func escapeLegacy(s string) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if c := s[i]; strings.IndexByte("\t\n\r \"'<>\\^`{|}", c) >= 0 {
			b.Write([]byte{'%', digits[c>>4], digits[c&15]})
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}
