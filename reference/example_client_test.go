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
	"strings"
	"time"

	"github.com/nodehttp/conform/reference"
)

// listen starts a server for an example and returns its port and what ends it.
func listen(server *reference.Server) (port int, stop func()) {
	if err := server.Listen("tcp", "127.0.0.1:0"); err != nil {
		panic(err)
	}
	return server.Address().(*net.TCPAddr).Port, func() {
		server.Close(nil)
		server.DestroyConnections()
	}
}

// A request in the blocking style: the body is sent while it is read, and so is the response.
func ExampleDo() {
	port, stop := listen(reference.CreateServer(reference.ServerOptions{}, func(request *reference.IncomingMessage, response *reference.ServerResponse) {
		_, _ = io.Copy(response, request)
		_ = response.End(nil, nil)
	}))
	defer stop()

	response, err := reference.Do(context.Background(), reference.RequestOptions{
		Port:    port,
		Host:    "127.0.0.1",
		Method:  "POST",
		Headers: []reference.HeaderField{reference.Field("Content-Type", "text/plain")},
	}, strings.NewReader("there and back"))
	if err != nil {
		fmt.Println(err)
		return
	}
	body, err := io.ReadAll(response)
	fmt.Println(response.StatusCode(), response.StatusMessage(), string(body), err)
	// Output: 200 OK there and back <nil>
}

