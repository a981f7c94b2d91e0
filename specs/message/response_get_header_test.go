package message_test

import . "github.com/nodehttp/conform/specs"

// response.getHeader(name)
var _ = Section("response.getHeader",
	Clause("response.getHeader/name-in-any-case"),
	Clause("response.getHeader/keeps-type"),
)
