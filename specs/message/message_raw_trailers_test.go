package message_test

import . "github.com/nodehttp/conform/specs"

// message.rawTrailers
var _ = Section("message.rawTrailers",
	Clause("message.rawTrailers/filled-at-end"),
	Clause("message.rawTrailers/as-received"),
)
