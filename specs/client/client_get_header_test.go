package client_test

import . "github.com/nodehttp/conform/specs"

// request.getHeader(name)
var _ = Section("client.getHeader",
	Clause("client.getHeader/case-insensitive"),
	Clause("client.getHeader/type-as-set"),
)
