package server_test

import . "github.com/nodehttp/conform/specs"

// http.createServer([options][, requestListener])
var _ = Section("http.createServer",
	Clause("http.createServer/listener-hears-request"),
	Clause("http.createServer/class-of-requests"),
	Clause("http.createServer/class-of-responses"),
	Clause("http.createServer/insecureHTTPParser-takes-invalid-headers"),
	Clause("http.createServer/insecureHTTPParser-default-false"),
	Clause("http.createServer/default-classes"),
	Clause("http.createServer/returns-new-server"),
	Clause("http.createServer/arguments-are-optional"),
)
