package action_test

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"examcode/internal/action/actiontest"
	"examcode/internal/db"
	"examcode/internal/exam"
	"examcode/internal/id"
	"examcode/internal/store"
	"examcode/internal/store/storetest"
)

// A database that is away while a mail is read is no try of the mail: it stays as
// it was, and goes out as soon as the database is back.
func TestTheDatabasesTroubleIsNoTryOfAMail(t *testing.T) {
	storetest.EachHooked(t, func(t *testing.T, d *db.DB, set func(db.Hook)) {
		ctx, h := context.Background(), actiontest.New(t, store.New(d, id.NewSource(0, time.Now)))
		h.Buy(h.Company(true), h.Subject(), 1)
		ids := h.Queue.Owed()
		last := ids[len(ids)-1]
		for _, table := range []string{"FROM owed w WHERE w.id", "FROM owed w JOIN"} { // the promise, what it is about
			set(func(_ context.Context, at db.Point) error {
				if at.Op == db.Read && strings.Contains(at.Text, table) {
					return io.ErrUnexpectedEOF
				}
				return nil
			})
			want(t, "while it is away", h.Actions.SendMails(ctx, time.Minute), "database_unavailable")
			set(nil)
			if o := must(h.Read.Promise(ctx, last))(t); o.State != exam.OwedOpen || o.Tries != 0 || !o.Failing.IsZero() {
				t.Errorf("it is %s after %d tries", o.State, o.Tries)
			}
		}
		h.Must(h.Actions.SendMails(ctx, time.Minute))
		if o := must(h.Read.Promise(ctx, last))(t); o.State != exam.OwedSent {
			t.Errorf("it is %s", o.State)
		}
	})
}
