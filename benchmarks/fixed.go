//go:build linux

package main

import (
	"bytes"
	"fmt"
	"net/netip"
	"runtime"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// fixedServer is what clients are measured against: one thread that answers every request with the same bytes.
type fixedServer struct {
	address  string
	listener int
	stopping atomic.Bool
	done     chan error
}

var fixedAnswer = []byte("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n" +
	"Connection: keep-alive\r\nContent-Length: 12\r\n\r\nhello world\n")

func startFixedServer(core int) (*fixedServer, error) {
	listener, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	loopback := netip.AddrFrom4([4]byte{127, 0, 0, 1})
	if err := unix.Bind(listener, &unix.SockaddrInet4{Addr: loopback.As4()}); err != nil {
		return nil, err
	}
	if err := unix.Listen(listener, 1024); err != nil {
		return nil, err
	}
	bound, err := unix.Getsockname(listener)
	if err != nil {
		return nil, err
	}
	s := &fixedServer{listener: listener, done: make(chan error, 1)}
	s.address = netip.AddrPortFrom(loopback, uint16(bound.(*unix.SockaddrInet4).Port)).String()
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with this goroutine
		pin(core)
		s.done <- s.serve()
	}()
	return s, nil
}

// stop ends the server's thread and returns what made it fail, if anything did.
func (s *fixedServer) stop() error {
	s.stopping.Store(true)
	return <-s.done
}

func (s *fixedServer) serve() error {
	open := map[int]struct{}{s.listener: {}}
	defer func() {
		for descriptor := range open {
			_ = unix.Close(descriptor)
		}
	}()
	poll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(poll) }()
	add := func(descriptor int) error {
		event := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(descriptor)}
		return unix.EpollCtl(poll, unix.EPOLL_CTL_ADD, descriptor, &event)
	}
	if err := add(s.listener); err != nil {
		return err
	}
	events := make([]unix.EpollEvent, 256)
	buffer := make([]byte, 64<<10)
	for !s.stopping.Load() {
		n, err := unix.EpollWait(poll, events, 100)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return err
		}
		for _, event := range events[:n] {
			descriptor := int(event.Fd)
			if descriptor == s.listener {
				accepted, _, err := unix.Accept4(s.listener, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
				if err != nil {
					continue
				}
				_ = unix.SetsockoptInt(accepted, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
				open[accepted] = struct{}{}
				if err := add(accepted); err != nil {
					return err
				}
				continue
			}
			read, err := unix.Read(descriptor, buffer)
			if err == unix.EAGAIN {
				continue
			}
			if err != nil || read <= 0 {
				delete(open, descriptor)
				_ = unix.Close(descriptor)
				continue
			}
			if !bytes.HasSuffix(buffer[:read], []byte("\r\n\r\n")) {
				return fmt.Errorf("a client sent a request in pieces: %.60q", buffer[:read])
			}
			for range bytes.Count(buffer[:read], []byte("\r\n\r\n")) {
				_, _ = unix.Write(descriptor, fixedAnswer)
			}
		}
	}
	return nil
}
