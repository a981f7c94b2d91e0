package message_test

import . "github.com/nodehttp/conform/specs"

// message.socket
var _ = Section("message.socket",
	Clause("message.socket/is-the-connection"),
	Clause("message.socket/is-a-net-socket"),
	Clause("message.socket/own-socket-type"),
	Clause("message.socket/getPeerCertificate"),
	Clause("message.socket/of-https-is-a-net-socket"),
)
