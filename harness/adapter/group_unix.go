//go:build unix

package adapter

import (
	"os/exec"
	"syscall"
)

// ownGroup puts the process into a group of its own, so that its children end
// with it, and so that an interrupt at the terminal reaches only the harness.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}

func killGroup(cmd *exec.Cmd) {
	syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
}
