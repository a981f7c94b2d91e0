package agent_test

import . "github.com/nodehttp/conform/specs"

// agent.maxTotalSockets
var _ = Section("agent.maxTotalSockets",
	Clause("agent.maxTotalSockets/limits-all-sockets"),
	Clause("agent.maxTotalSockets/can-be-set"),
)
