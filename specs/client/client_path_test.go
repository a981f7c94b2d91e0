package client_test

import . "github.com/nodehttp/conform/specs"

// request.path
var _ = Section("client.path",
	Clause("client.path/request-path"),
)
