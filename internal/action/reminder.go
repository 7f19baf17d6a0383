package action

import (
	"context"
	"errors"
	"slices"

	"examcode/internal/db"
	"examcode/internal/exam"
	"examcode/internal/store"
)

// RemindEnds reminds people of orders that end with codes left (S18), once for
// each order and threshold whoever runs it and however often: what was told is a
// row of ours, committed with the notice. Orders of one account that are due in
// the same run are told of in one notice. It returns how many orders were.
func (s *Service) RemindEnds(ctx context.Context) (int, error) {
	told, after, failed := 0, (*exam.Order)(nil), error(nil)
	for {
		read, now := s.store.Reader(), s.now()
		orders, err := read.EndingOrders(ctx, now, after, sweepOrders)
		if err != nil || len(orders) == 0 {
			return told, errors.Join(failed, err)
		}
		after = &orders[len(orders)-1]
		known, err := read.Reminders(ctx, orderIDs(orders)...)
		if err != nil {
			return told, errors.Join(failed, err)
		}
		orders = slices.DeleteFunc(orders, func(o exam.Order) bool { return len(exam.Remind(o, recorded(known[o.ID]), 1, now)) == 0 })
		for _, of := range byAccount(orders) {
			n, err := s.remind(ctx, of)
			told, failed = told+n, errors.Join(failed, err)
		}
	}
}

func orderIDs(orders []exam.Order) []exam.OrderID {
	ids := make([]exam.OrderID, len(orders))
	for i, o := range orders {
		ids[i] = o.ID
	}
	return ids
}

func recorded(list []exam.Reminder) []int {
	days := make([]int, len(list))
	for i, r := range list {
		days[i] = r.Days
	}
	return days
}

// remind records what is due for orders of one account and tells its people.
func (s *Service) remind(ctx context.Context, ids []exam.OrderID) (told int, err error) {
	err = s.transact(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.LockOrders(ctx, db.Shared, ids...); err != nil {
			return err
		}
		orders, err := tx.OrdersByID(ctx, ids...)
		if err != nil {
			return err
		}
		known, err := tx.Reminders(ctx, ids...)
		if err != nil {
			return err
		}
		left, err := tx.CodesLeft(ctx, ids...)
		if err != nil {
			return err
		}
		now, due, of := s.now(), []exam.Reminder(nil), map[exam.OrderID]exam.Order{}
		for _, o := range orders {
			of[o.ID] = o
			due = append(due, exam.Remind(o, recorded(known[o.ID]), left[o.ID].Sum(), now)...)
		}
		added, err := tx.AddReminders(ctx, due)
		if err != nil {
			return err
		}
		var (
			endings []ending
			events  []exam.Event
		)
		for _, r := range added {
			if r.State != exam.ReminderTold {
				continue
			}
			o, n := of[r.Order], left[r.Order]
			endings = append(endings, ending{o, n, r.Days})
			events = append(events, o.Reminded(exam.TheSchedule(), r.Days, n.Unused, n.Bound, now))
		}
		if err := tx.AddEvents(ctx, events...); err != nil {
			return err
		}
		told = len(endings)
		return s.tellEndings(ctx, tx, exam.NoticeOrderEnding, endings, now)
	})
	return told, err
}

// RemindSessions reminds examinees of their session on the day before, once for
// each registration and session: the notice itself is unique. It returns how
// many were reminded.
func (s *Service) RemindSessions(ctx context.Context) (int, error) {
	told, after := 0, exam.RegistrationID(0)
	for {
		ids, err := s.store.Reader().SeatsToRemind(ctx, s.now(), after, sweepCodes)
		if err != nil || len(ids) == 0 {
			return told, err
		}
		after = ids[len(ids)-1]
		n := 0
		err = s.transact(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
			n, err = s.remindSeats(ctx, tx, ids)
			return err
		})
		if err != nil {
			return told, err
		}
		told += n
	}
}

// remindSeats tells the examinees among some registrations whose session is near.
func (s *Service) remindSeats(ctx context.Context, tx *store.Tx, ids []exam.RegistrationID) (told int, err error) {
	if err := tx.LockRegistrations(ctx, ids...); err != nil {
		return 0, err
	}
	regs, err := tx.RegistrationsByID(ctx, ids...)
	if err != nil {
		return 0, err
	}
	regs = slices.DeleteFunc(regs, func(g exam.Registration) bool { return g.Session == 0 })
	of := make([]exam.SessionID, len(regs))
	for i, g := range regs {
		of[i] = g.Session
	}
	slices.Sort(of)
	sessions, err := tx.SessionsByID(ctx, slices.Compact(of)...)
	if err != nil {
		return 0, err
	}
	at := map[exam.SessionID]exam.Session{}
	for _, n := range sessions {
		at[n.ID] = n
	}
	var (
		now      = s.now()
		subjects = map[exam.SubjectID]exam.Subject{}
		notices  []exam.Notice
	)
	for _, g := range regs {
		n := at[g.Session]
		if !g.DueForSession(n, now) {
			continue
		}
		sub, known := subjects[g.Subject]
		if !known {
			if sub, err = tx.Subject(ctx, g.Subject); err != nil {
				return 0, err
			}
			subjects[g.Subject] = sub
		}
		g.Version = int64(n.ID) // once for this session, whatever else happens to the registration
		notices = append(notices, noticeOf(g, exam.NoticeSessionSoon, sub, &n, nil, now))
	}
	return len(notices), tx.Tell(ctx, notices...)
}

// PassTime does everything that is due by the clock alone, as the worker does
// piece by piece.
func (s *Service) PassTime(ctx context.Context) error {
	_, unpaid := s.CloseUnpaidOrders(ctx)
	_, ended := s.SweepEnded(ctx)
	_, ending := s.RemindEnds(ctx)
	_, sessions := s.RemindSessions(ctx)
	return errors.Join(unpaid, ended, ending, sessions)
}
