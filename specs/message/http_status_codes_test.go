package message_test

import . "github.com/nodehttp/conform/specs"

// http.STATUS_CODES
var _ = Section("http.STATUS_CODES",
	Clause("http.STATUS_CODES/standard-phrases"),
	Clause("http.STATUS_CODES/all-standard-codes"),
)
