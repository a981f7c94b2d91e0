package message_test

import . "github.com/nodehttp/conform/specs"

// Class: http.ServerResponse
var _ = Section("response",
	Clause("response/default-head-and-content-length"),
	Clause("response/default-head-and-chunked"),
	Clause("response/http10-body-until-close"),
	Clause("response/http10-keep-alive-needs-length"),
	Clause("response/extends-stream"),
	Clause("response/is-second-argument-of-request"),
	Clause("response/takes-a-pipe"),
)
