package agent_test

import . "github.com/nodehttp/conform/specs"

// agent.requests
var _ = Section("agent.requests",
	Clause("agent.requests/lists-waiting-requests"),
	Clause("agent.requests/empty-when-none-waits"),
)
