package message_test

import . "github.com/nodehttp/conform/specs"

// response.writableFinished
var _ = Section("response.writableFinished",
	Clause("response.writableFinished/true-at-finish"),
)
