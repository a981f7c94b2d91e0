package agent_test

import . "github.com/nodehttp/conform/specs"

// agent.sockets
var _ = Section("agent.sockets",
	Clause("agent.sockets/lists-sockets-in-use"),
	Clause("agent.sockets/free-sockets-are-elsewhere"),
)
