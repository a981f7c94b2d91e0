package client_test

import . "github.com/nodehttp/conform/specs"

// Event: 'connect'
var _ = Section("client.event-connect",
	Clause("client.event-connect/emitted-with-response-socket-head"),
	Clause("client.event-connect/socket-is-from-net"),
	Clause("client.event-connect/no-listener-closes"),
	Clause("client.event-connect/socket-is-the-tunnel"),
	Clause("client.event-connect/socket-of-another-type"),
)
