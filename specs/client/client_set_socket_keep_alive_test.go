package client_test

import . "github.com/nodehttp/conform/specs"

// request.setSocketKeepAlive([enable][, initialDelay])
var _ = Section("client.setSocketKeepAlive",
	Clause("client.setSocketKeepAlive/once-connected"),
	Clause("client.setSocketKeepAlive/called-when-connected-already"),
)
