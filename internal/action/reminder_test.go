package action_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"examcode/internal/action/actiontest"
	"examcode/internal/exam"
	"examcode/internal/store"
)

// reminders lists what a person was told about ends that come, oldest first.
func reminders(t *testing.T, h *actiontest.House, who exam.Actor) []exam.Notice {
	t.Helper()
	rows := must(h.Read.Notices(context.Background(), who.Person, false, store.Page{Limit: store.MaxLimit}))(t)
	var list []exam.Notice
	for i := len(rows.Items) - 1; i >= 0; i-- {
		if n := rows.Items[i]; n.Kind == exam.NoticeOrderEnding {
			list = append(list, n)
		}
	}
	return list
}

// mailed counts the e-mails that left for a person's notices, each of which may
// leave once.
func mailed(t *testing.T, h *actiontest.House, subject string) int {
	t.Helper()
	ctx := context.Background()
	for range 2 {
		for _, id := range h.Queue.Owed() {
			h.Must(h.Actions.SendOwed(ctx, id))
		}
	}
	n := 0
	for _, m := range must(h.Outbox.List(500))(t) {
		if m.Subject == subject {
			n++
		}
	}
	return n
}

// states is what is recorded of an order's reminders, by days.
func states(t *testing.T, h *actiontest.House, o exam.Order) map[int]exam.ReminderState {
	t.Helper()
	m := map[int]exam.ReminderState{}
	for _, r := range must(h.Read.Reminders(context.Background(), o.ID))(t)[o.ID] {
		m[r.Days] = r.State
	}
	return m
}

func same(t *testing.T, what string, got, want map[int]exam.ReminderState) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// TestS18_FourRemindersEachOnce: 90, 60, 30 and 15 days before the end, on that
// day and no other, by message centre and e-mail, though the job runs all the
// time and the program restarts in between; none after the end.
func TestS18_FourRemindersEachOnce(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx, root := context.Background(), h.Company(true)
		buyer := h.Member(root, exam.BuyCodes|exam.ViewCodes)
		order, texts := h.Buy(buyer, h.Subject(), 3)
		must(h.Redeem(h.Examinee(true), must(h.Read.Subject(ctx, order.Subject))(t), texts[0]))(t)
		told := map[int]int{}
		for days := 100; days >= -3; days-- {
			h.Clock.Set(order.Expires.AddDate(0, 0, -days))
			if days%20 == 0 { // another process, which remembers nothing
				again := actiontest.NewWith(t, h.Store, h.Vault)
				again.Clock.Set(h.Clock.Now())
				told[days] += must(again.Actions.RemindEnds(ctx))(t)
				for _, id := range again.Queue.Owed() {
					h.Queue.Note(id)
				}
			}
			for range 2 {
				told[days] += must(h.Actions.RemindEnds(ctx))(t)
			}
			if want := map[int]int{90: 1, 60: 1, 30: 1, 15: 1}[days]; told[days] != want {
				t.Errorf("%d days before the end: %d reminders, want %d", days, told[days], want)
			}
		}
		for _, who := range []exam.Actor{root, buyer} {
			list := reminders(t, h, who)
			if len(list) != 4 {
				t.Fatalf("told %d times", len(list))
			}
			for i, n := range list {
				line := n.Data["lines"].([]any)[0].(map[string]any)
				if days := float64(exam.ReminderDays[i]); line["days"] != days || line["number"] != order.Number || n.Data["unused"] != 2.0 || n.Data["bound"] != 1.0 {
					t.Errorf("%+v", n)
				}
				if n.Link != "/enterprise/codes?order_number="+order.Number+"&state=unused" {
					t.Error(n.Link)
				}
			}
		}
		if n := mailed(t, h, "Order "+order.Number+" ends soon, and codes are left"); n != 8 {
			t.Errorf("%d mails for two people and four reminders", n)
		}
		same(t, "recorded", states(t, h, order), map[int]exam.ReminderState{90: exam.ReminderTold, 60: exam.ReminderTold, 30: exam.ReminderTold, 15: exam.ReminderTold})
		equal(t, "events", kinds(t, h, int64(order.ID)), exam.EventOrderPlaced, exam.EventOrderPaid,
			exam.EventOrderReminded, exam.EventOrderReminded, exam.EventOrderReminded, exam.EventOrderReminded)
	})
}

