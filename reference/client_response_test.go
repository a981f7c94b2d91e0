package reference_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nodehttp/conform/reference"
)

// ask makes a request of a peer that answers with the text, and notes what happens.
func ask(t *testing.T, options reference.RequestOptions, text string, listen func(*reference.ClientRequest, *eventLog)) (*eventLog, *reference.ClientRequest) {
	t.Helper()
	noLeaks(t)
	p := newOrigin(t, func(c *originConn, _ int) {
		c.head()
		c.send(text)
		c.rest()
	})
	log := newEventLog()
	options.Host, options.Port, options.OneTimeAgent = "127.0.0.1", p.port, true
	options.Prepare = func(r *reference.ClientRequest) {
		r.EventError.On(func(err error) { log.note("error %s", describe(err)) })
		r.EventClose.On(func() { log.note("close") })
		if listen != nil {
			listen(r, log)
		}
	}
	r, err := reference.Get(options, nil)
	if err != nil {
		t.Fatal(err)
	}
	return log, r
}

func noteResponse(r *reference.ClientRequest, log *eventLog) {
	r.EventResponse.On(func(res *reference.IncomingMessage) {
		log.note("response %d %q", res.StatusCode(), res.StatusMessage())
		var body []byte
		res.EventData.On(func(chunk []byte) { body = append(body, chunk...) })
		res.EventEnd.On(func() {
			log.note("end %q complete=%v trailers=%v", body, res.Complete(), res.RawTrailers())
		})
	})
}

