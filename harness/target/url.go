package target

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"strconv"

	"github.com/nodehttp/conform/vectors"
)

// NewURL returns the black box that listens at rawURL and behaves as the
// server app of that name says. The scheme is http or https; certificates are
// not verified. The URL names a whole server, so it has no path.
func NewURL(rawURL string, app *vectors.App) (Target, error) {
	parsed, err := url.Parse(rawURL)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%q is no URL: %w", rawURL, err)
	case parsed.Scheme != "http" && parsed.Scheme != "https":
		return nil, fmt.Errorf("%q: the URL of a server begins with http:// or https://", rawURL)
	case parsed.Hostname() == "":
		return nil, fmt.Errorf("%q: the URL has no host", rawURL)
	case parsed.Path != "" && parsed.Path != "/", parsed.RawQuery != "", parsed.Fragment != "":
		return nil, fmt.Errorf("%q: the vectors choose the request targets themselves, so the URL may have no path and no query", rawURL)
	case parsed.User != nil:
		return nil, fmt.Errorf("%q: the vectors choose the header fields themselves, so the URL may have no user name", rawURL)
	}
	if app.Side != vectors.ServerSide {
		return nil, fmt.Errorf("the app %s is a client; a server at a URL stands in for a server app", app.Name)
	}
	port := map[string]int{"http": 80, "https": 443}[parsed.Scheme]
	if text := parsed.Port(); text != "" {
		if port, err = strconv.Atoi(text); err != nil || port < 1 || port > 65535 {
			return nil, fmt.Errorf("%q: %q is no port", rawURL, text)
		}
	}
	return &blackServer{name: rawURL, host: parsed.Hostname(), port: port, overTLS: parsed.Scheme == "https", app: app.Name}, nil
}

type blackServer struct {
	name    string
	host    string
	port    int
	overTLS bool
	app     string
}

// Describe connects once, so that a server that is not there is told apart
// from one that fails every vector.
func (s *blackServer) Describe(ctx context.Context) (Description, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(s.host, strconv.Itoa(s.port)))
	if err != nil {
		return Description{}, fmt.Errorf("nothing answers at %s: %w", s.name, err)
	}
	conn.Close()
	return Description{
		Name:           s.name,
		Implementation: "server",
		Version:        s.app,
		Edition:        vectors.V12,
		MaxInFlight:    16, // a server is entitled to limits on connections that only wait
	}, nil
}

func (s *blackServer) Applicable(v *vectors.Vector) string { return applicableToApp(v, s.app) }

// ForceTransport says that what the vector does over TCP is done over TLS.
func (s *blackServer) ForceTransport() vectors.Transport {
	if s.overTLS {
		return vectors.TLS
	}
	return vectors.TCP
}

func (s *blackServer) Start(context.Context, Run) (Session, error) {
	session := newShortSession()
	session.end = func() {}
	session.events <- Event{Ready: &Ready{Host: s.host, Port: s.port}}
	return session, nil
}

func (s *blackServer) Close() error { return nil }

// applicableToApp is the reason why a black box that stands in for an app
// cannot take the vector, or "".
func applicableToApp(v *vectors.Vector, app string) string {
	switch {
	case v.App == "":
		return "a black box cannot run the vector's own program"
	case v.App != app:
		return fmt.Sprintf("the vector is for the app %s, the target stands in for %s", v.App, app)
	case v.Transport == vectors.Unix || v.Transport == vectors.TLS:
		return fmt.Sprintf("a black box cannot be told to use the transport %s", v.Transport)
	}
	return ""
}
