package message_test

import . "github.com/nodehttp/conform/specs"

// message.setTimeout(msecs[, callback])
var _ = Section("message.setTimeout",
	Clause("message.setTimeout/callback-called-on-timeout"),
	Clause("message.setTimeout/sets-timeout-of-connection"),
	Clause("message.setTimeout/returns-message"),
	Clause("message.setTimeout/callback-is-optional"),
)
