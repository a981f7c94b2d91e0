//go:build linux

package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/nodehttp/conform/reference"
	"github.com/valyala/fasthttp"
)

// Every server answers the same: a greeting; /large a body of 1 MiB; /echo what it received, while it
// comes (fasthttp: when it has come).
var (
	greeting = []byte("hello world\n")
	large    = bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
)

//go:embed server.js
var nodeServer string

// idleTimeout is how long the servers with a keep-alive timeout of their own let a connection wait.
const idleTimeout = 60 * time.Second

// serve is a child's main function: the server of that name on a port of its own.
func serve(name string) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	switch name {
	case "reference":
		if err := serveReference(listener); err != nil {
			return err
		}
	case "net/http":
		server := &http.Server{Handler: http.HandlerFunc(handleStandard)}
		go failOnReturn(func() error { return server.Serve(listener) })
	case "fasthttp":
		server := &fasthttp.Server{Handler: handleFast}
		go failOnReturn(func() error { return server.Serve(listener) })
	default:
		return fmt.Errorf("no such server: %s", name)
	}
	runChild(stats{Address: listener.Addr().String()}, nil)
	return nil
}

func failOnReturn(serve func() error) {
	fmt.Fprintln(os.Stderr, serve())
	os.Exit(1)
}

func serveReference(listener net.Listener) error {
	server := reference.CreateServer(reference.ServerOptions{}, func(request *reference.IncomingMessage, response *reference.ServerResponse) {
		switch request.URL() {
		case "/large":
			_ = response.SetHeader("Content-Type", "text/plain")
			_ = response.End(large, nil)
		case "/echo":
			request.EventData.On(func(chunk []byte) {
				if more, _ := response.Send(chunk, nil); !more {
					request.Pause()
				}
			})
			response.EventDrain.On(request.Resume)
			request.EventEnd.On(func() { _ = response.End(nil, nil) })
		default:
			_ = response.SetHeader("Content-Type", "text/plain")
			_ = response.End(greeting, nil)
		}
	})
	server.SetKeepAliveTimeout(idleTimeout)
	return server.Serve(listener)
}

func handleStandard(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/large":
		w.Header().Set("Content-Type", "text/plain")
		w.Header().Set("Content-Length", strconv.Itoa(len(large)))
		_, _ = w.Write(large)
	case "/echo":
		_ = http.NewResponseController(w).EnableFullDuplex()
		_, _ = io.Copy(w, r.Body)
	default:
		w.Header().Set("Content-Type", "text/plain")
		_, _ = w.Write(greeting)
	}
}

func handleFast(context *fasthttp.RequestCtx) {
	switch string(context.Path()) {
	case "/large":
		context.SetContentType("text/plain")
		context.Response.SetBodyRaw(large)
	case "/echo":
		context.Response.SetBodyRaw(context.PostBody()) // its streaming style fails on chunks of 16 KiB
	default:
		context.SetContentType("text/plain")
		context.SetBody(greeting)
	}
}
