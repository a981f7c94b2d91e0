package message_test

import . "github.com/nodehttp/conform/specs"

// response.cork()
var _ = Section("response.cork",
	Clause("response.cork/holds-writes-back"),
)
