package jshost

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"os"
	"strconv"

	"github.com/dop251/goja"

	"github.com/nodehttp/conform/reference"
)

// netServer is net.Server, which package reference has no use for.
type netServer struct {
	host            *Host
	allowHalfOpen   bool
	eventConnection reference.Event1[*reference.Socket]
	eventListening  reference.Event0
	eventClose      reference.Event0
	eventError      reference.Event1[error]

	// On the loop only.
	listener net.Listener
	open     map[*reference.Socket]struct{}
	closing  bool
}

func (s *netServer) listen(network, address string) error {
	if s.listener != nil {
		return &reference.Error{Code: "ERR_SERVER_ALREADY_LISTEN", Name: "Error",
			Message: "Listen method has been called more than once without closing."}
	}
	listener, err := net.Listen(network, address)
	if err != nil {
		failure := reference.ListenError(err, address)
		s.host.loop.ExecuteSoon(func() { s.eventError.Emit(failure) })
		return nil
	}
	s.listener, s.closing = listener, false
	s.host.servers[s] = struct{}{}
	s.host.loop.ExecuteSoon(func() { s.eventListening.Emit() })
	go s.accept(listener)
	return nil
}

// accept ends when the listener is closed.
func (s *netServer) accept(listener net.Listener) {
	for {
		connection, err := listener.Accept()
		if err != nil {
			return
		}
		s.host.loop.Execute(func() {
			socket := reference.NewSocket(connection, reference.SocketOptions{Executor: s.host.loop, AllowHalfOpen: s.allowHalfOpen})
			if s.host.isDead() {
				socket.Destroy(nil)
				return
			}
			s.open[socket] = struct{}{}
			socket.EventClose.Once(func(bool) {
				delete(s.open, socket)
				s.closeIfEmpty()
			})
			s.eventConnection.Emit(socket)
			socket.Resume()
		})
	}
}

func (s *netServer) close() bool {
	if s.listener == nil {
		return false
	}
	_ = s.listener.Close()
	s.listener, s.closing = nil, true
	s.host.loop.ExecuteSoon(s.closeIfEmpty)
	return true
}

func (s *netServer) closeIfEmpty() {
	if s.closing && len(s.open) == 0 {
		s.closing = false
		delete(s.host.servers, s)
		s.eventClose.Emit()
	}
}

func (s *netServer) shut() {
	s.close()
	for socket := range s.open {
		socket.Destroy(nil)
	}
}

func (h *Host) initNetServer(call goja.FunctionCall) goja.Value {
	server := &netServer{host: h, open: map[*reference.Socket]struct{}{}}
	if options, ok := call.Argument(1).(*goja.Object); ok && options.Get("allowHalfOpen") != nil {
		server.allowHalfOpen = options.Get("allowHalfOpen").ToBoolean()
	}
	b := h.bind(call.Argument(0).ToObject(h.vm), server, func(name string) *event {
		switch name {
		case "connection":
			return event1(h, &server.eventConnection)
		case "listening":
			return event0(&server.eventListening)
		case "close":
			return event0(&server.eventClose)
		case "error":
			return event1(h, &server.eventError)
		}
		return nil
	})
	server.eventError.On(func(err error) {
		if b.off["error"] == nil {
			b.emit("error", err)
		}
	})
	return goja.Undefined()
}

// listenArguments sorts the arguments of listen.
type listenArguments struct {
	network, address string
	file             int // a file descriptor; -1: none
	callback         goja.Value
}

func (h *Host) listenArgumentsOf(call goja.FunctionCall) listenArguments {
	arguments := listenArguments{network: "tcp", file: -1}
	host, port := "", 0
	first := call.Argument(0)
	switch value := first.(type) {
	case *goja.Object:
		if isFunction(value) {
			break
		}
		if fd := value.Get("fd"); !isMissing(fd) {
			arguments.file = int(fd.ToInteger())
		}
		if path := value.Get("path"); !isMissing(path) {
			arguments.network, arguments.address = "unix", path.String()
		}
		if text := value.Get("host"); !isMissing(text) {
			host = text.String()
		}
		if number := value.Get("port"); !isMissing(number) {
			port = h.listenPort(number)
		}
	default:
		if isMissing(first) {
			break
		}
		if isString(first) {
			if path, _, isPort := pathOrPort(first.String()); !isPort {
				arguments.network, arguments.address = "unix", path
				break
			}
		}
		port = h.listenPort(first)
	}
	for i, argument := range call.Arguments {
		if isFunction(argument) {
			arguments.callback = argument
		} else if i == 1 && isString(argument) {
			host = argument.String()
		}
	}
	if arguments.network == "tcp" {
		arguments.address = net.JoinHostPort(host, strconv.Itoa(port))
	}
	return arguments
}

func (h *Host) listenPort(value goja.Value) int {
	number := value.ToFloat()
	if number < 0 || number > 65535 || number != float64(int(number)) {
		panic(h.newError("RangeError", "ERR_SOCKET_BAD_PORT",
			"options.port should be >= 0 and < 65536. Received "+value.String()+"."))
	}
	return int(number)
}

