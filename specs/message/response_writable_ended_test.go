package message_test

import . "github.com/nodehttp/conform/specs"

// response.writableEnded
var _ = Section("response.writableEnded",
	Clause("response.writableEnded/true-after-end"),
	Clause("response.writableEnded/says-nothing-of-flushing"),
)
