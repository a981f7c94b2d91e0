package server_test

import . "github.com/nodehttp/conform/specs"

// server.headersTimeout
var _ = Section("server.headersTimeout",
	Clause("server.headersTimeout/default-60000"),
	Clause("server.headersTimeout/slow-headers-are-cut-off"),
	Clause("server.headersTimeout/emits-timeout-on-server"),
	Clause("server.headersTimeout/counts-from-connection"),
	Clause("server.headersTimeout/zero-disables"),
	Clause("server.headersTimeout/inactivity-is-left-to-timeout"),
)
