package action

import (
	"context"
	"errors"
	"slices"
	"time"

	"examcode/internal/db"
	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/money"
	"examcode/internal/pay"
	"examcode/internal/store"
)

// RefundRequest is what somebody asks for. Without Chosen (nil) every unused
// code is meant; an empty choice is a choice of none. Seen is the mark of the plan they were shown; without one nothing is
// compared.
type RefundRequest struct {
	Chosen   []exam.CodeID
	Seen     string
	Simulate string // sandbox only
}

// errNoPayment is a defect: a paid order has its payment.
var errNoPayment = errors.New("action: a paid order without a payment")

// PlanRefund says what a refund of an order would be now, along with the refund
// there is and the refusal when there can be none. chosen is nil for every unused
// code; an empty choice is a plan of none.
func (s *Service) PlanRefund(ctx context.Context, who exam.Actor, id exam.OrderID, chosen []exam.CodeID) (plan exam.RefundPlan, o exam.Order, had exam.Refund, refusal error, err error) {
	err = s.store.Snapshot(ctx, func(ctx context.Context, r store.Reader) error {
		o, had, plan, refusal, err = planRefund(ctx, r, who, id, chosen, s.now())
		return err
	})
	return plan, o, had, refusal, err
}

func planRefund(ctx context.Context, r store.Reader, who exam.Actor, id exam.OrderID, chosen []exam.CodeID, now time.Time) (o exam.Order, had exam.Refund, plan exam.RefundPlan, refusal, err error) {
	if o, err = r.Order(ctx, who.Account, id); err != nil {
		return o, had, plan, nil, err
	}
	if had, err = r.RefundOf(ctx, who.Account, id); err != nil {
		return o, had, plan, nil, err
	}
	all, first, err := r.CodeTallies(ctx, o, now)
	if err != nil {
		return o, had, plan, nil, err
	}
	var pick *exam.Chosen
	if chosen != nil {
		codes, err := r.CodesByID(ctx, who.Account, chosen...)
		if err != nil {
			return o, had, plan, nil, err
		}
		codes = slices.DeleteFunc(codes, func(c exam.Code) bool { return c.Order != id })
		pick = &exam.Chosen{Named: len(chosen), Found: exam.Tallies(codes, first, now)}
	}
	plan, refusal = exam.PlanRefund(who, o, had.State, all, pick, now)
	return o, had, plan, refusal, nil
}

// RefundOrder refunds codes of an order (S12–S14): all unused ones or those
// chosen. The intent is stored first, the codes stop working in the same moment,
// then the provider of the payment is asked, then its answer is stored; no
// answer is "unknown", never "failed". Above a limit the refund waits for review.
// An order has one refund for ever; one that was refused is tried again here.
// Refusals: refund_already_made, order_not_paid, order_expired, order_being_issued,
// nothing_to_refund, refund_choice, changed_meanwhile (what Seen marks is not
// what would be refunded now), not_allowed, not_signed_in, simulate_unknown.
func (s *Service) RefundOrder(ctx context.Context, who exam.Actor, id exam.OrderID, in RefundRequest) (exam.Refund, error) {
	if len(in.Chosen) > 0 { // none stays nil or empty, as it was
		in.Chosen = slices.Compact(slices.Sorted(slices.Values(in.Chosen)))
	}
	first := exam.RefundID(s.store.IDs().Next())
	var f exam.Refund
	err := s.transact(ctx, func(ctx context.Context, tx *store.Tx) error {
		who, err := actingNow(ctx, tx, who)
		if err != nil {
			return err
		}
		if err := tx.LockOrders(ctx, db.Exclusive, id); err != nil {
			return err
		}
		now := s.now()
		o, had, plan, refusal, err := planRefund(ctx, tx.Reader, who, id, in.Chosen, now)
		if err != nil {
			return err
		}
		if refused := exam.MayRefund(who, o, had.State, now); refused != nil {
			return refused
		}
		if in.Seen != "" && in.Seen != plan.Mark() {
			return exam.ErrChangedMeanwhile
		}
		if refusal != nil {
			return refusal
		}
		by, err := s.paidBy(ctx, tx.Reader, o, in.Simulate)
		if err != nil {
			return err
		}
		n, m, e, err := exam.AskRefund(who, o, had, first, by, plan, s.reviewAbove, now)
		if err != nil {
			return err
		}
		f = n
		f.Simulate = in.Simulate
		if err := tx.AddTry(ctx, f, in.Chosen, m, e); err != nil {
			return err
		}
		return s.tellRefund(ctx, tx, f, o, now)
	})
	if err != nil || f.State != exam.RefundOnWay {
		return f, err
	}
	return s.placeRefund(ctx, who, f)
}

