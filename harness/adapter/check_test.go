package adapter_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gleak"

	"github.com/nodehttp/conform/harness/adapter"
)

// node returns the command of adapter.js, changed as the edits say, in the node
// on PATH.
func node(t *testing.T, edits ...string) adapter.Command {
	t.Helper()
	path, err := exec.LookPath("node")
	if err != nil {
		t.Skip("there is no node on PATH")
	}
	script := string(adapter.Script)
	for i := 0; i+1 < len(edits); i += 2 {
		if strings.Count(script, edits[i]) != 1 {
			t.Fatalf("adapter.js has %d times %q", strings.Count(script, edits[i]), edits[i])
		}
		script = strings.Replace(script, edits[i], edits[i+1], 1)
	}
	file := filepath.Join(t.TempDir(), "adapter.cjs")
	if err := os.WriteFile(file, []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	return adapter.Command{Path: path, Args: []string{file}}
}

func TestAdapterJSPassesTheChecks(t *testing.T) {
	g := NewWithT(t)
	before := gleak.Goroutines()
	report := adapter.Check(t.Context(), node(t), adapter.Options{})
	for _, check := range report.Checks {
		g.Expect(check.Problem).To(BeEmpty(), check.Name)
		g.Expect(check.Skipped).To(BeEmpty(), check.Name)
		g.Expect(check.Want).To(HaveSuffix("."), check.Name)
	}
	g.Expect(report.OK()).To(BeTrue())
	g.Expect(report.Hello.Implementation.Name).To(Equal("node"))
	g.Eventually(gleak.Goroutines, generous).ShouldNot(gleak.HaveLeaked(before))
}

// Each check finds the fault it is there for.
func TestChecksFindFaults(t *testing.T) {
	for name, edits := range map[string][]string{
		"hello":                                  {"protocol: 1,", ""},
		"an empty program":                       {"sendFor(run, 'result');", ""},
		"record":                                 {"if (arguments.length < 2)", "if (arguments[1] === undefined)"},
		"values":                                 {"case 'function': return '\"$function\"';", ""},
		"deep values":                            {"ancestors.length >= maxDepth ||", "", "return '\"$object\"'; // a getter or a proxy that throws", "throw error;"},
		"long values":                            {"offset += fs.writeSync(1, buffer, offset, buffer.length - offset, null);", "offset += fs.writeSync(1, buffer, offset, buffer.length - offset, null); if (offset > 100000) process.exit(0);"},
		"order":                                  {"sendFor(run, 'record', ',\"label\"", "(value === '7' ? function () { var a = arguments; setTimeout(function () { sendFor.apply(null, a); }, 1); } : sendFor)(run, 'record', ',\"label\""},
		"attempt":                                {"encodeThrown(thrown, ['code', 'name'])", "encodeThrown(thrown, ['code', 'message'])"},
		"bindings":                               {"socketPath: bindings.socketPath,", ""},
		"ready, as a callback":                   {"isError(server) ? this : server", "isError(server) ? null : server"},
		"ready, called":                          {"ready: function (server) {", "ready: function (server) { if (server) return;"},
		"ready on a Unix socket":                 {"return sendFor(run, 'ready', ',\"path\":' + quote(listening))", "return sendFor(run, 'ready', ',\"path\":\"/else\"')"},
		"signals":                                {"(run.kept['#' + name] = run.kept['#' + name] || []).push(value);", ""},
		"two runs at once":                       {"var run = runs['#' + message.id];", "var run = runs[Object.keys(runs)[0]];"},
		"exceptions":                             {"recordUncaught(run, thrown);\n    }\n  });", "process.exit(1);\n    }\n  });"},
		"asynchronous exceptions, alone":         {"process.on('uncaughtException', uncaught);", ""},
		"asynchronous exceptions, among several": {"if (match) return programs[match[1]] || null;", "if (match) return runs[Object.keys(runs)[0]];"},
		"finish lets the program finish":         {"  laterTurn(turn);\n", "  sendFor(run, 'result'); close(run); return;\n"},
		"silence after result":                   {"if (!run.closed) send(", "send("},
		"servers are closed":                     {"  run.servers.forEach(closeServer);\n", ""},
		"cancel":                                 {"if (run) close(run);", ""},
		"late messages":                          {"if (run) finish(run);", "finish(run || {id: message.id, servers: []});"},
		"unknown keys":                           {"if (message.type === 'run')", "if (message.colour) throw new Error('colour'); if (message.type === 'run')"},
		"unknown types":                          {"throw new Error('unknown type ' + message.type);", ""},
		"end of input":                           {"process.stdin.on('end', function () { process.exit(0); });", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			command := node(t, edits...)
			report := adapter.CheckOnly(t.Context(), command, adapter.Options{AnswerTimeout: time.Second}, name)
			g := NewWithT(t)
			g.Expect(report.OK()).To(BeFalse())
			g.Expect(report.Checks).To(HaveLen(1))
			t.Log(report.Checks[0].Problem)
		})
	}
}

func TestCheckSkipsWhatIsNotAnnounced(t *testing.T) {
	g := NewWithT(t)
	report := adapter.Check(t.Context(), node(t, "'net', 'unix', ", "", "var maxInFlight = 128", "var maxInFlight = 1"), adapter.Options{})
	skipped := []string{}
	for _, check := range report.Checks {
		g.Expect(check.Problem).To(BeEmpty(), check.Name)
		if check.Skipped != "" {
			skipped = append(skipped, check.Name)
		}
	}
	g.Expect(skipped).To(ConsistOf("ready on a Unix socket", "two runs at once", "asynchronous exceptions, among several"))
}
