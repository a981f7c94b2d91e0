package client_test

import . "github.com/nodehttp/conform/specs"

// request.reusedSocket
var _ = Section("client.reusedSocket",
	Clause("client.reusedSocket/tells-whether-reused"),
	Clause("client.reusedSocket/true-for-queued-request"),
	Clause("client.reusedSocket/allows-retry"),
)
