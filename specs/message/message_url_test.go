package message_test

import . "github.com/nodehttp/conform/specs"

// message.url
var _ = Section("message.url",
	Clause("message.url/as-in-request"),
	Clause("message.url/parses-against-host"),
	Clause("message.url/not-of-response"),
)
