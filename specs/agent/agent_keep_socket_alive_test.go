package agent_test

import . "github.com/nodehttp/conform/specs"

// agent.keepSocketAlive(socket)
var _ = Section("agent.keepSocketAlive",
	Clause("agent.keepSocketAlive/called-for-socket-that-could-be-kept"),
	Clause("agent.keepSocketAlive/not-called-otherwise"),
	Clause("agent.keepSocketAlive/default-turns-tcp-keep-alive-on"),
	Clause("agent.keepSocketAlive/default-unrefs"),
	Clause("agent.keepSocketAlive/default-returns-true"),
	Clause("agent.keepSocketAlive/subclass-overrides"),
	Clause("agent.keepSocketAlive/falsy-destroys"),
	Clause("agent.keepSocketAlive/socket-is-a-net-socket"),
)
