package message_test

import . "github.com/nodehttp/conform/specs"

// response.writeHead(statusCode[, statusMessage][, headers])
var _ = Section("response.writeHead",
	Clause("response.writeHead/status-reason-and-headers"),
	Clause("response.writeHead/headers-override-set-headers"),
	Clause("response.writeHead/not-cached-when-none-set"),
	Clause("response.writeHead/content-length-not-checked"),
	Clause("response.writeHead/invalid-header-throws"),
	Clause("response.writeHead/returns-response"),
	Clause("response.writeHead/called-for-implicit-headers"),
	Clause("response.writeHead/status-has-three-digits"),
	Clause("response.writeHead/cached-when-some-set"),
	Clause("response.writeHead/content-length-in-bytes"),
)
