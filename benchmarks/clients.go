//go:build linux

package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nodehttp/conform/reference"
	"github.com/valyala/fasthttp"
)

//go:embed client.js
var nodeClient string

// request is a child's main function: the client of that name, which asks the server at the address when it is told to.
func request(name, address string) error {
	var get func() error
	switch name {
	case "reference":
		loop, err := eventLoop(address)
		if err != nil {
			return err
		}
		runChild(stats{}, loop)
		return nil
	case "reference, blocking":
		agent, err := reference.NewAgent(reference.AgentOptions{KeepAlive: true})
		if err != nil {
			return err
		}
		options, err := requestOptions(agent, address)
		if err != nil {
			return err
		}
		get = func() error {
			response, err := reference.Do(context.Background(), options, nil)
			if err != nil {
				return err
			}
			_, err = io.Copy(io.Discard, response)
			return err
		}
	case "net/http":
		client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256}}
		get = func() error {
			response, err := client.Get("http://" + address + "/")
			if err != nil {
				return err
			}
			defer func() { _ = response.Body.Close() }()
			_, err = io.Copy(io.Discard, response.Body)
			return err
		}
	case "fasthttp":
		client := &fasthttp.Client{}
		get = func() error {
			request, response := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
			defer fasthttp.ReleaseRequest(request)
			defer fasthttp.ReleaseResponse(response)
			request.SetRequestURI("http://" + address + "/")
			if err := client.Do(request, response); err != nil {
				return err
			}
			_, err := io.Discard.Write(response.Body())
			return err
		}
	default:
		return fmt.Errorf("no such client: %s", name)
	}
	runChild(stats{}, func(inFlight int, duration time.Duration) (int, error) { return getLoop(get, inFlight, duration) })
	return nil
}

func requestOptions(agent *reference.Agent, address string) (reference.RequestOptions, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return reference.RequestOptions{}, err
	}
	number, err := strconv.Atoi(port)
	return reference.RequestOptions{Agent: agent, Host: host, Port: number, Path: "/"}, err
}

// getLoop lets a goroutine for each request in flight make requests until the time is over.
func getLoop(get func() error, inFlight int, duration time.Duration) (int, error) {
	var wait sync.WaitGroup
	var requests atomic.Int64
	var failure atomic.Pointer[error]
	deadline := time.Now().Add(duration)
	for range inFlight {
		wait.Go(func() {
			for time.Now().Before(deadline) {
				if err := get(); err != nil {
					failure.Store(&err)
					return
				}
				requests.Add(1)
			}
		})
	}
	wait.Wait()
	if err := failure.Load(); err != nil {
		return 0, *err
	}
	return int(requests.Load()), nil
}

// eventLoop is the same in the event style: the end of one response begins the next request.
func eventLoop(address string) (func(int, time.Duration) (int, error), error) {
	agent, err := reference.NewAgent(reference.AgentOptions{KeepAlive: true})
	if err != nil {
		return nil, err
	}
	options, err := requestOptions(agent, address)
	return func(inFlight int, duration time.Duration) (int, error) {
		var requests atomic.Int64
		deadline := time.Now().Add(duration)
		done := make(chan error, inFlight)
		var next func()
		failed := func(err error) {
			select {
			case done <- err:
			default:
			}
		}
		ended := func() {
			requests.Add(1)
			if time.Now().Before(deadline) {
				next()
				return
			}
			done <- nil
		}
		responded := func(response *reference.IncomingMessage) {
			response.EventEnd.On(ended)
			response.Resume()
		}
		next = func() {
			request, err := reference.Get(options, responded)
			if err != nil {
				failed(err)
				return
			}
			request.EventError.On(failed)
		}
		for range inFlight {
			next()
		}
		patience := time.After(duration + 10*time.Second)
		for range inFlight {
			select {
			case err := <-done:
				if err != nil {
					return 0, err
				}
			case <-patience:
				return 0, errors.New("a request was never answered")
			}
		}
		return int(requests.Load()), nil
	}, err
}
