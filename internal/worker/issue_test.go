package worker

import (
	"context"
	"testing"
	"time"

	"examcode/internal/action"
	"examcode/internal/db"
	"examcode/internal/exam"
)

// The codes of large orders follow their payments, whoever works, also of one whose
// job was lost.
func TestLargeOrdersAreIssued(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := context.Background()
		h.actions = h.Service(func(c *action.Config) { c.Mail, c.Queue, c.IssuePart = h.post, h.queue, 10 })
		pay := func(n int) {
			o, err := h.actions.BuyCodes(ctx, h.root, h.subject.ID, n)
			h.Must(err)
			_, err = h.actions.PayOrder(ctx, h.root, o.ID, "sandbox", "", "")
			h.Must(err)
		}
		pay(95)
		h.Must(h.db.Transact(ctx, func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.Exec(ctx, "DELETE FROM river_job")
			return err
		}))
		h.Clock.Move(2 * time.Minute)
		pay(44)
		pay(10)
		if n := h.number("SELECT SUM(issued) FROM orders"); n != 30 {
			t.Errorf("%d codes came with the payments", n)
		}
		h.work()
		h.work()
		h.within(30*time.Second, "all codes are there", func() bool {
			return h.number("SELECT COUNT(*) FROM code") == 149 && h.number("SELECT COUNT(*) FROM owed WHERE channel = $1 AND state = $2", exam.ByIssue, exam.OwedSent) == 2
		})
	})
}
