package cli

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"time"

	"examcode/internal/db"
	"examcode/internal/id"
	"examcode/internal/store"
)

// errViolated is a database that breaks an invariant; what and where was printed.
var errViolated = errors.New("the data breaks what must always hold; see the lines above")

// runVerify checks every invariant on one snapshot of the data, also while it is
// served, and changes nothing. A violation is exit status 1.
func runVerify(ctx context.Context, e env, args []string) error {
	s, asJSON := &settings{data: "./data/serve"}, false
	f := flag.NewFlagSet("verify", flag.ContinueOnError)
	s.storage(f)
	f.BoolVar(&asJSON, "json", false, "print one JSON object a line")
	if err := s.parse(e, f, args); err != nil {
		return err
	}
	look := db.Config{LookOnly: true, URL: s.databaseURL, Now: time.Now, Log: slog.New(slog.NewTextHandler(e.err, nil))}
	if look.URL == "" {
		look.Path = s.path("examcode.db")
	}
	d, err := db.Open(ctx, look)
	if err != nil {
		return err
	}
	defer d.Close()
	began, checked := time.Now(), int64(0)
	violations, err := store.New(d, id.NewSource(0, time.Now)).Verify(ctx, func(v store.Verified) {
		checked += v.Checked
		if asJSON {
			b, _ := json.Marshal(v)
			fmt.Fprintf(e.out, "%s\n", b)
			return
		}
		fmt.Fprintf(e.out, "%-4s %9d checked %6d violated  %s", v.ID, v.Checked, v.Violations, v.Says)
		if v.Violations > 0 {
			fmt.Fprintf(e.out, " (first: %d)", v.First)
		}
		fmt.Fprintln(e.out)
	})
	if err != nil {
		return err
	}
	if !asJSON {
		fmt.Fprintf(e.out, "%d rows checked in %s, %d violations\n", checked, time.Since(began).Round(time.Millisecond), violations)
	}
	if violations > 0 {
		return errViolated
	}
	return nil
}
