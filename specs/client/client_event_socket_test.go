package client_test

import . "github.com/nodehttp/conform/specs"

// Event: 'socket'
var _ = Section("client.event-socket",
	Clause("client.event-socket/emitted-with-socket"),
	Clause("client.event-socket/socket-of-another-type"),
)
