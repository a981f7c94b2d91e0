package message_test

import . "github.com/nodehttp/conform/specs"

// message.headers
var _ = Section("message.headers",
	Clause("message.headers/is-an-object"),
	Clause("message.headers/names-in-lower-case"),
	Clause("message.headers/single-valued-keep-first"),
	Clause("message.headers/server-keeps-first"),
	Clause("message.headers/server-joined"),
	Clause("message.headers/content-length-keeps-first"),
	Clause("message.headers/set-cookie-is-a-list"),
	Clause("message.headers/cookie-joined-with-semicolon"),
	Clause("message.headers/cookie-joined-with-comma"),
	Clause("message.headers/others-joined-with-comma"),
)
