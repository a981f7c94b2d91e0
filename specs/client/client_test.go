package client_test

import . "github.com/nodehttp/conform/specs"

// Class: http.ClientRequest
var _ = Section("client",
	Clause("client/head-leaves-with-first-data-or-end"),
	Clause("client/unheard-response-is-discarded"),
	Clause("client/end-waits-for-consumption"),
	Clause("client/content-length-is-not-checked"),
	Clause("client/premature-close-is-aborted"),
	Clause("client/is-a-writable-stream"),
	Clause("client/headers-can-be-read-back"),
	Clause("client/response-listener-added-later"),
	Clause("client/data-listener-added-during-response"),
	Clause("client/data-listener-consumes"),
	Clause("client/unread-data-is-kept"),
)
