package client_test

import . "github.com/nodehttp/conform/specs"

// Event: 'abort'
var _ = Section("client.event-abort",
	Clause("client.event-abort/first-call-only"),
	Clause("client.event-abort/emitted-on-abort"),
	Clause("client.event-abort/not-when-the-server-closes"),
	Clause("client.event-abort/no-arguments"),
)
