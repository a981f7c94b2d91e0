package message_test

import . "github.com/nodehttp/conform/specs"

// response.headersSent
var _ = Section("response.headersSent",
	Clause("response.headersSent/tells-whether-sent"),
)
