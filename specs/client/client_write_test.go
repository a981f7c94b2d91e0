package client_test

import . "github.com/nodehttp/conform/specs"

// request.write(chunk[, encoding][, callback])
var _ = Section("client.write",
	Clause("client.write/false-when-queued"),
	Clause("client.write/empty-chunk-does-nothing"),
	Clause("client.write/true-when-flushed"),
	Clause("client.write/drain"),
	Clause("client.write/returns-request"),
	Clause("client.write/encoding"),
	Clause("client.write/callback-when-flushed"),
	Clause("client.write/several-chunks-make-the-body"),
	Clause("client.write/chunk-string-or-buffer"),
	Clause("client.write/encoding-is-for-strings"),
	Clause("client.write/explicit-chunked"),
)
