package reference_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nodehttp/conform/reference"
)

// pattern is a body of n bytes that shows when something is lost or repeated.
func pattern(n int) []byte {
	body := make([]byte, n)
	for i := range body {
		body[i] = byte(i*7 + i>>8)
	}
	return body
}

// echoes are the ways to send a body back: both styles, in the handler and outside it.
var echoes = map[string]handler{
	"blocking, in the handler": func(request request, response response) {
		_, err := io.Copy(response, request)
		must(err)
		must(response.End(nil, nil))
	},
	"blocking, in a goroutine": func(request request, response response) {
		go func() {
			_, err := io.Copy(response, request)
			must(err)
			must(response.End(nil, nil))
		}()
	},
	"events, with back-pressure": func(request request, response response) {
		request.EventData.On(func(chunk []byte) {
			if more, err := response.Send(chunk, nil); err == nil && !more {
				request.Pause()
			}
		})
		response.EventDrain.On(request.Resume)
		request.EventEnd.On(func() { must(response.End(nil, nil)) })
	},
	"readable and take": func(request request, response response) {
		request.EventReadable.On(func() {
			if chunk := request.Take(); chunk != nil {
				_, err := response.Send(chunk, nil)
				must(err)
			}
		})
		request.EventEnd.On(func() { must(response.End(nil, nil)) })
	},
}

func TestEcho(t *testing.T) {
	body := pattern(3 << 20)
	for name, echo := range echoes {
		for _, length := range []int64{int64(len(body)), -1} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				_, address := serve(t, v12, echo)
				client := &http.Client{Transport: &http.Transport{}, Timeout: patience}
				defer client.CloseIdleConnections()
				for range 2 {
					ask, err := http.NewRequest("POST", "http://"+address+"/", io.NopCloser(bytes.NewReader(body)))
					must(err)
					ask.ContentLength = length
					answer, err := client.Do(ask)
					if err != nil {
						t.Fatal(err)
					}
					got, err := io.ReadAll(answer.Body)
					_ = answer.Body.Close()
					if err != nil || !bytes.Equal(got, body) {
						t.Fatalf("%d of %d bytes, %v", len(got), len(body), err)
					}
				}
			})
		}
	}
}

func TestUnreadBodyStopsThePeer(t *testing.T) {
	arrived, release := make(chan request, 1), make(chan struct{})
	_, address := serve(t, v12, func(request request, response response) {
		arrived <- request
		go func() {
			<-release
			n, err := io.Copy(io.Discard, request)
			must(err)
			must(response.EndText(itoa(int(n)), nil))
		}()
	})
	peer := connect(t, address)
	const size = 64 << 20
	peer.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + itoa(size) + "\r\nConnection: close\r\n\r\n")
	request := <-arrived
	sent := make(chan int)
	go func() {
		n, chunk := 0, make([]byte, 64<<10)
		for n < size {
			_ = peer.SetWriteDeadline(time.Now().Add(200 * time.Millisecond))
			written, err := peer.Conn.Write(chunk)
			n += written
			if err != nil {
				break
			}
		}
		sent <- n
	}()
	stuck := <-sent
	if stuck == size {
		t.Fatal("everything was taken though nobody read")
	}
	if kept := request.Socket().BytesRead(); kept > 1<<20 {
		t.Errorf("%d bytes are kept", kept)
	}
	close(release)
	_ = peer.SetWriteDeadline(time.Time{})
	go func() { _, _ = peer.Conn.Write(make([]byte, size-stuck)) }()
	if got := peer.rest(); !strings.HasSuffix(got, "\r\n\r\n"+itoa(size)) {
		t.Errorf("got %q", got)
	}
}

func TestSendReportsBackPressure(t *testing.T) {
	journal := newJournal()
	_, address := serve(t, v12, func(_ request, response response) {
		note := func(chunk []byte) {
			more, err := response.Send(chunk, nil)
			must(err)
			journal.note(map[bool]string{true: "more", false: "wait"}[more])
		}
		response.EventDrain.On(func() {
			journal.note("drain")
			must(response.End(nil, nil))
		})
		note([]byte("a"))
		note(pattern(8 << 20))
	})
	peer := connect(t, address)
	peer.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	if got := journal.wait(t, "wait"); got != "more > wait" {
		t.Errorf("got %q", got)
	}
	_ = peer.rest()
	if got := journal.wait(t, "drain"); got != "more > wait > drain" {
		t.Errorf("got %q", got)
	}
}

