// Command peers measures examcode beside other programs: PocketBase with a redeem
// hook, in a process of its own, and excelize for workbooks. Both sides take turns
// in one run under the same load driver, as in examcode bench. Here examcode
// shares a process with the driver, which is a small handicap.
//
//	peers --codes 1000000 --rounds 5
//
// EXAMCODE and POCKETBASE name the two programs; make bench-peers builds them.
package main

import (
	"cmp"
	"os"

	"examcode/internal/cli"
)

func main() {
	p := &pocketbase{path: cmp.Or(os.Getenv("POCKETBASE"), "bin/pocketbase")}
	os.Exit(cli.Peers(cmp.Or(os.Getenv("EXAMCODE"), "bin/examcode"), redeem{p}, list{p}, issue{p}, workbook{}, process{p}))
}
