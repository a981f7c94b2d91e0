package message_test

import . "github.com/nodehttp/conform/specs"

// message.statusCode
var _ = Section("message.statusCode",
	Clause("message.statusCode/of-response"),
	Clause("message.statusCode/not-of-request"),
)
