//go:build !linux

package dbtest

import (
	"os/exec"
	"os/user"
)

// runAs does nothing here: without a signal at our end the server outlives the
// tests, so name a running one in EXAMCODE_TEST_POSTGRES on such systems.
func runAs(*exec.Cmd, *user.User, bool) {}
