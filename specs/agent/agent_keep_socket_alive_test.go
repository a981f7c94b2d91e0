package agent_test

import . "github.com/nodehttp/conform/specs"

// agent.keepSocketAlive(socket)
var _ = Section("agent.keepSocketAlive",
	Clause("agent.keepSocketAlive/falsy-destroys"),
)
