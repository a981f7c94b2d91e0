package server_test

import . "github.com/nodehttp/conform/specs"

// http.Server
var _ = Section("server",
	Clause("server/is-a-net-server"),
)
