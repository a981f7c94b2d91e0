package client_test

import . "github.com/nodehttp/conform/specs"

// request.setTimeout(timeout[, callback])
var _ = Section("client.setTimeout",
	Clause("client.setTimeout/callback-listens-for-timeout"),
	Clause("client.setTimeout/once-connected"),
	Clause("client.setTimeout/returns-request"),
	Clause("client.setTimeout/callback-is-a-listener"),
)
