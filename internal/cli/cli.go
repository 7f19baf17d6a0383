// Package cli is the command line and the only place where the program is put
// together: settings, clock, randomness and every package that needs the others.
package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// Version of the program.
const Version = "0.1.0"

// env is the outside world of a command.
type env struct {
	out, err io.Writer
	in       io.Reader
	getenv   func(string) string
}

type command struct {
	name, about string
	run         func(ctx context.Context, e env, args []string) error
}

var commands = []command{
	{"demo", "start with sample data and everything in one folder", runDemo},
	{"serve", "start for production", runServe},
	{"migrate", "bring a database to this version's schema", runMigrate},
	{"doctor", "check settings, database, key ring and mail server before and while serving", runDoctor},
	{"verify", "check the data against everything that must hold", runVerify},
	{"user", "add people: operators, companies, members", runUser},
	{"apikey", "make an API key for somebody", runAPIKey},
	{"mail", "send a test mail with the settings of serve", runMail},
	{"bench", "measure how fast this machine serves, as ratios to what it can do at best", runBench},
	{"version", "print the version", runVersion},
}

// errUsage is a wrong call; its text has been printed.
var errUsage = errors.New("usage")

// Main runs the command line and returns the exit status: 0 done, 1 failed,
// 2 called wrongly.
func Main() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return run(ctx, env{os.Stdout, os.Stderr, os.Stdin, os.Getenv}, os.Args[1:])
}

func run(ctx context.Context, e env, args []string) int {
	if len(args) > 0 {
		for _, c := range commands {
			if c.name != args[0] {
				continue
			}
			err := c.run(ctx, e, args[1:])
			switch {
			case err == nil, errors.Is(err, flag.ErrHelp):
				return 0
			case errors.Is(err, errUsage):
				return 2
			}
			fmt.Fprintln(e.err, "examcode:", err)
			return 1
		}
	}
	w := e.out
	if len(args) > 0 && args[0] != "help" && args[0] != "-h" && args[0] != "--help" {
		fmt.Fprintf(e.err, "examcode: there is no command %q\n\n", args[0])
		w = e.err
	}
	fmt.Fprintln(w, "examcode sells exam codes to companies in bulk and follows each one to its result.\n\nUsage: examcode COMMAND [FLAGS]")
	fmt.Fprintln(w)
	for _, c := range commands {
		fmt.Fprintf(w, "  %-9s %s\n", c.name, c.about)
	}
	fmt.Fprintln(w, "\nexamcode COMMAND -h tells the flags of a command.")
	if w == e.err {
		return 2
	}
	return 0
}

func runVersion(_ context.Context, e env, args []string) error {
	fmt.Fprintln(e.out, "examcode", Version)
	return nil
}
