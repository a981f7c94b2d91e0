package jshost_test

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/onsi/gomega"
	"github.com/onsi/gomega/gleak"
)

// TestMain makes the whole package fail when a goroutine outlives the tests: hosts, their loops, servers and
// connections have to end with Close.
func TestMain(m *testing.M) {
	before := gleak.Goroutines()
	status := m.Run()
	if status == 0 {
		g := gomega.NewGomega(func(message string, _ ...int) {
			fmt.Fprintln(os.Stderr, message)
			status = 1
		})
		g.Eventually(gleak.Goroutines).WithTimeout(5 * time.Second).ShouldNot(gleak.HaveLeaked(before))
	}
	os.Exit(status)
}
