package server_test

import . "github.com/nodehttp/conform/specs"

// Event: 'checkContinue'
var _ = Section("server.event-checkContinue",
	Clause("server.event-checkContinue/emitted-for-expect-100-continue"),
	Clause("server.event-checkContinue/no-listener-sends-100"),
	Clause("server.event-checkContinue/listener-continues-with-writeContinue"),
	Clause("server.event-checkContinue/listener-may-refuse"),
	Clause("server.event-checkContinue/listener-replaces-request"),
)
