package action

import (
	"context"
	"errors"
	"time"

	"examcode/internal/db"
	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/money"
	"examcode/internal/pay"
	"examcode/internal/store"
)

// PayOrder starts a payment of a pending order by a provider. The intent is
// stored first, then the provider is asked, then its answer is stored; no answer
// is "unknown", never "failed". simulate is for the sandbox.
// Refusals: provider_unknown, order_not_pending, order_closed,
// payment_in_flight, account_not_verified, buyer_not_root, simulate_unknown.
func (s *Service) PayOrder(ctx context.Context, who exam.Actor, id exam.OrderID, provider, simulate, returnURL string) (exam.Payment, error) {
	p := exam.Payment{ID: exam.PaymentID(s.store.IDs().Next()), Provider: provider, Simulate: simulate}
	p.Reference = p.ID.String()
	by, ok := s.providers[provider]
	if !ok {
		return p, exam.ErrProviderUnknown.On("provider")
	}
	var o exam.Order
	err := s.transact(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		who, err := actingNow(ctx, tx, who)
		if err != nil {
			return err
		}
		if err := tx.LockOrders(ctx, db.Exclusive, id); err != nil {
			return err
		}
		if o, err = tx.Order(ctx, who.Account, id); err != nil {
			return err
		}
		live, err := tx.LivePayment(ctx, id)
		if err != nil {
			return err
		}
		n, e, err := exam.StartPayment(who, o, p, live, s.now())
		if err != nil {
			return err
		}
		p = n
		return tx.AddPayment(ctx, p, e)
	})
	if err != nil {
		return p, err
	}
	charge := s.charge(p)
	charge.Description, charge.ReturnURL = o.Number, returnURL
	out, err := by.Place(ctx, charge, s.now())
	ctx = context.WithoutCancel(ctx)
	if f := fault.Of(err); f != nil && f.Kind == fault.Invalid { // nothing was placed
		p, err = s.learn(ctx, who, p, pay.Outcome{State: pay.Failed, Detail: f.Reason}, nil)
		if err == nil {
			err = f
		}
		return p, err
	}
	return s.learn(ctx, who, p, out, err)
}

func (s *Service) charge(p exam.Payment) pay.Charge {
	return pay.Charge{Reference: p.Reference, Amount: p.Amount, Simulate: p.Simulate, PlacedAt: p.Created}
}

// learn stores what a provider said about a payment; the success of a pending
// order's payment makes its codes (S5).
func (s *Service) learn(ctx context.Context, who exam.Actor, p exam.Payment, out pay.Outcome, asked error) (exam.Payment, error) {
	if asked != nil {
		s.log.Warn("payment provider did not answer", "provider", p.Provider, "payment", p.ID, "error", asked)
		return p, nil
	}
	err := s.settle(ctx, p, learned(who, out), who, &p)
	if err == errNothingNew {
		err = nil
	}
	return p, err
}

// learned takes in a provider's answer; errNothingNew when it says nothing new.
func learned(who exam.Actor, out pay.Outcome) paymentRule {
	return func(p exam.Payment, now time.Time) (exam.Payment, exam.Event, error) {
		n, e, changed := p.Learn(who, exam.PaymentState(out.State), out.ProviderRef, out.RedirectURL, out.Detail, now)
		if !changed {
			return n, e, errNothingNew
		}
		return n, e, nil
	}
}

type paymentRule func(exam.Payment, time.Time) (exam.Payment, exam.Event, error)

// settle moves a payment by a rule, under its order's lock, and captures the
// order when the money has come.
func (s *Service) settle(ctx context.Context, p exam.Payment, rule paymentRule, who exam.Actor, after *exam.Payment) error {
	return s.transact(ctx, func(ctx context.Context, tx *store.Tx) error { return s.settleIn(ctx, tx, p, rule, who, after) })
}

