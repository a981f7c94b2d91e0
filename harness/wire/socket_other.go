//go:build !linux

package wire

import (
	"net"
	"time"
)

func queuedBytes(net.Conn) (n int, known bool) { return 0, false }

func establishedAt(_ net.Conn, now time.Time) time.Time { return now }

func backlogged(net.Listener) bool { return false }
