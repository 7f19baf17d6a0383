package db

import "context"

// Commits tells how many groups SQLite has committed.
func Commits(d *DB) int64 { return d.group.commits.Load() }

// Waiting tells how many closures queue.
func Waiting(d *DB) int { return len(d.group.queue) }

// Compiled tells how many statements SQLite's writing connection has compiled to
// keep them.
func Compiled(ctx context.Context, d *DB) (n int64, err error) {
	c, err := d.writer.Conn(ctx)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	return n, c.Raw(func(driver any) error {
		n = driver.(*compiled).compilings
		return nil
	})
}
