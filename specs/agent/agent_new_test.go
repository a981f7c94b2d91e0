package agent_test

import . "github.com/nodehttp/conform/specs"

// new Agent([options])
var _ = Section("agent.new",
	Clause("agent.new/options-are-optional"),
	Clause("agent.new/keepAlive-pools-sockets"),
	Clause("agent.new/keepAlive-default-false"),
	Clause("agent.new/connection-close"),
	Clause("agent.new/connection-keep-alive"),
	Clause("agent.new/connection-as-given"),
	Clause("agent.new/keepAliveMsecs-is-initial-delay"),
	Clause("agent.new/keepAliveMsecs-default-1000"),
	Clause("agent.new/keepAliveMsecs-only-with-keepAlive"),
	Clause("agent.new/maxSockets-option"),
	Clause("agent.new/new-socket-until-maxSockets"),
	Clause("agent.new/maxTotalSockets-option"),
	Clause("agent.new/new-socket-until-maxTotalSockets"),
	Clause("agent.new/maxFreeSockets-option"),
	Clause("agent.new/maxFreeSockets-only-with-keepAlive"),
	Clause("agent.new/scheduling-fifo"),
	Clause("agent.new/scheduling-lifo"),
	Clause("agent.new/scheduling-is-fifo-or-lifo"),
	Clause("agent.new/timeout-is-socket-timeout"),
	Clause("agent.new/timeout-set-at-creation"),
	Clause("agent.new/connect-options"),
	Clause("agent.new/globalAgent-has-defaults"),
	Clause("agent.new/configured-agent-is-used"),
)
