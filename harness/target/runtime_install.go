package target

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// CacheVariable is the environment variable that names the folder for what
// conform installs, instead of a folder in the user's cache directory.
const CacheVariable = "CONFORM_CACHE"

// An InstallError says that a runtime could not be installed, and why.
type InstallError struct {
	Runtime string // node@12.22.9
	Reason  InstallReason
	Detail  string // the beginning of what npm said, or ""
	Err     error
}

// An InstallReason is what kind of trouble an installation met.
type InstallReason string

const (
	NPMMissing  InstallReason = "npm is needed to install runtimes and is not on PATH"
	NoPackage   InstallReason = InstallReason("there is no package of this runtime for " + runtime.GOOS + "/" + runtime.GOARCH)
	NoVersion   InstallReason = "there is no such version"
	NoNetwork   InstallReason = "npm could not reach its registry; is there a network?"
	NPMFailed   InstallReason = "npm failed"
	NoBinary    InstallReason = "the package has no executable in it"
	NotWritable InstallReason = "the cache folder cannot be written; " + CacheVariable + " names another"
)

func (e *InstallError) Error() string {
	message := fmt.Sprintf("%s could not be installed: %s", e.Runtime, e.Reason)
	if e.Err != nil {
		message += ": " + e.Err.Error()
	}
	if e.Detail != "" {
		message += "\n    " + strings.ReplaceAll(e.Detail, "\n", "\n    ")
	}
	return message
}
func (e *InstallError) Unwrap() error { return e.Err }

// install returns the executable of a runtime in the cache, after installing it
// there if it is missing. Several processes may do so at the same time: each
// installs into a folder of its own, and the first to be done gives it its name.
func install(ctx context.Context, kind, version string, progress func(string)) (string, error) {
	name := kind + "@" + version
	fail := func(reason InstallReason, detail string, err error) (string, error) {
		return "", &InstallError{Runtime: name, Reason: reason, Detail: detail, Err: err}
	}
	pack, ok := packageOf(kind, runtime.GOOS, runtime.GOARCH)
	if !ok {
		return fail(NoPackage, "", nil)
	}
	cache, err := cacheFolder()
	if err != nil {
		return fail(NotWritable, "", err)
	}
	folder := filepath.Join(cache, name)
	inside := filepath.Join("node_modules", filepath.FromSlash(pack))
	if executable, err := executableIn(filepath.Join(folder, inside), kind); err == nil {
		return executable, nil
	}

	npm, err := exec.LookPath("npm")
	if err != nil {
		return fail(NPMMissing, "", nil)
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return fail(NotWritable, "", err)
	}
	attempt, err := os.MkdirTemp(cache, ".installing-")
	if err != nil {
		return fail(NotWritable, "", err)
	}
	defer os.RemoveAll(attempt)
	if progress != nil {
		progress(fmt.Sprintf("installing %s into %s (once)", name, folder))
	}
	command := exec.CommandContext(ctx, npm, "install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund",
		"--no-package-lock", "--loglevel=error", "--prefix", attempt, pack+"@"+version)
	command.Dir = attempt
	output, err := command.CombinedOutput()
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	if err != nil {
		return fail(reasonOf(string(output)), firstLines(string(output), 5), err)
	}
	if err := unpackExecutable(filepath.Join(attempt, inside), kind); err != nil {
		return fail(NoBinary, "", err)
	}
	if _, err := executableIn(filepath.Join(attempt, inside), kind); err != nil {
		return fail(NoBinary, "", err)
	}
	// A folder that is there but lacks the executable is the ruin of an earlier
	// conform's; one that has it is a parallel conform's, and as good as ours.
	if err := os.Rename(attempt, folder); err != nil {
		if executable, found := executableIn(filepath.Join(folder, inside), kind); found == nil {
			return executable, nil
		}
		os.RemoveAll(folder)
		if err := os.Rename(attempt, folder); err != nil {
			return fail(NotWritable, "", err)
		}
	}
	return executableIn(filepath.Join(folder, inside), kind)
}

func cacheFolder() (string, error) {
	if folder := os.Getenv(CacheVariable); folder != "" {
		folder, err := filepath.Abs(folder)
		return filepath.Join(folder, "runtimes"), err
	}
	folder, err := os.UserCacheDir()
	return filepath.Join(folder, "conform", "runtimes"), err
}

// packageOf names the npm package that holds a runtime's executable.
func packageOf(kind, system, machine string) (string, bool) {
	cpu := map[string]string{"amd64": "x64", "arm64": "arm64"}[machine]
	platform := map[string]string{"linux": "linux", "darwin": "darwin", "windows": "win"}[system]
	if cpu == "" || platform == "" {
		return "", false
	}
	switch kind {
	case "node":
		return "node-" + platform + "-" + cpu, true
	case "bun":
		if cpu == "arm64" {
			cpu = "aarch64"
		}
		if platform == "win" {
			platform = "windows"
		}
		return "@oven/bun-" + platform + "-" + cpu, true
	case "deno":
		if platform == "win" {
			platform = "win32"
		}
		suffix := ""
		if platform == "linux" {
			suffix = "-glibc"
		}
		return "@deno/" + platform + "-" + cpu + suffix, true
	}
	return "", false
}

var errNoExecutable = errors.New("no executable found")

// executableIn finds the runtime's executable in its package: in bin in most, at
// the top in Deno's.
func executableIn(folder, kind string) (string, error) {
	file := kind
	if runtime.GOOS == "windows" {
		file += ".exe"
	}
	for _, path := range []string{filepath.Join(folder, "bin", file), filepath.Join(folder, file)} {
		if isExecutable(path) {
			return path, nil
		}
	}
	return "", errNoExecutable
}

// unpackExecutable takes the executable out of the archive that is all there is
// in the packages of the oldest versions of Node.
func unpackExecutable(folder, kind string) error {
	archives, err := filepath.Glob(filepath.Join(folder, "*.tar.gz"))
	if err != nil || len(archives) == 0 {
		return err
	}
	file, err := os.Open(archives[0])
	if err != nil {
		return err
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		return err
	}
	members := tar.NewReader(unzipped)
	for {
		member, err := members.Next()
		if errors.Is(err, io.EOF) {
			return errNoExecutable
		}
		if err != nil {
			return err
		}
		if member.Typeflag == tar.TypeReg && strings.HasSuffix(member.Name, "/bin/"+kind) {
			return writeExecutable(filepath.Join(folder, "bin", kind), members)
		}
	}
}

func writeExecutable(path string, content io.Reader) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, content)
	return errors.Join(err, file.Close())
}

func isExecutable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && (runtime.GOOS == "windows" || info.Mode()&0o111 != 0)
}

// reasonOf reads npm's error codes.
func reasonOf(output string) InstallReason {
	for _, known := range []struct {
		reason InstallReason
		codes  []string
	}{
		{NoVersion, []string{"E404", "ETARGET"}},
		{NoPackage, []string{"EBADPLATFORM"}},
		{NoNetwork, []string{"ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ENETUNREACH", "ENOTCACHED", "ERR_SOCKET_TIMEOUT"}},
		{NotWritable, []string{"EACCES", "ENOSPC", "EROFS"}},
	} {
		for _, code := range known.codes {
			if strings.Contains(output, code) {
				return known.reason
			}
		}
	}
	return NPMFailed
}

func firstLines(text string, most int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[:min(most, len(lines))], "\n")
}
