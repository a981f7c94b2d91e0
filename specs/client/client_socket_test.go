package client_test

import . "github.com/nodehttp/conform/specs"

// request.socket
var _ = Section("client.socket",
	Clause("client.socket/underlying-socket"),
)
