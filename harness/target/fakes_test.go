package target_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"github.com/onsi/gomega"
	"github.com/onsi/gomega/gleak"

	"github.com/nodehttp/conform/harness"
	"github.com/nodehttp/conform/harness/target"
	"github.com/nodehttp/conform/vectors"
)

// What the fakes are tried with: an exchange that only a working server makes,
// and what each of them really does, over every transport.
func fakeVectors(t *testing.T) *vectors.Catalogue {
	file := "section: server.trial\nvectors:\n"
	for _, transport := range []string{"tcp", "tls", "unix"} {
		for name, wire := range map[string]string{
			"hello":  `[{send: "GET / HTTP/1.1\r\nHost: a\r\n\r\n"}, {receive: {status: 200, body: hello world}}]`,
			"status": `[{send: "GET / HTTP/1.1\r\nHost: a\r\n\r\n"}, {receive: {status: 200}}]`,
			"twice":  `[{send: "GET / HTTP/1.1\r\nHost: a\r\n\r\n"}, {receive: {status: 200}}, {send: "GET / HTTP/1.1\r\nHost: a\r\n\r\n"}, {receive: {status: 200}}]`,
			"refuse": `[{send: "x\r\n\r\n"}, {receive: {status: 400}}, closed]`,
			"echo":   `[{send: "abc"}, {receive: "abc"}]`,
			"quiet":  `[{send: "GET / HTTP/1.1\r\nHost: a\r\n\r\n"}, {silent: 50ms}]`,
			"ask":    `[accept, {receive: {method: GET, target: /}}]`,
			"reset":  `[accept, wasReset]`,
		} {
			file += fmt.Sprintf("  - {id: server.trial/%s-%s, clauses: [server.trial/it], transport: %s, program: '1', wire: %s}\n", name, transport, transport, wire)
		}
	}
	catalogue, err := vectors.Load(fstest.MapFS{
		"clauses/server.yaml": {Data: []byte(`
class: http.Server
sections:
  - section: server.trial
    title: server.trial
    clauses: [{id: server.trial/it, editions: [v12], level: stated, text: It holds.}]
`)},
		"server/server.trial.yaml": {Data: []byte(file)},
	})
	if err != nil {
		t.Fatal(err)
	}
	return catalogue
}

func TestFakesDoWhatTheirNamesSayAndNothingElse(t *testing.T) {
	g := gomega.NewWithT(t)
	before := gleak.Goroutines()
	defer func() { g.Eventually(gleak.Goroutines, "5s").ShouldNot(gleak.HaveLeaked(before)) }()
	catalogue := fakeVectors(t)
	for kind, does := range map[string][]string{
		"silent":     {"quiet"},
		"reset":      {"reset"},
		"always-200": {"status", "twice", "ask"},
		"always-400": {"refuse"},
		"echo":       {"echo"},
	} {
		t.Run(kind, func(t *testing.T) {
			fake, err := target.NewFake(kind)
			if err != nil {
				t.Fatal(err)
			}
			summary, err := harness.Run(t.Context(), harness.Config{
				Target: fake, Catalogue: catalogue, Vectors: catalogue.Vectors, Base: time.Second,
			}, nil)
			fake.Close()
			if err != nil {
				t.Fatal(err)
			}
			for _, result := range summary.Results {
				switch result.Vector.ID {
				case "server.trial/reset-unix":
					continue // the kernel knows no RST there
				case "server.trial/quiet-tcp", "server.trial/quiet-tls", "server.trial/quiet-unix":
					if kind != "silent" {
						continue // how soon the others speak is nobody's promise
					}
				}
				want := harness.Fail
				for _, name := range does {
					for _, transport := range []string{"tcp", "tls", "unix"} {
						if result.Vector.ID == "server.trial/"+name+"-"+transport {
							want = harness.Pass
						}
					}
				}
				if result.Verdict != want {
					t.Errorf("%s: %s, want %s; %s %+v", result.Vector.ID, result.Verdict, want, result.Reason, result.Failure)
				}
			}
		})
	}
}

func TestEveryFakeThatIsListedExists(t *testing.T) {
	for _, kind := range target.Fakes() {
		if _, err := target.NewFake(kind); err != nil {
			t.Error(err)
		}
	}
	if !slices.Contains(target.Fakes(), "silent") {
		t.Error("silent is not listed")
	}
}
