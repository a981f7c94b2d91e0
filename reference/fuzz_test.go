package reference_test

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/nodehttp/conform/reference"
)

// conversations are what a server may have to read, well-formed and not.
var conversations = []string{
	get,
	get + "GET /2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
	"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello" + lastRequest,
	"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n2\r\nde\r\n0\r\nX-T: 1\r\n\r\n" + lastRequest,
	"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\nabc" + lastRequest,
	"HEAD / HTTP/1.0\r\n\r\n",
	"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: foo\r\n\r\nrest",
	"CONNECT a:80 HTTP/1.1\r\n\r\nrest",
	"BAD\r\n\r\n",
	"POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
	"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
	"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc",
	"GET / HTTP/1.1\r\nHos",
}

// TestCuts sends every conversation whole and byte by byte: the answers have to be the same.
func TestCuts(t *testing.T) {
	echo := func(request request, response response) {
		body, err := io.ReadAll(request)
		if err != nil {
			return
		}
		_ = response.EndText("<"+request.URL()+" "+string(body)+">", nil)
	}
	for _, conversation := range conversations {
		answers := map[int]string{}
		for _, piece := range []int{len(conversation), 1} {
			_, address := serve(t, v12, echo)
			peer := connect(t, address)
			go func() {
				for at := 0; at < len(conversation); at += piece {
					if _, err := io.WriteString(peer.Conn, conversation[at:at+piece]); err != nil {
						return
					}
				}
				_ = peer.Conn.(*net.TCPConn).CloseWrite()
			}()
			got, _ := io.ReadAll(peer)
			answers[piece] = dated(string(got))
		}
		if answers[1] != answers[len(conversation)] {
			t.Errorf("%q\nwhole:  %q\npieces: %q", conversation, answers[len(conversation)], answers[1])
		}
	}
}

func FuzzServer(f *testing.F) {
	for i, conversation := range conversations {
		f.Add([]byte(conversation), i+1, uint8(i))
	}
	styles := []handler{
		end("hello"),
		func(request request, response response) {
			_, _ = io.Copy(response, request)
			_ = response.End(nil, nil)
		},
		func(request request, response response) {
			go func() {
				_, _ = io.Copy(response, request)
				_ = response.End(nil, nil)
			}()
		},
		func(request request, response response) {
			request.EventData.On(func(chunk []byte) { _, _ = response.Send(chunk, nil) })
			request.EventEnd.On(func() { _ = response.End(nil, nil) })
		},
		func(request request, response response) {},
	}
	f.Fuzz(func(t *testing.T, sent []byte, piece int, choice uint8) {
		if piece < 1 || len(sent) > 1<<20 {
			t.Skip()
		}
		server := reference.CreateServer(in(reference.Edition(choice>>4%5)), styles[int(choice&15)%len(styles)])
		if choice&8 != 0 {
			server.EventUpgrade.On(func(_ request, socket *reference.Socket, _ []byte) { socket.Resume() })
		}
		ours, theirs := net.Pipe()
		socket := server.ServeConnection(theirs)
		closed := make(chan struct{})
		socket.EventClose.Once(func(bool) { close(closed) })
		_ = ours.SetDeadline(time.Now().Add(patience))
		go func() { _, _ = io.Copy(io.Discard, ours) }()
		for len(sent) > 0 {
			n := min(piece, len(sent))
			if _, err := ours.Write(sent[:n]); err != nil {
				break
			}
			sent = sent[n:]
		}
		_ = ours.Close()
		select {
		case <-closed:
		case <-time.After(time.Second):
			// Nobody reads the connection; it has to end when it is told to.
			socket.Destroy(nil)
			select {
			case <-closed:
			case <-time.After(patience):
				t.Fatal("the connection does not end")
			}
		}
	})
}
