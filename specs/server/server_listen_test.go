package server_test

import . "github.com/nodehttp/conform/specs"

// server.listen()
var _ = Section("server.listen",
	Clause("server.listen/unix-socket-path"),
	Clause("server.listen/port-zero-is-any-port"),
	Clause("server.listen/callback-listens-for-listening"),
	Clause("server.listen/callback-once-bound"),
	Clause("server.listen/returns-server"),
	Clause("server.listen/identical-to-net-server"),
	Clause("server.listen/starts-listening"),
)