// paidBy is the payment that made an order paid; its provider must be there, and
// know the simulation that is asked for.
func (s *Service) paidBy(ctx context.Context, r store.Reader, o exam.Order, simulate string) (exam.Payment, error) {
	tries, err := r.Payments(ctx, o.Account, o.ID)
	if err != nil {
		return exam.Payment{}, err
	}
	for _, p := range tries {
		if p.State != exam.PaymentSucceeded {
			continue
		}
		by, ok := s.providers[p.Provider]
		if !ok {
			return p, exam.ErrProviderUnknown
		}
		if simulate != "" && !pay.Simulates(by, simulate) {
			return p, pay.ErrSimulate.With("word", simulate).On("simulate")
		}
		return p, nil
	}
	return exam.Payment{}, errNoPayment
}

func (s *Service) tellRefund(ctx context.Context, tx *store.Tx, f exam.Refund, o exam.Order, now time.Time) error {
	sub, err := tx.Subject(ctx, o.Subject)
	if err != nil {
		return err
	}
	return s.tellAccount(ctx, tx, f.Told(o, sub.Name, now), o.Buyer, f.AskedBy)
}

func (s *Service) refundOf(f exam.Refund) pay.Refund {
	return pay.Refund{Reference: f.Reference, ChargeReference: f.Charge, Amount: f.Amount, Simulate: f.Simulate, PlacedAt: f.Placed}
}

// placeRefund asks the provider to give the money back, for the first time. A
// request it could not take was not placed, so it is refused.
func (s *Service) placeRefund(ctx context.Context, who exam.Actor, f exam.Refund) (exam.Refund, error) {
	by, ok := s.providers[f.Provider]
	if !ok {
		return f, nil // stays as it is until the provider is set up again
	}
	out, err := by.PlaceRefund(ctx, s.refundOf(f), s.now())
	if refused := fault.Of(err); refused != nil && refused.Kind == fault.Invalid {
		out, err = pay.Outcome{State: pay.Failed, Detail: refused.Reason}, nil
	}
	return s.learnRefund(context.WithoutCancel(ctx), who, f, out, err)
}

// learnRefund stores what a provider said about the try it was asked about. No
// answer, or one that is no word about the money, leaves the refund open.
func (s *Service) learnRefund(ctx context.Context, who exam.Actor, f exam.Refund, out pay.Outcome, asked error) (exam.Refund, error) {
	if asked != nil {
		s.log.Warn("payment provider did not answer", "provider", f.Provider, "refund", f.ID, "error", asked)
		return f, nil
	}
	err := s.settleRefund(ctx, f.ID, exam.Seen{}, &f, learnedRefund(who, f.Reference, out))
	if err == errNothingNew {
		err = nil
	}
	return f, err
}

// learnedRefund takes in a provider's answer about the try with a reference;
// errNothingNew when it says nothing new.
func learnedRefund(who exam.Actor, reference string, out pay.Outcome) refundRule {
	return func(now exam.Refund, o exam.Order, at time.Time) (exam.Refund, []exam.Move, exam.Event, error) {
		n, m, e, changed, err := now.Learn(who, o, reference, exam.PaymentState(out.State), out.ProviderRef, out.Detail, at)
		if err == nil && !changed {
			err = errNothingNew
		}
		return n, m, e, err
	}
}

type refundRule func(exam.Refund, exam.Order, time.Time) (exam.Refund, []exam.Move, exam.Event, error)

// settleRefund moves a refund and its codes by a rule, under its order's lock,
// and tells those whom it concerns; if the refund is still what was seen of it.
func (s *Service) settleRefund(ctx context.Context, id exam.RefundID, seen exam.Seen, after *exam.Refund, rule refundRule) error {
	f, err := s.store.Reader().Refund(ctx, id)
	if err != nil {
		return err
	}
	*after = f
	return s.transact(ctx, func(ctx context.Context, tx *store.Tx) error { return s.settleRefundIn(ctx, tx, f, seen, after, rule) })
}

// settleRefundIn is settleRefund within a transaction.
func (s *Service) settleRefundIn(ctx context.Context, tx *store.Tx, f exam.Refund, seen exam.Seen, after *exam.Refund, rule refundRule) error {
	if err := tx.LockOrders(ctx, db.Exclusive, f.Order); err != nil {
		return err
	}
	stored, err := tx.Refund(ctx, f.ID)
	if err != nil {
		return err
	}
	if err := seen.Still(stored.Version); err != nil {
		return err
	}
	o, err := tx.AnyOrder(ctx, stored.Order)
	if err != nil {
		return err
	}
	now := s.now()
	*after = stored
	n, m, e, err := rule(stored, o, now)
	if err != nil {
		return err
	}
	*after = n
	if err := tx.SaveRefund(ctx, n, m, e); err != nil {
		return err
	}
	if n.State == stored.State {
		return nil // the buyer knows
	}
	return s.tellRefund(ctx, tx, n, o, now)
}

