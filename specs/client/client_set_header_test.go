package client_test

import . "github.com/nodehttp/conform/specs"

// request.setHeader(name, value)
var _ = Section("client.setHeader",
	Clause("client.setHeader/replaces"),
	Clause("client.setHeader/list-sends-a-field-each"),
	Clause("client.setHeader/cookie-list-sends-a-field-each"),
	Clause("client.setHeader/converted-when-sent"),
	Clause("client.setHeader/is-sent"),
	Clause("client.setHeader/stored-without-modification"),
)
