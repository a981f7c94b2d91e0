package client_test

import . "github.com/nodehttp/conform/specs"

// request.finished
var _ = Section("client.finished",
	Clause("client.finished/true-after-end"),
)
