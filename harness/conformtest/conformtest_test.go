package conformtest_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/nodehttp/conform/harness/conformtest"
	"github.com/nodehttp/conform/harness/target"
)

const only = "server.event-request/hello-serves-several"

// The tests that must fail are run by another process of this test binary.
var mustFail = map[string]struct {
	test func(t *testing.T)
	says []string
}{
	"a server that is wrong": {func(t *testing.T) {
		conformtest.Server(t, notFound(t), "hello", conformtest.Options{Only: []string{only}})
	}, []string{"--- FAIL: TestRole/" + only, "clause     server.event-request/", "wanted 200, got 404"}},
	"an entry that passes now": {func(t *testing.T) {
		conformtest.Run(t, target.Reference(), conformtest.Options{Only: []string{only}, KnownFailing: map[string]string{only: "it did once"}})
	}, []string{"--- PASS: TestRole/" + only, "what it covers passes now"}},
	"an entry without a vector": {func(t *testing.T) {
		conformtest.Run(t, target.Reference(), conformtest.Options{Only: []string{only}, KnownFailing: map[string]string{"nothing/*": "who knows"}})
	}, []string{`"nothing/*": it matches no vector`}},
	"an entry without a reason": {func(t *testing.T) {
		conformtest.Run(t, target.Reference(), conformtest.Options{KnownFailing: map[string]string{only: " "}})
	}, []string{"has no reason"}},
	"nothing that is applicable": {func(t *testing.T) {
		conformtest.Server(t, notFound(t), "hello", conformtest.Options{Only: []string{"agent.*"}})
	}, []string{"nothing ran: no selected vector is applicable"}},
	"a pattern without a vector": {func(t *testing.T) {
		conformtest.Server(t, notFound(t), "hello", conformtest.Options{Only: []string{"nothing/*"}})
	}, []string{"matches no vector and no clause"}},
	"an app that is none": {func(t *testing.T) {
		conformtest.Server(t, notFound(t), "hallo", conformtest.Options{})
	}, []string{`there is no app "hallo"`}},
	"a URL that is none": {func(t *testing.T) {
		conformtest.Server(t, "ftp://a", "hello", conformtest.Options{})
	}, []string{"http:// or https://"}},
}

func notFound(t *testing.T) string {
	server := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	return server.URL
}

const role = "CONFORMTEST_ROLE"

func TestRole(t *testing.T) {
	chosen, is := mustFail[os.Getenv(role)]
	if !is {
		t.Skip("it is for another process")
	}
	chosen.test(t)
}

func TestWhatMustFailDoes(t *testing.T) {
	for name, c := range mustFail {
		t.Run(name, func(t *testing.T) {
			command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestRole$", "-test.v")
			command.Env = append(os.Environ(), role+"="+name)
			output, err := command.CombinedOutput()
			if err == nil {
				t.Errorf("it passes:\n%s", output)
			}
			for _, text := range c.says {
				if !strings.Contains(string(output), text) {
					t.Errorf("it does not say %q:\n%s", text, output)
				}
			}
		})
	}
}

func TestTheReferenceHolds(t *testing.T) {
	conformtest.Run(t, target.Reference(), conformtest.Options{Only: []string{"server.event-request/*"}})
}
