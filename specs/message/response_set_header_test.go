package message_test

import . "github.com/nodehttp/conform/specs"

// response.setHeader(name, value)
var _ = Section("response.setHeader",
	Clause("response.setHeader/replaces-same-name"),
	Clause("response.setHeader/list-is-several-fields"),
	Clause("response.setHeader/other-values-sent-as-strings"),
	Clause("response.setHeader/invalid-name-throws"),
	Clause("response.setHeader/invalid-value-throws"),
	Clause("response.setHeader/stored-without-modification"),
	Clause("response.setHeader/merged-with-writeHead"),
	Clause("response.setHeader/throws-after-head-was-sent"),
)
