package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"regexp"
	"runtime/pprof"
	"syscall"
	"time"

	"examcode/internal/bench"
	"examcode/internal/db"
)

func runBench(ctx context.Context, e env, args []string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	return measure(ctx, e, bench.Config{Serve: []string{self, "serve"}}, args)
}

// Peers is the bench command with other works than its own, for the program at
// path; it returns the exit status.
func Peers(path string, works ...bench.Work) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := measure(ctx, env{os.Stdout, os.Stderr, os.Stdin, os.Getenv}, bench.Config{Serve: []string{path, "serve"}, Works: works}, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		return 1
	}
	return 0
}

func measure(ctx context.Context, e env, c bench.Config, args []string) error {
	c.Now = time.Now
	var engine, only, dir, profile, samples string
	var asJSON bool
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.StringVar(&engine, "engine", "sqlite", "sqlite or postgres")
	f.StringVar(&c.URL, "database-url", "", "postgres://… of a server on which databases may be made and dropped; none of it is touched")
	f.IntVar(&c.Codes, "codes", 10_000, "codes stored while it is measured, as 10000, 1000000 or 5000000")
	f.IntVar(&c.Rounds, "rounds", 5, "rounds of each work; 1 only tries whether it works")
	f.StringVar(&only, "only", "", "regular expression: the works to measure")
	f.StringVar(&dir, "dir", "", "folder for temporary files, on the disk to measure; the system's by default")
	f.StringVar(&profile, "profile", "", "files for CPU profiles of what is measured of ours, a round each: PREFIX.1 and so on, for go tool pprof")
	f.StringVar(&samples, "samples", "", "file for the memory and rows during each export, as CSV, every 100 ms")
	f.BoolVar(&asJSON, "json", false, "print JSON")
	f.SetOutput(e.err)
	if err := f.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return errUsage
	}
	if f.NArg() > 0 {
		fmt.Fprintf(e.err, "examcode bench: unexpected %q\n", f.Arg(0))
		return errUsage
	}
	var err error
	switch {
	case c.Codes < 1000 || c.Codes > 50_000_000:
		return errors.New("--codes is from 1000 to 50000000")
	case c.Rounds < 1 || c.Rounds > 100:
		return errors.New("--rounds is from 1 to 100")
	case engine != "sqlite" && engine != "postgres":
		return fmt.Errorf("there is no --engine %q: choose sqlite or postgres", engine)
	case engine == "postgres" && c.URL == "":
		return errors.New("--engine postgres needs --database-url, a server on which databases may be made")
	}
	if c.Only, err = regexp.Compile(only); err != nil {
		return fmt.Errorf("--only: %w", err)
	}
	if c.Dir, err = os.MkdirTemp(dir, "examcode-bench-"); err != nil {
		return err
	}
	defer os.RemoveAll(c.Dir)
	c.Open = openBench
	c.Say = func(format string, args ...any) { fmt.Fprintf(e.err, "bench: "+format+"\n", args...) }
	if samples != "" {
		file, err := os.Create(samples)
		if err != nil {
			return err
		}
		defer file.Close()
		if _, err := file.WriteString(bench.SampleHead); err != nil {
			return err
		}
		c.Samples = file
	}
	if profile != "" {
		c.Profile = profiles(profile)
	}
	report, err := bench.Run(ctx, c)
	write := report.Table
	if asJSON {
		write = report.JSON
	}
	return errors.Join(err, write(e.out)) // what was measured before a failure too
}

// profiles begins one CPU profile after the other.
func profiles(prefix string) func() (func(), error) {
	n := 0
	return func() (func(), error) {
		n++
		file, err := os.Create(fmt.Sprintf("%s.%d", prefix, n))
		if err != nil {
			return nil, err
		}
		if err := pprof.StartCPUProfile(file); err != nil {
			return nil, errors.Join(err, file.Close())
		}
		return func() {
			pprof.StopCPUProfile()
			file.Close()
		}, nil
	}
}

// openBench puts the program together over a new database, with everything but
// the worker.
func openBench(ctx context.Context, dir, url string) (*bench.Program, error) {
	s := &settings{data: dir, databaseURL: url, programme: "Certification", providers: "sandbox", baseURL: "http://127.0.0.1", exportDays: 7, documentDays: 180}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	if url != "" {
		d, err := db.Open(ctx, db.Config{URL: url, Now: time.Now, Log: log})
		if err != nil {
			return nil, err
		}
		err = migrate(ctx, d)
		d.Close()
		if err != nil {
			return nil, err
		}
	}
	y, err := openSystem(ctx, s, time.Now, nil, log)
	if err != nil {
		return nil, err
	}
	p := &bench.Program{DB: y.db, Store: y.store, Vault: y.vault, Actions: y.actions, Handler: y.handler(s, nil), URL: url,
		Close: func() { y.close(context.WithoutCancel(ctx)) }}
	if url == "" {
		p.Path = s.path("examcode.db")
	}
	p.Alone = func(alone bool) {
		most := 0 // as ever
		if alone {
			most = 1
		}
		y.db.Together(most)
		y.actions.Apart(alone)
	}
	return p, nil
}
