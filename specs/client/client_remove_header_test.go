package client_test

import . "github.com/nodehttp/conform/specs"

// request.removeHeader(name)
var _ = Section("client.removeHeader",
	Clause("client.removeHeader/not-sent"),
	Clause("client.removeHeader/header-is-gone"),
)
