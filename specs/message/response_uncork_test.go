package message_test

import . "github.com/nodehttp/conform/specs"

// response.uncork()
var _ = Section("response.uncork",
	Clause("response.uncork/sends-what-was-held"),
	Clause("response.uncork/as-often-as-cork"),
)
