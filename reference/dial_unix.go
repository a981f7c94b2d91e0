//go:build unix

package reference

import (
	"context"
	"net"
	"net/netip"
	"os"
	"syscall"
)

// beginDial begins to connect to a TCP address without blocking, and returns what waits for the outcome. Connections
// begun one after the other reach a listener in that order, as those of Node do; goroutines that dial give no order. It
// returns nil where the usual way has to be taken.
func beginDial(address, local netip.AddrPort) func(ctx context.Context) (net.Conn, error) {
	address = netip.AddrPortFrom(address.Addr().Unmap(), address.Port())
	domain := syscall.AF_INET
	if address.Addr().Is6() {
		domain = syscall.AF_INET6
	}
	if address.Addr().Zone() != "" || local.IsValid() && local.Addr().Unmap().Is4() != address.Addr().Is4() {
		return nil
	}
	syscall.ForkLock.RLock()
	descriptor, err := syscall.Socket(domain, syscall.SOCK_STREAM, 0)
	if err == nil {
		syscall.CloseOnExec(descriptor)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil
	}
	if syscall.SetNonblock(descriptor, true) != nil ||
		local.IsValid() && syscall.Bind(descriptor, systemAddress(local)) != nil {
		_ = syscall.Close(descriptor)
		return nil // the usual way finds the error again, and words it
	}
	failed := syscall.Connect(descriptor, systemAddress(address))
	if failed == syscall.EINPROGRESS || failed == syscall.EINTR {
		failed = nil
	}
	file := os.NewFile(uintptr(descriptor), "connection")
	remote := net.TCPAddrFromAddrPort(address)
	return func(ctx context.Context) (net.Conn, error) {
		defer func() { _ = file.Close() }()
		if failed == nil {
			failed = waitConnected(ctx, file)
		}
		if failed == nil {
			return net.FileConn(file)
		}
		if ctx.Err() != nil {
			failed = ctx.Err()
		}
		return nil, &net.OpError{Op: "dial", Net: "tcp", Addr: remote, Err: os.NewSyscallError("connect", failed)}
	}
}

// waitConnected waits until a connection that was begun has succeeded or failed.
func waitConnected(ctx context.Context, file *os.File) error {
	raw, err := file.SyscallConn()
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { _ = file.Close() })
	defer stop()
	var outcome error
	err = raw.Write(func(descriptor uintptr) bool {
		if _, err := syscall.Getpeername(int(descriptor)); err == nil {
			return true
		}
		number, err := syscall.GetsockoptInt(int(descriptor), syscall.SOL_SOCKET, syscall.SO_ERROR)
		switch {
		case err != nil:
			outcome = err
		case number != 0:
			outcome = syscall.Errno(number)
		default:
			return false // still on its way
		}
		return true
	})
	if err != nil {
		return err
	}
	return outcome
}

func systemAddress(address netip.AddrPort) syscall.Sockaddr {
	if ip := address.Addr().Unmap(); ip.Is4() {
		return &syscall.SockaddrInet4{Addr: ip.As4(), Port: int(address.Port())}
	}
	return &syscall.SockaddrInet6{Addr: address.Addr().As16(), Port: int(address.Port())}
}