// settleIn is settle within a transaction.
func (s *Service) settleIn(ctx context.Context, tx *store.Tx, p exam.Payment, rule paymentRule, who exam.Actor, after *exam.Payment) error {
	if err := tx.LockOrders(ctx, db.Exclusive, p.Order); err != nil {
		return err
	}
	stored, err := tx.Payment(ctx, p.ID)
	if err != nil {
		return err
	}
	now := s.now()
	n, e, err := rule(stored, now)
	if err != nil {
		*after = stored
		return err
	}
	*after = n
	if err := tx.SavePayment(ctx, n, e); err != nil {
		return err
	}
	if n.State != exam.PaymentSucceeded {
		return nil
	}
	return s.capture(ctx, tx, who, n, now)
}

// capture makes the order of a received payment paid, with its codes, of a large
// order the first of them, and the notice to its buyer and root.
func (s *Service) capture(ctx context.Context, tx *store.Tx, who exam.Actor, p exam.Payment, now time.Time) error {
	o, err := tx.AnyOrder(ctx, p.Order)
	if err != nil {
		return err
	}
	o.FirstCode = exam.CodeID(s.store.IDs().Block(o.Quantity))
	paid, e, err := o.Capture(who, p, now)
	if err != nil {
		return err
	}
	paid = paid.IssueMore(s.issueSize)
	codes, err := s.newCodes(paid, 0, now)
	if err != nil {
		return err
	}
	if err := tx.PayOrder(ctx, paid, e, codes); err != nil {
		return err
	}
	sub, err := tx.Subject(ctx, paid.Subject)
	if err != nil {
		return err
	}
	return s.tellAccount(ctx, tx, exam.Notice{Account: paid.Account, Kind: exam.NoticeOrderPaid, About: int64(paid.ID), Version: paid.Version,
		Link: "/enterprise/orders/" + paid.ID.String(), Created: now,
		Data: exam.Data{"number": paid.Number, "quantity": paid.Quantity, "issued": paid.Issued, "subject_en": sub.Name.EN, "subject_zh": sub.Name.ZH,
			"minor": paid.Total.Minor, "currency": paid.Total.Currency, "expires_at": paid.Expires.UTC().Format(time.RFC3339), "zone": paid.Zone}}, paid.Buyer)
}

// ConfirmTransfer notes that a transfer is on the programme's account; the
// amount received must be the order's total. Staff with the money role.
// Refusals: payment_not_waiting, payment_not_by_hand, payment_amount_differs,
// order_closed.
func (s *Service) ConfirmTransfer(ctx context.Context, who exam.Actor, id exam.PaymentID, received money.Amount) (exam.Payment, error) {
	if err := exam.NeedStaff(who, exam.Money); err != nil {
		return exam.Payment{}, err
	}
	p, err := s.store.Reader().Payment(ctx, id)
	if err != nil {
		return p, err
	}
	err = s.settle(ctx, p, func(p exam.Payment, now time.Time) (exam.Payment, exam.Event, error) {
		return p.Confirm(who, received, now)
	}, who, &p)
	return p, err
}

// AskPayment asks the provider again about a payment whose outcome is not
// known, under the same reference. Staff with the money role, or the schedule.
func (s *Service) AskPayment(ctx context.Context, who exam.Actor, p exam.Payment) (exam.Payment, error) {
	if err := exam.NeedStaff(who, exam.Money); err != nil {
		return p, err
	}
	by, ok := s.providers[p.Provider]
	if !ok || (p.State != exam.PaymentUnknown && p.State != exam.PaymentPending) {
		return p, nil
	}
	out, err := by.Ask(ctx, s.charge(p), s.now())
	return s.learn(ctx, who, p, out, err)
}

// AskOpenPayments asks about every payment that is not settled and older than
// age. It may run any number of times.
func (s *Service) AskOpenPayments(ctx context.Context, age time.Duration) error {
	var after exam.PaymentID
	for {
		open, err := s.store.Reader().OpenPayments(ctx, s.now().Add(-age), after, 100)
		if err != nil || len(open) == 0 {
			return err
		}
		for _, p := range open {
			after = p.ID
			if _, err := s.AskPayment(ctx, exam.TheSchedule(), p); err != nil {
				s.log.Warn("payment was not settled", "payment", p.ID, "error", err)
			}
		}
	}
}

// errNothingNew ends a transaction that would store what is stored.
var errNothingNew = errors.New("action: nothing new")
