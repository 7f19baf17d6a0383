package store_test

import (
	"context"
	"testing"
	"time"

	"examcode/internal/db"
	"examcode/internal/exam"
	"examcode/internal/id"
	"examcode/internal/store"
	"examcode/internal/store/storetest"
)

// Turns are dealt among the 5,000 mails that are due the longest, so that a
// backlog is not ranked as a whole each time; who is behind them comes in as they
// are taken.
func TestHoldMailLooksAtABoundedNumber(t *testing.T) {
	storetest.EachDB(t, func(t *testing.T, d *db.DB) {
		ctx, s, now := context.Background(), store.New(d, id.NewSource(0, time.Now)), time.UnixMicro(1_000_000)
		err := d.Transact(ctx, func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.Exec(ctx, `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5001)
INSERT INTO owed (id, channel, target_id, account_id, state, created_at, next_at, tries, detail)
SELECT i, 'mail', i, CASE WHEN i <= 5000 THEN 1 ELSE 2 END, 'owed', 1, i, 0, '' FROM n`)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for turn, behind := range []bool{false, true} {
			var ids []exam.OwedID
			err := s.Transact(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
				ids, err = tx.HoldMail(ctx, now, now.Add(time.Minute), 50)
				return err
			})
			if err != nil || len(ids) != 50 {
				t.Fatalf("%d held, %v", len(ids), err)
			}
			if is := ids[len(ids)-1] == 5001; is != behind {
				t.Errorf("turn %d: the last of all is taken: %v", turn, is)
			}
		}
	})
}

// A mail that is settled while somebody is about to take it is not taken.
func TestAMailSettledMeanwhileIsNotTaken(t *testing.T) {
	onSite(t, func(t *testing.T, s site) {
		s.do("DELETE FROM owed")
		now := time.UnixMicro(10)
		mail := exam.OwedID(s.plant("owed", set{"channel": "mail", "target_id": 1, "state": "owed", "created_at": 5, "tries": 0, "detail": "", "account_id": s.account}))
		o := get[exam.Owed](t)(s.Read.Promise(s.ctx, mail))
		var ids []exam.OwedID
		settled, taken := make(chan bool), make(chan error)
		go func() {
			<-settled
			taken <- s.in(func(ctx context.Context, tx *store.Tx) (err error) {
				ids, err = tx.HoldMail(ctx, now, now.Add(time.Hour), 9)
				return err
			})
		}()
		s.Must(s.in(func(ctx context.Context, tx *store.Tx) error {
			if err := tx.SettleOwed(ctx, o.Delivered(now)); err != nil {
				return err
			}
			settled <- true
			s.oneWaits()
			return nil
		}))
		s.Must(<-taken)
		if len(ids) != 0 {
			t.Errorf("taken: %v", ids)
		}
	})
}

// oneWaits returns when a transaction waits for another's row; on SQLite all wait
// for the writer.
func (s site) oneWaits() {
	s.t.Helper()
	for end := time.Now().Add(time.Minute); s.d.Engine() == db.PostgreSQL; time.Sleep(time.Millisecond) {
		if s.number("SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'") > 0 {
			return
		}
		if time.Now().After(end) {
			s.t.Fatal("nobody waits")
		}
	}
}
