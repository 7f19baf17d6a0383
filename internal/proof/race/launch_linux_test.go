package race

import (
	"os/exec"
	"runtime"
	"syscall"
)

// launch starts cmd so that it does not outlive the tests, however they end: the
// kernel tells a child of the end of the thread that made it, so that thread is
// kept.
func launch(cmd *exec.Cmd) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		started <- cmd.Start()
		select {}
	}()
	return <-started
}
