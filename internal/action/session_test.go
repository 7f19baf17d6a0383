package action_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"examcode/internal/action/actiontest"
	"examcode/internal/db"
	"examcode/internal/exam"
	"examcode/internal/id"
	"examcode/internal/store"
	"examcode/internal/store/storetest"
)

// seated registers people by codes of one order and reserves a session.
func seated(t *testing.T, h *actiontest.House, root exam.Actor, sub exam.Subject, n exam.Session, people int) []exam.Registration {
	t.Helper()
	_, texts := h.Buy(root, sub, people)
	var regs []exam.Registration
	for _, text := range texts {
		who := h.Examinee(true)
		g := must(h.Redeem(who, sub, text))(t)
		regs = append(regs, must(h.Actions.Reserve(context.Background(), who, g.ID, n.ID))(t))
	}
	return regs
}

// TestACancelledSessionKeepsNobody: seats, registrations, codes, events, notices
// and mails of a cancelled session, each exactly once.
func TestACancelledSessionKeepsNobody(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx := context.Background()
		root, sub, staff := h.Company(true), h.Subject(), h.Staff(exam.Results)
		n, other := h.Session(sub, 5*24*time.Hour, 5), h.Session(sub, 9*24*time.Hour, 5)
		regs := seated(t, h, root, sub, n, 3)
		before := len(h.Queue.Owed())
		done := must(h.Actions.CancelSession(ctx, staff, n.ID, "  The hall is flooded.  "))(t)
		if done.People != 3 || done.Fates[exam.FateChoose] != 3 || len(done.Fates) != 1 {
			t.Errorf("%+v", done)
		}
		now := must(h.Read.Session(ctx, n.ID))(t)
		if now.State() != exam.SessionCancelled || now.Taken != 0 || now.Why != "The hall is flooded." || now.Version != n.Version+1 {
			t.Errorf("%+v", now)
		}
		equal(t, "session", kinds(t, h, int64(n.ID)), exam.EventSessionAdded, exam.EventSessionCancelled)
		for _, g := range regs {
			row := must(h.Read.AnyRegistration(ctx, g.ID))(t)
			code := must(h.Read.Code(ctx, root.Account, g.Code))(t)
			if row.State != exam.Registered || row.Session != nil || code.State != exam.Bound || code.Registration != g.ID || row.Version != g.Version+1 {
				t.Errorf("%+v %+v", row, code)
			}
			equal(t, "code", kinds(t, h, int64(g.Code)), exam.EventCodeRedeemed, exam.EventCodeReserved, exam.EventCodeSeatLost)
			equal(t, "told", notices(t, h, h.Who(g.Person)), exam.NoticeVerificationApproved, exam.NoticeRegistered, exam.NoticeReserved, exam.NoticeSessionCancelled)
		}
		owed := h.Queue.Owed()[before:]
		if len(owed) != 3 {
			t.Errorf("%d mails owed, want 3", len(owed))
		}
		for _, o := range owed {
			h.Must(h.Actions.SendOwed(ctx, o))
			if m := must(h.Read.OwedMail(ctx, o))(t); m.State != exam.OwedSent {
				t.Errorf("mail is %s", m.State)
			}
		}
		want(t, "again", second(h.Actions.CancelSession(ctx, staff, n.ID, "Again")), "session_cancelled")
		if len(h.Queue.Owed()) != before+3 {
			t.Error("a second cancellation told somebody")
		}
		// It is offered nowhere, and admits nobody.
		if rows := must(h.Read.Sessions(ctx, store.SessionFilter{Subject: sub.ID, Open: true}, nil, 10))(t); len(rows) != 1 || rows[0].ID != other.ID {
			t.Errorf("%d sessions offered", len(rows))
		}
		who := h.Who(regs[0].Person)
		want(t, "reserve it", second(h.Actions.Reserve(ctx, who, regs[0].ID, n.ID)), "session_cancelled")
		must(h.Actions.Reserve(ctx, who, regs[0].ID, other.ID))(t)
		want(t, "move into it", second(h.Actions.Reserve(ctx, who, regs[0].ID, n.ID)), "session_cancelled")
		want(t, "close it", second(h.Actions.CloseSession(ctx, staff, n.ID)), "session_cancelled")
	})
}

