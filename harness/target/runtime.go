package target

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/nodehttp/conform/harness/adapter"
	"github.com/nodehttp/conform/vectors"
)

// Runtime is the target for a real JavaScript runtime: node, bun or deno from
// PATH, or node@VERSION, bun@VERSION, deno@VERSION, which is installed with npm
// into the cache when it is not there yet. The error is a [*RuntimeNameError];
// what goes wrong with finding or installing the runtime is told by Describe and
// Start.
func Runtime(name string, options ProcessOptions) (Target, error) {
	kind, version, err := ParseRuntime(name)
	if err != nil {
		return nil, err
	}
	t := newAdapterTarget(name, options)
	folder := "" // the script's
	t.prepare = func(ctx context.Context) (adapter.Command, error) {
		executable, err := findRuntime(ctx, kind, version, options.Progress)
		if err != nil {
			return adapter.Command{}, err
		}
		if folder, err = os.MkdirTemp("", "conform-adapter-"); err != nil {
			return adapter.Command{}, err
		}
		script := filepath.Join(folder, "adapter.cjs") // Deno takes .js for a module
		if err := os.WriteFile(script, adapter.Script, 0o600); err != nil {
			os.RemoveAll(folder)
			return adapter.Command{}, err
		}
		return runtimeCommand(kind, executable, script), nil
	}
	t.release = func() {
		if folder != "" {
			os.RemoveAll(folder)
		}
	}
	t.edition = func(implementation adapter.Implementation) vectors.Edition {
		return DefaultEdition(implementation.Name, implementation.Version)
	}
	return t, nil
}

// RuntimeNames lists the runtimes that Runtime knows.
func RuntimeNames() []string { return []string{"node", "bun", "deno"} }

// A RuntimeNameError says that a name is not that of a runtime.
type RuntimeNameError struct{ Name string }

func (e *RuntimeNameError) Error() string {
	return fmt.Sprintf("%q is not the name of a runtime: node, bun or deno, with @VERSION in full if it is not the one on PATH, for example node@12.22.9", e.Name)
}

// IsRuntime reports whether a name is meant as that of a runtime, rightly
// written or not.
func IsRuntime(name string) bool {
	kind, _, _ := strings.Cut(name, "@")
	for _, known := range RuntimeNames() {
		if kind == known {
			return true
		}
	}
	return false
}

var fullVersion = regexp.MustCompile(`^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$`)

// ParseRuntime splits the name of a runtime. The version is "" for the one on
// PATH.
func ParseRuntime(name string) (kind, version string, err error) {
	kind, version, versioned := strings.Cut(name, "@")
	version = strings.TrimPrefix(version, "v")
	if !IsRuntime(name) || versioned && !fullVersion.MatchString(version) {
		return "", "", &RuntimeNameError{name}
	}
	return kind, version, nil
}

// DefaultEdition is the document that an implementation is judged by unless the
// user says otherwise: that of its version for a Node before 12 and for 13, the
// whole page of version 12 for everything else.
func DefaultEdition(implementation, version string) vectors.Edition {
	if implementation != "node" {
		return vectors.V12
	}
	digits, _, _ := strings.Cut(strings.TrimPrefix(version, "v"), ".")
	major, err := strconv.Atoi(digits)
	switch {
	case err != nil:
		return vectors.V12
	case major < 1:
		return vectors.V03
	case major < 10:
		return vectors.V6
	case major < 12:
		return vectors.V10
	case major == 13:
		return vectors.V13
	}
	return vectors.V12
}

// A RuntimeMissingError says that a runtime is not on PATH.
type RuntimeMissingError struct {
	Name string
	Err  error
}

func (e *RuntimeMissingError) Error() string {
	return fmt.Sprintf("no %s on PATH; %s@VERSION is installed when it is needed", e.Name, e.Name)
}
func (e *RuntimeMissingError) Unwrap() error { return e.Err }

// Executable returns the path of a runtime's executable, after installing it if
// its name has a version that is not in the cache yet. The progress function may
// be nil. The error is a [*RuntimeNameError], a [*RuntimeMissingError] or an
// [*InstallError], or that of ctx.
func Executable(ctx context.Context, name string, progress func(message string)) (string, error) {
	kind, version, err := ParseRuntime(name)
	if err != nil {
		return "", err
	}
	return findRuntime(ctx, kind, version, progress)
}

// findRuntime returns the path of an executable, installing it if need be.
func findRuntime(ctx context.Context, kind, version string, progress func(string)) (string, error) {
	if version != "" {
		return install(ctx, kind, version, progress)
	}
	path, err := exec.LookPath(kind)
	if err != nil {
		return "", &RuntimeMissingError{Name: kind, Err: err}
	}
	return path, nil
}

// runtimeCommand says how a runtime runs the script, with nothing of the folder
// it is started in taken into account.
func runtimeCommand(kind, executable, script string) adapter.Command {
	switch kind {
	case "bun":
		return adapter.Command{Path: executable, Args: []string{"run", "--no-install", script}}
	case "deno":
		return adapter.Command{
			Path: executable,
			Args: []string{"run", "--allow-all", "--quiet", "--no-config", "--no-lock", script},
			Env:  []string{"DENO_NO_UPDATE_CHECK=1"},
		}
	}
	return adapter.Command{Path: executable, Args: []string{script}}
}
