package action

import (
	"context"
	"errors"
	"time"

	"examcode/internal/db"
	"examcode/internal/exam"
	"examcode/internal/store"
)

const (
	sweepCodes  = 500   // codes that one transaction expires
	sweepOrders = 5_000 // orders that are looked at together, and told of in one notice
)

// SweepEnded writes down what time has already done (S16): Unused and Bound
// codes of ended orders are Expired, their registrations are cancelled and the
// examinees told; then the order's people are told what ended. Ends of long ago
// are written down without a word (exam.Order.TellEnd). Nothing depends
// on when it runs: the rules refuse from the end's instant on. It may run any
// number of times, on several replicas at once, and goes on where it was
// stopped. It returns how many codes it expired.
func (s *Service) SweepEnded(ctx context.Context) (int, error) {
	codes, after, failed := 0, (*exam.Order)(nil), error(nil)
	for {
		orders, err := s.store.Reader().EndedOrders(ctx, s.now(), after, sweepOrders)
		if err != nil || len(orders) == 0 {
			return codes, errors.Join(failed, err)
		}
		for _, of := range byAccount(orders) {
			n, err := s.endAll(ctx, of)
			codes, failed = codes+n, errors.Join(failed, err)
			if ctx.Err() != nil {
				return codes, failed
			}
		}
		after = &orders[len(orders)-1]
	}
}

// lockMode is how the order of a code that may become Unused or Bound is locked:
// shared, and exclusively after its end, because the code brings it back to the
// sweep.
func lockMode(now time.Time, ends ...time.Time) db.LockMode {
	for _, end := range ends {
		if !now.Before(end) {
			return db.Exclusive
		}
	}
	return db.Shared
}

// byAccount groups the orders of each account, in the order they come.
func byAccount(orders []exam.Order) [][]exam.OrderID {
	var groups [][]exam.OrderID
	at := map[exam.AccountID]int{}
	for _, o := range orders {
		i, known := at[o.Account]
		if !known {
			i, groups = len(groups), append(groups, nil)
			at[o.Account] = i
		}
		groups[i] = append(groups[i], o.ID)
	}
	return groups
}

// endAll expires the codes of ended orders of one account and writes down their
// ends. What becomes Bound between the two, because its session is cancelled, is
// expired in a second turn; what else is left waits for the next run.
func (s *Service) endAll(ctx context.Context, ids []exam.OrderID) (expired int, err error) {
	for range 2 {
		var failed error
		for _, id := range ids {
			n, err := s.expireOrder(ctx, id)
			expired, failed = expired+n, errors.Join(failed, err)
			if ctx.Err() != nil {
				return expired, failed
			}
		}
		ids, err = s.endOrders(ctx, ids)
		if err = errors.Join(failed, err); err != nil || len(ids) == 0 {
			return expired, err
		}
	}
	return expired, nil
}

// expireOrder expires the codes of one ended order, batch by batch.
func (s *Service) expireOrder(ctx context.Context, id exam.OrderID) (expired int, err error) {
	for after := exam.CodeID(0); ; {
		var codes []exam.Code
		err := s.transact(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
			if err := tx.LockOrders(ctx, db.Exclusive, id); err != nil {
				return err
			}
			if codes, err = tx.LeftCodes(ctx, id, after, sweepCodes); err != nil || len(codes) == 0 {
				return err
			}
			ids := make([]exam.CodeID, len(codes))
			for i, c := range codes {
				ids[i] = c.ID
			}
			if err := tx.LockCodes(ctx, ids...); err != nil {
				return err
			}
			return s.expire(ctx, tx, codes, s.now())
		})
		if err != nil || len(codes) == 0 {
			return expired, err
		}
		expired, after = expired+len(codes), codes[len(codes)-1].ID
	}
}

// expire writes down that Unused and Bound codes of one company have ended with
// their order, which the caller has locked together with them: registrations are
// cancelled and their examinees told.
func (s *Service) expire(ctx context.Context, tx *store.Tx, codes []exam.Code, now time.Time) error {
	var (
		ended  = make([]exam.Code, len(codes))
		events = make([]exam.Event, len(codes))
		lost   []exam.RegistrationID
		err    error
	)
	for i, c := range codes {
		if ended[i], events[i], err = c.Expire(exam.TheSchedule(), now); err != nil {
			return err
		}
		if c.Registration != 0 {
			lost = append(lost, c.Registration)
		}
	}
	if err := tx.LockRegistrations(ctx, lost...); err != nil {
		return err
	}
	regs, err := tx.RegistrationsByID(ctx, lost...)
	if err != nil {
		return err
	}
	if err := tx.SaveCodes(ctx, ended, events); err != nil || len(regs) == 0 {
		return err
	}
	company, err := tx.Account(ctx, codes[0].Account)
	if err != nil {
		return err
	}
	order, err := tx.AnyOrder(ctx, codes[0].Order)
	if err != nil {
		return err
	}
	if !order.TellEnd(now) {
		return cancel(ctx, tx, regs, exam.WhyOrderExpiry, now)
	}
	return s.cancelled(ctx, tx, regs, exam.WhyOrderExpiry, exam.NoticeExpired, exam.Data{"company": company.Name,
		"expires_at": order.Expires.UTC().Format(time.RFC3339), "zone": order.Zone}, now)
}

// endOrders writes down the ends of orders of one account that have no code left
// to expire, and tells its people once about all of them. It returns the others.
func (s *Service) endOrders(ctx context.Context, ids []exam.OrderID) (others []exam.OrderID, err error) {
	err = s.transact(ctx, func(ctx context.Context, tx *store.Tx) error {
		others = nil
		if err := tx.LockOrders(ctx, db.Exclusive, ids...); err != nil {
			return err
		}
		orders, err := tx.OrdersByID(ctx, ids...)
		if err != nil {
			return err
		}
		left, err := tx.CodesLeft(ctx, ids...)
		if err != nil {
			return err
		}
		lost, err := tx.CodesEnded(ctx, ids...)
		if err != nil {
			return err
		}
		var (
			now     = s.now()
			ended   []exam.Order
			events  []exam.Event
			endings []ending
		)
		for _, o := range orders {
			if left[o.ID].Sum() > 0 {
				others = append(others, o.ID)
				continue
			}
			n, e, err := o.End(exam.TheSchedule(), lost[o.ID].Unused, lost[o.ID].Bound, now)
			if err != nil {
				continue // another replica was faster
			}
			ended, events = append(ended, n), append(events, e)
			if lost[o.ID].Sum() > 0 && n.TellEnd(now) {
				endings = append(endings, ending{n, lost[o.ID], 0})
			}
		}
		if err := tx.EndOrders(ctx, ended, events); err != nil {
			return err
		}
		return s.tellEndings(ctx, tx, exam.NoticeOrderEnded, endings, now)
	})
	return others, err
}
