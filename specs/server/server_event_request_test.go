package server_test

import . "github.com/nodehttp/conform/specs"

// Event: 'request'
var _ = Section("server.event-request",
	Clause("server.event-request/emitted-for-each-request"),
	Clause("server.event-request/several-on-one-connection"),
	Clause("server.event-request/pipelined-responses-in-order"),
)
