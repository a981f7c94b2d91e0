package server_test

import . "github.com/nodehttp/conform/specs"

// Event: 'clientError'
var _ = Section("server.event-clientError",
	Clause("server.event-clientError/emitted-for-malformed-request"),
	Clause("server.event-clientError/socket-is-a-net-socket"),
	Clause("server.event-clientError/listener-owns-socket"),
	Clause("server.event-clientError/listener-may-answer"),
	Clause("server.event-clientError/default-destroys"),
	Clause("server.event-clientError/default-400"),
	Clause("server.event-clientError/default-431"),
	Clause("server.event-clientError/default-destroys-after-response"),
	Clause("server.event-clientError/bytes-parsed"),
	Clause("server.event-clientError/raw-packet"),
	Clause("server.event-clientError/raw-packet-at-end-of-input"),
	Clause("server.event-clientError/overflow-code"),
	Clause("server.event-clientError/socket-of-forwarded-error"),
	Clause("server.event-clientError/socket-errors-forwarded"),
	Clause("server.event-clientError/no-request-object"),
	Clause("server.event-clientError/default-destroys-unwritable"),
	Clause("server.event-clientError/code-of-reset"),
)
