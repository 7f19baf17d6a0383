package action_test

import (
	"context"
	"testing"
	"time"

	"examcode/internal/action"
	"examcode/internal/action/actiontest"
	"examcode/internal/db"
	"examcode/internal/exam"
	"examcode/internal/id"
	"examcode/internal/store"
	"examcode/internal/store/storetest"
)

// askFor is an address that is to be told about orders.
func askFor(email string) exam.Receiver {
	return exam.Receiver{Email: email, Label: "Finance", Lang: "en", Categories: []string{"orders"}}
}

// An account nobody stands behind does not make the program write to others, and
// one that is not verified only to a few.
func TestWhoMayHaveAddressesAsked(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx, root := context.Background(), h.Company(false)
		_, err := h.Actions.AddReceiver(ctx, root, askFor("a0@xinghe.example"))
		want(t, "unconfirmed", err, "email_unconfirmed")
		root = h.Confirm(root)
		v := must(h.Actions.AddReceiver(ctx, root, askFor("a1@xinghe.example")))(t)
		for _, a := range []string{"a2@xinghe.example", "a3@xinghe.example", "a4@xinghe.example"} {
			must(h.Actions.AddReceiver(ctx, root, askFor(a)))(t)
		}
		must(h.Actions.AskReceiver(ctx, root, v.ID))(t)
		_, err = h.Actions.AddReceiver(ctx, root, askFor("a5@xinghe.example"))
		want(t, "the sixth of one that is not verified", err, "too_many_tries")
	})
}

// Who is removed is told about nothing but that, is no receiver any more, and
// cannot be named one.
func TestWhoIsRemovedGetsNoMail(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx, root, sub := context.Background(), h.Company(true), h.Subject()
		member := h.Member(root, exam.AllRights)
		named := exam.Receiver{Person: member.Person, Categories: []string{"orders"}}
		v := must(h.Actions.AddReceiver(ctx, root, named))(t)
		for _, id := range h.Queue.Owed() {
			h.Must(h.Actions.SendOwed(ctx, id))
		}
		email := must(h.Read.Person(ctx, member.Person))(t).Email
		mails := func() (subjects []string) {
			for _, m := range must(h.Outbox.List(500))(t) {
				if m.To == email {
					subjects = append(subjects, m.Subject)
				}
			}
			return subjects
		}
		before := len(mails())
		h.Buy(root, sub, 1) // owes a mail that is still to go
		h.Must(h.Actions.RemoveMember(ctx, root, member.Person, 0))
		for _, id := range h.Queue.Owed() {
			h.Must(h.Actions.SendOwed(ctx, id))
		}
		if got := mails(); len(got) != before+1 {
			t.Errorf("%d mails before, then %q", before, got)
		}
		if now := must(h.Read.Receiver(ctx, root.Account, v.ID))(t); now.State != exam.ReceiverRemoved {
			t.Errorf("%+v", now)
		}
		_, err := h.Actions.AddReceiver(ctx, root, named)
		want(t, "named after the removal", err, "receiver_stranger")
	})
}

// A file is not handed to somebody who was removed while it was written.
func TestAnExportOfARemovedMemberFails(t *testing.T) {
	eachExporting(t, threeBatches, func(t *testing.T, x *exporting) {
		ctx := context.Background()
		one := x.Member(x.root, exam.ViewCodes)
		e, owed := x.ask(one, action.ExportRequest{})
		x.Must(x.meddling(6, func() { x.Must(x.Actions.RemoveMember(ctx, x.root, one.Person, 0)) }).Settle(ctx, owed))
		if now := x.now(e); now.State != exam.ExportFailed || now.Error != exam.ErrNotAllowed.Reason {
			t.Errorf("%+v", now)
		}
		if n := x.count("SELECT COUNT(*) FROM message WHERE kind = 'export_ready' AND about_id = $1", e.ID); n != 0 {
			t.Errorf("told %d times", n)
		}
	})
}

// TestS16_EndsOfLongAgoAreWrittenDownSilently: nobody is written to about an order
// that ended a week ago, and everybody about one that ended a moment less.
func TestS16_EndsOfLongAgoAreWrittenDownSilently(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx := context.Background()
		for late, told := range map[time.Duration]int{exam.ToldOfEndFor - time.Microsecond: 1, exam.ToldOfEndFor: 0} {
			root, who, sub := h.Company(true), h.Examinee(true), h.Subject()
			order, texts := h.Buy(root, sub, 2)
			reg := must(h.Redeem(who, sub, texts[0]))(t)
			h.Clock.Set(order.Expires.Add(late))
			if n := must(h.Actions.SweepEnded(ctx))(t); n != 2 {
				t.Errorf("%d codes expired after %v", n, late)
			}
			if o := must(h.Read.AnyOrder(ctx, order.ID))(t); o.Swept.IsZero() {
				t.Errorf("the end is not written down after %v", late)
			}
			if row := must(h.Read.Registration(ctx, who.Person, reg.ID))(t); row.State != exam.RegCancelled {
				t.Errorf("after %v: %+v", late, row.Registration)
			}
			for kind, list := range map[exam.NoticeKind][]exam.NoticeKind{exam.NoticeOrderEnded: notices(t, h, root), exam.NoticeExpired: notices(t, h, who)} {
				n := 0
				for _, k := range list {
					if k == kind {
						n++
					}
				}
				if n != told {
					t.Errorf("%s is told %d times after %v, want %d", kind, n, late, told)
				}
			}
		}
	})
}

// A session's cancellation that brings an ended order back to the sweep waits for
// the order before it holds anything else.
func TestACancellationLocksAnEndedOrderFirst(t *testing.T) {
	storetest.EachDB(t, func(t *testing.T, d *db.DB) {
		if d.Engine() == db.SQLite {
			return // one writer: there is nothing to deadlock
		}
		h := actiontest.New(t, store.New(d, id.NewSource(0, time.Now)))
		ctx, root, sub, who := context.Background(), h.Company(true), h.Subject(), h.Examinee(true)
		order, texts := h.Buy(root, sub, 1)
		reg := must(h.Redeem(who, sub, texts[0]))(t)
		h.Clock.Set(order.Expires.Add(-48 * time.Hour))
		session := h.Session(sub, 47*time.Hour, 3)
		must(h.Actions.Reserve(ctx, who, reg.ID, session.ID))(t)
		h.Clock.Set(order.Expires)
		must(h.Actions.SweepEnded(ctx))(t)
		staff, done := h.Staff(exam.Results), make(chan error, 1)
		h.Must(h.Store.Transact(ctx, func(outer context.Context, tx *store.Tx) error {
			if err := tx.LockOrders(outer, db.Shared, order.ID); err != nil {
				return err
			}
			go func() {
				_, err := h.Actions.CancelSession(context.Background(), staff, session.ID, "The hall is flooded")
				done <- err
			}()
			time.Sleep(400 * time.Millisecond)
			ctx, cancel := context.WithTimeout(context.Background(), 500*time.Millisecond)
			defer cancel()
			return h.Store.Transact(ctx, func(ctx context.Context, tx *store.Tx) error { return tx.LockCodes(ctx, reg.Code) })
		}))
		h.Must(<-done)
		if o := must(h.Read.AnyOrder(ctx, order.ID))(t); !o.Swept.IsZero() {
			t.Error("the order is not brought back to the sweep")
		}
	})
}
