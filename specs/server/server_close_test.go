package server_test

import . "github.com/nodehttp/conform/specs"

// server.close([callback])
var _ = Section("server.close",
	Clause("server.close/stops-accepting"),
	Clause("server.close/callback-after-closing"),
	Clause("server.close/keeps-connections"),
)
