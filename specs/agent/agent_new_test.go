package agent_test

import . "github.com/nodehttp/conform/specs"

// new Agent([options])
var _ = Section("agent.new",
	Clause("agent.new/keepAlive-pools-sockets"),
	Clause("agent.new/connection-close"),
	Clause("agent.new/connection-keep-alive"),
	Clause("agent.new/connection-as-given"),
	Clause("agent.new/scheduling-fifo"),
	Clause("agent.new/scheduling-lifo"),
)
