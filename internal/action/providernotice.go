package action

import (
	"context"
	"errors"

	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/pay"
	"examcode/internal/store"
)

// ErrProviderSilent: the provider told us something and then could not be asked.
var ErrProviderSilent = fault.New(fault.Unavailable, "provider_silent", "the payment provider could not be asked; send the notice again")

// errHeard ends a transaction whose notice another one has taken in meanwhile.
var errHeard = errors.New("action: the notice is known")

// HearProvider takes in a notice of a payment provider, as it was sent. What it
// says is no outcome: it makes us ask the provider about its payment or refund,
// under our reference, and learn that answer. The notice is kept in the
// transaction of its effect, so that it has none the next time. One that
// contradicts what is ours is kept for people and changes nothing.
// Refusals: not_found (no such provider), those of pay.Notifier, provider_silent.
func (s *Service) HearProvider(ctx context.Context, provider string, header pay.Header, raw []byte) (exam.ProviderNotice, error) {
	by, ok := s.providers[provider].(pay.Notifier)
	if !ok {
		return exam.ProviderNotice{}, fault.ErrNotFound
	}
	now := s.now()
	said, err := by.ReadNotice(header, raw, now)
	if err != nil {
		s.log.Warn("a payment provider's notice was refused", "provider", provider, "bytes", len(raw), "reason", fault.Of(err).Reason)
		return exam.ProviderNotice{}, err
	}
	n := exam.ProviderNotice{ID: exam.HeardID(s.store.IDs().Next()), Provider: provider, Event: said.ID, Refund: said.About == pay.AboutRefund, Reference: said.Reference,
		Claimed: exam.PaymentState(said.State), Amount: said.Amount, Number: said.ProviderRef, State: exam.HeardNothing, Created: said.Created, Received: now}
	if said.About == "" { // of a kind that concerns nothing here
		return n, nil
	}
	known, err := s.store.Reader().ProviderNotice(ctx, provider, said.ID)
	if err == nil {
		return known, nil
	}
	if fault.Of(err).Reason != fault.ErrNotFound.Reason {
		return n, err
	}
	ctx, done := context.WithTimeout(ctx, askFor)
	defer done()
	if n.Refund {
		return s.hearRefund(ctx, by, n)
	}
	return s.hearPayment(ctx, by, n)
}

func (s *Service) hearPayment(ctx context.Context, by pay.Provider, n exam.ProviderNotice) (exam.ProviderNotice, error) {
	p, err := s.store.Reader().PaymentByReference(ctx, n.Provider, n.Reference)
	if err != nil {
		return s.keepUnknown(ctx, n, err)
	}
	n.Object = int64(p.ID)
	if why := n.Misfit(p.Amount, p.ProviderRef, p.State); why != "" || p.State.Final() {
		return s.keepNotice(ctx, n, why)
	}
	out, err := by.Ask(ctx, s.charge(p), s.now())
	if err != nil {
		return n, s.silent(n, err)
	}
	if why := n.Misfit(p.Amount, out.ProviderRef, ""); why != "" {
		return s.keepNotice(ctx, n, why)
	}
	who := exam.TheProvider()
	return s.keepEffect(ctx, n, func(ctx context.Context, tx *store.Tx) (int64, error) {
		err := s.settleIn(ctx, tx, p, learned(who, out), who, &p)
		return p.Version, err
	})
}

func (s *Service) hearRefund(ctx context.Context, by pay.Provider, n exam.ProviderNotice) (exam.ProviderNotice, error) {
	id, try := exam.ReadTry(n.Reference)
	f, err := s.store.Reader().Refund(ctx, id)
	if err != nil || f.Provider != n.Provider || try > f.Try {
		return s.keepUnknown(ctx, n, err)
	}
	n.Object = int64(f.ID)
	if try < f.Try {
		n = n.AboutEarlier()
		return s.keepNotice(ctx, n, n.Detail)
	}
	if why := n.Misfit(f.Amount, f.ProviderRef, f.Known()); why != "" || f.State != exam.RefundOnWay {
		return s.keepNotice(ctx, n, why)
	}
	out, err := by.AskRefund(ctx, s.refundOf(f), s.now())
	if err != nil {
		return n, s.silent(n, err)
	}
	if why := n.Misfit(f.Amount, out.ProviderRef, ""); why != "" {
		return s.keepNotice(ctx, n, why)
	}
	return s.keepEffect(ctx, n, func(ctx context.Context, tx *store.Tx) (int64, error) {
		err := s.settleRefundIn(ctx, tx, f, exam.Seen{}, &f, learnedRefund(exam.TheProvider(), f.Reference, out))
		return f.Version, err
	})
}

func (s *Service) silent(n exam.ProviderNotice, err error) error {
	s.log.Warn("payment provider did not answer", "provider", n.Provider, "reference", n.Reference, "error", err)
	return ErrProviderSilent.Wrap(err)
}

// keepUnknown keeps a notice about nothing of ours; err is that of looking for it.
func (s *Service) keepUnknown(ctx context.Context, n exam.ProviderNotice, err error) (exam.ProviderNotice, error) {
	if err != nil && fault.Of(err).Reason != fault.ErrNotFound.Reason {
		return n, err
	}
	n.State = exam.HeardUnknown
	return s.keepNotice(ctx, n, "")
}

// keepNotice keeps a notice that has no effect; why, if any, is what people are to
// look at.
func (s *Service) keepNotice(ctx context.Context, n exam.ProviderNotice, why string) (exam.ProviderNotice, error) {
	if why != "" {
		n = n.Quarantine(why)
		s.log.Warn("a payment provider's notice contradicts what is known", "provider", n.Provider, "event", n.Event, "reference", n.Reference, "what", why)
	}
	return s.keepEffect(ctx, n, func(context.Context, *store.Tx) (int64, error) { return 0, errNothingNew })
}

// keepEffect keeps a notice with its effect, which tells the version it made or
// errNothingNew; a notice that is kept already has none.
func (s *Service) keepEffect(ctx context.Context, n exam.ProviderNotice, effect func(ctx context.Context, tx *store.Tx) (int64, error)) (exam.ProviderNotice, error) {
	kept := n
	err := s.transact(ctx, func(ctx context.Context, tx *store.Tx) error {
		kept = n
		version, err := effect(ctx, tx)
		switch {
		case err == nil:
			kept.State, kept.Version = exam.HeardNews, version
		case err != errNothingNew:
			return err
		}
		added, err := tx.AddProviderNotice(ctx, kept)
		if err == nil && !added {
			err = errHeard
		}
		return err
	})
	if err == errHeard {
		return s.store.Reader().ProviderNotice(ctx, n.Provider, n.Event)
	}
	return kept, err
}
