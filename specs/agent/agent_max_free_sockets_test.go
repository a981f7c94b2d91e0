package agent_test

import . "github.com/nodehttp/conform/specs"

// agent.maxFreeSockets
var _ = Section("agent.maxFreeSockets",
	Clause("agent.maxFreeSockets/limits-kept-sockets"),
	Clause("agent.maxFreeSockets/can-be-set"),
)
