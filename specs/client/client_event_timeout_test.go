package client_test

import . "github.com/nodehttp/conform/specs"

// Event: 'timeout'
var _ = Section("client.event-timeout",
	Clause("client.event-timeout/only-notifies"),
	Clause("client.event-timeout/any-time-out-of-the-socket"),
)
