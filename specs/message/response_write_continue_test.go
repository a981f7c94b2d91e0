package message_test

import . "github.com/nodehttp/conform/specs"

// response.writeContinue()
var _ = Section("response.writeContinue",
	Clause("response.writeContinue/sends-100"),
)
