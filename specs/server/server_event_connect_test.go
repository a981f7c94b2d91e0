package server_test

import . "github.com/nodehttp/conform/specs"

// Event: 'connect'
var _ = Section("server.event-connect",
	Clause("server.event-connect/emitted-for-connect-method"),
	Clause("server.event-connect/socket-is-a-net-socket"),
	Clause("server.event-connect/head-holds-first-bytes"),
	Clause("server.event-connect/no-listener-closes"),
	Clause("server.event-connect/no-data-listener-left"),
)
