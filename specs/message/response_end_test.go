package message_test

import . "github.com/nodehttp/conform/specs"

// response.end([data[, encoding]][, callback])
var _ = Section("response.end",
	Clause("response.end/completes-message"),
	Clause("response.end/data-is-last-of-body"),
	Clause("response.end/data-same-bytes-as-write-and-end"),
	Clause("response.end/callback-when-finished"),
	Clause("response.end/returns-response"),
)
