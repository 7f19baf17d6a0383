// Package storetest gives tests an empty, migrated store on each engine.
package storetest

import (
	"context"
	"testing"

	"examcode/internal/db"
	"examcode/internal/db/dbtest"
	"examcode/internal/id"
	"examcode/internal/store"
	"examcode/internal/store/migrations"
	"time"
)

// Prepare brings an empty database to the program's schema, River's included.
func Prepare(ctx context.Context, d *db.DB) error {
	if err := d.Migrate(ctx, migrations.FS); err != nil {
		return err
	}
	return d.MigrateRiver(ctx)
}

// Each runs a test on both engines, in parallel, on a store of its own.
func Each(t *testing.T, test func(t *testing.T, s *store.Store)) {
	EachDB(t, func(t *testing.T, d *db.DB) { test(t, store.New(d, id.NewSource(0, time.Now))) })
}

// EachDB is Each for tests that need the database itself.
func EachDB(t *testing.T, test func(t *testing.T, d *db.DB)) {
	t.Helper()
	dbtest.EachFrom(t, "store", Prepare, test)
}

// EachHooked is EachDB with a hook that can be changed at any time with set; there
// is none at first, nor after set(nil).
func EachHooked(t *testing.T, test func(t *testing.T, d *db.DB, set func(db.Hook))) {
	t.Helper()
	dbtest.EachHooked(t, "store", Prepare, test)
}
