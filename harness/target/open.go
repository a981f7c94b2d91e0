package target

import (
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/nodehttp/conform/vectors"
)

// Open makes the target of a name: reference, fake:KIND, or a runtime such as
// node, bun@1.4.5. Nothing is started or installed yet.
func Open(name string, options ProcessOptions) (Target, error) {
	kind, isFake := strings.CutPrefix(name, "fake:")
	switch {
	case isFake:
		return NewFake(kind)
	case name == "reference":
		return Reference(), nil
	case IsRuntime(name):
		return Runtime(name, options)
	}
	return nil, &UnknownError{Name: name}
}

// Names are the names that Open knows, with VERSION where one belongs.
func Names() []string {
	names := []string{"reference"}
	for _, runtime := range RuntimeNames() {
		names = append(names, runtime, runtime+"@VERSION")
	}
	for _, fake := range Fakes() {
		names = append(names, "fake:"+fake)
	}
	return names
}

// An UnknownError says that no target has the name.
type UnknownError struct{ Name string }

func (e *UnknownError) Error() string {
	return fmt.Sprintf("unknown target %q; there are %s", e.Name, strings.Join(Names(), ", "))
}

// Reference is the Go reference of this module behind its JavaScript binding.
func Reference() Target {
	return NewInProcess(Description{
		Name: "reference", Implementation: "conform-reference", Version: ModuleVersion(), Edition: vectors.V12,
		Capabilities: []string{"net", "unix", "listen-on-unix-socket", "tls"},
	}, LaunchReference)
}

// ModuleVersion is the version of the module that this binary was built from,
// or "(devel)".
func ModuleVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(devel)"
	}
	return info.Main.Version
}