// TestS18_ManyRunnersAtOnce tell each reminder once.
func TestS18_ManyRunnersAtOnce(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx, root := context.Background(), h.Company(true)
		order, _ := h.Buy(root, h.Subject(), 2)
		for i, days := range exam.ReminderDays {
			h.Clock.Set(order.RemindAt(days))
			start, all, told := make(chan struct{}), sync.WaitGroup{}, make([]int, 4)
			for i := range told {
				all.Go(func() {
					<-start
					n, err := h.Actions.RemindEnds(ctx)
					if err != nil {
						t.Error(err)
					}
					told[i] = n
				})
			}
			close(start)
			all.Wait()
			if n := told[0] + told[1] + told[2] + told[3]; n != 1 {
				t.Errorf("%d days: told by %v", days, told)
			}
			if n := len(reminders(t, h, root)); n != i+1 {
				t.Errorf("%d days: %d notices", days, n)
			}
		}
	})
}

// TestS18_AfterAnOutage only the most urgent reminder that was missed is sent;
// the older ones are recorded as superseded.
func TestS18_AfterAnOutage(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx, root := context.Background(), h.Company(true)
		order, _ := h.Buy(root, h.Subject(), 2)
		h.Clock.Set(order.RemindAt(90).AddDate(0, 0, 7)) // a week without a run
		must(h.Actions.RemindEnds(ctx))(t)
		same(t, "a week late", states(t, h, order), map[int]exam.ReminderState{90: exam.ReminderTold})
		h.Clock.Set(order.RemindAt(15).Add(time.Hour)) // months
		must(h.Actions.RemindEnds(ctx))(t)
		same(t, "months late", states(t, h, order), map[int]exam.ReminderState{90: exam.ReminderTold, 60: exam.ReminderSuperseded, 30: exam.ReminderSuperseded, 15: exam.ReminderTold})
		if n := len(reminders(t, h, root)); n != 2 {
			t.Errorf("told %d times", n)
		}
	})
}

// TestS18_NoneWhenNothingIsLeft: no code is Unused or Bound, so nobody is told;
// when one comes back, the next threshold is.
func TestS18_NoneWhenNothingIsLeft(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx, root, sub, who := context.Background(), h.Company(true), h.Subject(), h.Examinee(true)
		order, texts := h.Buy(root, sub, 1)
		reg := must(h.Redeem(who, sub, texts[0]))(t)
		session := h.Session(sub, 300*24*time.Hour, 1)
		must(h.Actions.Reserve(ctx, who, reg.ID, session.ID))(t)
		h.Clock.Set(order.RemindAt(90))
		must(h.Actions.RemindEnds(ctx))(t)
		same(t, "reserved", states(t, h, order), map[int]exam.ReminderState{90: exam.ReminderNotNeeded})
		must(h.Actions.CancelReservation(ctx, who, reg.ID))(t)
		must(h.Actions.RemindEnds(ctx))(t)
		if n := len(reminders(t, h, root)); n != 0 {
			t.Errorf("told %d times", n)
		}
		h.Clock.Set(order.RemindAt(60))
		must(h.Actions.RemindEnds(ctx))(t)
		list := reminders(t, h, root)
		if len(list) != 1 || list[0].Data["bound"] != 1.0 || list[0].Link != "/enterprise/codes?order_number="+order.Number+"&state=bound" {
			t.Errorf("%+v", list)
		}
	})
}

