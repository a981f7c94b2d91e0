package wire_test

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/nodehttp/conform/harness/wire"
	"github.com/nodehttp/conform/vectors"
)

func TestUnixSockets(t *testing.T) {
	unix := wire.Options{Transport: vectors.Unix}
	wantMet(t, trial{options: unix, server: answers(hello)}.play(t,
		send(request), receive(vectors.Message{Status: 200}), closed(vectors.EndFIN)))
	wantMet(t, trial{options: unix, client: asks(request)}.play(t,
		accept(), receive(vectors.Message{Method: "GET"}), send("bye"), hangUp(), recorded("bye")))
}

func TestAUnixPeerRemovesItsSocket(t *testing.T) {
	path := t.TempDir() + "/s"
	peer, err := wire.Open(wire.Options{Listen: true, Transport: vectors.Unix, SocketPath: path})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
	peer.Close()
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("the socket is still there: %v", err)
	}
}

func TestTLS(t *testing.T) {
	certificate, err := wire.NewCertificates()
	if err != nil {
		t.Fatal(err)
	}
	options := wire.Options{Transport: vectors.TLS, Certificate: certificate}
	pair, err := tls.X509KeyPair([]byte(certificate.Cert), []byte(certificate.Key))
	if err != nil {
		t.Fatal(err)
	}
	secure := func(s server) server {
		return func(p *program, c net.Conn) {
			c = tls.Server(c, &tls.Config{Certificates: []tls.Certificate{pair}})
			defer c.Close()
			s(p, c)
		}
	}
	for _, fragment := range []wire.Fragment{wire.FragmentNone, wire.FragmentBytes} {
		options.Fragment = fragment
		o := trial{options: options, server: secure(answers(hello))}.play(t,
			send(request), receive(vectors.Message{Status: 200, Body: "ok"}), closed(vectors.EndFIN))
		wantMet(t, o)
	}
	// A reset below TLS is a reset.
	o := trial{options: options, server: func(p *program, raw net.Conn) {
		c := tls.Server(raw, &tls.Config{Certificates: []tls.Certificate{pair}})
		readRequest(bufio.NewReader(c))
		raw.(*net.TCPConn).SetLinger(0)
	}}.play(t, send(request), closed(vectors.EndReset))
	wantMet(t, o)
	// A program that speaks no TLS.
	o = trial{options: options, server: func(p *program, c net.Conn) { io.WriteString(c, hello) }}.play(t, send(request))
	wantFailure(t, o, "send", "TLS handshake")

	asksSecurely := func(config *tls.Config) client {
		return func(p *program, network, address string) {
			c, err := tls.Dial(network, address, config)
			if err != nil {
				p.record("refused")
				return
			}
			defer c.Close()
			io.WriteString(c, request)
			got, err := io.ReadAll(c)
			p.record(string(got))
			if err != nil {
				p.record("error")
			}
		}
	}
	o = trial{options: options, client: asksSecurely(clientTLS(certificate))}.play(t,
		accept(), receive(vectors.Message{Method: "GET"}), send("bye"), halfClose(), recorded("bye"), closed(vectors.EndFIN))
	wantMet(t, o)
	o = trial{options: options, client: asksSecurely(clientTLS(certificate))}.play(t,
		accept(), receive(vectors.Message{Method: "GET"}), reset(), recorded("error"))
	wantMet(t, o)
	// A client that does not trust the peer.
	o = trial{options: options, client: asksSecurely(&tls.Config{ServerName: "localhost"})}.play(t,
		accept(), receive(vectors.Message{}))
	wantFailure(t, o, "receive", "ended before the message was complete: lost (remote error")
	if _, err := wire.Open(wire.Options{Transport: vectors.TLS}); err == nil {
		t.Error("a TLS peer without a certificate was opened")
	}
}

func TestAClientOfNetHTTP(t *testing.T) {
	get := func(p *program, network, address string) {
		transport := &http.Transport{}
		defer transport.CloseIdleConnections()
		c := &http.Client{Transport: transport}
		for range 2 {
			response, err := c.Get("http://" + address + "/x")
			if err != nil {
				p.record("error")
				return
			}
			body, _ := io.ReadAll(response.Body)
			response.Body.Close()
			p.record(string(body))
		}
	}
	o := trial{client: get, options: wire.Options{Fragment: wire.FragmentBytes}}.play(t,
		accept(),
		receive(vectors.Message{Method: "GET", Target: "/x", Framing: "none"}), send(hello), recorded("ok"),
		receive(vectors.Message{Method: "GET"}), send("HTTP/1.1 200 OK\r\n\r\nto the end"), hangUp(), recorded("to the end"),
		connections(1))
	wantMet(t, o)
}

// What is written in pieces must come in pieces, or fragmentation tests nothing.
func TestFragmentsArriveApart(t *testing.T) {
	text := strings.Repeat("0123456789", 10)
	for _, c := range []struct {
		options     wire.Options
		least, most int
	}{
		{wire.Options{}, 1, 1},
		{wire.Options{Fragment: wire.FragmentBytes}, 50, 100},
		{wire.Options{Fragment: wire.FragmentRandom, Seed: 5}, 3, 99},
		{wire.Options{Fragment: wire.FragmentBytes, Transport: vectors.Unix}, 50, 100},
	} {
		// Nobody can make a busy machine schedule the reader in time, so the
		// best of several tries counts.
		best := 0
		for range 10 {
			reads := countReads(t, c.options, text)
			if reads > c.most {
				t.Errorf("%s: %d reads of %d bytes", c.options.Fragment, reads, len(text))
			}
			if best = max(best, reads); best >= c.least {
				break
			}
		}
		if best < c.least {
			t.Errorf("%s: at most %d reads of %d bytes", c.options.Fragment, best, len(text))
		}
	}
}

func countReads(t *testing.T, options wire.Options, text string) int {
	reads := 0
	o := trial{options: options, server: func(p *program, conn net.Conn) {
		buffer := make([]byte, 1000)
		var got []byte
		for len(got) < len(text) {
			n, err := conn.Read(buffer)
			if err != nil {
				return
			}
			got = append(got, buffer[:n]...)
			reads++
		}
		conn.Write(got)
	}}.play(t, send(text), receiveBytes(text), closed(vectors.EndFIN))
	wantMet(t, o)
	t.Logf("%s %s: %d reads", options.Transport, options.Fragment, reads)
	return reads
}
