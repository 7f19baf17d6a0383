package kfail

import (
	"bytes"
	"regexp"
	"runtime"
	"time"
)

// made is a goroutine that was begun by what commands are made of. The writer of
// an SQLite database lives as long as it.
var made = regexp.MustCompile(`created by examcode/internal/(action|store|mail|pay|sheet|export)\b`)

// stay waits for the goroutines that the command began, and counts those that do
// not end.
func (x *trial) stay() {
	var left []byte
	for until := time.Now().Add(5 * time.Second); ; time.Sleep(time.Millisecond) {
		if left = running(); left == nil {
			return
		}
		if time.Now().After(until) {
			break
		}
	}
	x.leaks++
	x.T.Errorf("%s leaves a goroutine behind:\n%s", x.name, left)
}

// running is the first goroutine that commands have begun.
func running() []byte {
	all := make([]byte, 1<<20)
	all = all[:runtime.Stack(all, true)]
	for _, g := range bytes.Split(all, []byte("\n\n")) {
		if made.Match(g) {
			return g
		}
	}
	return nil
}
