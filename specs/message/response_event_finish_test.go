package message_test

import . "github.com/nodehttp/conform/specs"

// Event: 'finish'
var _ = Section("response.event-finish",
	Clause("response.event-finish/after-last-byte-handed-over"),
	Clause("response.event-finish/no-event-follows"),
)
