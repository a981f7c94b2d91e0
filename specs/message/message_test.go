package message_test

import . "github.com/nodehttp/conform/specs"

// Class: http.IncomingMessage
var _ = Section("message",
	Clause("message/is-a-readable-stream"),
	Clause("message/first-argument-of-request"),
	Clause("message/first-argument-of-response"),
	Clause("message/gives-status-headers-and-data"),
)
