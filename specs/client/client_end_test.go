package client_test

import . "github.com/nodehttp/conform/specs"

// request.end([data[, encoding]][, callback])
var _ = Section("client.end",
	Clause("client.end/terminates-chunked-body"),
	Clause("client.end/data-same-bytes-as-write-and-end"),
	Clause("client.end/callback-when-finished"),
	Clause("client.end/returns-request"),
	Clause("client.end/flushes-unsent-body"),
	Clause("client.end/data-string-or-buffer"),
	Clause("client.end/again-after-get"),
)