func second[T any](_ T, err error) error { return err }

// TestWhoCancelsSessionsAndWhen: the role, the reason, and that a session with
// results was held.
func TestWhoCancelsSessionsAndWhen(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx := context.Background()
		root, sub, staff := h.Company(true), h.Subject(), h.Staff(exam.Results)
		n := h.Session(sub, 5*24*time.Hour, 5)
		regs := seated(t, h, root, sub, n, 2)
		for _, c := range []struct {
			who         exam.Actor
			why, reason string
		}{
			{root, "x", "not_operator"}, {h.Who(regs[0].Person), "x", "not_operator"}, {h.Staff(exam.Review), "x", "not_allowed"}, {exam.Actor{}, "x", "not_signed_in"},
			{staff, " ", "reason_missing"}, {staff, strings.Repeat("x", 501), "text_too_long"}, {staff, "a\x01b", "text_control"},
		} {
			want(t, string(c.who.Role)+" "+c.why, second(h.Actions.CancelSession(ctx, c.who, n.ID, c.why)), c.reason)
		}
		want(t, "unknown", second(h.Actions.CancelSession(ctx, staff, 1, "x")), "not_found")
		h.Clock.Set(n.Starts.Add(time.Hour))
		out := must(h.Actions.RecordResults(ctx, staff, []exam.Result{{Registration: regs[0].ID, Outcome: exam.Passed}}))(t)
		want(t, "result", out[0].Err, "")
		want(t, "held", second(h.Actions.CancelSession(ctx, staff, n.ID, "x")), "session_has_results")
		if s := must(h.Read.Session(ctx, n.ID))(t); s.Taken != 2 || s.State() != exam.SessionOpen {
			t.Errorf("%+v", s)
		}
		// One that broke off without a result is called off after its start.
		off := h.Session(sub, time.Hour, 5)
		g := seated(t, h, root, sub, off, 1)[0]
		h.Clock.Set(off.Starts.Add(time.Minute))
		must(h.Actions.CancelSession(ctx, staff, off.ID, "Power cut"))(t)
		out = must(h.Actions.RecordResults(ctx, staff, []exam.Result{{Registration: g.ID, Outcome: exam.Failed}}))(t)
		want(t, "result of nobody", out[0].Err, "not_reserved")
	})
}

// TestS16_ACancelledSessionAfterTheEnd: whose order has ended meanwhile has an
// Expired code; they and their company are told so, the others choose again.
func TestS16_ACancelledSessionAfterTheEnd(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx := context.Background()
		early, late, sub, staff := h.Company(true), h.Company(true), h.Subject(), h.Staff(exam.Results)
		_, texts := h.Buy(early, sub, 1)
		end := exam.EndOfOrder(h.Clock.Now(), time.UTC)
		h.Clock.Set(end.Add(-48 * time.Hour))
		n := h.Session(sub, 47*time.Hour, 5) // starts an hour before the end
		who := h.Examinee(true)
		g := must(h.Redeem(who, sub, texts[0]))(t)
		must(h.Actions.Reserve(ctx, who, g.ID, n.ID))(t)
		fine := seated(t, h, late, sub, n, 1)[0]
		next := h.Session(sub, 5*24*time.Hour, 5)
		h.Clock.Set(end)
		done := must(h.Actions.CancelSession(ctx, staff, n.ID, "Power cut"))(t)
		if done.Fates[exam.FateEnded] != 1 || done.Fates[exam.FateChoose] != 1 {
			t.Errorf("%+v", done.Fates)
		}
		code := must(h.Read.Code(ctx, early.Account, g.Code))(t)
		if code.State != exam.Bound || code.Effective(h.Clock.Now()) != exam.Expired {
			t.Errorf("%s, effective %s", code.State, code.Effective(h.Clock.Now()))
		}
		want(t, "reserve after the end", second(h.Actions.Reserve(ctx, who, g.ID, next.ID)), "order_expired")
		must(h.Actions.Reserve(ctx, h.Who(fine.Person), fine.ID, next.ID))(t)
		count := func(a exam.Actor, k exam.NoticeKind) (n int) {
			for _, got := range notices(t, h, a) {
				if got == k {
					n++
				}
			}
			return n
		}
		if count(early, exam.NoticeSeatsLost) != 1 || count(late, exam.NoticeSeatsLost) != 0 || count(who, exam.NoticeSessionCancelled) != 1 {
			t.Error("the wrong people were told")
		}
		for _, o := range h.Queue.Owed() {
			h.Must(h.Actions.SendOwed(ctx, o))
		}
		said := 0
		for _, m := range must(h.Outbox.List(500))(t) {
			if m = must(h.Outbox.Read(m.File))(t); strings.Contains(m.Text, "has expired and cannot be used for another session") {
				said++
			}
		}
		if said != 1 {
			t.Errorf("the loss is told in %d mails", said)
		}
	})
}

