package db_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"examcode/internal/db"
	"examcode/internal/db/dbtest"
)

// TestAConnectionThatEndsInACommit: the server is made to wait inside of COMMIT
// and loses the connection there; the caller is told that nobody knows, and the
// pool goes on.
func TestAConnectionThatEndsInACommit(t *testing.T) {
	d := dbtest.Postgres(t, "", nil)
	ctx := context.Background()
	for _, s := range []string{
		"CREATE TABLE slow (id BIGINT PRIMARY KEY)",
		"CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(20); RETURN NULL; END $$",
		"CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON slow DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION wait()",
	} {
		must(t, run(d, s))
	}
	pid, ended := make(chan int, 1), make(chan error, 1)
	go func() {
		ended <- d.Transact(ctx, func(ctx context.Context, tx *db.Tx) error {
			var n int
			if err := tx.QueryRow(ctx, "SELECT pg_backend_pid()").Scan(&n); err != nil {
				return err
			}
			pid <- n
			_, err := tx.Exec(ctx, "INSERT INTO slow (id) VALUES (1)")
			return err
		})
	}()
	n := <-pid
	for until := time.Now().Add(15 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		var committing bool
		must(t, d.Read().QueryRow(ctx, "SELECT COUNT(*) > 0 FROM pg_stat_activity WHERE pid = $1 AND query = 'commit' AND wait_event = 'PgSleep'", n).Scan(&committing))
		if committing {
			break
		}
		if time.Now().After(until) {
			t.Fatal("the server never waited in the commit")
		}
	}
	var killed bool
	must(t, d.Read().QueryRow(ctx, "SELECT pg_terminate_backend($1)", n).Scan(&killed))
	if err := <-ended; !killed || !errors.Is(err, db.ErrCommitUnknown) {
		t.Errorf("killed %v: %v", killed, err)
	}
	must(t, run(d, "DROP TRIGGER slow ON slow"))
	must(t, run(d, "INSERT INTO slow (id) VALUES (1)")) // the first one is not there: the server said nothing because it did nothing
}