func TestConnectionByHand(t *testing.T) {
	for _, test := range []struct {
		name string
		emit func(*reference.Server, net.Conn)
	}{
		{"emitted", func(server *reference.Server, conn net.Conn) {
			server.EventConnection.Emit(reference.NewSocket(conn, reference.SocketOptions{}))
		}},
		{"served", func(server *reference.Server, conn net.Conn) { server.ServeConnection(conn) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			server := reference.CreateServer(v12, echoes["blocking, in the handler"])
			ours, theirs := net.Pipe()
			test.emit(server, theirs)
			_ = ours.SetDeadline(time.Now().Add(patience))
			go func() {
				_, _ = io.WriteString(ours, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello")
				_, _ = io.WriteString(ours, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
			}()
			got, err := io.ReadAll(ours)
			want := ok + date + keepAliveV12 + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n" +
				ok + date + "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
			if err != nil || dated(string(got)) != want {
				t.Errorf("got %q, %v", dated(string(got)), err)
			}
			if server.Listening() || server.Connections() != 0 {
				t.Error("a connection by hand is no accepted one")
			}
		})
	}
}

func certificate(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	must(err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func TestTLS(t *testing.T) {
	own, theirs := certificate(t), certificate(t)
	options := reference.ServerOptions{TLS: &tls.Config{Certificates: []tls.Certificate{own}, ClientAuth: tls.RequireAnyClientCert}}
	_, address := serve(t, options, func(request request, response response) {
		secure, ok := request.Socket().Stream().(*tls.Conn)
		if !ok || len(secure.ConnectionState().PeerCertificates) != 1 {
			t.Error("the peer's certificate cannot be seen")
		}
		echoes["blocking, in the handler"](request, response)
	})
	client := &http.Client{Timeout: patience, Transport: &http.Transport{TLSClientConfig: &tls.Config{
		InsecureSkipVerify: true, Certificates: []tls.Certificate{theirs}}}}
	defer client.CloseIdleConnections()
	body := pattern(1 << 20)
	for range 3 {
		answer, err := client.Post("https://"+address+"/", "", bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if err != nil || !bytes.Equal(got, body) {
			t.Fatalf("%d bytes, %v", len(got), err)
		}
	}
}

func TestClose(t *testing.T) {
	t.Run("waits for open connections", func(t *testing.T) {
		t.Parallel()
		journal := newJournal()
		server, address := serve(t, v12, end("x"))
		peer := connect(t, address)
		peer.send(get)
		peer.until("\r\n\r\nx")
		server.EventClose.On(journal.noting("close"))
		server.Close(func(err error) {
			must(err)
			journal.note("closed")
		})
		journal.note("returned")
		if server.Listening() || server.Connections() != 1 {
			t.Error("still listening, or no connection left")
		}
		_ = peer.Close()
		if got := journal.wait(t, "closed"); got != "returned > close > closed" {
			t.Errorf("got %q", got)
		}
	})
	t.Run("of a server that does not listen", func(t *testing.T) {
		t.Parallel()
		failed := make(chan error)
		reference.CreateServer(v12, nil).Close(func(err error) { failed <- err })
		if err := <-failed; !errors.Is(err, &reference.Error{Code: "ERR_SERVER_NOT_RUNNING"}) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("shutdown destroys what does not end in time", func(t *testing.T) {
		t.Parallel()
		server, address := serve(t, v12, end("x"))
		peer := connect(t, address)
		peer.send(get)
		peer.until("\r\n\r\nx")
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
		defer cancel()
		if err := server.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if got := peer.rest(); got != "" {
			t.Errorf("got %q", got)
		}
	})
	t.Run("a port in use", func(t *testing.T) {
		t.Parallel()
		_, address := serve(t, v12, nil)
		err := reference.CreateServer(v12, nil).Listen("tcp", address)
		if !errors.Is(err, &reference.Error{Code: "EADDRINUSE"}) || !strings.HasPrefix(err.Error(), "listen EADDRINUSE: address already in use "+address) {
			t.Errorf("got %v", err)
		}
	})
}

// TestManyConnections is for the race detector: many peers, pipelining, answered from other goroutines.
func TestManyConnections(t *testing.T) {
	_, address := serve(t, v12, func(request request, response response) {
		go func() {
			_, _ = response.WriteString(request.URL())
			must(response.End(nil, nil))
		}()
	})
	var peers sync.WaitGroup
	for range 16 {
		peers.Go(func() {
			peer := connect(t, address)
			const n = 50
			for i := range n {
				last := ""
				if i == n-1 {
					last = "Connection: close\r\n"
				}
				peer.send("GET /" + itoa(i+1) + " HTTP/1.1\r\nHost: x\r\n" + last + "\r\n")
			}
			got := peer.rest()
			for i := range n {
				url := "/" + itoa(i+1) + "\r\n0\r\n\r\n"
				at := strings.Index(got, url)
				if at < 0 {
					t.Errorf("no %q", url)
					return
				}
				got = got[at+len(url):]
			}
		})
	}
	peers.Wait()
}
