package message_test

import . "github.com/nodehttp/conform/specs"

// response.removeHeader(name)
var _ = Section("response.removeHeader",
	Clause("response.removeHeader/is-not-sent"),
)
