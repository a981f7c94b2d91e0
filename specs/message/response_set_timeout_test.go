package message_test

import . "github.com/nodehttp/conform/specs"

// response.setTimeout(msecs[, callback])
var _ = Section("response.setTimeout",
	Clause("response.setTimeout/returns-response"),
	Clause("response.setTimeout/callback-listens-for-timeout"),
	Clause("response.setTimeout/no-listener-destroys"),
	Clause("response.setTimeout/sets-timeout-of-socket"),
)
