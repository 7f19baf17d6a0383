package action

import (
	"context"
	"errors"

	"examcode/internal/codetext"
	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/store"
)

// Redemption is what an examinee enters to register with a code.
type Redemption struct {
	Subject  exam.SubjectID
	Text     string // as typed or pasted
	ExamType exam.ExamType
	Network  string                   // where the request comes from; "" is not limited
	Once     *Once[exam.Registration] // nil without an Idempotency-Key
}

// RedeemCode registers the actor for a subject by a code (S21, S22), in one
// transaction with the others who do so at that moment. Failed tries are limited
// per person and network, and recorded for the company.
// Refusals: code_mistyped, code_not_usable (all that a stranger may know of a
// dead or unknown text), subject_mismatch, and to its holder code_not_unused,
// code_replaced, order_expired, code_refunded; already_registered,
// subject_unknown, exam_type_unknown, too_many_tries, busy; for the person
// account_not_verified, not_individual.
func (s *Service) RedeemCode(ctx context.Context, who exam.Actor, in Redemption) (exam.Registration, error) {
	r, err := s.redemption(who, in)
	if err != nil {
		return exam.Registration{}, err
	}
	reg, err := s.redeemer.do(ctx, r)
	if errors.Is(err, exam.ErrAlreadyRegistered) {
		if ended, failed := s.endRegistration(ctx, who, in.Subject); failed != nil {
			return reg, failed
		} else if ended {
			return s.redeemer.do(ctx, r)
		}
	}
	return reg, err
}

// Apart lets redemptions run one by one, each in its transaction, or together
// again. It is for measuring what that is worth.
func (s *Service) Apart(apart bool) { s.redeemer.apart.Store(apart) }

// redemption is what a call asks for, unless it can be refused without looking.
func (s *Service) redemption(who exam.Actor, in Redemption) (redemption, error) {
	if err := exam.NeedExaminee(who); err != nil {
		return redemption{}, err
	}
	if in.Once != nil {
		if err := checkKey(in.Once.Key); err != nil {
			return redemption{}, err
		}
	}
	text, err := codetext.Parse(in.Text)
	if err != nil {
		return redemption{}, fault.Of(err).On("code")
	}
	r := redemption{Redemption: in, who: who, id: exam.RegistrationID(s.store.IDs().Next()), lookups: s.vault.Lookups(text),
		person: s.limitName(counted{"redeem:" + who.Person.String(), limitRedeemPerson})}
	if in.Network != "" {
		r.network = s.limitName(counted{"redeem:net:" + in.Network, limitRedeemNetwork})
	}
	return r, nil
}

// endRegistration writes down that a Bound registration of the actor for a
// subject ended with its order (S16), so that it stands in nobody's way. It is
// false when the registration lives.
func (s *Service) endRegistration(ctx context.Context, who exam.Actor, subject exam.SubjectID) (ended bool, err error) {
	g, err := s.store.Reader().LivingRegistration(ctx, who.Person, subject)
	if errors.Is(err, fault.ErrNotFound) {
		return true, nil
	}
	if err != nil || g.State != exam.Registered || s.now().Before(g.Expires) {
		return false, err
	}
	err = s.transact(ctx, func(ctx context.Context, tx *store.Tx) error {
		at, err := s.lockRegistration(ctx, tx, who, g.ID, 0)
		if err != nil || at.reg.State != exam.Registered { // ended meanwhile by the sweep
			return err
		}
		return s.expire(ctx, tx, []exam.Code{at.code}, s.now())
	})
	return err == nil, err
}

// guessable are the refusals that say something about a text, so that trying
// texts must cost something.
var guessable = map[string]bool{
	exam.ErrCodeNotUsable.Reason: true, exam.ErrCodeNotUnused.Reason: true, exam.ErrCodeReplaced.Reason: true,
	exam.ErrOrderExpired.Reason: true, exam.ErrCodeRefunded.Reason: true, exam.ErrSubjectMismatch.Reason: true,
}
