package server_test

import . "github.com/nodehttp/conform/specs"

// Event: 'close'
var _ = Section("server.event-close",
	Clause("server.event-close/emitted-when-server-closes"),
)
