package message_test

import . "github.com/nodehttp/conform/specs"

// response.socket
var _ = Section("response.socket",
	Clause("response.socket/is-request-socket"),
	Clause("response.socket/null-after-end"),
	Clause("response.socket/emits-no-readable"),
	Clause("response.socket/tells-address-of-client"),
)
