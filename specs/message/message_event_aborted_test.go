package message_test

import . "github.com/nodehttp/conform/specs"

// Event: 'aborted'
var _ = Section("message.event-aborted",
	Clause("message.event-aborted/when-cut-off"),
	Clause("message.event-aborted/client-leaves-before-response"),
	Clause("message.event-aborted/when-the-client-aborts"),
)
