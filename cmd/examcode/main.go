// Command examcode sells exam codes to companies in bulk and follows each one
// to its result. See README.md.
package main

import (
	"os"
	_ "time/tzdata" // order ends depend on zones, also on machines that have none

	"examcode/internal/cli"
)

func main() { os.Exit(cli.Main()) }
