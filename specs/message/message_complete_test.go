package message_test

import . "github.com/nodehttp/conform/specs"

// message.complete
var _ = Section("message.complete",
	Clause("message.complete/tells-whether-whole"),
	Clause("message.complete/false-until-whole"),
	Clause("message.complete/false-when-malformed"),
	Clause("message.complete/end-when-cut-off"),
)
