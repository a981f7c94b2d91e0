package client_test

import . "github.com/nodehttp/conform/specs"

// request.host
var _ = Section("client.host",
	Clause("client.host/request-host"),
)
