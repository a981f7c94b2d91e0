package wire

import (
	"net"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// queuedBytes says how much of what was written the other side's kernel has not
// acknowledged.
func queuedBytes(raw net.Conn) (n int, known bool) {
	control(raw, func(fd int) {
		var err error
		n, err = unix.IoctlGetInt(fd, unix.SIOCOUTQ)
		known = err == nil
	})
	return n, known
}

// establishedAt says when an accepted connection was established, or a little
// before: the kernel knows, however late the acceptor was.
func establishedAt(raw net.Conn, now time.Time) time.Time {
	const granularity = 10 * time.Millisecond // of the kernel's clock, at 100 ticks a second
	if _, ok := raw.(*net.TCPConn); !ok {
		return now
	}
	control(raw, func(fd int) {
		// Nothing has been sent yet, so the last sending is the creation.
		if info, err := unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO); err == nil {
			now = now.Add(-time.Duration(info.Last_data_sent)*time.Millisecond - granularity)
		}
	})
	return now
}

func control(holder any, f func(fd int)) {
	if holder, ok := holder.(syscall.Conn); ok {
		if raw, err := holder.SyscallConn(); err == nil {
			raw.Control(func(fd uintptr) { f(int(fd)) })
		}
	}
}

// backlogged reports whether connections wait in the kernel for the acceptor.
func backlogged(listener net.Listener) bool {
	ready := false
	control(listener, func(fd int) {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 0)
		ready = err == nil && n > 0
	})
	return ready
}
