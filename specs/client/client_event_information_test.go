package client_test

import . "github.com/nodehttp/conform/specs"

// Event: 'information'
var _ = Section("client.event-information",
	Clause("client.event-information/emitted-for-1xx"),
	Clause("client.event-information/has-version-message-and-headers"),
	Clause("client.event-information/not-for-101"),
	Clause("client.event-information/upgrade-tells-of-101"),
	Clause("client.event-information/rawHeaders-alternate-names-and-values"),
)