func (h *Host) installNetServer() {
	prototype := h.prototype(h.classes.netServer)
	self := func(call goja.FunctionCall) *netServer { return this[*netServer](h, call) }
	h.method(prototype, "listen", func(call goja.FunctionCall) goja.Value {
		arguments := h.listenArgumentsOf(call)
		if arguments.callback != nil {
			h.invoke(call.This, "once", h.vm.ToValue("listening"), arguments.callback)
		}
		h.throw(self(call).listen(arguments.network, arguments.address))
		return call.This
	})
	h.method(prototype, "close", func(call goja.FunctionCall) goja.Value {
		server := self(call)
		if callback := call.Argument(0); isFunction(callback) {
			if server.listener != nil {
				h.invoke(call.This, "once", h.vm.ToValue("close"), callback)
			} else {
				report := h.errorCallbackOf(callback, call.This)
				h.loop.ExecuteSoon(func() {
					report(&reference.Error{Code: "ERR_SERVER_NOT_RUNNING", Name: "Error", Message: "Server is not running."})
				})
			}
		}
		server.close()
		return call.This
	})
	h.method(prototype, "address", func(call goja.FunctionCall) goja.Value {
		if server := self(call); server.listener != nil {
			return h.addressObject(server.listener.Addr())
		}
		return goja.Null()
	})
	h.method(prototype, "getConnections", func(call goja.FunctionCall) goja.Value {
		count := len(self(call).open)
		if function, ok := goja.AssertFunction(call.Argument(0)); ok {
			h.loop.ExecuteSoon(func() { h.Call(function, call.This, goja.Null(), h.vm.ToValue(count)) })
		}
		return call.This
	})
	h.method(prototype, "ref", func(call goja.FunctionCall) goja.Value { return call.This })
	h.method(prototype, "unref", func(call goja.FunctionCall) goja.Value { return call.This })
	h.property(prototype, "listening", getter(h, func(s *netServer) any { return s.listener != nil }), nil)
}

// --- certificates

// pem returns an option that may be text, bytes, or a list of them.
func (h *Host) pem(options *goja.Object, name string) []byte {
	if options == nil {
		return nil
	}
	value := options.Get(name)
	if isMissing(value) {
		return nil
	}
	if object, ok := value.(*goja.Object); ok && isArray(object) {
		var all []byte
		for _, element := range h.elements(object) {
			if bytes, ok := h.bytesOf(element); ok {
				all = append(append(all, bytes...), '\n')
			} else {
				all = append(append(all, element.String()...), '\n')
			}
		}
		return all
	}
	if bytes, ok := h.bytesOf(value); ok {
		return append([]byte(nil), bytes...)
	}
	return []byte(value.String())
}

// serverTLS makes the configuration of an https server.
func (h *Host) serverTLS(options *goja.Object) (*tls.Config, error) {
	config := &tls.Config{NextProtos: []string{"http/1.1"}}
	if key := h.pem(options, "key"); key != nil {
		certificate, err := tls.X509KeyPair(h.pem(options, "cert"), key)
		if err != nil {
			return nil, err
		}
		config.Certificates = []tls.Certificate{certificate}
	} else {
		// Without a certificate every handshake fails, but the server exists.
		config.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return nil, errors.New("no certificate")
		}
	}
	if options != nil && !isMissing(options.Get("requestCert")) && options.Get("requestCert").ToBoolean() {
		config.ClientAuth = tls.RequestClientCert
		if reject := options.Get("rejectUnauthorized"); isMissing(reject) || reject.ToBoolean() {
			config.ClientAuth = tls.RequireAndVerifyClientCert
		}
		if authorities := h.pem(options, "ca"); authorities != nil {
			config.ClientCAs = x509.NewCertPool()
			config.ClientCAs.AppendCertsFromPEM(authorities)
		}
	}
	return config, nil
}

// clientTLS makes the configuration of tls.connect.
func (h *Host) clientTLS(options *goja.Object, host string) (*tls.Config, error) {
	config := &tls.Config{ServerName: host}
	secure := h.tlsOptions(options)
	if secure == nil {
		return config, nil
	}
	if secure.ServerName != "" {
		config.ServerName = secure.ServerName
	}
	secure.Config = config
	secure.ServerName = config.ServerName
	return secure.Configuration()
}

// tlsOptions reads the options of a secure connection; nil when there are none.
func (h *Host) tlsOptions(options *goja.Object) *reference.TLSOptions {
	if options == nil {
		return nil
	}
	read := func(name string) string {
		if value := options.Get(name); !isMissing(value) {
			return value.String()
		}
		return ""
	}
	choice := func(name string) *bool {
		if value := options.Get(name); !isMissing(value) {
			chosen := value.ToBoolean()
			return &chosen
		}
		return nil
	}
	secure := &reference.TLSOptions{
		CA: string(h.pem(options, "ca")), Cert: string(h.pem(options, "cert")), Key: string(h.pem(options, "key")),
		PFX: string(h.pem(options, "pfx")), CRL: string(h.pem(options, "crl")), DHParam: string(h.pem(options, "dhparam")),
		RejectUnauthorized: choice("rejectUnauthorized"), HonorCipherOrder: choice("honorCipherOrder"),
		ServerName: read("servername"), MinVersion: read("minVersion"), MaxVersion: read("maxVersion"),
		ClientCertEngine: read("clientCertEngine"), Ciphers: read("ciphers"), SecureProtocol: read("secureProtocol"),
		ECDHCurve: read("ecdhCurve"), SessionIDContext: read("sessionIdContext"),
	}
	if number := options.Get("secureOptions"); !isMissing(number) {
		secure.SecureOptions = int(number.ToInteger())
	}
	if (*secure == reference.TLSOptions{}) {
		return nil
	}
	return secure
}

func fileOf(descriptor int) *os.File { return os.NewFile(uintptr(descriptor), "listener") }
