package server_test

import . "github.com/nodehttp/conform/specs"

// server.listening
var _ = Section("server.listening",
	Clause("server.listening/tells-whether-listening"),
)
