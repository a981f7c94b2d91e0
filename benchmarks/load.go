//go:build linux

package main

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// load is one thread that keeps many connections busy, without allocating: it sends a batch of requests on each, counts
// the answers, and sends the next batch when all of it is answered.
type load struct {
	poll   int
	lines  []line
	batch  []byte // what is sent at once
	depth  int    // requests in a batch
	buffer []byte
	events []unix.EpollEvent
	served int
}

// line is one connection of a load.
type line struct {
	descriptor int
	unsent     []byte
	owed       int // answers that are to come
	polled     uint32
	answer     answer
}

// newLoad connects to a server. A batch is the request repeated depth times.
func newLoad(address string, connections int, request []byte, depth int) (*load, error) {
	poll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, err
	}
	l := &load{poll: poll, batch: bytes.Repeat(request, depth), depth: depth, buffer: make([]byte, 256<<10),
		events: make([]unix.EpollEvent, 256), lines: make([]line, 0, connections)}
	for i := range connections {
		descriptor, err := connect(address)
		if err != nil {
			l.close()
			return nil, err
		}
		l.lines = append(l.lines, line{descriptor: descriptor, polled: unix.EPOLLIN})
		event := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(i)}
		if err := unix.EpollCtl(poll, unix.EPOLL_CTL_ADD, descriptor, &event); err != nil {
			l.close()
			return nil, err
		}
	}
	return l, nil
}

func connect(address string) (int, error) {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return 0, err
	}
	descriptor, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	err = unix.Connect(descriptor, &unix.SockaddrInet4{Port: int(to.Port()), Addr: to.Addr().As4()})
	if err == nil {
		err = unix.SetsockoptInt(descriptor, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	}
	if err == nil {
		err = unix.SetNonblock(descriptor, true)
	}
	if err != nil {
		_ = unix.Close(descriptor)
		return 0, fmt.Errorf("connect to %s: %w", address, err)
	}
	return descriptor, nil
}

func (l *load) close() {
	for i := range l.lines {
		_ = unix.Close(l.lines[i].descriptor)
	}
	_ = unix.Close(l.poll)
}

// run keeps the server busy until the time is over, or at most so many requests were answered (0: any number), and then
// waits for what is owed. It returns the number of answers and the time.
func (l *load) run(duration time.Duration, limit int) (int, time.Duration, error) {
	l.served = 0
	begin := time.Now()
	deadline := begin.Add(duration)
	sent := 0
	for i := range l.lines {
		if limit > 0 && sent+l.depth > limit {
			break
		}
		sent += l.depth
		if err := l.begin(i); err != nil {
			return 0, 0, err
		}
	}
	for l.served < sent {
		n, err := unix.EpollWait(l.poll, l.events, 5000)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return 0, 0, err
		}
		if n == 0 {
			return 0, 0, errors.New("the server was silent for 5 s")
		}
		more := time.Now().Before(deadline)
		for _, event := range l.events[:n] {
			i := int(event.Fd)
			if event.Events&unix.EPOLLOUT != 0 {
				if err := l.send(i); err != nil {
					return 0, 0, err
				}
			}
			if event.Events&^uint32(unix.EPOLLOUT) == 0 {
				continue
			}
			if err := l.receive(i); err != nil {
				return 0, 0, err
			}
			if l.lines[i].owed == 0 && more && (limit == 0 || sent+l.depth <= limit) {
				sent += l.depth
				if err := l.begin(i); err != nil {
					return 0, 0, err
				}
			}
		}
	}
	return l.served, time.Since(begin), nil
}

func (l *load) begin(i int) error {
	l.lines[i].unsent, l.lines[i].owed = l.batch, l.depth
	return l.send(i)
}

func (l *load) send(i int) error {
	line := &l.lines[i]
	for len(line.unsent) > 0 {
		n, err := unix.Write(line.descriptor, line.unsent)
		if err == unix.EAGAIN {
			break
		}
		if err != nil {
			return err
		}
		line.unsent = line.unsent[n:]
	}
	wanted := uint32(unix.EPOLLIN)
	if len(line.unsent) > 0 {
		wanted |= unix.EPOLLOUT
	}
	if wanted == line.polled {
		return nil
	}
	line.polled = wanted
	event := unix.EpollEvent{Events: wanted, Fd: int32(i)}
	return unix.EpollCtl(l.poll, unix.EPOLL_CTL_MOD, line.descriptor, &event)
}

