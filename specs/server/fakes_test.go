package server_test

import . "github.com/nodehttp/conform/specs"

// What the fakes really do, and may therefore pass.
var _ = Fakes(map[string][]string{})
