//go:build !unix

package reference

import (
	"context"
	"net"
	"net/netip"
)

// beginDial takes the usual way here.
func beginDial(_, _ netip.AddrPort) func(ctx context.Context) (net.Conn, error) { return nil }
