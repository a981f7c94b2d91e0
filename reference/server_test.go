package reference_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nodehttp/conform/reference"
)

// journal notes what happens, from any goroutine.
type journal struct {
	mu      sync.Mutex
	entries []string
	grown   chan struct{}
}

func newJournal() *journal { return &journal{grown: make(chan struct{}, 1000)} }

func (j *journal) note(entry string) {
	j.mu.Lock()
	j.entries = append(j.entries, entry)
	j.mu.Unlock()
	j.grown <- struct{}{}
}

func (j *journal) noting(entry string) func() { return func() { j.note(entry) } }

// wait waits until something was noted and returns everything up to then.
func (j *journal) wait(t *testing.T, entry string) string {
	t.Helper()
	late := time.After(patience)
	for {
		j.mu.Lock()
		all := strings.Join(j.entries, " > ")
		j.mu.Unlock()
		if strings.HasSuffix(all, entry) {
			return all
		}
		select {
		case <-j.grown:
		case <-late:
			t.Fatalf("waited for %q, have %q", entry, all)
		}
	}
}

var v12 = reference.ServerOptions{}

func in(edition reference.Edition) reference.ServerOptions {
	return reference.ServerOptions{Edition: edition}
}

func TestExpect(t *testing.T) {
	post := func(expect, version string) string {
		return "POST / HTTP/" + version + "\r\nHost: x\r\nContent-Length: 3\r\nExpect: " + expect + "\r\n\r\nabc"
	}
	echo := func(request request, response response) {
		body, err := io.ReadAll(request)
		must(err)
		must(response.EndText("body="+string(body), nil))
	}
	answered := ok + date + keepAliveV12 + "Content-Length: 8\r\n\r\nbody=abc[open]"
	for _, test := range []struct {
		name, request string
		options       reference.ServerOptions
		prepare       func(*reference.Server)
		want          string
	}{
		{"100-continue", post("100-Continue", "1.1"), v12, nil, "HTTP/1.1 100 Continue\r\n\r\n" + answered},
		{"in a list", post("100-continue, foo", "1.1"), v12, nil, "HTTP/1.1 100 Continue\r\n\r\n" + answered},
		{"part of a word", post("x100-continuex", "1.1"), v12, nil,
			"HTTP/1.1 417 Expectation Failed\r\n" + date + keepAliveV12 + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n[open]"},
		{"part of a word in v6", post("x100-continuex", "1.1"), in(reference.V6), nil,
			"HTTP/1.1 100 Continue\r\n\r\n" + ok + date + "Connection: keep-alive\r\nContent-Length: 8\r\n\r\nbody=abc[open]"},
		{"HTTP/1.0 cannot", post("100-continue", "1.0"), v12, nil, ok + date + "Connection: close\r\n\r\nbody=abc[FIN]"},
		{"checkContinue refuses", post("100-continue", "1.1"), v12, func(server *reference.Server) {
			server.EventCheckContinue.On(func(_ request, response response) {
				must(response.WriteHead(400))
				must(response.EndText("no", nil))
			})
		}, "HTTP/1.1 400 Bad Request\r\n" + date + "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n[FIN]"},
		{"checkContinue goes on", post("100-continue", "1.1"), v12, func(server *reference.Server) {
			server.EventCheckContinue.On(func(request request, response response) {
				response.WriteContinue(nil)
				echo(request, response)
			})
		}, "HTTP/1.1 100 Continue\r\n\r\n" + answered},
		{"checkExpectation", post("foo", "1.1"), v12, func(server *reference.Server) {
			server.EventCheckExpectation.On(func(_ request, response response) {
				response.SetStatusCode(418)
				must(response.EndText("tea", nil))
			})
		}, "HTTP/1.1 418 I'm a Teapot\r\n" + date + keepAliveV12 + "Content-Length: 3\r\n\r\ntea[open]"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			prepare := func(*reference.Server) {}
			if test.prepare != nil {
				prepare = test.prepare
			}
			if got := answer(t, test.options, test.request, echo, prepare); got != test.want {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}

func TestClientErrorByDefault(t *testing.T) {
	long := "GET / HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("a", 90000) + "\r\n\r\n"
	hello := ok + date + keepAliveV12 + "Content-Length: 2\r\n\r\nok"
	helloOld := ok + date + "Connection: keep-alive\r\nContent-Length: 2\r\n\r\nok"
	for _, test := range []struct {
		name    string
		edition reference.Edition
		request string
		want    string
	}{
		{"bad method", reference.V12, "BAD\r\n\r\n", "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"},
		{"bad method in v10", reference.V10, "BAD\r\n\r\n", "HTTP/1.1 400 Bad Request\r\n\r\n"},
		{"bad method in v6", reference.V6, "BAD\r\n\r\n", ""},
		{"too large", reference.V12, long, "HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\n\r\n"},
		{"too large in v10", reference.V10, long, "HTTP/1.1 400 Bad Request\r\n\r\n"},
		{"after a response", reference.V12, get + "BAD\r\n\r\n", hello},
		{"after a response in v10", reference.V10, get + "BAD\r\n\r\n", helloOld + "HTTP/1.1 400 Bad Request\r\n\r\n"},
		{"after a response in v13", reference.V13, get + "BAD\r\n\r\n", helloOld + "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, address := serve(t, in(test.edition), end("ok"))
			peer := connect(t, address)
			peer.send(test.request)
			got, err := io.ReadAll(peer)
			if err != nil && test.want != "" {
				t.Error(err)
			}
			if dated(string(got)) != test.want {
				t.Errorf("got  %q\nwant %q", dated(string(got)), test.want)
			}
		})
	}
}

func TestClientErrorWithListener(t *testing.T) {
	failures := make(chan *reference.Error, 1)
	_, address := serve(t, v12, nil, func(server *reference.Server) {
		server.EventClientError.On(func(err error, socket *reference.Socket) {
			var failure *reference.Error
			if !errors.As(err, &failure) {
				t.Errorf("not a *reference.Error: %v", err)
			}
			if !socket.Writable() {
				t.Error("the socket is not writable")
			}
			socket.End([]byte("HTTP/1.1 400 Custom\r\n\r\n"), nil)
			failures <- failure
		})
	})
	peer := connect(t, address)
	peer.send("BAD\r\n\r\n")
	if got := peer.rest(); got != "HTTP/1.1 400 Custom\r\n\r\n" {
		t.Errorf("got %q", got)
	}
	failure := <-failures
	if failure.Code != "HPE_INVALID_METHOD" || failure.Message != "Parse Error: Invalid method encountered" ||
		failure.Reason != "Invalid method encountered" || failure.BytesParsed != 1 || string(failure.RawPacket) != "BAD\r\n\r\n" {
		t.Errorf("got %+v", failure)
	}
}

func TestUpgrade(t *testing.T) {
	const ask = "GET /u HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"

	t.Run("the listener has the socket and what came behind the head", func(t *testing.T) {
		t.Parallel()
		_, address := serve(t, v12, nil, func(server *reference.Server) {
			server.EventUpgrade.On(func(request request, socket *reference.Socket, head []byte) {
				socket.Send([]byte("HTTP/1.1 101 Switching Protocols\r\n\r\n"+request.URL()+" "+string(head)+"\n"), nil)
				socket.EventData.On(func(chunk []byte) { socket.Send(bytes.ToUpper(chunk), nil) })
				socket.EventEnd.On(func() { socket.End([]byte("bye"), nil) })
			})
		})
		peer := connect(t, address)
		peer.send(ask + "head")
		if got := peer.until("head\n"); got != "HTTP/1.1 101 Switching Protocols\r\n\r\n/u head\n" {
			t.Errorf("got %q", got)
		}
		peer.send("more")
		peer.until("MORE")
		must(peer.Conn.(*net.TCPConn).CloseWrite())
		if got := peer.rest(); got != "bye" {
			t.Errorf("got %q", got)
		}
	})

	t.Run("in the blocking style", func(t *testing.T) {
		t.Parallel()
		_, address := serve(t, v12, nil, func(server *reference.Server) {
			server.EventConnect.On(func(_ request, socket *reference.Socket, head []byte) {
				_, _ = socket.Write([]byte("HTTP/1.1 200 OK\r\n\r\n"))
				_, _ = socket.Write(head)
				_, _ = io.Copy(socket, socket)
				socket.End(nil, nil)
			})
		})
		peer := connect(t, address)
		peer.send("CONNECT a:80 HTTP/1.1\r\nHost: x\r\n\r\nhead")
		peer.until("head")
		peer.send("echo")
		peer.until("echo")
		must(peer.Conn.(*net.TCPConn).CloseWrite())
		if got := peer.rest(); got != "" {
			t.Errorf("got %q", got)
		}
	})

	for _, test := range []struct {
		name    string
		edition reference.Edition
		request string
		want    string
	}{
		{"unheard it is a request", reference.V12, ask, ok + date + keepAliveV12 + "Content-Length: 12\r\n\r\nupgrade=fals[open]"},
		{"unheard in v10", reference.V10, ask, ok + date + "Connection: keep-alive\r\nContent-Length: 12\r\n\r\nupgrade=fals[open]"},
		{"unheard in v6 it closes", reference.V6, ask, "[FIN]"},
		{"CONNECT unheard closes", reference.V12, "CONNECT a:80 HTTP/1.1\r\nHost: x\r\n\r\n", "[FIN]"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, address := serve(t, in(test.edition), func(request request, response response) {
				if request.Upgrade() {
					t.Error("the request says upgrade")
				}
				must(response.EndText("upgrade=fals", nil))
			})
			peer := connect(t, address)
			peer.send(test.request)
			if strings.HasSuffix(test.want, "[FIN]") {
				if got := peer.rest() + "[FIN]"; got != test.want {
					t.Errorf("got %q", got)
				}
				return
			}
			got := dated(peer.until("upgrade=fals"))
			peer.send(get)
			if peer.until("upgrade=fals"); got+"[open]" != test.want {
				t.Errorf("got %q", got)
			}
		})
	}

	t.Run("unheard loses what came with it", func(t *testing.T) {
		t.Parallel()
		journal := newJournal()
		_, address := serve(t, v12, func(request request, response response) {
			journal.note(request.URL())
			must(response.EndText("ok", nil))
		})
		peer := connect(t, address)
		peer.send(ask + "GET /lost HTTP/1.1\r\nHost: x\r\n\r\n")
		peer.until("ok")
		peer.send("GET /next HTTP/1.1\r\nHost: x\r\n\r\n")
		peer.until("\r\n\r\nok")
		if got := journal.wait(t, "/next"); got != "/u > /next" {
			t.Errorf("got %q", got)
		}
	})
}

func TestPipelining(t *testing.T) {
	t.Run("responses leave in the order of the requests", func(t *testing.T) {
		t.Parallel()
		var mu sync.Mutex
		waiting := map[string]response{}
		_, address := serve(t, v12, func(request request, response response) {
			mu.Lock()
			defer mu.Unlock()
			waiting[request.URL()] = response
			if len(waiting) < 3 {
				return
			}
			for _, url := range []string{"/3", "/2", "/1"} {
				must(waiting[url].EndText("<"+url+">", nil))
			}
		})
		peer := connect(t, address)
		peer.send("GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\nGET /3 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
		got := peer.rest()
		if one, two, three := strings.Index(got, "</1>"), strings.Index(got, "</2>"), strings.Index(got, "</3>"); one < 0 || two < one || three < two {
			t.Errorf("got %q", got)
		}
	})

	t.Run("a response that closes is the last", func(t *testing.T) {
		t.Parallel()
		_, address := serve(t, v12, func(request request, response response) {
			if request.URL() == "/1" {
				must(response.SetHeader("Connection", "close"))
			}
			must(response.EndText("<"+request.URL()+">", nil))
		})
		peer := connect(t, address)
		peer.send("GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\n")
		if got := peer.rest(); !strings.HasSuffix(got, "</1>") || strings.Contains(got, "</2>") {
			t.Errorf("got %q", got)
		}
	})

	t.Run("an unread body does not stand in the way", func(t *testing.T) {
		t.Parallel()
		for _, size := range []int{5, 10_000, 200_000, 2_000_000} {
			_, address := serve(t, v12, func(request request, response response) {
				must(response.EndText("<"+request.URL()+">", nil))
			})
			peer := connect(t, address)
			go func() {
				_, _ = io.WriteString(peer.Conn, "POST /1 HTTP/1.1\r\nHost: x\r\nContent-Length: "+itoa(size)+"\r\n\r\n"+
					strings.Repeat("z", size)+"GET /2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
			}()
			if got := peer.rest(); !strings.HasSuffix(got, "</2>") {
				t.Errorf("%d: got %q", size, got)
			}
		}
	})
}

func TestEventOrder(t *testing.T) {
	watch := func(journal *journal, request request, response response) {
		request.EventEnd.On(journal.noting("req.end"))
		request.EventAborted.On(journal.noting("req.aborted"))
		request.EventClose.On(journal.noting("req.close"))
		response.EventFinish.On(journal.noting("res.finish"))
		response.EventClose.On(journal.noting("res.close"))
	}

	t.Run("a whole exchange", func(t *testing.T) {
		t.Parallel()
		for _, test := range []struct {
			edition reference.Edition
			want    string
			last    string
		}{
			{reference.V12, "returned > writecb > res.finish > endcb > req.end > req.close > res.close", "res.close"},
			{reference.V6, "returned > writecb > res.finish > endcb > req.end", "req.end"},
		} {
			journal := newJournal()
			_, address := serve(t, in(test.edition), func(request request, response response) {
				watch(journal, request, response)
				request.Resume()
				_, err := response.SendText("a", func(error) { journal.note("writecb") })
				must(err)
				must(response.EndText("b", journal.noting("endcb")))
				if response.Socket() == nil {
					t.Error("the socket is gone before 'finish'")
				}
				response.EventFinish.On(func() {
					if response.Socket() != nil {
						t.Error("the socket is still there at 'finish'")
					}
				})
				journal.note("returned")
			})
			peer := connect(t, address)
			peer.send(get)
			peer.until("0\r\n\r\n")
			if got := journal.wait(t, test.last); got != test.want {
				t.Errorf("%v: got %q, want %q", test.edition, got, test.want)
			}
		}
	})

	t.Run("the client goes before the answer", func(t *testing.T) {
		t.Parallel()
		journal := newJournal()
		_, address := serve(t, v12, func(request request, response response) {
			watch(journal, request, response)
			request.Resume()
			request.EventEnd.On(func() {
				response.EventClose.On(func() {
					sent, err := response.SendText("x", nil)
					if sent || err != nil || !request.Aborted() || !request.Complete() {
						t.Errorf("sent=%v err=%v aborted=%v complete=%v", sent, err, request.Aborted(), request.Complete())
					}
					must(response.End(nil, nil))
				})
			})
		})
		peer := connect(t, address)
		peer.send(get)
		journal.wait(t, "req.end")
		_ = peer.Close()
		if got := journal.wait(t, "res.close"); got != "req.end > req.aborted > req.close > res.close" {
			t.Errorf("got %q", got)
		}
	})

	t.Run("the client ends within the body", func(t *testing.T) {
		t.Parallel()
		journal := newJournal()
		_, address := serve(t, v12, func(request request, response response) {
			watch(journal, request, response)
			request.EventData.On(func(chunk []byte) { journal.note("data " + string(chunk)) })
		}, func(server *reference.Server) {
			server.EventClientError.On(func(err error, socket *reference.Socket) {
				journal.note("clientError " + err.(*reference.Error).Code)
				socket.Destroy(nil)
			})
		})
		peer := connect(t, address)
		peer.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc")
		journal.wait(t, "data abc")
		must(peer.Conn.(*net.TCPConn).CloseWrite())
		if got := journal.wait(t, "res.close"); got != "data abc > clientError HPE_INVALID_EOF_STATE > req.aborted > req.close > res.close" {
			t.Errorf("got %q", got)
		}
	})

	t.Run("destroyed by the handler", func(t *testing.T) {
		t.Parallel()
		journal := newJournal()
		_, address := serve(t, v12, func(request request, response response) {
			watch(journal, request, response)
			request.Socket().EventClose.On(func(bool) { journal.note("sock.close") })
			request.Destroy(errors.New("boom"))
			journal.note("returned")
		}, func(server *reference.Server) {
			server.EventClientError.On(func(err error, _ *reference.Socket) { journal.note("clientError " + err.Error()) })
		})
		peer := connect(t, address)
		peer.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc")
		if got := journal.wait(t, "sock.close"); got != "returned > clientError boom > req.aborted > req.close > res.close > sock.close" {
			t.Errorf("got %q", got)
		}
	})

	t.Run("a body in pieces, with trailers", func(t *testing.T) {
		t.Parallel()
		journal := newJournal()
		_, address := serve(t, v12, func(request request, response response) {
			watch(journal, request, response)
			request.EventData.On(func(chunk []byte) {
				journal.note("data " + string(chunk))
				if len(request.RawTrailers()) != 0 || request.Complete() {
					t.Error("trailers before the end")
				}
			})
			request.EventEnd.On(func() {
				trailers := request.Trailers()
				journal.note("trailers " + strings.Join(request.RawTrailers(), ",") + " " + trailers.Value("x-t"))
				must(response.End(nil, nil))
			})
		})
		peer := connect(t, address)
		peer.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
		journal.wait(t, "data abc")
		peer.send("2\r\nde\r\n0\r\nX-T: 1\r\nx-t: 2\r\n\r\n")
		want := "data abc > data de > req.end > trailers X-T,1,x-t,2 1, 2 > req.close > res.finish > res.close"
		if got := journal.wait(t, "res.close"); got != strings.Replace(want, "req.close > res.finish", "res.finish > req.close", 1) && got != want {
			t.Errorf("got %q", got)
		}
	})
}

func TestTimeouts(t *testing.T) {
	const short = 50 * time.Millisecond
	closes := func(t *testing.T, address, send, want string) {
		t.Helper()
		began := time.Now()
		peer := connect(t, address)
		peer.send(send)
		if got := peer.rest(); got != want {
			t.Errorf("got %q", got)
		}
		if took := time.Since(began); took < short {
			t.Errorf("closed after %v", took)
		}
	}
	silent := func(request, response) {}

	t.Run("server.timeout closes", func(t *testing.T) {
		t.Parallel()
		for _, send := range []string{"", "GET / HTTP/1.1\r\nHos", get} {
			_, address := serve(t, v12, silent, func(server *reference.Server) { server.SetTimeout(short, nil) })
			closes(t, address, send, "")
		}
	})
	t.Run("even while a handler blocks", func(t *testing.T) {
		t.Parallel()
		failed := make(chan error, 1)
		_, address := serve(t, v12, func(request request, _ response) {
			_, err := io.ReadAll(request)
			failed <- err
		}, func(server *reference.Server) { server.SetTimeout(short, nil) })
		closes(t, address, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nabc", "")
		if err := <-failed; !errors.Is(err, &reference.Error{Code: "ECONNRESET"}) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("but not with a listener", func(t *testing.T) {
		t.Parallel()
		_, address := serve(t, v12, silent, func(server *reference.Server) {
			server.SetTimeout(short, func(socket *reference.Socket) { socket.End([]byte("late"), nil) })
		})
		closes(t, address, get, "late")
	})
	t.Run("of a response", func(t *testing.T) {
		t.Parallel()
		_, address := serve(t, v12, func(_ request, response response) { response.SetTimeout(short, nil) })
		closes(t, address, get, "")
	})
	t.Run("of a response, with a listener", func(t *testing.T) {
		t.Parallel()
		_, address := serve(t, v12, func(_ request, response response) {
			response.SetTimeout(short, func(socket *reference.Socket) {
				response.SetSendDate(false)
				must(response.SetHeader("Connection", "close"))
				must(response.EndText("late", nil))
			})
		})
		closes(t, address, get, ok+"Connection: close\r\nContent-Length: 4\r\n\r\nlate")
	})
	t.Run("of a request, which hears it while it is incomplete", func(t *testing.T) {
		t.Parallel()
		_, address := serve(t, v12, func(request request, _ response) {
			request.SetTimeout(short, func(socket *reference.Socket) { socket.End([]byte("late"), nil) })
		})
		closes(t, address, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nabc", "late")
		closes(t, address, get, "")
	})
	t.Run("keepAliveTimeout", func(t *testing.T) {
		t.Parallel()
		_, address := serve(t, v12, end("x"), func(server *reference.Server) { server.SetKeepAliveTimeout(short) })
		began := time.Now()
		peer := connect(t, address)
		for range 2 {
			peer.send(get)
			peer.until("timeout=0\r\nContent-Length: 1\r\n\r\nx")
		}
		if got := peer.rest(); got != "" {
			t.Errorf("got %q", got)
		}
		if took := time.Since(began); took < short {
			t.Errorf("closed after %v", took)
		}
	})
	t.Run("headersTimeout", func(t *testing.T) {
		t.Parallel()
		_, address := serve(t, v12, end("x"), func(server *reference.Server) { server.SetHeadersTimeout(short) })
		peer := connect(t, address)
		began := time.Now()
		peer.send("GET / HTTP/1.1\r\n")
		for time.Since(began) < patience {
			if _, err := io.WriteString(peer.Conn, "X: y\r\n"); err != nil {
				break
			}
			_ = peer.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
			var timeout net.Error
			if _, err := peer.Read(make([]byte, 1)); err != nil && !(errors.As(err, &timeout) && timeout.Timeout()) {
				break
			}
		}
		if took := time.Since(began); took < short || took >= patience {
			t.Errorf("closed after %v", took)
		}
	})
}

func itoa(n int) string {
	var text []byte
	for ; n > 0; n /= 10 {
		text = append([]byte{byte('0' + n%10)}, text...)
	}
	return string(text)
}
