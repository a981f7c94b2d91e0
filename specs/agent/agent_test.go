package agent_test

import . "github.com/nodehttp/conform/specs"

// Class: http.Agent
var _ = Section("agent",
	Clause("agent/queued-requests-share-a-socket"),
	Clause("agent/socket-closed-when-queue-is-empty"),
	Clause("agent/requests-keep-alive-by-default"),
	Clause("agent/agentRemove-takes-socket-out"),
	Clause("agent/agentRemove-request-goes-on"),
	Clause("agent/false-means-an-agent-of-its-own"),
)
