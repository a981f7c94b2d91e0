package server_test

import . "github.com/nodehttp/conform/specs"

// server.timeout
var _ = Section("server.timeout",
	Clause("server.timeout/idle-connection-is-destroyed"),
	Clause("server.timeout/default-120000"),
	Clause("server.timeout/zero-disables"),
	Clause("server.timeout/new-connections-only"),
)
