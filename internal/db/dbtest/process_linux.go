package dbtest

import (
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
)

// runAs sets the user of a command and, when it must not outlive us, the signal
// it gets when we are gone.
func runAs(cmd *exec.Cmd, owner *user.User, tied bool) {
	cmd.SysProcAttr = &syscall.SysProcAttr{}
	if tied {
		cmd.SysProcAttr.Pdeathsig = syscall.SIGTERM
		cmd.SysProcAttr.Setpgid = true
	}
	if owner != nil {
		uid, _ := strconv.ParseUint(owner.Uid, 10, 32)
		gid, _ := strconv.ParseUint(owner.Gid, 10, 32)
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
}
