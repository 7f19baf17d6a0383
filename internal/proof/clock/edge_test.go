package clock

import (
	"time"

	"examcode/internal/action"
	"examcode/internal/exam"
)

// lot is an order with codes, one of which is bound.
type lot struct {
	root, holder exam.Actor
	order        exam.Order
	codes        []exam.CodeID
	texts        []string
	bound        exam.Registration
	last         exam.Session // starts in the last moment before the end
}

// lot buys in a zone at an instant, and looks an hour before the end whether the
// program's end is the day's.
func (w *world) lot(zone *time.Location, paid time.Time) lot {
	w.Clock.Set(paid)
	l := lot{root: w.Open(exam.Enterprise, exam.Verified, zone.String()), holder: w.Open(exam.Individual, exam.Verified, zone.String())}
	l.order, l.texts = w.Buy(l.root, w.sub, 4)
	for _, c := range w.Codes(l.order) {
		l.codes = append(l.codes, c.ID)
	}
	var err error
	l.bound, err = w.Redeem(l.holder, w.sub, l.texts[0])
	w.Must(err)
	w.Clock.Set(l.order.Expires.Add(-time.Hour))
	l.last = w.Session(w.sub, time.Hour-time.Microsecond, 3)
	y, m, d := paid.In(zone).Date()
	if m == time.February && d == 29 {
		d = 28
	}
	ey, em, ed := l.order.Expires.In(zone).Date()
	by, bm, bd := l.order.Expires.Add(-1).In(zone).Date()
	day := func(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }
	if last := day(y+1, m, d); day(by, bm, bd).After(last) || !day(ey, em, ed).After(last) {
		w.T.Errorf("paid %s in %s: the end is %s", paid, zone, l.order.Expires.In(zone))
	}
	return l
}

// edges are the instants around an end, and whether codes live then.
var edges = []struct {
	by    time.Duration
	lives bool
}{
	{-24 * time.Hour, true}, {-time.Second, true}, {-2 * time.Microsecond, true}, {0, false}, {time.Microsecond, false}, {time.Second, false}, {24 * time.Hour, false},
}

// edge asks everything about an order's codes at an instant near its end. The
// sweep has run before, runs in between, or never. It returns how many verbs were
// refused too early and done too late by svc.
func (w *world) edge(l lot, svc *action.Service, at int) (early, late int) {
	e := edges[at]
	w.Clock.Set(l.order.Expires.Add(e.by))
	sweep := w.rand.IntN(3)
	ask := func(verb string, err error) {
		switch done := w.reason(err) == ""; {
		case done && !e.lives:
			late++
		case !done && e.lives:
			early++
			w.T.Logf("%s %s from the end of %s: %v", verb, e.by, l.order.Zone, err)
		}
	}
	swept := func(when int) {
		if sweep == when {
			_, err := svc.SweepEnded(w.ctx)
			w.Must(err)
		}
	}
	swept(0)
	visitor := w.Open(exam.Individual, exam.Verified, "UTC")
	_, err := svc.RedeemCode(w.ctx, visitor, action.Redemption{Subject: w.sub.ID, Text: l.texts[1], ExamType: exam.Online})
	ask("redeem", err)
	ask("regenerate", one(svc.RegenerateCodes(w.ctx, l.root, l.codes[2:3])))
	_, err = svc.Reserve(w.ctx, l.holder, l.bound.ID, l.last.ID)
	ask("reserve", err)
	swept(1)
	if e.lives { // what is reserved is not unbound
		_, err = svc.CancelReservation(w.ctx, l.holder, l.bound.ID)
		ask("cancel", err)
	}
	ask("unbind", one(svc.UnbindCodes(w.ctx, l.root, l.codes[:1], w.rand.IntN(2) == 0)))
	_, err = svc.RefundOrder(w.ctx, l.root, l.order.ID, action.RefundRequest{Chosen: l.codes[3:4]})
	ask("refund", err)
	return early, late
}
