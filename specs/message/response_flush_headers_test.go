package message_test

import . "github.com/nodehttp/conform/specs"

// response.flushHeaders()
var _ = Section("response.flushHeaders",
	Clause("response.flushHeaders/sends-head-now"),
)
