package agent_test

import . "github.com/nodehttp/conform/specs"

// agent.reuseSocket(socket, request)
var _ = Section("agent.reuseSocket",
	Clause("agent.reuseSocket/called-with-socket-and-request"),
)
