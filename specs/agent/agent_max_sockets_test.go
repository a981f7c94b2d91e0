package agent_test

import . "github.com/nodehttp/conform/specs"

// agent.maxSockets
var _ = Section("agent.maxSockets",
	Clause("agent.maxSockets/limits-sockets-per-origin"),
	Clause("agent.maxSockets/can-be-set"),
)
