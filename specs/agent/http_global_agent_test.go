package agent_test

import . "github.com/nodehttp/conform/specs"

// http.globalAgent
var _ = Section("http.globalAgent",
	Clause("http.globalAgent/default-for-requests"),
	Clause("http.globalAgent/is-an-agent"),
	Clause("http.globalAgent/shared-by-all-requests"),
)
