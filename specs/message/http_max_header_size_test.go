package message_test

import . "github.com/nodehttp/conform/specs"

// http.maxHeaderSize
var _ = Section("http.maxHeaderSize",
	Clause("http.maxHeaderSize/read-only-8192"),
	Clause("http.maxHeaderSize/larger-headers-are-refused"),
	Clause("http.maxHeaderSize/command-line-option"),
	Clause("http.maxHeaderSize/exact-limit"),
)
