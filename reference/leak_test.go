package reference_test

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/onsi/gomega"
	"github.com/onsi/gomega/gleak"
)

// TestMain makes the whole package fail when a goroutine outlives the tests: every connection, server and timeout has to
// end with its owner.
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