// TestClosedSessionsTakeNobody: who is in stays, nobody comes, until reopened.
func TestClosedSessionsTakeNobody(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx := context.Background()
		root, sub, staff := h.Company(true), h.Subject(), h.Staff(exam.Results)
		n := h.Session(sub, 5*24*time.Hour, 5)
		in := seated(t, h, root, sub, n, 1)[0]
		_, texts := h.Buy(root, sub, 1)
		who := h.Examinee(true)
		g := must(h.Redeem(who, sub, texts[0]))(t)
		must(h.Actions.CloseSession(ctx, staff, n.ID))(t)
		want(t, "twice", second(h.Actions.CloseSession(ctx, staff, n.ID)), "session_closed")
		want(t, "a reviewer", second(h.Actions.ReopenSession(ctx, h.Staff(exam.Review), n.ID)), "not_allowed")
		want(t, "reserve", second(h.Actions.Reserve(ctx, who, g.ID, n.ID)), "session_closed")
		if row := must(h.Read.AnyRegistration(ctx, in.ID))(t); row.State != exam.SeatReserved {
			t.Errorf("%s", row.State)
		}
		if rows := must(h.Read.Sessions(ctx, store.SessionFilter{Open: true}, nil, 10))(t); len(rows) != 0 {
			t.Error("a closed session is offered")
		}
		must(h.Actions.ReopenSession(ctx, staff, n.ID))(t)
		want(t, "open", second(h.Actions.ReopenSession(ctx, staff, n.ID)), "session_open")
		must(h.Actions.Reserve(ctx, who, g.ID, n.ID))(t)
		equal(t, "session", kinds(t, h, int64(n.ID)), exam.EventSessionAdded, exam.EventSessionClosed, exam.EventSessionReopened)
		h.Clock.Set(n.Starts)
		want(t, "begun", second(h.Actions.CloseSession(ctx, staff, n.ID)), "session_past")
	})
}

// TestS17_ASessionAtTheEndIsNeitherOfferedNorGiven: the end is exclusive.
func TestS17_ASessionAtTheEndIsNeitherOfferedNorGiven(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx := context.Background()
		root, sub, who := h.Company(true), h.Subject(), h.Examinee(true)
		o, texts := h.Buy(root, sub, 1)
		g := must(h.Redeem(who, sub, texts[0]))(t)
		left := o.Expires.Sub(h.Clock.Now())
		before, at, after := h.Session(sub, left-time.Microsecond, 1), h.Session(sub, left, 1), h.Session(sub, left+time.Hour, 1)
		want(t, "at the end", second(h.Actions.Reserve(ctx, who, g.ID, at.ID)), "session_after_end")
		want(t, "after the end", second(h.Actions.Reserve(ctx, who, g.ID, after.ID)), "session_after_end")
		must(h.Actions.Reserve(ctx, who, g.ID, before.ID))(t)
		want(t, "moving to the end", second(h.Actions.Reserve(ctx, who, g.ID, at.ID)), "session_after_end")
		rows := must(h.Read.Sessions(ctx, store.SessionFilter{Subject: sub.ID, To: o.Expires, Open: true}, nil, 10))(t)
		if len(rows) != 1 || rows[0].ID != before.ID {
			t.Errorf("%d sessions offered", len(rows))
		}
	})
}

