package db_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"

	"examcode/internal/db"
	"examcode/internal/db/dbtest"
)

// BenchmarkTransact64 is 64 callers that insert one row each and wait for the
// commit; compare with BenchmarkTransact1, where nobody shares a commit.
func BenchmarkTransact64(b *testing.B) { transact(b, 64) }
func BenchmarkTransact1(b *testing.B)  { transact(b, 1) }

func transact(b *testing.B, callers int) {
	d := dbtest.SQLite(b, "thing", prepare)
	var next atomic.Int64
	var all sync.WaitGroup
	b.ResetTimer()
	for range callers {
		all.Go(func() {
			for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
				if err := execute(context.Background(), d, insertThing, n); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	b.ReportMetric(float64(db.Commits(d))/float64(b.N), "commits/op")
}

// BenchmarkPointRead is one row by primary key outside any transaction.
func BenchmarkPointRead(b *testing.B) {
	d := dbtest.SQLite(b, "thing", prepare)
	if err := run(d, insertThing, 1); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		var id int64
		var s state
		if err := d.Read().QueryRow(context.Background(), "SELECT id, state FROM thing WHERE id = $1", 1).Scan(&id, &s); err != nil {
			b.Fatal(err)
		}
	}
}
