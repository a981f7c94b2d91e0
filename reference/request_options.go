package reference

import (
	"context"
	"encoding/base64"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// RequestOptions are the options of Request and Get. The zero value asks for "GET / HTTP/1.1" of localhost, port 80.
// They are copied: a request never changes what its caller passed.
type RequestOptions struct {
	// Agent is the pool of connections to use. Default: GlobalAgent, unless CreateConnection is set, which then makes the
	// only connection of the request, without any agent.
	Agent *Agent
	// DefaultAgent is used when there is no Agent; its protocol, edition and executor hold even for a request without any
	// agent. Default: GlobalAgent.
	DefaultAgent *Agent
	// OneTimeAgent is `agent: false`: a new agent with default options is used for this request alone.
	OneTimeAgent bool

	// Protocol is the URL scheme with its colon. Default: that of the agent. Any other is an error.
	Protocol string
	// Host is a domain name or IP address. Default: "localhost".
	Host string
	// Hostname is an alias of Host that wins over it.
	Hostname string
	// Port of the server. Default: DefaultPort, else that of the agent, else 80.
	Port int
	// DefaultPort is the port that the Host header leaves out. Default: that of the agent.
	DefaultPort int
	// Family is 4 or 6 to use addresses of that family only.
	Family int
	// LocalAddress is the IP address of this machine to connect from, LocalPort the port.
	LocalAddress string
	LocalPort    int
	// Lookup resolves a host name. Default: the system's resolver.
	Lookup func(ctx context.Context, host string, family int) ([]netip.Addr, error)
	// SocketPath is the path of a Unix domain socket. It wins over host and port, which still make up the Host header.
	SocketPath string

	// Method is the request method, turned into upper case. Default: "GET".
	Method string
	// Path is the request target, with its query. Default: "/".
	Path string
	// Headers are the header fields, in order. A caller who passes none gets Host and Connection, and Authorization if
	// Auth is set.
	Headers []HeaderField
	// HeaderList says that Headers is a raw list, as an array in JavaScript: the same name may stand in it more than once,
	// and neither Host nor Authorization is added.
	HeaderList bool
	// Auth is "user:password" for an Authorization header of the Basic scheme, unless Headers has one.
	Auth string
	// WithoutHost is `setHost: false`: no Host header is added.
	WithoutHost bool

	// Timeout is the idle time of the socket, from its creation on, after which EventTimeout is emitted. It never ends the
	// request. TimeoutSet tells a timeout of 0, which takes an agent's timeout away, from none.
	Timeout    time.Duration
	TimeoutSet bool

	// CreateConnection makes the connection of this request when Agent is nil: it returns a socket, or passes one, or an
	// error, to the callback. What comes first counts.
	CreateConnection func(options *RequestOptions, callback func(err error, socket *Socket)) (*Socket, error)

	// InsecureHTTPParser accepts header values with control characters, and Content-Length together with
	// Transfer-Encoding. Editions v12 and v13.
	InsecureHTTPParser bool
	// MaxHeaderSize limits the response's header block, in bytes. Default: MaxHeaderSize. Edition v13 only.
	MaxHeaderSize int

	// Prepare is called with the new request before anything can happen to it, to add listeners: without an Executor,
	// events may be delivered before Request returns. It must not write.
	Prepare func(*ClientRequest)

	// TLS are the options of a secure connection; only for HTTPS.
	TLS *TLSOptions

	// Data is for users: nothing in this package reads it, and it is handed on to CreateConnection and GetName.
	Data any
}

// applyURL takes from a URL what the options leave open.
func (o *RequestOptions) applyURL(b *behaviours, raw string) error {
	var parsed requestURL
	if b.legacyURL {
		if parsed = parseLegacyURL(raw); parsed.hostname == "" {
			return b.domainNameError()
		}
	} else {
		var valid bool
		if parsed, valid = parseStandardURL(raw); !valid {
			// What the URL standard rejects gets a second chance with the older rules, as long as they find a host.
			if parsed = parseLegacyURL(raw); parsed.hostname == "" {
				return &Error{Code: "ERR_INVALID_URL", Name: nameTypeError, Message: "Invalid URL: " + raw}
			}
		}
	}
	if o.Protocol == "" {
		o.Protocol = parsed.protocol
	}
	if o.Hostname == "" {
		o.Hostname = parsed.hostname
	}
	if o.Port == 0 && parsed.port != "" {
		// A number that no port can have is refused when the connection is made, like one in the options.
		o.Port, _ = strconv.Atoi(parsed.port)
	}
	if o.Path == "" {
		o.Path = parsed.path
	}
	if o.Auth == "" {
		o.Auth = parsed.auth
	}
	return nil
}

func (o *RequestOptions) defaultAgent() *Agent {
	switch {
	case o.DefaultAgent != nil:
		return o.DefaultAgent
	case o.Agent != nil:
		return o.Agent
	}
	return GlobalAgent()
}

// complete validates the options and fills in the defaults, in the order in which Node reports what is wrong.
func (o *RequestOptions) complete(b *behaviours, protocol string, defaultPort int) error {
	if o.Path != "" && !b.validPath(o.Path) {
		return b.unescapedError()
	}
	if o.Protocol != "" && o.Protocol != protocol {
		return b.protocolError(o.Protocol, protocol)
	}
	o.Protocol = protocol
	if o.DefaultPort == 0 {
		o.DefaultPort = defaultPort
	}
	if o.Port == 0 {
		if o.Port = o.DefaultPort; o.Port == 0 {
			o.Port = 80
		}
	}
	if o.Hostname != "" {
		o.Host = o.Hostname
	}
	if o.Host == "" {
		o.Host = "localhost"
	}
	if o.Timeout != 0 && b.requestTimeoutOption {
		o.TimeoutSet = true
	}
	if !b.requestTimeoutOption {
		o.Timeout, o.TimeoutSet = 0, false
	}
	if o.Timeout < 0 {
		name := "timeout"
		if b.timeoutCalledMsecs {
			name = "msecs"
		}
		return b.rangeError(name, "a non-negative finite number", formatMilliseconds(o.Timeout))
	}
	if o.Method == "" {
		o.Method = "GET"
	} else {
		if !isToken(o.Method) {
			return b.methodError(o.Method)
		}
		o.Method = strings.ToUpper(o.Method)
	}
	if b.maxHeaderSizeOption && o.MaxHeaderSize < 0 {
		return b.rangeError("maxHeaderSize", ">= 0 && <= 9007199254740991", o.MaxHeaderSize)
	}
	if o.Path == "" {
		o.Path = "/"
	}
	return nil
}

// validateConnection finds what makes a connection impossible before it is tried.
func (o *RequestOptions) validateConnection(b *behaviours) error {
	if o.SocketPath != "" {
		return nil
	}
	if o.Port < 0 || o.Port > 65535 {
		return b.portError(strconv.Itoa(o.Port))
	}
	if o.LocalAddress != "" && net.ParseIP(o.LocalAddress) == nil {
		return b.localAddressError(o.LocalAddress)
	}
	return nil
}

// hostHeader is the value of the Host header that is added by default.
func (o *RequestOptions) hostHeader() string {
	host := o.Host
	if first := strings.IndexByte(host, ':'); first >= 0 && strings.IndexByte(host[first+1:], ':') >= 0 && host[0] != '[' {
		host = "[" + host + "]"
	}
	if o.Port != o.DefaultPort {
		text := append(append(make([]byte, 0, 64), host...), ':')
		return string(strconv.AppendInt(text, int64(o.Port), 10))
	}
	return host
}

// authorization is the value of the Authorization header that Auth asks for.
func (o *RequestOptions) authorization() string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(o.Auth))
}

