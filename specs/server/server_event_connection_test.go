package server_test

import . "github.com/nodehttp/conform/specs"

// Event: 'connection'
var _ = Section("server.event-connection",
	Clause("server.event-connection/emitted-for-each-connection"),
	Clause("server.event-connection/socket-is-connection-of-request"),
	Clause("server.event-connection/socket-emits-no-readable"),
	Clause("server.event-connection/emitted-by-hand"),
	Clause("server.event-connection/any-duplex"),
	Clause("server.event-connection/timeout-replaced-by-keepAliveTimeout"),
)
