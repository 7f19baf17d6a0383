package clock

import (
	"context"
	"time"

	"examcode/internal/action"
	"examcode/internal/exam"
	"examcode/internal/store"
)

// jumper is an order that lives through jumps of the clock, and what became of
// it so far.
type jumper struct {
	lot
	seated   exam.Actor // holds a seat, which may be lost after the end
	recorded map[int]exam.ReminderState
	told     int
	dead     map[exam.CodeID]bool // seen expired
}

func (w *world) jumper(zone *time.Location) *jumper {
	j := &jumper{lot: w.lot(zone, w.paidAt(zone)), recorded: map[int]exam.ReminderState{}, dead: map[exam.CodeID]bool{}}
	w.Clock.Set(j.order.PaidAt)
	j.seated = w.Open(exam.Individual, exam.Verified, "UTC")
	return j
}

// jump is by how much the clock is moved: a second up to four hundred days, to
// and fro, or to where something is due.
func (w *world) jump(j *jumper) time.Time {
	sizes := []time.Duration{time.Microsecond, time.Second, time.Minute, time.Hour, 24 * time.Hour, 15 * 24 * time.Hour, 80 * 24 * time.Hour, 400 * 24 * time.Hour}
	by := sizes[w.rand.IntN(len(sizes))]
	if w.rand.IntN(2) == 0 {
		by = -by
	}
	to := w.Clock.Now().Add(by)
	if w.rand.IntN(2) == 0 {
		near := []time.Time{j.order.Expires, j.order.RemindAt(90), j.order.RemindAt(60), j.order.RemindAt(30), j.order.RemindAt(15)}
		to = near[w.rand.IntN(len(near))].Add(time.Duration(w.rand.IntN(3)-1) * time.Microsecond)
	}
	if to.Before(j.order.PaidAt.AddDate(-1, 0, 0)) || to.After(j.order.Expires.AddDate(2, 0, 0)) {
		to = j.order.Expires.AddDate(0, -4, 0)
	}
	return to
}

// live lets an order live through jumps; each is seen by one of the replicas,
// which does what is due by its clock. Whatever the clocks say, nothing is told
// twice and nothing dead comes back.
func (w *world) live(j *jumper, replicas []*action.Service, offs []time.Duration) {
	verbs := []func(*action.Service) error{w.seat(j), w.giveSeat(j), w.loseSeat(j), w.refund(j), w.decide(j), w.unbind(j), w.record(j)}
	for range 24 {
		w.Clock.Set(w.jump(j))
		w.r.Count("jumps", 1)
		k := w.rand.IntN(len(replicas))
		svc, now := replicas[k], w.Clock.Now().Add(offs[k])
		for range w.rand.IntN(3) {
			w.reason(verbs[w.rand.IntN(len(verbs))](svc))
		}
		if w.rand.IntN(2) == 0 {
			_, err := svc.SweepEnded(w.ctx)
			w.Must(err)
		}
		w.remind(j, svc, now)
		_, err := svc.RemindSessions(w.ctx)
		w.Must(err)
		w.stillDead(j, svc)
	}
	w.Clock.Set(j.order.Expires.AddDate(3, 0, 0))
	_, err := replicas[0].SweepEnded(w.ctx)
	w.Must(err)
	w.forwards(int64(j.order.ID), int64(j.last.ID))
	for _, c := range j.codes {
		w.forwards(int64(c))
	}
}

// remind lets a replica remind, twice, and counts against the rule what is owed.
func (w *world) remind(j *jumper, svc *action.Service, now time.Time) {
	order, err := w.Read.Order(w.ctx, j.root.Account, j.order.ID)
	w.Must(err)
	left := 0
	for _, c := range w.Codes(j.order) {
		if c.State == exam.Unused || c.State == exam.Bound {
			left++
		}
	}
	var days []int
	for d := range j.recorded {
		days = append(days, d)
	}
	if order.Swept.IsZero() {
		for _, d := range exam.Remind(order, days, left, now) {
			j.recorded[d.Days] = d.State
			if d.State == exam.ReminderTold {
				w.r.Count("owed", 1)
				j.told++
			}
		}
	}
	for range 2 {
		_, err := svc.RemindEnds(w.ctx)
		w.Must(err)
	}
	got, err := w.Read.Reminders(w.ctx, j.order.ID)
	w.Must(err)
	for _, d := range got[j.order.ID] {
		if j.recorded[d.Days] != d.State {
			w.T.Errorf("at %s of %s the reminder of %d days is %q, owed is %q", now, j.order.Expires, d.Days, d.State, j.recorded[d.Days])
		}
	}
	if len(got[j.order.ID]) != len(j.recorded) {
		w.T.Errorf("%d reminders, owed are %v", len(got[j.order.ID]), j.recorded)
	}
}

// stillDead looks for codes that were written down as expired and are not any
// more, and tries to use them.
func (w *world) stillDead(j *jumper, svc *action.Service) {
	codes, err := w.Read.CodesByID(w.ctx, 0, j.codes...)
	w.Must(err)
	text := map[exam.CodeID]string{}
	for i, id := range j.codes {
		text[id] = j.texts[i]
	}
	for _, c := range codes {
		if j.dead[c.ID] && c.State != exam.Expired {
			w.T.Errorf("an expired code is %s at %s, its end was %s", c.State, w.Clock.Now(), c.Expires)
		}
		if c.State != exam.Expired {
			continue
		}
		if j.dead[c.ID] = true; w.rand.IntN(4) > 0 {
			continue
		}
		visitor := w.Open(exam.Individual, exam.Verified, "UTC")
		_, err := svc.RedeemCode(w.ctx, visitor, action.Redemption{Subject: w.sub.ID, Text: text[c.ID], ExamType: exam.Online})
		for _, err := range []error{err, one(svc.UnbindCodes(w.ctx, j.root, []exam.CodeID{c.ID}, false)), one(svc.RegenerateCodes(w.ctx, j.root, []exam.CodeID{c.ID}))} {
			if w.reason(err) == "" {
				w.T.Errorf("an expired code was used at %s, its end was %s", w.Clock.Now(), c.Expires)
			}
		}
	}
}

// forwards looks whether the trails of things run forwards (Z-4).
func (w *world) forwards(objects ...int64) {
	for _, o := range objects {
		trail, err := w.Read.TrailOf(w.ctx, store.Page{Limit: store.MaxLimit}, o)
		w.Must(err)
		at := map[int64]time.Time{}
		for _, e := range trail.Items {
			at[e.Version] = e.At
		}
		for v, t := range at {
			if before, known := at[v-1]; known && v > 1 && t.Before(before) {
				w.T.Errorf("event %d of %d is of %s, the one before of %s", v, o, t, before)
			}
		}
	}
}

// told counts the notices about the end that the root of an order got, and how
// many of their mails were taken more than once.
func (w *world) told(j *jumper) int {
	n := 0
	rows, err := w.Read.Notices(w.ctx, j.root.Person, false, store.Page{Limit: store.MaxLimit})
	w.Must(err)
	for _, m := range rows.Items {
		if m.Kind == exam.NoticeOrderEnding {
			n++
		}
	}
	return n
}

// mails sends all that is owed and counts what arrived twice.
func (w *world) mails(ctx context.Context, svc *action.Service) (twice int) {
	w.Must(svc.SendMails(ctx, time.Hour))
	w.sink.mu.Lock()
	defer w.sink.mu.Unlock()
	for _, n := range w.sink.got {
		twice += n - 1
	}
	clear(w.sink.got)
	return twice
}
