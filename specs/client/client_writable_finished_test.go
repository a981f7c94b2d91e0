package client_test

import . "github.com/nodehttp/conform/specs"

// request.writableFinished
var _ = Section("client.writableFinished",
	Clause("client.writableFinished/true-before-finish"),
)
