// Package store holds every SQL statement of the program, once, for both
// engines. Reader has the queries and is all that faces get; Tx adds locks and
// writes and is used by action alone. A write takes the new value together with
// its event, so the trail cannot be forgotten, and is guarded by the version it
// replaces: no row changed means exam.ErrChangedMeanwhile.
//
// The SQL is the subset that both engines read alike (a test checks it):
// placeholders $1…, ids and times made in Go, named columns in every SELECT,
// times as microseconds in BIGINT, no arrays, no JSON operators, no ILIKE, no
// now(); in a VALUES list the first row casts each placeholder to BIGINT or TEXT.
// Rows are written by a db.Set, which brings them in as each engine likes it best.
// RETURNING, ON CONFLICT, FILTER, window functions, row values and UPDATE … FROM
// mean the same on both and are welcome.
//
// Locks are taken in one order: invitations, people, API keys, orders, codes (by
// id), registrations, sessions.
// Nothing here decides a rule; that is exam's part.
package store