// validPath reports whether a path may stand in a request line. A path is text: its characters up to U+00FF are sent
// as one byte each.
func (b *behaviours) validPath(path string) bool {
	for _, r := range path {
		if b.pathRejectsSpaceOnly {
			// Node of these editions lets control characters into the request line, and cuts those above U+00FF down to
			// anything. That would not stay one line.
			if r == ' ' || r < ' ' && r != '\t' || r == 0x7f || r > 0xff {
				return false
			}
		} else if r < 0x21 || r > 0xff {
			return false
		}
	}
	return true
}

// methodError is for a method that is no token.
func (b *behaviours) methodError(method string) *Error {
	if b.errorsWithoutCode {
		return &Error{Name: nameTypeError, Message: "Method must be a valid HTTP token"}
	}
	return b.tokenError("Method", method)
}

// portError is for a port that no connection can be made to.
func (b *behaviours) portError(port string) *Error {
	if b.errorsWithoutCode {
		return &Error{Name: nameRangeError, Message: `"port" option should be >= 0 and < 65536: ` + port}
	}
	lowest := ">="
	if b.portErrorExcludesZero {
		lowest = ">"
	}
	return &Error{Code: "ERR_SOCKET_BAD_PORT", Name: nameRangeError,
		Message: "Port should be " + lowest + " 0 and < 65536. Received " + port + "."}
}

// localAddressError is for a local address that is none.
func (b *behaviours) localAddressError(address string) *Error {
	if b.errorsWithoutCode {
		return &Error{Name: nameTypeError, Message: `"localAddress" option must be a valid IP: ` + address}
	}
	return &Error{Code: "ERR_INVALID_IP_ADDRESS", Name: nameTypeError, Message: "Invalid IP address: " + address}
}

// serverName is the name that a secure connection asks for by default: the host of the Host header, and nothing for an
// IP address.
func serverName(host, hostHeader string) string {
	name := host
	if hostHeader != "" {
		if strings.HasPrefix(hostHeader, "[") {
			if end := strings.IndexByte(hostHeader, ']'); end >= 0 {
				name = hostHeader[1:end]
			} else {
				name = hostHeader
			}
		} else {
			name, _, _ = strings.Cut(hostHeader, ":")
		}
	}
	if net.ParseIP(name) != nil {
		return ""
	}
	return name
}

func formatMilliseconds(d time.Duration) string {
	return strconv.FormatFloat(float64(d)/float64(time.Millisecond), 'f', -1, 64)
}
