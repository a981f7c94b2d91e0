package message_test

import . "github.com/nodehttp/conform/specs"

// Event: 'close'
var _ = Section("response.event-close",
	Clause("response.event-close/after-completion"),
	Clause("response.event-close/only-when-cut-short"),
	Clause("response.event-close/connection-lost"),
)