// atOnce starts all at one moment and waits for all.
func atOnce(all ...func()) {
	start := make(chan struct{})
	var wg sync.WaitGroup
	for _, f := range all {
		wg.Go(func() { <-start; f() })
	}
	close(start)
	wg.Wait()
}

// consistent counts what must agree after any race: seats with reservations, and
// codes with their registrations.
func consistent(t *testing.T, d *db.DB) {
	t.Helper()
	for what, sql := range map[string]string{
		"sessions whose seats are not their reservations": "SELECT COUNT(*) FROM session n WHERE n.taken <> (SELECT COUNT(*) FROM registration g WHERE g.session_id = n.id AND g.state IN ('reserved', 'completed'))",
		"people in cancelled sessions":                    "SELECT COUNT(*) FROM registration g JOIN session n ON n.id = g.session_id WHERE n.cancelled_at IS NOT NULL",
		"codes that disagree with their registrations": `SELECT COUNT(*) FROM registration g JOIN code c ON c.id = g.code_id WHERE g.state <> 'cancelled'
AND NOT (g.state = 'registered' AND c.state = 'bound' OR g.state = c.state)`,
		"completed registrations without a result": "SELECT COUNT(*) FROM registration g WHERE (g.state = 'completed') <> EXISTS (SELECT 1 FROM result r WHERE r.registration_id = g.id)",
	} {
		var n int
		if err := d.Read().QueryRow(context.Background(), sql).Scan(&n); err != nil {
			t.Fatal(err)
		}
		if n != 0 {
			t.Errorf("%d %s", n, what)
		}
	}
}

// TestCancelAgainstEverything: people reserve, move, give back and are recorded
// while the session is cancelled. Whoever wins, nobody keeps a seat in it.
func TestCancelAgainstEverything(t *testing.T) {
	storetest.EachDB(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := actiontest.New(t, store.New(d, id.NewSource(0, time.Now)))
		root, staff := h.Company(true), h.Staff(exam.Results)
		for round := range 4 {
			sub := h.Subject(func(s *exam.Subject) { s.CancelCutoff = 0 })
			n, other := h.Session(sub, 24*time.Hour, 100), h.Session(sub, 48*time.Hour, 100)
			in := seated(t, h, root, sub, n, 8)
			_, texts := h.Buy(root, sub, 8)
			var out []exam.Registration
			for _, text := range texts {
				out = append(out, must(h.Redeem(h.Examinee(true), sub, text))(t))
			}
			if round == 3 {
				h.Clock.Set(n.Starts) // results against the cancellation
			}
			atOnce(
				func() { h.Actions.CancelSession(ctx, staff, n.ID, fmt.Sprint("round ", round)) },
				func() { h.Actions.CancelSession(ctx, staff, n.ID, "twice") },
				func() {
					h.Actions.RecordResults(ctx, staff, []exam.Result{{Registration: in[7].ID, Outcome: exam.Passed}})
				},
				func() {
					for i, g := range in {
						who := h.Who(g.Person)
						if i%2 == 0 {
							h.Actions.Reserve(ctx, who, g.ID, other.ID)
						} else {
							h.Actions.CancelReservation(ctx, who, g.ID)
						}
					}
				},
				func() {
					for _, g := range out[:4] {
						h.Actions.Reserve(ctx, h.Who(g.Person), g.ID, n.ID)
					}
				},
				func() {
					for _, g := range out[4:] {
						h.Actions.Reserve(ctx, h.Who(g.Person), g.ID, n.ID)
					}
				},
			)
			consistent(t, d)
			s := must(h.Read.Session(ctx, n.ID))(t)
			if s.State() != exam.SessionCancelled && must(h.Read.SatIn(ctx, n.ID))(t) == 0 {
				t.Errorf("round %d: the session is %s", round, s.State())
			}
			cancelled := 0
			for _, k := range kinds(t, h, int64(n.ID)) {
				if k == exam.EventSessionCancelled {
					cancelled++
				}
			}
			if cancelled > 1 {
				t.Errorf("cancelled %d times", cancelled)
			}
		}
	})
}
