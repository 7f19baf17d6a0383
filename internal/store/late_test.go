package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"examcode/internal/exam"
	"examcode/internal/store"
)

// Mails are listed, held and settled only while they are owed.
func TestOnlyOwedMailsAreTried(t *testing.T) {
	onSite(t, func(t *testing.T, s site) {
		s.do("DELETE FROM owed")
		now := time.UnixMicro(10)
		row := set{"channel": "mail", "target_id": 1, "state": "owed", "created_at": 5, "tries": 0, "detail": "", "account_id": s.account}
		mail := exam.OwedID(s.plant("owed", row))
		sent := exam.OwedID(s.plant("owed", row.with(set{"id": nil, "target_id": 2, "state": "sent"})))
		young := exam.OwedID(s.plant("owed", row.with(set{"id": nil, "target_id": 3, "created_at": 11, "next_at": 11})))
		other := exam.OwedID(s.plant("owed", row.with(set{"id": nil, "target_id": 4, "channel": "export"})))
		s.plant("owed", row.with(set{"id": nil, "target_id": 5, "channel": "export", "state": "sent"}))
		s.plant("owed", row.with(set{"id": nil, "target_id": 6, "channel": "export", "created_at": 11}))
		same(t, "owed", []exam.OwedID{mail, other})(s.Read.OpenOwed(s.ctx, now, 0, 9))
		same(t, "owed but for mails", []exam.OwedID{other})(s.Read.OpenOther(s.ctx, now, 0, 9))
		hold := func(id exam.OwedID) (held bool) {
			s.Must(s.in(func(ctx context.Context, tx *store.Tx) (err error) {
				held, err = tx.HoldOneMail(ctx, id, now, now.Add(time.Hour))
				return err
			}))
			return held
		}
		if hold(sent) || !hold(young) {
			t.Error("what is sent can be held, or what is owed cannot")
		}
		o := get[exam.Owed](t)(s.Read.Promise(s.ctx, sent))
		refusesLate(t, "settling what is sent", s.in(func(ctx context.Context, tx *store.Tx) error { return tx.SettleOwed(ctx, o.Delivered(now)) }))
		refusesLate(t, "sending again what is not dead", s.in(func(ctx context.Context, tx *store.Tx) error {
			return tx.SendAgain(ctx, o, exam.OwedDead, exam.Event{})
		}))
	})
}

// Orders and payments are looked after while they wait, and once they are old.
func TestOnlyWhatWaitsIsLookedAfter(t *testing.T) {
	onSite(t, func(t *testing.T, s site) {
		at := get[exam.Order](t)(s.Read.AnyOrder(s.ctx, exam.OrderID(s.pending))).Created
		unpaid := func() []exam.OrderID { return get[[]exam.OrderID](t)(s.Read.UnpaidOrders(s.ctx, at, 0, 9)) }
		same(t, "unpaid with a payment", 0)(len(unpaid()), nil)
		same(t, "a payment that may become money", true)(s.Read.LivePayment(s.ctx, exam.OrderID(s.pending)))
		same(t, "open payments", 1)(len(get[[]exam.Payment](t)(s.Read.OpenPayments(s.ctx, time.UnixMicro(1), 0, 9))), nil)
		same(t, "open payments before", 0)(len(get[[]exam.Payment](t)(s.Read.OpenPayments(s.ctx, time.UnixMicro(0), 0, 9))), nil)
		s.do("UPDATE payment SET state = 'failed' WHERE order_id IN ($1, $2)", s.pending, s.order)
		s.again("orders", s.pending, set{"number": "EC-YOUNG", "created_at": later})
		same(t, "unpaid", []exam.OrderID{exam.OrderID(s.pending)})(unpaid(), nil)
		same(t, "a payment that failed", false)(s.Read.LivePayment(s.ctx, exam.OrderID(s.pending)))

		open := func() int { return len(get[[]exam.Refund](t)(s.Read.OpenRefunds(s.ctx, time.UnixMicro(9), 0, 9))) }
		s.do("UPDATE refund SET placed_at = 1 WHERE id = $1", s.refund)
		same(t, "refunds under review", 0)(open(), nil)
		s.do("UPDATE refund SET state = 'refunding' WHERE id = $1", s.refund)
		same(t, "refunds on their way", 1)(open(), nil)

		heard := s.again("provider_notice", s.heard, set{"event": "set aside", "state": "quarantined", "object_version": nil})
		aside := get[[]store.QuarantinedRow](t)(s.Read.Quarantined(s.ctx, 9))
		if len(aside) != 1 || int64(aside[0].ID) != heard {
			t.Errorf("set aside: %+v", aside)
		}
		s.again("verification", s.verification, set{"state": "rejected"})
		waiting := get[[]store.WaitingRow](t)(s.Read.WaitingVerifications(s.ctx, 9))
		if len(waiting) != 1 || int64(waiting[0].ID) != s.verification {
			t.Errorf("waiting: %+v", waiting)
		}
		s.do("UPDATE verification SET state = 'rejected' WHERE id = $1", s.verification)
		if ok, err := found(s.Read.OldestWaiting(s.ctx, 0)); ok || err != nil {
			t.Errorf("something waits: %v", err)
		}
	})
}

