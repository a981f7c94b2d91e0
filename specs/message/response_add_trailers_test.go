package message_test

import . "github.com/nodehttp/conform/specs"

// response.addTrailers(headers)
var _ = Section("response.addTrailers",
	Clause("response.addTrailers/sent-after-chunked-body"),
	Clause("response.addTrailers/discarded-on-http10"),
	Clause("response.addTrailers/discarded-with-content-length"),
	Clause("response.addTrailers/announced-trailers-discarded"),
	Clause("response.addTrailers/invalid-name-throws"),
	Clause("response.addTrailers/invalid-value-throws"),
)
