package client_test

import . "github.com/nodehttp/conform/specs"

// request.flushHeaders()
var _ = Section("client.flushHeaders",
	Clause("client.flushHeaders/sends-head-now"),
	Clause("client.flushHeaders/head-is-kept-without-it"),
	Clause("client.flushHeaders/head-and-data-together"),
)
