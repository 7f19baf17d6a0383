//go:build !unguarded

package store

import "examcode/internal/db"

// guarded says that locks and version guards are in place. The negative control
// of the race tests is built without them (-tags unguarded), to prove that the
// tests can see a race; no program is ever built that way.
const guarded = true

const versionGuard = " AND code.version = v.version - 1"

const replaceGuard = " AND code.version = excluded.version - 1"

// onceGuard lets the second refund of an order see that there is one.
const onceGuard = " ON CONFLICT (order_id) DO NOTHING"

// inside is where a transaction reads: in itself.
func inside(_ *db.DB, tx *db.Tx) db.Querier { return tx }