// Seats are those of reserved registrations, results those of completed ones; a
// full session has none.
func TestSeatsAreThoseThatAreHeld(t *testing.T) {
	onSite(t, func(t *testing.T, s site) {
		n := exam.SessionID(s.session)
		seated := get[[]store.Seat](t)(s.Read.Seated(s.ctx, n))
		if len(seated) != 1 || int64(seated[0].ID) != s.seated {
			t.Errorf("seated: %+v", seated)
		}
		same(t, "who sat", 1)(s.Read.SatIn(s.ctx, n))
		session := get[exam.Session](t)(s.Read.Session(s.ctx, n))
		same(t, "to remind", []exam.RegistrationID{exam.RegistrationID(s.seated)})(s.Read.SeatsToRemind(s.ctx, session.Starts.Add(-time.Hour), 0, 9))
		same(t, "without a result", 1)(get[[]store.SessionRow](t)(s.Read.Sessions(s.ctx, store.SessionFilter{}, nil, 9))[0].NoResult, nil)
		same(t, "without a result", 1)(get[store.SessionRow](t)(s.Read.SessionRow(s.ctx, n)).NoResult, nil)
		over := session.Ends()
		same(t, "lacking a result", 1)(len(get[[]store.SessionRow](t)(s.Read.SessionsLackingResults(s.ctx, over, 9))), nil)
		s.do("UPDATE registration SET state = 'completed' WHERE id = $1", s.seated)
		same(t, "lacking a result", 0)(len(get[[]store.SessionRow](t)(s.Read.SessionsLackingResults(s.ctx, over, 9))), nil)

		like := session
		like.ID = 0
		s.do("UPDATE session SET taken = seats - 1 WHERE id = $1", s.session)
		if got := get[exam.Session](t)(s.Read.NextSession(s.ctx, like, s.Clock.Now())); got.ID != n {
			t.Errorf("the next session is %v", got.ID)
		}
		take := func() error {
			return s.in(func(ctx context.Context, tx *store.Tx) error { return tx.TakeSeat(ctx, n) })
		}
		s.Must(take())
		if err := take(); !errors.Is(err, exam.ErrSessionFull) {
			t.Errorf("a seat too many: %v", err)
		}
		if ok, err := found(s.Read.NextSession(s.ctx, like, s.Clock.Now())); ok || err != nil {
			t.Errorf("a full session is offered: %v", err)
		}
	})
}

