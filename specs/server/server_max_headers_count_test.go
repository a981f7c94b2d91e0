package server_test

import . "github.com/nodehttp/conform/specs"

// server.maxHeadersCount
var _ = Section("server.maxHeadersCount",
	Clause("server.maxHeadersCount/default-1000"),
	Clause("server.maxHeadersCount/default-2000"),
	Clause("server.maxHeadersCount/limits-headers"),
	Clause("server.maxHeadersCount/zero-is-unlimited"),
)
