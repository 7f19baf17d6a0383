package cli

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"examcode/internal/db"
	"examcode/internal/db/dbtest"
)

// TestReadyOrWhyNot: migrations, clocks that differ and the end keep a process
// from being ready.
func TestReadyOrWhyNot(t *testing.T) {
	url, ctx := dbtest.PostgresURL(t), context.Background()
	at := func(ahead time.Duration) *system {
		d := dbtest.Open(t, db.Config{URL: url, Now: func() time.Time { return time.Now().Add(ahead) }})
		return &system{db: d, log: slog.New(slog.DiscardHandler)}
	}
	refused := func(y *system, says string) {
		t.Helper()
		if err := y.ready(ctx); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("ready says %v, not %q", err, says)
		}
	}
	y := at(0)
	refused(y, "migrations are missing")
	if err := migrate(ctx, y.db); err != nil {
		t.Fatal(err)
	}
	for _, ahead := range []time.Duration{0, time.Second, -time.Second} {
		if err := at(ahead).ready(ctx); err != nil {
			t.Errorf("a clock ahead by %s is not ready: %v", ahead, err)
		}
	}
	refused(at(5*time.Second), "let NTP keep both machines' clocks")
	refused(at(-5*time.Second), "let NTP keep both machines' clocks")

	stop, cancel := context.WithCancel(ctx)
	end := y.drained(stop, 200*time.Millisecond)
	cancel()
	for y.ready(ctx) == nil { // the flag follows the signal in a goroutine
		time.Sleep(time.Millisecond)
	}
	refused(y, "about to stop")
	if end.Err() != nil {
		t.Error("the door is closed before /readyz said no for a while")
	}
	<-end.Done()
}
