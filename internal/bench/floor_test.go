package bench

import (
	"context"
	"maps"
	"path/filepath"
	"testing"
	"time"

	"examcode/internal/action"
	"examcode/internal/action/actiontest"
	"examcode/internal/bench/floor"
	"examcode/internal/db"
	"examcode/internal/db/dbtest"
	"examcode/internal/exam"
	"examcode/internal/id"
	"examcode/internal/store"
	"examcode/internal/store/storetest"
)

// rowsOf is what a redemption leaves, whoever does it.
var rowsOf = []string{"registration", "event", "message", "owed", "idempotency"}

// TestTheFloorLeavesTheSameRows: a floor that wrote less than the program would be
// no floor. What must always hold still does after it.
func TestTheFloorLeavesTheSameRows(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		sameRows(t, db.Config{Path: filepath.Join(t.TempDir(), "test.db")})
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		sameRows(t, db.Config{URL: dbtest.PostgresURL(t)})
	})
}

func sameRows(t *testing.T, cfg db.Config) {
	ctx := t.Context()
	d := dbtest.Open(t, cfg)
	if err := storetest.Prepare(ctx, d); err != nil {
		t.Fatal(err)
	}
	house := actiontest.New(t, store.New(d, id.NewSource(0, time.Now)))
	h := &House{Program: &Program{DB: d, Store: house.Store, Vault: house.Vault, Actions: house.Actions}, b: &Bench{Config: Config{Now: house.Clock.Now}}}
	house.Must(h.fill(ctx, 1000))
	f, err := floor.Open(ctx, cfg.Path, cfg.URL)
	house.Must(err)
	t.Cleanup(f.Close)
	const n = 32
	counts := func(do func(list []ticket) error) map[string]int {
		t.Helper()
		list, err := h.stock.take(ctx, n)
		house.Must(err)
		was := map[string]int{}
		for _, table := range rowsOf {
			was[table], err = f.Count(ctx, table)
			house.Must(err)
		}
		house.Must(do(list))
		for _, table := range rowsOf {
			now, err := f.Count(ctx, table)
			house.Must(err)
			was[table] = now - was[table]
		}
		return was
	}
	want := counts(func(list []ticket) error { return h.redeemed(ctx, list) })
	if want["registration"] != n || want["idempotency"] != n {
		t.Fatalf("the program left %v", want)
	}
	bare := func(do func(list []floor.Ticket, now int64) error) func(list []ticket) error {
		return func(list []ticket) error {
			return do((&redeeming{tickets: list}).floors(), floor.Micros(house.Clock.Now()))
		}
	}
	ways := map[string]func(list []floor.Ticket, now int64) error{
		"together": func(list []floor.Ticket, now int64) error { return f.Together(ctx, list, 10, now) },
	}
	if p, ok := f.(*floor.Postgres); ok {
		ways["each"] = func(list []floor.Ticket, now int64) error { return p.Each(ctx, list, now) }
		if floor.Pgbench() != "" {
			ways["pgbench"] = func(list []floor.Ticket, now int64) error {
				laid, err := p.Lay(ctx, list)
				if err == nil {
					_, err = p.Walk(ctx, laid, now, t.TempDir())
				}
				return err
			}
		}
	}
	for name, do := range ways {
		if got := counts(bare(do)); !maps.Equal(got, want) {
			t.Errorf("%s leaves %v, the program %v", name, got, want)
		}
	}
}

// redeemed redeems by the program as a request with an Idempotency-Key does.
func (h *House) redeemed(ctx context.Context, list []ticket) error {
	for _, t := range list {
		i, err := h.Actions.ByKey(ctx, t.bearer)
		if err != nil {
			return err
		}
		with, _, err := h.Actions.Remember(ctx, i.Actor, t.Key, make([]byte, 32))
		if err != nil {
			return err
		}
		if _, err := h.Actions.RedeemCode(with, i.Actor, action.Redemption{Subject: t.subject, Text: t.text.Reveal(), ExamType: exam.Online}); err != nil {
			return err
		}
		if err := h.Actions.KeepAnswer(ctx, i.Actor, t.Key, 201, []byte("answer")); err != nil {
			return err
		}
	}
	return nil
}
