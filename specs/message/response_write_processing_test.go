package message_test

import . "github.com/nodehttp/conform/specs"

// response.writeProcessing()
var _ = Section("response.writeProcessing",
	Clause("response.writeProcessing/sends-102"),
)