// TestS18_OneDigest: orders of one account that are due in one run are told of in
// one notice per person, each person about the orders that concern them; another
// company is told by itself.
func TestS18_OneDigest(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx, root, stranger, sub := context.Background(), h.Company(true), h.Company(true), h.Subject()
		buyer := h.Member(root, exam.BuyCodes|exam.ViewCodes)
		var orders []exam.Order
		for i := range 25 {
			who := root
			if i%12 == 0 {
				who = buyer
			}
			o, _ := h.Buy(who, sub, 1)
			orders = append(orders, o)
		}
		theirs, _ := h.Buy(stranger, sub, 1)
		h.Clock.Set(orders[0].RemindAt(30))
		if n := must(h.Actions.RemindEnds(ctx))(t); n != 26 {
			t.Errorf("%d orders told of", n)
		}
		for _, c := range []struct {
			who           exam.Actor
			orders, lines int
		}{{root, 25, 20}, {buyer, 3, 3}, {stranger, 1, 1}} {
			list := reminders(t, h, c.who)
			if len(list) != 1 || list[0].Data["orders"] != float64(c.orders) || len(list[0].Data["lines"].([]any)) != c.lines {
				t.Errorf("%d notices: %+v", len(list), list)
			}
		}
		if link := reminders(t, h, root)[0].Link; link != "/enterprise/codes?ends_within=30&state=unused" {
			t.Error(link)
		}
		if link := reminders(t, h, stranger)[0].Link; link != "/enterprise/codes?order_number="+theirs.Number+"&state=unused" {
			t.Error(link)
		}
		if n := mailed(t, h, "25 orders end soon, and codes are left"); n != 1 {
			t.Errorf("%d mails to the root", n)
		}
		for _, o := range orders {
			same(t, o.Number, states(t, h, o), map[int]exam.ReminderState{90: exam.ReminderSuperseded, 60: exam.ReminderSuperseded, 30: exam.ReminderTold})
		}
	})
}

// TestTheDayBeforeASessionItsExamineesAreReminded, once for each session, also by
// several runners; who reserves within the day is not.
func TestTheDayBeforeASessionItsExamineesAreReminded(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx, root, sub, who, late := context.Background(), h.Company(true), h.Subject(), h.Examinee(true), h.Examinee(true)
		_, texts := h.Buy(root, sub, 2)
		reg, second := must(h.Redeem(who, sub, texts[0]))(t), must(h.Redeem(late, sub, texts[1]))(t)
		first, next := h.Session(sub, 72*time.Hour, 5), h.Session(sub, 240*time.Hour, 5)
		run := func(at time.Time, want int) {
			t.Helper()
			h.Clock.Set(at)
			start, all := make(chan struct{}), sync.WaitGroup{}
			for range 3 {
				all.Go(func() {
					<-start
					if _, err := h.Actions.RemindSessions(ctx); err != nil {
						t.Error(err)
					}
				})
			}
			close(start)
			all.Wait()
			n := 0
			for _, of := range []exam.Actor{who, late} {
				for _, k := range notices(t, h, of) {
					if k == exam.NoticeSessionSoon {
						n++
					}
				}
			}
			if n != want {
				t.Errorf("at %s: %d reminders, want %d", at, n, want)
			}
		}
		must(h.Actions.Reserve(ctx, who, reg.ID, first.ID))(t)
		run(first.Starts.Add(-24*time.Hour-time.Microsecond), 0)
		must(h.Actions.Reserve(ctx, who, reg.ID, next.ID))(t) // gives the first seat back just in time
		run(first.Starts.Add(-24*time.Hour), 0)
		must(h.Actions.Reserve(ctx, late, second.ID, first.ID))(t)
		run(first.Starts.Add(-time.Hour), 0)
		run(next.Starts.Add(-24*time.Hour), 1)
		run(next.Starts.Add(-time.Microsecond), 1)
		n := must(h.Read.Notices(ctx, who.Person, false, store.Page{Limit: 1}))(t).Items[0]
		if n.Kind != exam.NoticeSessionSoon || n.Data["starts_at"] != next.Starts.Format(time.RFC3339) || n.Link != "/examinee/registrations/"+reg.ID.String() {
			t.Errorf("%+v", n)
		}
	})
}
