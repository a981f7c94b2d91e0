package message_test

import . "github.com/nodehttp/conform/specs"

// message.setTimeout(msecs[, callback])
var _ = Section("message.setTimeout",
	Clause("message.setTimeout/callback-called-on-timeout"),
)
