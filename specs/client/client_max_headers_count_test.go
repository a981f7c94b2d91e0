package client_test

import . "github.com/nodehttp/conform/specs"

// request.maxHeadersCount
var _ = Section("client.maxHeadersCount",
	Clause("client.maxHeadersCount/default-2000"),
	Clause("client.maxHeadersCount/limits"),
	Clause("client.maxHeadersCount/zero-is-unlimited"),
)
