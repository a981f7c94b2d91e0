package message_test

import . "github.com/nodehttp/conform/specs"

// message.httpVersion
var _ = Section("message.httpVersion",
	Clause("message.httpVersion/of-request"),
	Clause("message.httpVersion/of-response"),
	Clause("message.httpVersion/major-and-minor"),
)
