package message_test

import . "github.com/nodehttp/conform/specs"

// Event: 'close'
var _ = Section("message.event-close",
	Clause("message.event-close/connection-closed"),
	Clause("message.event-close/not-before-connection-closes"),
	Clause("message.event-close/once"),
)
