package message_test

import . "github.com/nodehttp/conform/specs"

// response.statusCode
var _ = Section("response.statusCode",
	Clause("response.statusCode/default-200"),
	Clause("response.statusCode/used-by-implicit-headers"),
	Clause("response.statusCode/tells-what-was-sent"),
)