func (l *load) receive(i int) error {
	line := &l.lines[i]
	n, err := unix.Read(line.descriptor, l.buffer)
	if err == unix.EAGAIN {
		return nil
	}
	if err != nil {
		return err
	}
	if n == 0 {
		return errors.New("the server closed a connection")
	}
	answers, err := line.answer.take(l.buffer[:n])
	if err != nil {
		return err
	}
	if answers > line.owed {
		return errors.New("more answers than requests")
	}
	line.owed -= answers
	l.served += answers
	return nil
}

// answer counts the responses on one connection. It reads the first head in full. When that announces a length, the
// later ones are taken to be of the same size, and only their first bytes are looked at, which costs next to nothing.
type answer struct {
	phase answerPhase
	head  []byte
	size  int // of a whole response; 0: not known, or chunked
	left  int // bytes of the response, or of the chunk, that are to come
}

type answerPhase uint8

const (
	answerHead answerPhase = iota
	answerSized
	answerChunkSize
	answerChunk // with the CRLF behind it
	answerEnd   // the line behind the last chunk
)

var success = []byte("HTTP/1.1 200")

// take returns how many responses the data ends.
func (a *answer) take(data []byte) (ended int, err error) {
	for len(data) > 0 {
		switch a.phase {
		case answerHead:
			if a.size > 0 && len(a.head) == 0 {
				if len(data) >= len(success) && !bytes.HasPrefix(data, success) {
					return ended, fmt.Errorf("unexpected answer %.40q", data)
				}
				a.phase, a.left = answerSized, a.size
				continue
			}
			before := len(a.head)
			a.head = append(a.head, data[:min(len(data), 4096)]...)
			end := bytes.Index(a.head, []byte("\r\n\r\n"))
			if end < 0 {
				data = data[len(a.head)-before:]
				if len(a.head) > 16<<10 {
					return ended, errors.New("a head without an end")
				}
				continue
			}
			end += 4
			data = data[end-before:]
			if err := a.begin(end); err != nil {
				return ended, err
			}
			a.head = a.head[:0]
		case answerSized, answerChunk:
			n := min(a.left, len(data))
			a.left -= n
			data = data[n:]
			if a.left == 0 && a.phase == answerChunk {
				a.phase = answerChunkSize
			} else if a.left == 0 {
				a.phase = answerHead
				ended++
			}
		case answerChunkSize:
			c := data[0]
			data = data[1:]
			switch {
			case c >= '0' && c <= '9':
				a.left = a.left<<4 | int(c-'0')
			case c|0x20 >= 'a' && c|0x20 <= 'f':
				a.left = a.left<<4 | int(c|0x20-'a'+10)
			case c == '\n' && a.left == 0:
				a.phase, a.left = answerEnd, 2
			case c == '\n':
				a.phase, a.left = answerChunk, a.left+2
			case c != '\r':
				return ended, fmt.Errorf("unexpected %q in a chunk size", c)
			}
		case answerEnd:
			n := min(a.left, len(data))
			a.left -= n
			data = data[n:]
			if a.left == 0 {
				a.phase = answerHead
				ended++
			}
		}
	}
	return ended, nil
}

// begin learns from a head what follows it.
func (a *answer) begin(end int) error {
	if !bytes.HasPrefix(a.head, success) {
		return fmt.Errorf("unexpected answer %.40q", a.head)
	}
	for _, field := range strings.Split(string(a.head[:end]), "\r\n") {
		name, value, _ := strings.Cut(field, ":")
		value = strings.TrimSpace(value)
		switch {
		case strings.EqualFold(name, "transfer-encoding") && strings.EqualFold(value, "chunked"):
			a.phase, a.left = answerChunkSize, 0
			return nil
		case strings.EqualFold(name, "content-length"):
			length, err := strconv.Atoi(value)
			if err != nil || length == 0 {
				return fmt.Errorf("unexpected length %q", value)
			}
			a.phase, a.left, a.size = answerSized, length, end+length
			return nil
		}
	}
	return errors.New("an answer without a length")
}
