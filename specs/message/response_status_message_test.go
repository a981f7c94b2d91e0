package message_test

import . "github.com/nodehttp/conform/specs"

// response.statusMessage
var _ = Section("response.statusMessage",
	Clause("response.statusMessage/used-by-implicit-headers"),
	Clause("response.statusMessage/standard-when-undefined"),
	Clause("response.statusMessage/tells-what-was-sent"),
)
