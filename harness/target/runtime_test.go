package target_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gleak"

	"github.com/nodehttp/conform/harness/target"
	"github.com/nodehttp/conform/vectors"
)

func TestRuntimeNames(t *testing.T) {
	for _, name := range []string{"node", "bun", "deno", "node@12.22.9", "node@v0.8.28", "deno@2.9.6", "bun@1.4.5", "node@21.0.0-rc.1"} {
		_, err := target.Runtime(name, target.ProcessOptions{})
		NewWithT(t).Expect(err).NotTo(HaveOccurred(), name)
		NewWithT(t).Expect(target.IsRuntime(name)).To(BeTrue(), name)
	}
	for _, name := range []string{"", "nodejs", "node@", "node@12", "node@latest", "node@1.2.3/../../x", "node@1.2.3@4", "@12.22.9", "Node"} {
		_, err := target.Runtime(name, target.ProcessOptions{})
		NewWithT(t).Expect(err).To(BeAssignableToTypeOf(&target.RuntimeNameError{}), name)
	}
	NewWithT(t).Expect(target.IsRuntime("node@12")).To(BeTrue(), "meant as one")
	NewWithT(t).Expect(target.IsRuntime("reference")).To(BeFalse())
}

func TestDefaultEdition(t *testing.T) {
	for _, test := range []struct {
		implementation, version string
		want                    vectors.Edition
	}{
		{"node", "0.8.28", vectors.V03},
		{"node", "0.10.48", vectors.V03},
		{"node", "4.9.1", vectors.V6},
		{"node", "v6.2.2", vectors.V6},
		{"node", "9.0.0", vectors.V6},
		{"node", "10.0.0", vectors.V10},
		{"node", "11.1.0", vectors.V10},
		{"node", "12.22.9", vectors.V12},
		{"node", "13.14.0", vectors.V13},
		{"node", "26.10.0", vectors.V12},
		{"node", "nightly", vectors.V12},
		{"bun", "1.4.5", vectors.V12},
		{"deno", "0.1.0", vectors.V12},
	} {
		NewWithT(t).Expect(target.DefaultEdition(test.implementation, test.version)).To(Equal(test.want), "%v", test)
	}
}

// The runtimes named in the variable CONFORM_TEST_RUNTIMES, separated by blanks,
// or the node on PATH.
func TestProgramsRunInRuntimes(t *testing.T) {
	names := strings.Fields(os.Getenv("CONFORM_TEST_RUNTIMES"))
	if len(names) == 0 {
		if _, err := exec.LookPath("node"); err != nil {
			t.Skip("there is no node on PATH")
		}
		names = []string{"node"}
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			before := gleak.Goroutines()
			real, err := target.Runtime(name, target.ProcessOptions{Progress: func(message string) { t.Log(message) }})
			g.Expect(err).NotTo(HaveOccurred())
			defer func() {
				g.Expect(real.Close()).To(Succeed())
				g.Eventually(gleak.Goroutines, generous).ShouldNot(gleak.HaveLeaked(before))
			}()
			description, err := real.Describe(t.Context())
			g.Expect(err).NotTo(HaveOccurred())
			kind, version, _ := strings.Cut(name, "@")
			g.Expect(description.Name).To(Equal(name))
			g.Expect(description.Implementation).To(Equal(kind))
			if version != "" {
				g.Expect(description.Version).To(Equal(version))
			}
			for _, r := range []target.Run{
				run("1", `record('hello', host); http.createServer().listen(port, host, ready);`),
				alone(run("2", `record('hello', host); http.createServer().listen(port, host, ready);`)),
			} {
				session := begin(t, real, r)
				g.Expect(next(t, session).Record).To(HaveField("Value", "127.0.0.1"))
				g.Expect(next(t, session).Ready.Port).To(BeNumerically(">", 0))
				g.Expect(session.Finish()).To(Succeed())
				g.Expect(next(t, session).Ended).To(Equal(&target.Ended{}))
			}
		})
	}
}

func TestARuntimeThatIsNotThere(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	missing, err := target.Runtime("deno", target.ProcessOptions{})
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	_, err = missing.Describe(t.Context())
	NewWithT(t).Expect(err).To(BeAssignableToTypeOf(&target.RuntimeMissingError{}))
	NewWithT(t).Expect(missing.Close()).To(Succeed())
}

