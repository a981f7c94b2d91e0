package message_test

import . "github.com/nodehttp/conform/specs"

// message.aborted
var _ = Section("message.aborted",
	Clause("message.aborted/true-once-aborted"),
	Clause("message.aborted/false-otherwise"),
)
