package client_test

import . "github.com/nodehttp/conform/specs"

// request.abort()
var _ = Section("client.abort",
	Clause("client.abort/drops-response-and-destroys-socket"),
	Clause("client.abort/order-after-response"),
	Clause("client.abort/request-that-was-not-ended"),
)
