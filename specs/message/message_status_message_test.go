package message_test

import . "github.com/nodehttp/conform/specs"

// message.statusMessage
var _ = Section("message.statusMessage",
	Clause("message.statusMessage/of-response"),
	Clause("message.statusMessage/not-of-request"),
)
