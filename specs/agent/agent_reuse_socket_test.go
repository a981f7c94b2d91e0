package agent_test

import . "github.com/nodehttp/conform/specs"

// agent.reuseSocket(socket, request)
var _ = Section("agent.reuseSocket",
	Clause("agent.reuseSocket/called-with-socket-and-request"),
	Clause("agent.reuseSocket/not-called-for-new-socket"),
	Clause("agent.reuseSocket/default-refs"),
	Clause("agent.reuseSocket/subclass-overrides"),
	Clause("agent.reuseSocket/socket-is-a-net-socket"),
	Clause("agent.reuseSocket/class-of-request"),
)
