package client_test

import . "github.com/nodehttp/conform/specs"

// request.method
var _ = Section("client.method",
	Clause("client.method/request-method"),
)
