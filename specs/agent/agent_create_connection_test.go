package agent_test

import . "github.com/nodehttp/conform/specs"

// agent.createConnection(options[, callback])
var _ = Section("agent.createConnection",
	Clause("agent.createConnection/makes-sockets-for-requests"),
	Clause("agent.createConnection/default-connects"),
	Clause("agent.createConnection/returns-net-socket"),
	Clause("agent.createConnection/overridden-returns-socket"),
	Clause("agent.createConnection/overridden-calls-back"),
	Clause("agent.createConnection/callback-takes-error"),
	Clause("agent.createConnection/own-socket-type"),
)
