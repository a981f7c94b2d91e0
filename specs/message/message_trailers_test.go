package message_test

import . "github.com/nodehttp/conform/specs"

// message.trailers
var _ = Section("message.trailers",
	Clause("message.trailers/filled-at-end"),
	Clause("message.trailers/empty-without-trailers"),
)
