package message_test

import . "github.com/nodehttp/conform/specs"

// HTTP
var _ = Section("http",
	Clause("http/header-names-in-lower-case"),
	Clause("http/rawHeaders-alternate-names-and-values"),
	Clause("http/bodies-are-streamed"),
	Clause("http/message-has-headers-and-body"),
)
