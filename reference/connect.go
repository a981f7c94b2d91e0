package reference

import (
	"context"
	"net"
	"net/netip"
	"strconv"
	"sync"
)

// GlobalAgent returns the agent of HTTP requests that name none: edition v12, no executor, default options.
var GlobalAgent = sync.OnceValue(func() *Agent {
	agent, _ := NewAgent(AgentOptions{})
	return agent
})

// GlobalTLSAgent returns the same for HTTPS: pass it as RequestOptions.DefaultAgent to make HTTPS requests.
var GlobalTLSAgent = sync.OnceValue(func() *Agent {
	agent, _ := NewTLSAgent(AgentOptions{})
	return agent
})

// sameKind returns a new agent with default options for the same protocol.
func (a *Agent) sameKind() (*Agent, error) {
	options := AgentOptions{Edition: a.b.edition, Executor: a.executor}
	if a.protocol == "https:" {
		return NewTLSAgent(options)
	}
	return NewAgent(options)
}

// connect is the default of CreateConnection: a TCP connection or one over a Unix domain socket.
func (a *Agent) connect(options *RequestOptions, _ func(error, *Socket)) (*Socket, error) {
	return a.dial(options, false)
}

// connectTLS is the default of CreateConnection for an HTTPS agent.
func (a *Agent) connectTLS(options *RequestOptions, _ func(error, *Socket)) (*Socket, error) {
	return a.dial(options, true)
}

func (a *Agent) dial(options *RequestOptions, secure bool) (*Socket, error) {
	if err := options.validateConnection(a.b); err != nil {
		return nil, err
	}
	dial := DialOptions{SocketOptions: SocketOptions{Executor: a.executor, timeouts: &a.timeouts}, Timeout: options.Timeout}
	if options.SocketPath != "" {
		dial.Network, dial.Address = "unix", options.SocketPath
	} else {
		dial.Network, dial.Address = "tcp", net.JoinHostPort(options.Host, strconv.Itoa(options.Port))
		route := route{options.Host, options.Port, options.Family, options.LocalAddress, options.LocalPort, options.Lookup}
		dial.Dial = func(ctx context.Context, _, _ string) (net.Conn, error) { return route.dial(ctx) }
		if begun := route.begin(); begun != nil {
			dial.Dial = func(ctx context.Context, _, _ string) (net.Conn, error) { return begun(ctx) }
		}
	}
	if secure {
		tlsOptions := options.TLS
		if tlsOptions == nil {
			tlsOptions = &TLSOptions{ServerName: serverName(options.Host, "")}
		}
		config, err := tlsOptions.config()
		if err != nil {
			return nil, &Error{Name: nameError, Message: err.Error(), Cause: err}
		}
		if config.ServerName == "" {
			// Without a name to ask for, the certificate still has to be one for the address.
			config.ServerName = options.Host
		}
		dial.TLS = config
	}
	return Dial(context.Background(), dial), nil
}

// route is the way to a TCP server.
type route struct {
	host         string
	port         int
	family       int
	localAddress string
	localPort    int
	lookup       func(ctx context.Context, host string, family int) ([]netip.Addr, error)
}

// begin begins to connect where there is nothing to resolve. It returns nil where there is.
func (r *route) begin() func(ctx context.Context) (net.Conn, error) {
	address, err := netip.ParseAddr(r.host)
	if err != nil {
		return nil
	}
	var local netip.AddrPort
	if r.localAddress != "" || r.localPort != 0 {
		from, err := netip.ParseAddr(r.localAddress)
		if err != nil {
			return nil
		}
		local = netip.AddrPortFrom(from, uint16(r.localPort))
	}
	return beginDial(netip.AddrPortFrom(address, uint16(r.port)), local)
}

// dial tries the addresses of the host, IPv4 first as Node does, and returns the error of the first when none answers.
func (r *route) dial(ctx context.Context) (net.Conn, error) {
	addresses, err := r.resolve(ctx)
	if err != nil {
		return nil, err
	}
	dialer := &net.Dialer{KeepAlive: -1}
	if r.localAddress != "" || r.localPort != 0 {
		dialer.LocalAddr = &net.TCPAddr{IP: net.ParseIP(r.localAddress), Port: r.localPort}
	}
	var first error
	for _, address := range addresses {
		conn, err := dialer.DialContext(ctx, "tcp", netip.AddrPortFrom(address, uint16(r.port)).String())
		if err == nil {
			return conn, nil
		}
		if first == nil {
			first = err
		}
	}
	return nil, first
}

func (r *route) resolve(ctx context.Context) ([]netip.Addr, error) {
	if address, err := netip.ParseAddr(r.host); err == nil {
		return []netip.Addr{address}, nil
	}
	var addresses []netip.Addr
	var err error
	if r.lookup != nil {
		addresses, err = r.lookup(ctx, r.host, r.family)
	} else {
		addresses, err = net.DefaultResolver.LookupNetIP(ctx, "ip", r.host)
	}
	if err != nil {
		return nil, err
	}
	var sorted, later []netip.Addr
	for _, address := range addresses {
		address = address.Unmap()
		switch {
		case r.lookup != nil:
			sorted = append(sorted, address)
		case address.Is4() && r.family != 6:
			sorted = append(sorted, address)
		case address.Is6() && r.family != 4:
			later = append(later, address)
		}
	}
	if sorted = append(sorted, later...); len(sorted) == 0 {
		return nil, &net.DNSError{Err: "no suitable address", Name: r.host, IsNotFound: true}
	}
	return sorted, nil
}

// onceConnected runs f when the socket is connected: now, or with EventConnect.
func (s *Socket) onceConnected(f func()) {
	s.mu.Lock()
	connecting := s.connecting
	if connecting {
		s.EventConnect.Once(f)
	}
	s.mu.Unlock()
	if !connecting {
		f()
	}
}
