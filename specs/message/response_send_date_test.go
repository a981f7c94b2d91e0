package message_test

import . "github.com/nodehttp/conform/specs"

// response.sendDate
var _ = Section("response.sendDate",
	Clause("response.sendDate/date-by-default"),
	Clause("response.sendDate/own-date-kept"),
	Clause("response.sendDate/false-sends-none"),
)
