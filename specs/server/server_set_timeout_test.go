package server_test

import . "github.com/nodehttp/conform/specs"

// server.setTimeout([msecs][, callback])
var _ = Section("server.setTimeout",
	Clause("server.setTimeout/idle-sockets-are-destroyed"),
	Clause("server.setTimeout/emits-timeout-with-socket"),
	Clause("server.setTimeout/listener-keeps-socket-open"),
	Clause("server.setTimeout/command-line-default"),
	Clause("server.setTimeout/returns-server"),
	Clause("server.setTimeout/default-of-msecs"),
	Clause("server.setTimeout/callback-listens-for-timeout"),
)
