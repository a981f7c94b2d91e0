package agent_test

import . "github.com/nodehttp/conform/specs"

// Class: http.Agent
var _ = Section("agent",
	Clause("agent/queued-requests-share-a-socket"),
	Clause("agent/socket-closed-when-queue-is-empty"),
	Clause("agent/requests-keep-alive-by-default"),
	Clause("agent/pooled-when-queue-is-empty"),
	Clause("agent/pooled-for-its-host-and-port-only"),
	Clause("agent/pooled-sockets-have-tcp-keep-alive"),
	Clause("agent/closed-socket-leaves-pool"),
	Clause("agent/new-connection-after-idle-close"),
	Clause("agent/refused-persistence-is-not-pooled"),
	Clause("agent/refused-persistence-makes-new-connections"),
	Clause("agent/free-sockets-are-unrefed"),
	Clause("agent/close-takes-socket-out"),
	Clause("agent/agentRemove-takes-socket-out"),
	Clause("agent/agentRemove-request-goes-on"),
	Clause("agent/false-means-an-agent-of-its-own"),
)
