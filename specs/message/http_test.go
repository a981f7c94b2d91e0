package message_test

import . "github.com/nodehttp/conform/specs"

// HTTP
var _ = Section("http",
	Clause("http/headers-are-an-object"),
	Clause("http/header-names-in-lower-case"),
	Clause("http/header-values-as-received"),
	Clause("http/rawHeaders-alternate-names-and-values"),
	Clause("http/rawHeaders-with-two-lengths"),
	Clause("http/bodies-are-streamed"),
	Clause("http/written-bodies-are-streamed"),
	Clause("http/large-chunked-messages"),
	Clause("http/module-makes-servers-and-clients"),
	Clause("http/message-has-headers-and-body"),
	Clause("http/header-values-are-not-parsed"),
	Clause("http/bodies-are-not-parsed"),
)
