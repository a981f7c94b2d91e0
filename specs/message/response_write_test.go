package message_test

import . "github.com/nodehttp/conform/specs"

// response.write(chunk[, encoding][, callback])
var _ = Section("response.write",
	Clause("response.write/sends-implicit-headers"),
	Clause("response.write/successive-parts"),
	Clause("response.write/head-waits-for-first-part"),
	Clause("response.write/encoding"),
	Clause("response.write/callback"),
	Clause("response.write/result-and-drain"),
	Clause("response.write/no-body-for-head"),
	Clause("response.write/no-body-for-204-and-304"),
	Clause("response.write/raw-body"),
)
