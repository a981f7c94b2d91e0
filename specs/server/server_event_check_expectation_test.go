package server_test

import . "github.com/nodehttp/conform/specs"

// Event: 'checkExpectation'
var _ = Section("server.event-checkExpectation",
	Clause("server.event-checkExpectation/emitted-for-other-expectations"),
	Clause("server.event-checkExpectation/no-listener-sends-417"),
	Clause("server.event-checkExpectation/listener-replaces-request"),
)
