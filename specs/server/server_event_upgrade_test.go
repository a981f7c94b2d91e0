package server_test

import . "github.com/nodehttp/conform/specs"

// Event: 'upgrade'
var _ = Section("server.event-upgrade",
	Clause("server.event-upgrade/emitted-with-request-socket-head"),
	Clause("server.event-upgrade/socket-is-a-net-socket"),
	Clause("server.event-upgrade/head-holds-first-bytes"),
	Clause("server.event-upgrade/no-listener-closes"),
	Clause("server.event-upgrade/no-listener-is-ordinary-request"),
	Clause("server.event-upgrade/no-listener-keeps-pipelined-requests"),
	Clause("server.event-upgrade/no-data-listener-left"),
)
