package message_test

import . "github.com/nodehttp/conform/specs"

// http.METHODS
var _ = Section("http.METHODS",
	Clause("http.METHODS/each-is-parsed"),
	Clause("http.METHODS/others-are-refused"),
)
