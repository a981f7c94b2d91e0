package client_test

import . "github.com/nodehttp/conform/specs"

// request.socket
var _ = Section("client.socket",
	Clause("client.socket/underlying-socket"),
	Clause("client.socket/is-from-net"),
	Clause("client.socket/no-readable-event"),
	Clause("client.socket/local-address-and-port"),
	Clause("client.socket/another-type"),
)
