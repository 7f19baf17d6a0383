package action

import (
	"context"
	"fmt"
	"io"
	"time"

	"examcode/internal/db"
	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/store"
)

// BuyCodes places an order for a quantity of codes of one subject (S1, S4).
// Refusals: account_not_verified, buyer_not_root, subject_unknown,
// subject_retired, quantity_out_of_range.
func (s *Service) BuyCodes(ctx context.Context, who exam.Actor, subject exam.SubjectID, quantity int) (exam.Order, error) {
	if err := exam.MayBuy(who); err != nil {
		return exam.Order{}, err
	}
	var placed exam.Order
	err := s.transact(ctx, func(ctx context.Context, tx *store.Tx) error {
		who, err := actingNow(ctx, tx, who)
		if err == nil {
			err = exam.MayBuy(who)
		}
		if err != nil {
			return err
		}
		sub, err := tx.Subject(ctx, subject)
		if err != nil {
			return inputMissing(err, exam.ErrSubjectUnknown, "subject_id")
		}
		acc, err := tx.Account(ctx, who.Account)
		if err != nil {
			return err
		}
		waiting, err := tx.PendingOrders(ctx, who.Account)
		if err == nil {
			err = exam.CheckPending(waiting)
		}
		if err != nil {
			return err
		}
		now := s.now()
		o := exam.Order{ID: exam.OrderID(s.store.IDs().Next()), Quantity: quantity, Zone: acc.Zone}
		for {
			if o.Number, err = s.orderNumber(now, acc.Zone); err != nil {
				return err
			}
			n, e, err := exam.PlaceOrder(who, o, sub, now)
			if err != nil {
				return err
			}
			taken, err := tx.AddOrder(ctx, n, e)
			if err != nil {
				return err
			}
			if !taken {
				placed = n
				return nil
			}
		}
	})
	return placed, err
}

// orderNumber makes a number people can say: EC-, the local day, five symbols.
func (s *Service) orderNumber(now time.Time, zone string) (string, error) {
	const symbols = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	if loc, err := time.LoadLocation(zone); err == nil {
		now = now.In(loc)
	}
	var b [5]byte
	if _, err := io.ReadFull(s.random, b[:]); err != nil {
		return "", err
	}
	for i := range b {
		b[i] = symbols[b[i]&31]
	}
	return fmt.Sprintf("EC-%s-%s", now.Format("060102"), b[:]), nil
}

// CancelOrder closes a pending order at the buyer's wish; a transfer that was
// waited for is given up. Refusals: order_not_pending, payment_in_flight,
// not_signed_in.
func (s *Service) CancelOrder(ctx context.Context, who exam.Actor, id exam.OrderID) (exam.Order, error) {
	return s.closeOrder(ctx, who, id, func(who exam.Actor, o exam.Order, now time.Time) (exam.Order, exam.Event, error) {
		return o.Close(who, now)
	})
}

func (s *Service) closeOrder(ctx context.Context, who exam.Actor, id exam.OrderID, rule func(exam.Actor, exam.Order, time.Time) (exam.Order, exam.Event, error)) (closed exam.Order, err error) {
	err = s.transact(ctx, func(ctx context.Context, tx *store.Tx) error {
		who, err := actingNow(ctx, tx, who)
		if err != nil {
			return err
		}
		if err := tx.LockOrders(ctx, db.Exclusive, id); err != nil {
			return err
		}
		o, err := tx.AnyOrder(ctx, id)
		if err != nil {
			return err
		}
		now := s.now()
		n, e, err := rule(who, o, now)
		if err != nil {
			return err
		}
		payments, err := tx.Payments(ctx, o.Account, o.ID)
		if err != nil {
			return err
		}
		if err := exam.MayGiveUp(who, payments); err != nil {
			return err
		}
		for _, p := range payments {
			if !p.State.Live() {
				continue
			}
			given, pe, changed := p.Learn(who, exam.PaymentFailed, p.ProviderRef, "", "order_closed", now)
			if changed {
				if err := tx.SavePayment(ctx, given, pe); err != nil {
					return err
				}
			}
		}
		closed = n
		return tx.SaveOrder(ctx, n, e)
	})
	return closed, err
}

// CloseUnpaidOrders closes orders nobody began to pay in time, and returns how
// many. It may run any number of times.
func (s *Service) CloseUnpaidOrders(ctx context.Context) (int, error) {
	who, done, after := exam.TheSchedule(), 0, exam.OrderID(0)
	for {
		ids, err := s.store.Reader().UnpaidOrders(ctx, s.now().Add(-exam.PayWithin), after, 100)
		if err != nil || len(ids) == 0 {
			return done, err
		}
		for _, id := range ids {
			after = id
			_, err := s.closeOrder(ctx, who, id, func(who exam.Actor, o exam.Order, now time.Time) (exam.Order, exam.Event, error) {
				return o.CloseUnpaid(who, now)
			})
			if f := fault.Of(err); f != nil && f.Kind == fault.Conflict {
				continue // paid, closed or being paid meanwhile
			}
			if err != nil {
				return done, err
			}
			done++
		}
	}
}
