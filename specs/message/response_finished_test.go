package message_test

import . "github.com/nodehttp/conform/specs"

// response.finished
var _ = Section("response.finished",
	Clause("response.finished/true-after-end"),
)
