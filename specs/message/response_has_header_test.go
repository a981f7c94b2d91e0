package message_test

import . "github.com/nodehttp/conform/specs"

// response.hasHeader(name)
var _ = Section("response.hasHeader",
	Clause("response.hasHeader/name-in-any-case"),
)