// What waits for staff is counted by its state, and so is what is given up.
func TestWorkIsCountedByItsStates(t *testing.T) {
	onSite(t, func(t *testing.T, s site) {
		s.do("DELETE FROM owed")
		row := set{"channel": "mail", "state": "owed", "created_at": 1, "tries": 0, "detail": "", "account_id": s.account}
		for target, more := range []set{{}, {"failing_at": 1}, {"failing_at": 1}, {"state": "dead"}, {"state": "dead"}, {"state": "dead"}, {"state": "sent", "failing_at": 1}, {"state": "sent"}} {
			s.plant("owed", row.with(more).with(set{"target_id": target, "id": nil}))
		}
		s.again("verification", s.verification, set{"state": "rejected"})
		now := s.Clock.Now()
		w := get[store.Work](t)(s.Read.Work(s.ctx, now))
		counts := []int{w.Verifications.Count, w.Transfers.Count, w.Checks.Count, w.RefundReviews.Count, w.RefundChecks.Count, w.RefundsToSend.Count, w.MailOwed.Count, w.MailFailing.Count, w.MailDead.Count}
		same(t, "work at first", []int{1, 0, 0, 1, 0, 0, 1, 2, 3})(counts, nil)

		s.do("UPDATE refund SET answer = 'unknown' WHERE id = $1", s.refund)
		h := get[store.Health](t)(s.Read.Health(s.ctx, now))
		same(t, "given up or late", []int{3, 1, 0})([]int{h.Dead.Count, h.Overdue.Count, h.Unknown.Count}, nil)
		s.do("UPDATE payment SET state = 'unknown' WHERE id = $1", s.pays)
		s.do("UPDATE refund SET placed_at = 1, state = 'refunding' WHERE id = $1", s.refund)
		w, h = get[store.Work](t)(s.Read.Work(s.ctx, now)), get[store.Health](t)(s.Read.Health(s.ctx, now))
		same(t, "whose outcome is not known", []int{1, 0, 1, 0, 2})([]int{w.Checks.Count, w.RefundReviews.Count, w.RefundChecks.Count, w.RefundsToSend.Count, h.Unknown.Count}, nil)
		s.do("UPDATE payment SET provider = $1 WHERE id IN ($2, $3)", exam.ByTransfer, s.payment, s.pays)
		s.do("UPDATE payment SET state = 'pending' WHERE id = $1", s.pays)
		w = get[store.Work](t)(s.Read.Work(s.ctx, now))
		same(t, "by transfer", []int{1, 0, 1})([]int{w.Transfers.Count, w.RefundChecks.Count, w.RefundsToSend.Count}, nil)
		s.do("UPDATE refund SET state = 'refunded', settled_at = 2 WHERE id = $1", s.refund)
		same(t, "when it was sent", 0)(get[store.Work](t)(s.Read.Work(s.ctx, now)).RefundsToSend.Count, nil)
		s.do("UPDATE payment SET provider = 'sandbox' WHERE id = $1", s.payment)
		w, h = get[store.Work](t)(s.Read.Work(s.ctx, now)), get[store.Health](t)(s.Read.Health(s.ctx, now))
		same(t, "when it is refunded", []int{0, 0, 0})([]int{w.RefundChecks.Count, w.RefundsToSend.Count, h.Unknown.Count}, nil)
	})
}

// What is past its period goes, and what is younger stays.
func TestOnlyWhatIsOverIsEnded(t *testing.T) {
	onSite(t, func(t *testing.T, s site) {
		s.do("DELETE FROM rate_limit")
		for _, at := range []int64{1, later} {
			s.do("INSERT INTO rate_limit (name, tat) VALUES ($1, $2)", time.UnixMicro(at).String(), at)
		}
		young := s.again("ticket", s.ticket, set{"token": []byte("young"), "expires_at": later})
		s.do("INSERT INTO login (token, person_id, created_at, seen_at, fresh_at, agent) VALUES ($1, $2, $3, $3, $3, '')", []byte("young"), s.planted.person, later)
		s.do("INSERT INTO idempotency (person_id, name, request, effect, status, created_at) VALUES ($1, 'Y', $2, 0, 0, $3)", s.planted.person, []byte{1}, later)
		s.again("result_file", s.resultFile, set{"created_at": later})
		for what, sql := range map[exam.KeptThing]string{
			exam.KeptTries:       "SELECT COUNT(*) FROM rate_limit",
			exam.KeptLinks:       "SELECT COUNT(*) FROM ticket WHERE id > 0",
			exam.KeptSessions:    "SELECT COUNT(*) FROM login",
			exam.KeptAnswers:     "SELECT COUNT(*) FROM idempotency",
			exam.KeptResultFiles: "SELECT COUNT(*) FROM result_file",
		} {
			if n := s.number(sql); n != 2 {
				t.Fatalf("%s: %d at first", what, n)
			}
			s.Must(s.in(func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.EndOver(ctx, what, time.UnixMicro(9), 9)
				return err
			}))
			if n := s.number(sql); n != 1 {
				t.Errorf("%s: %d are left", what, n)
			}
		}
		same(t, "the link that is left", young)(s.number("SELECT id FROM ticket"), nil)
		f := exam.ResultFile{ID: exam.ResultFileID(s.ids.Next()), Person: s.root.Person, Content: []byte{1}, Created: s.Clock.Now()}
		s.Must(s.in(func(ctx context.Context, tx *store.Tx) error {
			return tx.AddResultFile(ctx, f, exam.Event{}, time.UnixMicro(9))
		}))
		same(t, "files of results", int64(2))(s.number("SELECT COUNT(*) FROM result_file"), nil)
		s.Must(s.in(func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.EndOver(ctx, exam.KeptSearches, s.Clock.Now(), 9)
			return err
		}))
		same(t, "what a list was narrowed to whose file is kept", "Ada")(s.text("SELECT asked FROM export WHERE id = $1", s.ready), nil)
	})
}
