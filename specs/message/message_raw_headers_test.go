package message_test

import . "github.com/nodehttp/conform/specs"

// message.rawHeaders
var _ = Section("message.rawHeaders",
	Clause("message.rawHeaders/as-received"),
	Clause("message.rawHeaders/names-and-values-alternate"),
	Clause("message.rawHeaders/names-keep-their-case"),
	Clause("message.rawHeaders/duplicates-stay"),
)
