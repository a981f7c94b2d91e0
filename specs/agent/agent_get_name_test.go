package agent_test

import . "github.com/nodehttp/conform/specs"

// agent.getName(options)
var _ = Section("agent.getName",
	Clause("agent.getName/host-port-localAddress"),
	Clause("agent.getName/family"),
)
