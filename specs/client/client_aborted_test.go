package client_test

import . "github.com/nodehttp/conform/specs"

// request.aborted
var _ = Section("client.aborted",
	Clause("client.aborted/true-after-abort"),
	Clause("client.aborted/not-true-otherwise"),
)
