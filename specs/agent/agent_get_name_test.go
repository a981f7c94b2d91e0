package agent_test

import . "github.com/nodehttp/conform/specs"

// agent.getName(options)
var _ = Section("agent.getName",
	Clause("agent.getName/host-port-localAddress"),
	Clause("agent.getName/family"),
	Clause("agent.getName/decides-reuse"),
	Clause("agent.getName/https-has-tls-options"),
)
