package client_test

import . "github.com/nodehttp/conform/specs"

// request.protocol
var _ = Section("client.protocol",
	Clause("client.protocol/request-protocol"),
)
