package client_test

import . "github.com/nodehttp/conform/specs"

// request.connection
var _ = Section("client.connection",
	Clause("client.connection/is-the-socket"),
)
