package target

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/onsi/gomega"
	"github.com/onsi/gomega/gleak"

	"github.com/nodehttp/conform/vectors"
)

// startProgram starts a program on the reference.
func startProgram(t *testing.T, reference Target, edition vectors.Edition, program string) Session {
	t.Helper()
	session, err := reference.Start(t.Context(), Run{ID: t.Name(), Edition: edition, Deadline: 10 * time.Second,
		Vector: &vectors.Vector{ID: "test", Program: program}, Bindings: Bindings{Host: "127.0.0.1"}})
	if err != nil {
		t.Fatal(err)
	}
	return session
}

func newTestReference() Target {
	return NewInProcess(Description{Name: "reference"}, LaunchReference)
}

// recorded runs a program to its end and returns its records, one line of JSON each.
func recorded(t *testing.T, edition vectors.Edition, program string) string {
	t.Helper()
	reference := newTestReference()
	session := startProgram(t, reference, edition, program)
	_ = session.Signal("early", map[string]any{"$$a": "$$b"})
	_ = session.Finish()
	var lines []string
	for event := range session.Events() {
		if event.Record != nil {
			line := event.Record.Label
			if event.Record.HasValue {
				value, err := json.Marshal(event.Record.Value)
				if err != nil {
					t.Fatal(err)
				}
				line += " " + string(value)
			}
			lines = append(lines, line)
		}
	}
	if err := reference.Close(); err != nil {
		t.Error(err)
	}
	return strings.Join(lines, "\n")
}

func TestReferenceRecordsValues(t *testing.T) {
	for program, want := range map[string]string{
		"record('a');":                                                "a",
		"record('a', 1, 'b');":                                        `a [1,"b"]`,
		"record('a', undefined);":                                     `a "$undefined"`,
		"record('a', null);":                                          "a null",
		"record('a', '$x');":                                          `a "$$x"`,
		"record('a', [NaN, -1/0, true]);":                             `a ["$NaN","$-Infinity",true]`,
		"record('a', {b: {c: 1.5}, $d: 2});":                          `a {"$$d":2,"b":{"c":1.5}}`,
		"record('a', bytes('\\xe9'));":                                `a {"$bytes":"é"}`,
		"record('a', function () {});":                                `a "$function"`,
		"record('a', new http.Agent());":                              `a "$object"`,
		"record('a', Object.create(null));":                           `a {}`,
		"record('a', new TypeError('m'));":                            `a {"$error":{"message":"m","name":"TypeError"}}`,
		"var o = {}; o.o = o; record('a', o);":                        `a {"o":"$object"}`,
		"attempt('a', function () { return 1; });":                    `a "returned"`,
		"attempt('a', function () { http.request({path: ' '}); });":   `a {"code":"ERR_UNESCAPED_CHARACTERS","name":"TypeError"}`,
		"on('early', function (value) { record('signal', value); });": `signal {"$$a":"$$b"}`,
		"setTimeout(function () { throw new Error('late'); }, 1);":    `uncaught {"message":"late","name":"Error"}`,
		"throw 'text';":                                               `uncaught {"message":"text"}`,
		"require('fs');":                                              `uncaught {"message":"conform programs cannot require fs","name":"Error"}`,
		"ready(http.createServer());":                                 `uncaught {"message":"ready: the server does not listen","name":"Error"}`,
		"var = 1;":                                                    "uncaught",
	} {
		got := recorded(t, vectors.V12, program)
		if got != want && (want != "uncaught" || !strings.HasPrefix(got, want)) {
			t.Errorf("%s recorded\n%s\nwanted\n%s", program, got, want)
		}
	}
}

func TestReferenceFollowsEdition(t *testing.T) {
	program := "attempt('a', function () { http.request({path: ' '}); });"
	if got := recorded(t, vectors.V6, program); got != `a {"name":"TypeError"}` {
		t.Errorf("v6 recorded %s", got)
	}
}

func TestReferenceServesManyProgramsAtOnceAndHangsStallNone(t *testing.T) {
	g := gomega.NewWithT(t)
	before := gleak.Goroutines()
	reference := newTestReference()
	var sessions []Session
	hang := startProgram(t, reference, vectors.V12, "record('hangs'); for (;;) {}")
	if event := <-hang.Events(); event.Record == nil || event.Record.Label != "hangs" {
		t.Fatalf("got %+v", event)
	}
	for i := range 64 {
		sessions = append(sessions, startProgram(t, reference, vectors.V12, fmt.Sprintf(
			`http.createServer(function (req, res) { record('request'); res.end('%d'); }).listen(port, host, ready);`, i)))
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for i, session := range sessions {
		event := <-session.Events()
		if event.Ready == nil {
			t.Fatalf("got %+v", event)
		}
		response, err := client.Get(fmt.Sprintf("http://127.0.0.1:%d/", event.Ready.Port))
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if string(body) != fmt.Sprint(i) {
			t.Errorf("program %d answered %q", i, body)
		}
		_ = session.Finish()
		for event := range session.Events() {
			if event.Ended != nil && event.Ended.Err != nil {
				t.Error(event.Ended.Err)
			}
		}
	}
	hang.Cancel()
	if err := reference.Close(); err != nil {
		t.Error(err)
	}
	g.Eventually(gleak.Goroutines).WithTimeout(5 * time.Second).ShouldNot(gleak.HaveLeaked(before))
}

func TestReferenceCancelEndsOpenConnections(t *testing.T) {
	g := gomega.NewWithT(t)
	before := gleak.Goroutines()
	reference := newTestReference()
	session := startProgram(t, reference, vectors.V12, `
		var server = http.createServer(function () { record('open'); });
		server.listen(port, host, function () { http.get({host: host, port: server.address().port}); });`)
	if event := <-session.Events(); event.Record == nil {
		t.Fatalf("got %+v", event)
	}
	session.Cancel()
	_ = reference.Close()
	g.Eventually(gleak.Goroutines).WithTimeout(5 * time.Second).ShouldNot(gleak.HaveLeaked(before))
}
