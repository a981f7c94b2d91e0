package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// The action's script is run as the runner would, with the binary of this test
// in conform's place.
func TestTheActionRunsConform(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("there is no bash")
	}
	var action struct {
		Runs struct {
			Steps []struct {
				Name string
				Run  string
				Env  map[string]string
			}
		}
	}
	if err := yaml.Unmarshal([]byte(read(t, "../../reports/ci/action.yml")), &action); err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	// A conform that is this test binary in another role.
	self := "#!/bin/sh\nexec " + shellQuoted(os.Args[0]) + " \"$@\"\n"
	if err := os.WriteFile(filepath.Join(folder, "conform"), []byte(self), 0o755); err != nil {
		t.Fatal(err)
	}
	step := action.Runs.Steps[len(action.Runs.Steps)-1]
	if step.Env["ARGUMENTS"] != "${{ inputs.arguments }}" {
		t.Fatalf("the last step is %+v", step)
	}
	results, summary := filepath.Join(folder, "the results"), filepath.Join(folder, "summary")
	command := exec.CommandContext(t.Context(), bash, "-e", "-o", "pipefail", "-c", step.Run)
	command.Env = append(os.Environ(), "CONFORM_TEST_ROLE=conform", "RUNNER_TEMP="+folder, "FOLDER="+results, summaryVariable+"="+summary,
		"ARGUMENTS="+strings.Join(failing(t, "--vectors", "testdata/vectors", "--only", "server.trial/*"), "\n")+"\n")
	output, err := command.Output()
	if exit, is := err.(*exec.ExitError); !is || exit.ExitCode() != exitFailed {
		t.Fatalf("error %v, output %s", err, output)
	}
	if !strings.HasPrefix(string(output), "::error title=") {
		t.Errorf("the output is %q", output)
	}
	if !strings.Contains(read(t, summary), "## Conformance") {
		t.Error("there is no job summary")
	}
	for _, name := range []string{"results.ndjson", "junit.xml", "report.html"} {
		if !strings.Contains(read(t, filepath.Join(results, name)), "server.trial/hello") {
			t.Errorf("%s is not what it should be", name)
		}
	}
}

func TestTheWorkflowsAreYAML(t *testing.T) {
	for _, name := range []string{"github-workflow.yml", "gitlab-ci.yml"} {
		var content map[string]any
		if err := yaml.Unmarshal([]byte(read(t, "../../reports/ci/"+name)), &content); err != nil || len(content) == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}
