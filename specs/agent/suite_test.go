package agent_test

import (
	"testing"

	"github.com/nodehttp/conform/specs"
)

func Test(t *testing.T) {
	specs.Run(t, "http.Agent", "agent", "agent.", "http.globalAgent")
}
