package message_test

import . "github.com/nodehttp/conform/specs"

// response.getHeaders()
var _ = Section("response.getHeaders",
	Clause("response.getHeaders/shallow-copy"),
	Clause("response.getHeaders/no-prototype"),
)
