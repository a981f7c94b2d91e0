package reference

import (
	"maps"
	"strings"
)

var statusCodesOfAll = map[int]string{
	100: "Continue", 101: "Switching Protocols", 102: "Processing",
	200: "OK", 201: "Created", 202: "Accepted", 203: "Non-Authoritative Information", 204: "No Content",
	205: "Reset Content", 206: "Partial Content", 207: "Multi-Status", 208: "Already Reported", 226: "IM Used",
	300: "Multiple Choices", 301: "Moved Permanently", 302: "Found", 303: "See Other", 304: "Not Modified",
	305: "Use Proxy", 307: "Temporary Redirect", 308: "Permanent Redirect",
	400: "Bad Request", 401: "Unauthorized", 402: "Payment Required", 403: "Forbidden", 404: "Not Found",
	405: "Method Not Allowed", 406: "Not Acceptable", 407: "Proxy Authentication Required", 408: "Request Timeout",
	409: "Conflict", 410: "Gone", 411: "Length Required", 412: "Precondition Failed", 413: "Payload Too Large",
	414: "URI Too Long", 415: "Unsupported Media Type", 416: "Range Not Satisfiable", 417: "Expectation Failed",
	418: "I'm a teapot", 421: "Misdirected Request", 422: "Unprocessable Entity", 423: "Locked",
	424: "Failed Dependency", 425: "Unordered Collection", 426: "Upgrade Required", 428: "Precondition Required",
	429: "Too Many Requests", 431: "Request Header Fields Too Large", 451: "Unavailable For Legal Reasons",
	500: "Internal Server Error", 501: "Not Implemented", 502: "Bad Gateway", 503: "Service Unavailable",
	504: "Gateway Timeout", 505: "HTTP Version Not Supported", 506: "Variant Also Negotiates",
	507: "Insufficient Storage", 508: "Loop Detected", 509: "Bandwidth Limit Exceeded", 510: "Not Extended",
	511: "Network Authentication Required",
}

// oldStatusNames are the names before Node 2; an empty one means that there was none.
var oldStatusNames = map[int]string{
	208: "", 226: "", 302: "Moved Temporarily", 308: "", 408: "Request Time-out", 413: "Request Entity Too Large",
	414: "Request-URI Too Large", 416: "Requested Range Not Satisfiable", 421: "", 451: "", 504: "Gateway Time-out", 508: "",
}

// StatusCodes returns the reason phrases of an edition by status code. The caller may change the result.
func StatusCodes(edition Edition) map[int]string {
	behaviours := behavioursOf(edition)
	codes := maps.Clone(statusCodesOfAll)
	for _, code := range []int{103, 418, 425} {
		if text := behaviours.statusText(code); text != "unknown" {
			codes[code] = text
		}
	}
	if behaviours.statusOldNames {
		for code, text := range oldStatusNames {
			if text == "" {
				delete(codes, code)
			} else {
				codes[code] = text
			}
		}
	}
	return codes
}

// statusText returns the default reason phrase of a status code.
func (b *behaviours) statusText(code int) string {
	switch {
	case code == 103 && b.statusEarlyHints:
		return "Early Hints"
	case code == 418 && b.statusTeapotCapital:
		return "I'm a Teapot"
	case code == 425 && b.statusTooEarly:
		return "Too Early"
	}
	if b.statusOldNames {
		if text, ok := oldStatusNames[code]; ok {
			if text == "" {
				return "unknown"
			}
			return text
		}
	}
	if text, ok := statusCodesOfAll[code]; ok {
		return text
	}
	return "unknown"
}

// formatStatus is formatInt, without an allocation for what can be sent.
func formatStatus(status int) string {
	if status < 100 || status > 999 {
		return formatInt(status)
	}
	at := 3 * (status - 100)
	return statusDigits[at : at+3]
}

// statusDigits is "100101102", and so on to 999.
var statusDigits = func() string {
	var digits strings.Builder
	for status := 100; status <= 999; status++ {
		digits.WriteString(formatInt(status))
	}
	return digits.String()
}()
