package message_test

import . "github.com/nodehttp/conform/specs"

// message.method
var _ = Section("message.method",
	Clause("message.method/of-request"),
	Clause("message.method/not-of-response"),
	Clause("message.method/read-only"),
)
