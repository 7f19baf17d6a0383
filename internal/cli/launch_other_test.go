//go:build !linux

package cli

import "os/exec"

// launch starts cmd; it may outlive tests that are killed.
func launch(cmd *exec.Cmd) (ended chan error, err error) {
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	ended = make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	return ended, nil
}
