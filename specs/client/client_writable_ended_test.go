package client_test

import . "github.com/nodehttp/conform/specs"

// request.writableEnded
var _ = Section("client.writableEnded",
	Clause("client.writableEnded/true-after-end"),
	Clause("client.writableEnded/tells-nothing-of-flush"),
)
