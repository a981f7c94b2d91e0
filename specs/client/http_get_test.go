package client_test

import . "github.com/nodehttp/conform/specs"

// http.get(url[, options][, callback])
var _ = Section("http.get",
	Clause("http.get/ends-request"),
	Clause("http.get/callback-hears-response"),
	Clause("http.get/inherited-options-are-ignored"),
	Clause("http.get/method-is-always-get"),
	Clause("http.get/is-a-client-request"),
	Clause("http.get/takes-options-of-request"),
	Clause("http.get/takes-url-object"),
	Clause("http.get/end-waits-for-consumption"),
	Clause("http.get/setEncoding-makes-text"),
)
