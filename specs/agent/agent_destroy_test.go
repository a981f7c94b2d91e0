package agent_test

import . "github.com/nodehttp/conform/specs"

// agent.destroy()
var _ = Section("agent.destroy",
	Clause("agent.destroy/destroys-sockets"),
)
