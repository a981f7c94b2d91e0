package message_test

import . "github.com/nodehttp/conform/specs"

// message.destroy([error])
var _ = Section("message.destroy",
	Clause("message.destroy/destroys-socket"),
	Clause("message.destroy/error-is-emitted-on-socket"),
	Clause("message.destroy/no-error-without-argument"),
)