// ApproveRefund lets a refund under review go to the provider. Staff with the
// money role. seen is the version of the refund that they looked at, if any, as
// with the verbs below. Refusals: refund_not_in_review, changed_meanwhile.
func (s *Service) ApproveRefund(ctx context.Context, who exam.Actor, id exam.RefundID, seen ...exam.Seen) (f exam.Refund, err error) {
	if err := exam.NeedStaff(who, exam.Money); err != nil {
		return f, err
	}
	err = s.settleRefund(ctx, id, exam.FirstSeen(seen), &f, func(f exam.Refund, _ exam.Order, now time.Time) (exam.Refund, []exam.Move, exam.Event, error) {
		return f.Approve(who, now)
	})
	if err != nil {
		return f, err
	}
	return s.placeRefund(ctx, who, f)
}

// DeclineRefund refuses a refund under review. Staff with the money role.
// Refusals: refund_not_in_review, changed_meanwhile, reason_missing, text_too_long.
func (s *Service) DeclineRefund(ctx context.Context, who exam.Actor, id exam.RefundID, reason string, seen ...exam.Seen) (f exam.Refund, err error) {
	if err := exam.NeedStaff(who, exam.Money); err != nil {
		return f, err
	}
	err = s.settleRefund(ctx, id, exam.FirstSeen(seen), &f, func(f exam.Refund, o exam.Order, now time.Time) (exam.Refund, []exam.Move, exam.Event, error) {
		return f.Decline(who, o, reason, now)
	})
	return f, err
}

// ConfirmRefundSent notes that the money of a refund by transfer was sent; the
// amount must be the refund's. Staff with the money role.
// Refusals: refund_not_waiting, refund_not_by_hand, changed_meanwhile,
// refund_amount_differs.
func (s *Service) ConfirmRefundSent(ctx context.Context, who exam.Actor, id exam.RefundID, sent money.Amount, seen ...exam.Seen) (f exam.Refund, err error) {
	if err := exam.NeedStaff(who, exam.Money); err != nil {
		return f, err
	}
	err = s.settleRefund(ctx, id, exam.FirstSeen(seen), &f, func(f exam.Refund, o exam.Order, now time.Time) (exam.Refund, []exam.Move, exam.Event, error) {
		return f.ConfirmSent(who, o, sent, now)
	})
	return f, err
}

// RefundNotSent notes that the money of a refund by transfer could not be sent;
// its codes go back. Staff with the money role.
// Refusals: refund_not_waiting, refund_not_by_hand, changed_meanwhile,
// reason_missing, text_too_long.
func (s *Service) RefundNotSent(ctx context.Context, who exam.Actor, id exam.RefundID, reason string, seen ...exam.Seen) (f exam.Refund, err error) {
	if err := exam.NeedStaff(who, exam.Money); err != nil {
		return f, err
	}
	err = s.settleRefund(ctx, id, exam.FirstSeen(seen), &f, func(f exam.Refund, o exam.Order, now time.Time) (exam.Refund, []exam.Move, exam.Event, error) {
		return f.CannotSend(who, o, reason, now)
	})
	return f, err
}

// AskRefund asks the provider again about a refund that is on its way, under the
// same reference. One it does not know of is placed again: our reference makes
// that the same refund. Staff with the money role, or the schedule.
func (s *Service) AskRefund(ctx context.Context, who exam.Actor, f exam.Refund) (exam.Refund, error) {
	if err := exam.NeedStaff(who, exam.Money); err != nil {
		return f, err
	}
	by, ok := s.providers[f.Provider]
	if !ok || f.State != exam.RefundOnWay || f.ByHand() {
		return f, nil
	}
	out, err := by.AskRefund(ctx, s.refundOf(f), s.now())
	if err == nil && out.State == pay.Unknown {
		out, err = by.PlaceRefund(ctx, s.refundOf(f), s.now())
	}
	return s.learnRefund(context.WithoutCancel(ctx), who, f, out, err)
}

// askFor is how long one question to a provider may take when many are asked in
// turn, so that one that hangs does not keep the others waiting.
const askFor = 20 * time.Second

// AskOpenRefunds asks about every refund that is on its way for longer than age.
// It may run any number of times.
func (s *Service) AskOpenRefunds(ctx context.Context, age time.Duration) error {
	var after exam.RefundID
	for {
		open, err := s.store.Reader().OpenRefunds(ctx, s.now().Add(-age), after, 100)
		if err != nil || len(open) == 0 {
			return err
		}
		for _, f := range open {
			if err := ctx.Err(); err != nil {
				return err
			}
			after = f.ID
			if err := s.askInTurn(ctx, f); err != nil {
				s.log.Warn("refund was not settled", "refund", f.ID, "error", err)
			}
		}
	}
}

func (s *Service) askInTurn(ctx context.Context, f exam.Refund) error {
	ctx, done := context.WithTimeout(ctx, askFor)
	defer done()
	_, err := s.AskRefund(ctx, exam.TheSchedule(), f)
	return err
}
