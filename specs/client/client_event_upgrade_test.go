package client_test

import . "github.com/nodehttp/conform/specs"

// Event: 'upgrade'
var _ = Section("client.event-upgrade",
	Clause("client.event-upgrade/emitted-with-response-socket-head"),
	Clause("client.event-upgrade/socket-is-from-net"),
	Clause("client.event-upgrade/no-listener-closes"),
	Clause("client.event-upgrade/no-listener-closes-for-101"),
	Clause("client.event-upgrade/other-status-is-a-response"),
	Clause("client.event-upgrade/socket-of-another-type"),
	Clause("client.event-upgrade/any-reason-phrase"),
)
