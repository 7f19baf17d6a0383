package model

import (
	"context"
	"slices"
	"time"

	"examcode/internal/exam"
)

// pass lets time pass: a little, or to an instant that matters to somebody, a
// microsecond before it, or after it.
func (s *seq) pass() {
	var to []time.Time
	for _, n := range s.m.sessions {
		to = append(to, n.starts, n.starts.Add(-s.m.cutoff), n.starts.AddDate(0, 0, -1), n.starts.Add(time.Duration(n.minutes)*time.Minute))
	}
	for _, o := range s.m.orders {
		if o.state == "pending" {
			to = append(to, o.placed.Add(24*time.Hour))
		}
	}
	s.moveTo(to)
}

// passEnd lets time pass to an order's end, or to where it is reminded of it.
func (s *seq) passEnd() {
	var to []time.Time
	for _, o := range s.m.orders {
		if o.state == "paid" {
			to = append(to, o.ends, o.ends)
			for _, days := range thresholds {
				to = append(to, s.m.remindAt(o, days))
			}
		}
	}
	s.moveTo(to)
}

func (s *seq) moveTo(to []time.Time) {
	by := []time.Duration{time.Second, 11 * time.Second, 7 * time.Minute, time.Hour, 25 * time.Hour}[s.below(5)]
	now := s.m.now.Add(by)
	to = slices.DeleteFunc(to, func(t time.Time) bool { return !t.After(s.m.now) })
	if len(to) > 0 && !s.oneIn(4) {
		now = pick(s, to)
		switch s.below(4) {
		case 0:
			now = now.Add(-time.Microsecond)
		case 1:
			now = now.Add(by)
		}
	}
	if now.After(s.m.now) {
		s.m.now = now
		s.w.Clock.Set(now)
		s.w.count("moves")
	}
}

// sweep writes down ends, twice: the second has nothing to do.
func (s *seq) sweep() {
	for _, o := range s.m.orders {
		s.hit("expire", o.codes...)
	}
	want := 0
	for _, o := range s.m.orders {
		if o.over(s.m.now) && !o.swept {
			want += o.left()
		}
	}
	got := 0
	for again := true; again; { // until it is through, however often it died
		n, died := 0, ""
		_, died = s.call(func(ctx context.Context) (err error) {
			n, err = s.w.svc.SweepEnded(ctx)
			return err
		})
		if again = died != ""; again {
			want = -1
		}
		got += n
	}
	for _, o := range s.m.orders {
		if o.over(s.m.now) {
			s.touch(o)
		}
	}
	s.m.sweep()
	s.did = true
	if want >= 0 && got != want {
		s.t.Fatalf("%d codes expired, not %d", got, want)
	}
	s.w.count("duplicates")
	if n, err := s.w.svc.SweepEnded(s.ctx); n != 0 || err != nil {
		s.t.Fatalf("a second sweep expired %d codes, %v", n, err)
	}
}

// remind reminds of ends and sessions, twice.
func (s *seq) remind() {
	told, seats, ok := 0, 0, true
	for again := true; again; {
		died := ""
		_, died = s.call(func(ctx context.Context) error {
			n, err := s.w.svc.RemindEnds(ctx)
			told += n
			return err
		})
		if again = died != ""; again {
			ok = false
		}
	}
	want := s.m.remind()
	seats, err := s.w.svc.RemindSessions(s.ctx)
	s.w.Must(err)
	if ok && told != want {
		s.t.Fatalf("%d orders reminded of, not %d", told, want)
	}
	if want := s.m.remindSeats(); seats != want {
		s.t.Fatalf("%d examinees reminded, not %d", seats, want)
	}
	s.w.count("duplicates")
	told, err = s.w.svc.RemindEnds(s.ctx)
	s.w.Must(err)
	seats, err = s.w.svc.RemindSessions(s.ctx)
	s.w.Must(err)
	if told+seats != 0 {
		s.t.Fatalf("reminded twice: of %d orders and %d sessions", told, seats)
	}
	s.reminders()
}

// reminders compares what is recorded of them.
func (s *seq) reminders() {
	var ids []exam.OrderID
	for _, o := range s.m.orders {
		ids = append(ids, o.id)
	}
	of, err := s.w.Read.Reminders(s.ctx, ids...)
	s.w.Must(err)
	for _, o := range s.m.orders {
		got := of[o.id]
		if len(got) != len(o.reminders) {
			s.t.Fatalf("%d reminders recorded, not %v", len(got), o.reminders)
		}
		for _, d := range got {
			if o.reminders[d.Days] != string(d.State) {
				s.t.Fatalf("the reminder of %d days is %q, not %q", d.Days, d.State, o.reminders[d.Days])
			}
		}
	}
}

// settle settles a promise, twice; a mail is taken once, and once more for each
// time the program died before it could note that.
func (s *seq) settle() {
	id := pick(s, s.w.queue.owed)
	died := ""
	for again := true; again; {
		_, died = s.call(func(ctx context.Context) error { return s.w.svc.Settle(ctx, id) })
		if again = died != ""; again {
			s.w.sink.dies++
			s.m.now = s.m.now.Add(6 * time.Minute) // nobody holds its mails then
			s.w.Clock.Set(s.m.now)
		}
	}
	s.w.count("duplicates")
	s.w.Must(s.w.svc.Settle(s.ctx, id))
	o, err := s.w.svc.Promise(s.ctx, id)
	s.w.Must(err)
	if o.State == exam.OwedOpen {
		s.t.Fatalf("the promise %d is open after it was settled: %+v", id, o)
	}
	s.mails()
}

// mails counts what was taken more than once.
func (s *seq) mails() {
	twice := 0
	for _, n := range s.w.sink.got {
		twice += n - 1
	}
	if twice > s.w.sink.dies {
		s.t.Fatalf("%d mails too many after %d deaths", twice, s.w.sink.dies)
	}
	clear(s.w.sink.got)
	s.w.sink.dies = 0
}

// arm makes the program die in one of the next commands.
func (s *seq) arm() {
	s.w.fuse.point = []string{"wake", "wake", "before the bank", "after the bank", "mail"}[s.below(5)]
	s.w.fuse.n, s.w.fuse.wakes = 1+s.below(2), 0
}
