package message_test

import (
	"testing"

	"github.com/nodehttp/conform/specs"
)

func Test(t *testing.T) {
	specs.Run(t, "http.ServerResponse, http.IncomingMessage and the module's constants", "response", "response.", "message", "message.", "http", "http.METHODS", "http.STATUS_CODES", "http.maxHeaderSize")
}
