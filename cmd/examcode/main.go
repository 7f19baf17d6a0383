// Command examcode sells exam codes to companies in bulk and follows each one
// to its result. See README.md.
package main

import (
	"os"

	"examcode/internal/cli"
)

func main() { os.Exit(cli.Main()) }