// fakeNPM puts an npm on PATH that does what the shell script says; $PREFIX and
// $PACKAGE are its arguments. The cache is empty.
func fakeNPM(t *testing.T, script string) (cache string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the fake npm is a shell script")
	}
	bin, cache := t.TempDir(), t.TempDir()
	script = `#!/bin/sh
while [ $# -gt 1 ]; do
	if [ "$1" = --prefix ]; then PREFIX=$2; fi
	shift
done
SPEC=$1
PACKAGE=${SPEC%@*}
echo "$SPEC" >>"` + cache + `/calls"
` + script
	if err := os.WriteFile(filepath.Join(bin, "npm"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	t.Setenv(target.CacheVariable, cache)
	return cache
}

// goodNPM installs a runtime that is this test binary.
func goodNPM(t *testing.T) (cache string) {
	return fakeNPM(t, `mkdir -p "$PREFIX/node_modules/$PACKAGE/bin"
printf '#!/bin/sh\nexec "%s" `+fakeAdapterArgument+`\n' "`+os.Args[0]+`" >"$PREFIX/node_modules/$PACKAGE/bin/node"
chmod +x "$PREFIX/node_modules/$PACKAGE/bin/node"`)
}

func describe(t *testing.T, name string, progress func(string)) (target.Description, error) {
	t.Helper()
	installed, err := target.Runtime(name, target.ProcessOptions{Progress: progress})
	if err != nil {
		t.Fatal(err)
	}
	defer installed.Close()
	return installed.Describe(t.Context())
}

func TestARuntimeIsInstalledOnce(t *testing.T) {
	g := NewWithT(t)
	cache := goodNPM(t)
	var said []string
	for range 2 {
		description, err := describe(t, "node@12.22.9", func(message string) { said = append(said, message) })
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(description.Implementation).To(Equal("fake"))
	}
	g.Expect(said).To(ConsistOf(ContainSubstring("installing node@12.22.9")))
	calls, err := os.ReadFile(filepath.Join(cache, "calls"))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(string(calls)).To(MatchRegexp(`^node-\w+-\w+@12\.22\.9\n$`))
	g.Expect(filepath.Glob(filepath.Join(cache, "runtimes", "*"))).To(HaveLen(1))
}

func TestParallelInstallationsDoNotCollide(t *testing.T) {
	g := NewWithT(t)
	cache := goodNPM(t)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			_, err := describe(t, "node@12.22.9", nil)
			g.Expect(err).NotTo(HaveOccurred())
		})
	}
	all.Wait()
	left, err := os.ReadDir(filepath.Join(cache, "runtimes"))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(left).To(HaveLen(1), "no attempt is left over")
}

// A folder without an executable is what a killed installation left.
func TestABrokenInstallationIsReplaced(t *testing.T) {
	g := NewWithT(t)
	cache := goodNPM(t)
	g.Expect(os.MkdirAll(filepath.Join(cache, "runtimes", "node@12.22.9", "node_modules"), 0o755)).To(Succeed())
	_, err := describe(t, "node@12.22.9", nil)
	g.Expect(err).NotTo(HaveOccurred())
}

// The oldest packages hold an archive.
func TestAnArchiveIsUnpacked(t *testing.T) {
	fakeNPM(t, `mkdir -p "$PREFIX/node_modules/$PACKAGE" "$PREFIX/x/node-v0.8.28/bin"
printf '#!/bin/sh\nexec "%s" `+fakeAdapterArgument+`\n' "`+os.Args[0]+`" >"$PREFIX/x/node-v0.8.28/bin/node"
cd "$PREFIX/x" && tar -czf "$PREFIX/node_modules/$PACKAGE/node-v0.8.28.tar.gz" node-v0.8.28`)
	_, err := describe(t, "node@0.8.28", nil)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
}

func TestInstallationErrors(t *testing.T) {
	failing := func(output string) func(*testing.T) {
		return func(t *testing.T) { fakeNPM(t, `echo '`+output+`' >&2; exit 1`) }
	}
	for name, test := range map[string]struct {
		prepare func(*testing.T)
		reason  target.InstallReason
		says    string
	}{
		"no npm": {func(t *testing.T) {
			t.Setenv("PATH", t.TempDir())
			t.Setenv(target.CacheVariable, t.TempDir())
		}, target.NPMMissing, "npm is needed"},
		"no such version":  {failing("npm error code ETARGET"), target.NoVersion, "there is no such version"},
		"no such package":  {failing("npm error code E404"), target.NoVersion, "E404"},
		"no network":       {failing("npm error code EAI_AGAIN"), target.NoNetwork, "is there a network?"},
		"something else":   {failing("npm error it is Monday"), target.NPMFailed, "it is Monday"},
		"an empty package": {func(t *testing.T) { fakeNPM(t, `mkdir -p "$PREFIX/node_modules/$PACKAGE"`) }, target.NoBinary, "no executable"},
		"a cache that cannot be written": {func(t *testing.T) {
			fakeNPM(t, "")
			file := filepath.Join(t.TempDir(), "file")
			os.WriteFile(file, nil, 0o600)
			t.Setenv(target.CacheVariable, file)
		}, target.NotWritable, target.CacheVariable},
	} {
		t.Run(name, func(t *testing.T) {
			test.prepare(t)
			_, err := describe(t, "node@12.22.9", nil)
			g := NewWithT(t)
			g.Expect(err).To(BeAssignableToTypeOf(&target.InstallError{}))
			g.Expect(err.(*target.InstallError).Reason).To(Equal(test.reason))
			g.Expect(err).To(MatchError(And(ContainSubstring("node@12.22.9"), ContainSubstring(test.says))))
			if left, err := os.ReadDir(filepath.Join(os.Getenv(target.CacheVariable), "runtimes")); err == nil {
				g.Expect(left).To(BeEmpty())
			}
		})
	}
}
