package client_test

import (
	"testing"

	"github.com/nodehttp/conform/specs"
)

func Test(t *testing.T) {
	specs.Run(t, "http.ClientRequest, http.request and http.get", "client", "client.", "http.request", "http.get")
}
