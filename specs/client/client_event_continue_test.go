package client_test

import . "github.com/nodehttp/conform/specs"

// Event: 'continue'
var _ = Section("client.event-continue",
	Clause("client.event-continue/emitted-for-100"),
	Clause("client.event-continue/no-arguments"),
	Clause("client.event-continue/each-100"),
)
