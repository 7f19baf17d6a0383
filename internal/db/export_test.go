package db

// Commits tells how many groups SQLite has committed.
func Commits(d *DB) int64 { return d.group.commits.Load() }

// Waiting tells how many closures queue.
func Waiting(d *DB) int { return len(d.group.queue) }
