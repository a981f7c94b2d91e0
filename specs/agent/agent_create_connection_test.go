package agent_test

import . "github.com/nodehttp/conform/specs"

// agent.createConnection(options[, callback])
var _ = Section("agent.createConnection",
	Clause("agent.createConnection/overridden-returns-socket"),
	Clause("agent.createConnection/overridden-calls-back"),
)
