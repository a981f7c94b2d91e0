package client_test

import . "github.com/nodehttp/conform/specs"

// Event: 'abort'
var _ = Section("client.event-abort",
	Clause("client.event-abort/first-call-only"),
)