func TestResponseForms(t *testing.T) {
	for name, test := range map[string]struct {
		options reference.RequestOptions
		text    string
		want    string
	}{
		"length":         {reference.RequestOptions{}, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", `response 200 "OK" > end "hi" complete=true trailers=[] > close`},
		"chunked":        {reference.RequestOptions{}, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX-T: 1\r\n\r\n", `response 200 "OK" > end "hi" complete=true trailers=[X-T 1] > close`},
		"HEAD":           {reference.RequestOptions{Method: "HEAD"}, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", `response 200 "OK" > end "" complete=true trailers=[] > close`},
		"204":            {reference.RequestOptions{}, "HTTP/1.1 204 No Content\r\n\r\n", `response 204 "No Content" > end "" complete=true trailers=[] > close`},
		"304":            {reference.RequestOptions{}, "HTTP/1.1 304 Not Modified\r\n\r\n", `response 304 "Not Modified" > end "" complete=true trailers=[] > close`},
		"no reason":      {reference.RequestOptions{}, "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", `response 200 "" > end "" complete=true trailers=[] > close`},
		"second":         {reference.RequestOptions{}, strings.Repeat("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", 2), `response 200 "OK" > end "hi" complete=true trailers=[] > close`},
		"bad length":     {reference.RequestOptions{}, "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", `error HPE_INVALID_CONTENT_LENGTH|Parse Error: Invalid character in Content-Length > close`},
		"length twice":   {reference.RequestOptions{}, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nhi", `error HPE_UNEXPECTED_CONTENT_LENGTH|Parse Error: Duplicate Content-Length > close`},
		"large head":     {reference.RequestOptions{}, "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("a", 10000) + "\r\n\r\n", `error HPE_HEADER_OVERFLOW|Parse Error: Header overflow > close`},
		"control":        {reference.RequestOptions{}, "HTTP/1.1 200 OK\r\nX: \x01\r\nContent-Length: 0\r\n\r\n", `error HPE_INVALID_HEADER_TOKEN|Parse Error: Invalid header value char > close`},
		"control, loose": {reference.RequestOptions{InsecureHTTPParser: true}, "HTTP/1.1 200 OK\r\nX: \x01\r\nContent-Length: 0\r\n\r\n", `response 200 "OK" > end "" complete=true trailers=[] > close`},
	} {
		t.Run(name, func(t *testing.T) {
			log, _ := ask(t, test.options, test.text, noteResponse)
			log.until(t, "close")
			if got := log.String(); got != test.want {
				t.Errorf("saw  %s\nwant %s", got, test.want)
			}
		})
	}
}

// A parse error tells where in the last packet it was.
func TestResponseParseErrorPosition(t *testing.T) {
	const text = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiEXTRA"
	got := make(chan *reference.Error, 1)
	log, _ := ask(t, reference.RequestOptions{}, text, func(r *reference.ClientRequest, log *eventLog) {
		noteResponse(r, log)
		r.EventError.On(func(err error) {
			var violation *reference.Error
			errors.As(err, &violation)
			got <- violation
		})
	})
	log.until(t, "close")
	if err := <-got; err.BytesParsed != 40 || string(err.RawPacket) != text || err.Reason != "Expected HTTP/" {
		t.Errorf("%+v", err)
	}
}

func TestInformation(t *testing.T) {
	const text = "HTTP/1.1 103 Early Hints\r\nLink: a\r\nLink: b\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
	for edition, want := range map[reference.Edition]string{
		reference.V12: `information 103 "Early Hints" "1.1" "a, b" [Link a Link b] > response 200 "OK"`,
		reference.V10: `information 103 "" "" "" [] > response 200 "OK"`,
		reference.V6:  `response 103 "Early Hints"`,
	} {
		agent := agentOf(t, reference.AgentOptions{Edition: edition})
		log, _ := ask(t, reference.RequestOptions{DefaultAgent: agent}, text, func(r *reference.ClientRequest, log *eventLog) {
			r.EventInformation.On(func(info *reference.Information) {
				link := ""
				if info.Headers != nil {
					link = info.Headers.Value("link")
				}
				log.note("information %d %q %q %q %v", info.StatusCode, info.StatusMessage, info.HTTPVersion, link, info.RawHeaders)
			})
			r.EventResponse.On(func(res *reference.IncomingMessage) {
				log.note("response %d %q", res.StatusCode(), res.StatusMessage())
				res.Resume()
			})
		})
		log.until(t, "close")
		if got := log.String(); !strings.HasPrefix(got, want) {
			t.Errorf("%v: saw %s", edition, got)
		}
	}
}

func TestClientUpgradeAndConnect(t *testing.T) {
	taken := func(name string, log *eventLog) func(*reference.IncomingMessage, *reference.Socket, []byte) {
		return func(res *reference.IncomingMessage, socket *reference.Socket, head []byte) {
			log.note("%s %d %q", name, res.StatusCode(), head)
			socket.EventClose.On(func(bool) { log.note("socket closed") })
			socket.End([]byte("tunnel"), nil)
			socket.Resume()
		}
	}
	for name, test := range map[string]struct {
		method string
		text   string
		want   string
	}{
		"upgrade": {"", "HTTP/1.1 101 SP\r\nConnection: Upgrade\r\nUpgrade: foo\r\n\r\nhead", `upgrade 101 "head" > close`},
		"not 101": {"", "HTTP/1.1 200 OK\r\nConnection: Upgrade, close\r\nUpgrade: foo\r\nContent-Length: 0\r\n\r\n", "close"},
		"connect": {"CONNECT", "HTTP/1.1 200 OK\r\n\r\nhead", `connect 200 "head" > close`},
		"refused": {"CONNECT", "HTTP/1.1 407 PA\r\nContent-Length: 2\r\n\r\nno", `connect 407 "no" > close`},
	} {
		t.Run(name, func(t *testing.T) {
			log, r := ask(t, reference.RequestOptions{Method: test.method, Path: "a:1"}, test.text, func(r *reference.ClientRequest, log *eventLog) {
				r.EventUpgrade.On(taken("upgrade", log))
				r.EventConnect.On(taken("connect", log))
			})
			log.until(t, "close")
			if got := log.String(); !strings.HasPrefix(got, test.want) {
				t.Errorf("saw %s", got)
			}
			r.Socket().Destroy(nil)
		})
	}
}

func TestResponseMaxHeadersCount(t *testing.T) {
	var text strings.Builder
	text.WriteString("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n")
	for i := range 1100 {
		fmt.Fprintf(&text, "a%d: %d\r\n", i, i)
	}
	text.WriteString("\r\n")
	for limit, want := range map[int]int{-1: 1000, 5: 5, 0: 1101} {
		agent := agentOf(t, reference.AgentOptions{Edition: reference.V6})
		log, _ := ask(t, reference.RequestOptions{DefaultAgent: agent}, text.String(), func(r *reference.ClientRequest, log *eventLog) {
			if limit >= 0 {
				r.SetMaxHeadersCount(limit)
			}
			r.EventResponse.On(func(res *reference.IncomingMessage) {
				log.note("%d", res.Headers().Len())
				res.Resume()
			})
		})
		log.until(t, fmt.Sprint(want))
		log.until(t, "close")
	}
}

// What cannot be asked for is refused at once.
func TestRequestErrors(t *testing.T) {
	v12, v10, v6 := reference.V12, reference.V10, reference.V6
	for _, test := range []struct {
		edition reference.Edition
		options reference.RequestOptions
		want    string
	}{
		{v12, reference.RequestOptions{Path: "/a b"}, "ERR_UNESCAPED_CHARACTERS|Request path contains unescaped characters"},
		{v12, reference.RequestOptions{Path: "/a\n"}, "ERR_UNESCAPED_CHARACTERS|Request path contains unescaped characters"},
		{v12, reference.RequestOptions{Path: "/€"}, "ERR_UNESCAPED_CHARACTERS|Request path contains unescaped characters"},
		{v6, reference.RequestOptions{Path: "/a b"}, "|Request path contains unescaped characters"},
		{v12, reference.RequestOptions{Protocol: "ftp:"}, `ERR_INVALID_PROTOCOL|Protocol "ftp:" not supported. Expected "http:"`},
		{v12, reference.RequestOptions{Method: "A B"}, `ERR_INVALID_HTTP_TOKEN|Method must be a valid HTTP token ["A B"]`},
		{v6, reference.RequestOptions{Method: "A B"}, `|Method must be a valid HTTP token`},
		{v12, reference.RequestOptions{Headers: fields("X Y", "1")}, `ERR_INVALID_HTTP_TOKEN|Header name must be a valid HTTP token ["X Y"]`},
		{v12, reference.RequestOptions{Headers: fields("X", "a\nb")}, `ERR_INVALID_CHAR|Invalid character in header content ["X"]`},
		{v12, reference.RequestOptions{Headers: []reference.HeaderField{{Name: "X"}}}, `ERR_HTTP_INVALID_HEADER_VALUE|Invalid value "undefined" for header "X"`},
		{v12, reference.RequestOptions{Timeout: -time.Millisecond}, `ERR_OUT_OF_RANGE|The value of "timeout" is out of range. It must be a non-negative finite number. Received -1`},
		{v10, reference.RequestOptions{Timeout: -time.Millisecond}, `ERR_OUT_OF_RANGE|The value of "msecs" is out of range. It must be a non-negative finite number. Received -1`},
		{v12, reference.RequestOptions{Port: 99999}, "ERR_SOCKET_BAD_PORT|Port should be >= 0 and < 65536. Received 99999."},
		{v10, reference.RequestOptions{Port: 99999}, "ERR_SOCKET_BAD_PORT|Port should be > 0 and < 65536. Received 99999."},
		{v6, reference.RequestOptions{Port: 99999}, `|"port" option should be >= 0 and < 65536: 99999`},
		{v12, reference.RequestOptions{LocalAddress: "zz"}, "ERR_INVALID_IP_ADDRESS|Invalid IP address: zz"},
	} {
		test.options.DefaultAgent = agentOf(t, reference.AgentOptions{Edition: test.edition})
		if _, err := reference.Request(test.options, nil); err == nil || describe(err) != test.want {
			t.Errorf("%v: %v, want %s", test.edition, err, test.want)
		}
	}
	for url, want := range map[string]string{
		"foo bar":        "ERR_INVALID_URL|Invalid URL: foo bar",
		"/foo":           "ERR_INVALID_URL|Invalid URL: /foo",
		"127.0.0.1:80/x": `ERR_INVALID_PROTOCOL|Protocol "127.0.0.1:" not supported. Expected "http:"`,
		"https://h/":     `ERR_INVALID_PROTOCOL|Protocol "https:" not supported. Expected "http:"`,
	} {
		if _, err := reference.RequestURL(url, nil, nil); err == nil || describe(err) != want {
			t.Errorf("%s: %v, want %s", url, err, want)
		}
	}
}

func TestConnectionRefused(t *testing.T) {
	noLeaks(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	listener.Close()
	_, err = reference.Do(t.Context(), reference.RequestOptions{Host: "127.0.0.1", Port: port}, nil)
	if err == nil || describe(err) != fmt.Sprintf("ECONNREFUSED|connect ECONNREFUSED 127.0.0.1:%d", port) {
		t.Error(err)
	}
}

func TestDo(t *testing.T) {
	t.Run("body", func(t *testing.T) {
		noLeaks(t)
		p := newOrigin(t, func(c *originConn, _ int) {
			head := c.head()
			body := make([]byte, 1<<20)
			if !strings.Contains(head, "Content-Length: 1048576\r\n") {
				t.Errorf("%q", head)
			}
			n, _ := io.ReadFull(c.in, body)
			c.send(fmt.Sprintf("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n%d", n))
		})
		response, err := reference.Do(t.Context(), reference.RequestOptions{Host: "127.0.0.1", Port: p.port, Method: "POST",
			Headers: fields("Content-Length", "1048576")}, io.LimitReader(rand.Reader, 1<<20))
		if err != nil {
			t.Fatal(err)
		}
		if body, err := io.ReadAll(response); err != nil || string(body) != "1048576" {
			t.Error(string(body), err)
		}
	})
	t.Run("context", func(t *testing.T) {
		noLeaks(t)
		ctx, cancel := context.WithCancel(t.Context())
		p := newOrigin(t, func(c *originConn, _ int) {
			c.head()
			cancel()
			c.rest()
		})
		if _, err := reference.Do(ctx, reference.RequestOptions{Host: "127.0.0.1", Port: p.port}, nil); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	t.Run("cut off", func(t *testing.T) {
		noLeaks(t)
		p := newOrigin(t, func(c *originConn, _ int) {
			c.head()
			c.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")
		})
		response, err := reference.Do(t.Context(), reference.RequestOptions{Host: "127.0.0.1", Port: p.port}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if body, err := io.ReadAll(response); string(body) != "hello" || !errors.Is(err, &reference.Error{Code: "ECONNRESET"}) {
			t.Error(string(body), err)
		}
	})
}

func TestSocketPath(t *testing.T) {
	noLeaks(t)
	path := filepath.Join(t.TempDir(), "s")
	listener, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	heads := make(chan string, 1)
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		buffer := make([]byte, 1000)
		n, _ := conn.Read(buffer)
		heads <- string(buffer[:n])
		_, _ = conn.Write([]byte("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhi"))
		conn.Close()
	}()
	for _, edition := range []reference.Edition{reference.V12} {
		response, err := reference.Do(t.Context(), reference.RequestOptions{SocketPath: path, Host: "127.0.0.1", Port: 1, Path: "/x",
			DefaultAgent: agentOf(t, reference.AgentOptions{Edition: edition})}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if body, err := io.ReadAll(response); string(body) != "hi" {
			t.Error(string(body), err)
		}
		if head := <-heads; head != "GET /x HTTP/1.1\r\nHost: 127.0.0.1:1\r\nConnection: close\r\n\r\n" {
			t.Errorf("%q", head)
		}
	}
}

// An HTTPS agent shows the peer's certificate on the socket's stream.
func TestHTTPS(t *testing.T) {
	noLeaks(t)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(7), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"localhost"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}})
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			c := &originConn{Conn: conn}
			buffer := make([]byte, 1000)
			if _, err := conn.Read(buffer); err == nil {
				c.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi")
				_, _ = conn.Read(buffer)
			}
			conn.Close()
		}
	}()
	defer func() { listener.Close(); <-served }()
	ca := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	agent, err := reference.NewTLSAgent(reference.AgentOptions{})
	if err != nil {
		t.Fatal(err)
	}
	options := reference.RequestOptions{Agent: agent, Host: "127.0.0.1", Port: listener.Addr().(*net.TCPAddr).Port}
	options.TLS = &reference.TLSOptions{CA: ca}
	response, err := reference.Do(t.Context(), options, nil)
	if err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(response); string(body) != "hi" {
		t.Error(string(body), err)
	}
	stream, secure := response.Socket().Stream().(*tls.Conn)
	if !secure || stream.ConnectionState().PeerCertificates[0].SerialNumber.Int64() != 7 {
		t.Error("no certificate")
	}
	options.TLS = nil
	if _, err := reference.Do(t.Context(), options, nil); err == nil {
		t.Error("an unknown authority was accepted")
	}
	agent.Destroy()
}

// Write callbacks come in order, before EventFinish, whose callback is that of End.
func TestWriteCallbacks(t *testing.T) {
	l := newLoop(t)
	noLeaks(t)
	p := newOrigin(t, func(c *originConn, _ int) {
		c.head()
		c.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
		c.rest()
	})
	for edition, want := range map[reference.Edition]string{
		reference.V12: "true > a > empty > b > finish > end > close",
		reference.V6:  "false > a > b > finish > end > close",
	} {
		log := newEventLog()
		l.do(func() {
			r, err := reference.Request(reference.RequestOptions{Host: "127.0.0.1", Port: p.port, Method: "POST", OneTimeAgent: true,
				Headers:      fields("Content-Length", "2"),
				DefaultAgent: agentOf(t, reference.AgentOptions{Edition: edition, Executor: l})}, nil)
			if err != nil {
				t.Error(err)
				return
			}
			r.EventFinish.On(func() { log.note("finish") })
			r.EventClose.On(func() { log.note("close") })
			note := func(entry string) func(error) {
				return func(err error) {
					if err == nil {
						log.note("%s", entry)
					}
				}
			}
			more, _ := r.Send([]byte("a"), note("a"))
			log.note("%v", more)
			_, _ = r.Send(nil, note("empty"))
			_, _ = r.Send([]byte("b"), note("b"))
			if err := r.End(nil, func() { log.note("end") }); err != nil {
				t.Error(err)
			}
		})
		log.until(t, "close")
		if got := log.String(); got != want {
			t.Errorf("%v: saw %s", edition, got)
		}
	}
}
