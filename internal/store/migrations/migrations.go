// Package migrations holds the schema of both engines. The two folders say the
// same in each engine's words; a test compares what they make. A landed file is
// never changed: the next change is the next file.
package migrations

import "embed"

// FS has one folder per engine: sqlite and postgres.
//
//go:embed sqlite/*.sql postgres/*.sql
var FS embed.FS
