package server_test

import (
	"testing"

	"github.com/nodehttp/conform/specs"
)

func Test(t *testing.T) {
	specs.Run(t, "http.Server and http.createServer", "server", "server.", "http.createServer")
}
