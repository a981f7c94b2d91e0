package client_test

import . "github.com/nodehttp/conform/specs"

// request.setNoDelay([noDelay])
var _ = Section("client.setNoDelay",
	Clause("client.setNoDelay/once-connected"),
	Clause("client.setNoDelay/called-when-connected-already"),
)
