package cli

import (
	"os/exec"
	"runtime"
	"syscall"
)

// launch starts cmd so that it does not outlive the tests, however they end: the
// kernel tells a child of the end of the thread that made it, so that thread is
// kept until the child is gone.
func launch(cmd *exec.Cmd) (ended chan error, err error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	started, ended := make(chan error), make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			ended <- cmd.Wait()
		}
	}()
	return ended, <-started
}
