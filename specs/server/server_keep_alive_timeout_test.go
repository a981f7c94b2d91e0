package server_test

import . "github.com/nodehttp/conform/specs"

// server.keepAliveTimeout
var _ = Section("server.keepAliveTimeout",
	Clause("server.keepAliveTimeout/default-5000"),
	Clause("server.keepAliveTimeout/idle-socket-is-destroyed"),
	Clause("server.keepAliveTimeout/new-data-restores-timeout"),
	Clause("server.keepAliveTimeout/zero-disables"),
	Clause("server.keepAliveTimeout/new-connections-only"),
)
