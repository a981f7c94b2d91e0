package message_test

import . "github.com/nodehttp/conform/specs"

// response.getHeaderNames()
var _ = Section("response.getHeaderNames",
	Clause("response.getHeaderNames/lower-case-and-unique"),
	Clause("response.getHeaderNames/in-order-of-setting"),
)