// The same in the event style: nothing blocks, and each piece of the download comes to a listener.
func ExampleGet() {
	port, stop := listen(reference.CreateServer(reference.ServerOptions{}, func(_ *reference.IncomingMessage, response *reference.ServerResponse) {
		_ = response.EndText("a download", nil)
	}))
	defer stop()

	done := make(chan struct{})
	request, err := reference.Get(reference.RequestOptions{Host: "127.0.0.1", Port: port}, func(response *reference.IncomingMessage) {
		var body strings.Builder
		response.EventData.On(func(chunk []byte) { body.Write(chunk) })
		response.EventEnd.On(func() { fmt.Println(response.StatusCode(), body.String()) })
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	request.EventClose.On(func() { close(done) })
	<-done
	// Output: 200 a download
}

// A streaming upload that heeds back-pressure: after a Send that returned false, it goes on at EventDrain.
func ExampleRequest_upload() {
	port, stop := listen(reference.CreateServer(reference.ServerOptions{}, func(request *reference.IncomingMessage, response *reference.ServerResponse) {
		n, _ := io.Copy(io.Discard, request)
		_ = response.EndText(fmt.Sprintln(n, "bytes"), nil)
	}))
	defer stop()

	request, err := reference.Request(reference.RequestOptions{Host: "127.0.0.1", Port: port, Method: "PUT"}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	chunk, left := make([]byte, 64<<10), 100
	sent := make(chan struct{})
	upload := func() {
		for left > 0 {
			left--
			if more, err := request.Send(chunk, nil); err != nil || !more {
				return
			}
		}
		close(sent)
	}
	request.EventDrain.On(upload)
	upload()
	<-sent

	response, err := request.Response(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	body, _ := io.ReadAll(response)
	fmt.Print(string(body))
	// Output: 6553600 bytes
}

// An agent keeps connections. A server may close one at the moment at which it is used again: such a request failed
// through no fault of its own and is made once more.
func ExampleAgent_reusedSocket() {
	server := reference.CreateServer(reference.ServerOptions{}, nil)
	server.EventRequest.On(func(request *reference.IncomingMessage, response *reference.ServerResponse) {
		if request.URL() == "/second" && request.Socket().Data == "used" {
			request.Socket().Destroy(nil) // as a server does whose keep-alive timeout has just passed
			return
		}
		request.Socket().Data = "used"
		_ = response.EndText("answer to "+request.URL(), nil)
	})
	port, stop := listen(server)
	defer stop()
	agent, err := reference.NewAgent(reference.AgentOptions{KeepAlive: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer agent.Destroy()
	freed := make(chan struct{}, 2)
	agent.EventFree.On(func(*reference.Socket, *reference.RequestOptions) { freed <- struct{}{} })

	get := func(path string) (string, error) {
		for {
			request, err := reference.Request(reference.RequestOptions{Agent: agent, Host: "127.0.0.1", Port: port, Path: path}, nil)
			if err != nil {
				return "", err
			}
			response, err := request.Response(context.Background())
			if request.ReusedSocket() && errors.Is(err, &reference.Error{Code: "ECONNRESET"}) {
				fmt.Println("once more:", err)
				continue
			}
			if err != nil {
				return "", err
			}
			body, err := io.ReadAll(response)
			return string(body), err
		}
	}
	fmt.Println(get("/first"))
	<-freed
	fmt.Println(get("/second"))
	// Output:
	// answer to /first <nil>
	// once more: socket hang up [ECONNRESET]
	// answer to /second <nil>
}

// Trailers follow a chunked body in both directions.
func ExampleOutgoingMessage_AddTrailers() {
	port, stop := listen(reference.CreateServer(reference.ServerOptions{}, func(request *reference.IncomingMessage, response *reference.ServerResponse) {
		_ = response.SetHeader("Trailer", "X-Answer")
		_, _ = io.Copy(response, request)
		_ = response.AddTrailers(reference.Field("X-Answer", "heard "+request.Trailers().Value("x-question")))
		_ = response.End(nil, nil)
	}))
	defer stop()

	request, err := reference.Request(reference.RequestOptions{Host: "127.0.0.1", Port: port, Method: "POST", Headers: []reference.HeaderField{
		reference.Field("Transfer-Encoding", "chunked"), reference.Field("Trailer", "X-Question"),
	}}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, _ = request.WriteString("body")
	_ = request.AddTrailers(reference.Field("X-Question", "why"))
	response, err := request.Response(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	body, _ := io.ReadAll(response)
	fmt.Println(string(body), response.RawTrailers())
	// Output: body [X-Answer heard why]
}

// A client that asks before it sends its body: EventContinue is the server's consent.
func ExampleClientRequest_continue() {
	server := reference.CreateServer(reference.ServerOptions{}, nil)
	server.EventCheckContinue.On(func(request *reference.IncomingMessage, response *reference.ServerResponse) {
		if request.Headers().Value("content-type") != "text/plain" {
			_ = response.WriteHead(415)
			_ = response.End(nil, nil)
			return
		}
		response.WriteContinue(nil)
		_, _ = io.Copy(response, request)
		_ = response.End(nil, nil)
	})
	port, stop := listen(server)
	defer stop()

	request, err := reference.Request(reference.RequestOptions{Host: "127.0.0.1", Port: port, Method: "POST", Headers: []reference.HeaderField{
		reference.Field("Expect", "100-continue"), reference.Field("Content-Type", "text/plain"),
	}}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	done := make(chan struct{})
	request.EventContinue.On(func() {
		fmt.Println("may go on")
		_ = request.EndText("body", nil)
	})
	request.EventResponse.On(func(response *reference.IncomingMessage) {
		body, _ := io.ReadAll(response)
		fmt.Println(response.StatusCode(), string(body))
	})
	request.EventClose.On(func() { close(done) })
	<-done
	// Output:
	// may go on
	// 200 body
}

// Responses of status 1xx before the final one: 102 has a method, 103 is written to the socket.
func ExampleClientRequest_information() {
	port, stop := listen(reference.CreateServer(reference.ServerOptions{}, func(_ *reference.IncomingMessage, response *reference.ServerResponse) {
		response.WriteProcessing(nil)
		response.Socket().Send([]byte("HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n"), nil)
		_ = response.EndText("page", nil)
	}))
	defer stop()

	response, err := reference.Do(context.Background(), reference.RequestOptions{
		Host: "127.0.0.1", Port: port,
		Prepare: func(request *reference.ClientRequest) {
			request.EventInformation.On(func(information *reference.Information) {
				fmt.Println(information.StatusCode, information.StatusMessage, information.RawHeaders)
			})
		},
	}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	body, _ := io.ReadAll(response)
	fmt.Println(response.StatusCode(), string(body))
	// Output:
	// 102 Processing []
	// 103 Early Hints [Link </style.css>; rel=preload]
	// 200 page
}

// A proxy for CONNECT, and a request through its tunnel.
func ExampleClientRequest_connect() {
	originPort, stopOrigin := listen(reference.CreateServer(reference.ServerOptions{}, func(_ *reference.IncomingMessage, response *reference.ServerResponse) {
		_ = response.EndText("from the origin", nil)
	}))
	defer stopOrigin()

	proxy := reference.CreateServer(reference.ServerOptions{}, nil)
	proxy.EventConnect.On(func(request *reference.IncomingMessage, client *reference.Socket, head []byte) {
		origin := reference.Dial(context.Background(), reference.DialOptions{Address: request.URL()})
		origin.EventConnect.On(func() {
			client.Send([]byte("HTTP/1.1 200 Connection Established\r\n\r\n"), nil)
			origin.Send(head, nil)
			join(client, origin)
			join(origin, client)
		})
		origin.EventError.On(func(error) { client.Destroy(nil) })
	})
	proxyPort, stopProxy := listen(proxy)
	defer stopProxy()

	connect, err := reference.Get(reference.RequestOptions{
		Host: "127.0.0.1", Port: proxyPort, Method: "CONNECT", Path: fmt.Sprintf("127.0.0.1:%d", originPort),
	}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	tunnel := make(chan *reference.Socket)
	connect.EventConnect.On(func(response *reference.IncomingMessage, socket *reference.Socket, _ []byte) {
		fmt.Println(response.StatusCode(), response.StatusMessage())
		tunnel <- socket
	})
	response, err := reference.Do(context.Background(), reference.RequestOptions{
		Host: "origin.example",
		CreateConnection: func(*reference.RequestOptions, func(error, *reference.Socket)) (*reference.Socket, error) {
			return <-tunnel, nil
		},
	}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	body, _ := io.ReadAll(response)
	fmt.Println(string(body))
	// Output:
	// 200 Connection Established
	// from the origin
}

// join sends what arrives on one socket to another one, no faster than that one takes it, and ends it likewise.
func join(from, to *reference.Socket) {
	from.EventData.On(func(chunk []byte) {
		if !to.Send(chunk, nil) {
			from.Pause()
		}
	})
	to.EventDrain.On(from.Resume)
	from.EventEnd.On(func() { to.End(nil, nil) })
	from.EventClose.On(func(bool) { to.Destroy(nil) })
}

// Both sides of a protocol switch, as WebSocket does it: each ends up with a socket and with the bytes that came behind
// the head.
func ExampleClientRequest_upgrade() {
	server := reference.CreateServer(reference.ServerOptions{}, nil)
	server.EventUpgrade.On(func(request *reference.IncomingMessage, socket *reference.Socket, _ []byte) {
		if request.Headers().Value("upgrade") != "shout" {
			socket.End([]byte("HTTP/1.1 400 Bad Request\r\n\r\n"), nil)
			return
		}
		socket.Send([]byte("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: shout\r\n\r\n"), nil)
		socket.EventData.On(func(chunk []byte) { socket.Send([]byte(strings.ToUpper(string(chunk))), nil) })
		socket.EventEnd.On(func() { socket.End(nil, nil) })
	})
	port, stop := listen(server)
	defer stop()

	request, err := reference.Get(reference.RequestOptions{Host: "127.0.0.1", Port: port, Headers: []reference.HeaderField{
		reference.Field("Connection", "Upgrade"), reference.Field("Upgrade", "shout"),
	}}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	done := make(chan struct{})
	request.EventUpgrade.On(func(response *reference.IncomingMessage, socket *reference.Socket, _ []byte) {
		fmt.Println(response.StatusCode(), response.Headers().Value("upgrade"))
		socket.Send([]byte("hello"), nil)
		socket.EventData.On(func(chunk []byte) {
			fmt.Println(string(chunk))
			socket.End(nil, nil)
		})
		socket.EventClose.On(func(bool) { close(done) })
	})
	<-done
	// Output:
	// 101 shout
	// HELLO
}

// HTTPS with a certificate of one's own; the peer's can be reached from the message.
func ExampleNewTLSAgent() {
	certificate, authority := selfSigned()
	port, stop := listen(reference.CreateServer(reference.ServerOptions{
		TLS: &tls.Config{Certificates: []tls.Certificate{certificate}},
	}, func(_ *reference.IncomingMessage, response *reference.ServerResponse) {
		_ = response.EndText("secret", nil)
	}))
	defer stop()
	agent, err := reference.NewTLSAgent(reference.AgentOptions{KeepAlive: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer agent.Destroy()

	response, err := reference.Do(context.Background(), reference.RequestOptions{
		Agent: agent, Host: "127.0.0.1", Port: port, TLS: &reference.TLSOptions{CA: authority},
	}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	connection := response.Socket().Stream().(*tls.Conn)
	body, _ := io.ReadAll(response)
	fmt.Println(connection.ConnectionState().PeerCertificates[0].SerialNumber, string(body))
	// Output: 42 secret
}

// selfSigned makes a certificate for 127.0.0.1, and gives it once more as the authority that a client has to know.
func selfSigned() (certificate tls.Certificate, authority string) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(42), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		panic(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key},
		string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}
