package client_test

import . "github.com/nodehttp/conform/specs"

// Event: 'response'
var _ = Section("client.event-response",
	Clause("client.event-response/once-with-message"),
	Clause("client.event-response/when-head-has-come"),
)
