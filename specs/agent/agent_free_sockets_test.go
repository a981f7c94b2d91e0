package agent_test

import . "github.com/nodehttp/conform/specs"

// agent.freeSockets
var _ = Section("agent.freeSockets",
	Clause("agent.freeSockets/lists-kept-sockets"),
	Clause("agent.freeSockets/only-with-keepAlive"),
	Clause("agent.freeSockets/timeout-destroys"),
)
