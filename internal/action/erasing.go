package action

import (
	"context"
	"errors"
	"slices"
	"time"

	"examcode/internal/db"
	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/store"
)

// Erasing is what a person's erasing would do now; Refused is nil when the actor
// may.
type Erasing struct {
	Person  exam.Person
	Kind    exam.AccountKind
	Affairs exam.Affairs
	Refused error
}

// Erasing reads what erasing a person would do. Refusals: not_found for people
// whom the actor may not know of.
func (s *Service) Erasing(ctx context.Context, who exam.Actor, id exam.PersonID) (e Erasing, err error) {
	if who.Person == 0 {
		return e, exam.ErrNotSignedIn
	}
	if id != who.Person && who.Kind != exam.Operator {
		return e, fault.ErrNotFound
	}
	err = s.store.Snapshot(ctx, func(ctx context.Context, r store.Reader) error {
		e, err = s.erasing(ctx, r, who, id)
		return err
	})
	return e, err
}

func (s *Service) erasing(ctx context.Context, r store.Reader, who exam.Actor, id exam.PersonID) (e Erasing, err error) {
	i, err := r.IdentityOf(ctx, id)
	if err != nil {
		return e, err
	}
	e.Person, e.Kind = i.Person, i.Account.Kind
	if e.Affairs, err = r.Affairs(ctx, i.Person, s.now()); err != nil {
		return e, err
	}
	e.Refused = i.Person.MayErase(who, i.Account.Kind, e.Affairs)
	return e, nil
}

// ErasePerson forgets a person: the actor, or anybody on request, where the actor
// is staff for it. Codes bound to them go back to their companies, Unused; mails
// still owed to them are cancelled; their sign-ins and keys end. Orders, results
// and the trail stay and name a pseudonym. version is the person's as it was
// looked at, 0 for any. Refusals: exam's MayErase, not_found, changed_meanwhile.
func (s *Service) ErasePerson(ctx context.Context, who exam.Actor, id exam.PersonID, version int64) error {
	if id != who.Person && who.Kind != exam.Operator {
		return fault.ErrNotFound
	}
	// Whoever erases themselves has no request left to remember an answer for.
	transact := s.transact
	if id == who.Person {
		transact = s.store.Transact
	}
	return transact(ctx, func(ctx context.Context, tx *store.Tx) error {
		p, err := tx.Person(ctx, id)
		if err != nil {
			return err
		}
		open, err := tx.OpenInvitationsTo(ctx, p.Email)
		if err != nil {
			return err
		}
		if err := tx.LockInvitations(ctx, open...); err != nil {
			return err
		}
		people := []exam.PersonID{id, who.Person}
		slices.Sort(people)
		if err := tx.LockPeople(ctx, db.Exclusive, slices.Compact(people)...); err != nil {
			return err
		}
		who, err := actingNow(ctx, tx, who)
		if errors.Is(err, exam.ErrNotSignedIn) && id == who.Person {
			return exam.ErrErased
		}
		if err != nil {
			return err
		}
		return s.erase(ctx, tx, who, id, version)
	})
}

// erase does it, where the person is locked.
func (s *Service) erase(ctx context.Context, tx *store.Tx, who exam.Actor, id exam.PersonID, version int64) error {
	regs, err := tx.Living(ctx, id)
	if err != nil {
		return err
	}
	codes, err := lockLiving(ctx, tx, regs)
	if err != nil {
		return err
	}
	e, err := s.erasing(ctx, tx.Reader, who, id)
	if err != nil {
		return err
	}
	if version != 0 && version != e.Person.Version {
		return exam.ErrChangedMeanwhile
	}
	n, event, err := e.Person.Erase(who, e.Kind, e.Affairs, s.now())
	if err != nil {
		return err
	}
	if err := s.giveUp(ctx, tx, who, codes); err != nil {
		return err
	}
	return tx.ErasePerson(ctx, e.Person, n, e.Kind, event)
}

// lockLiving locks what living registrations hold and reads their codes as they
// stand then; those that are over by then are left out.
func lockLiving(ctx context.Context, tx *store.Tx, regs []exam.Registration) ([]exam.Code, error) {
	var held []exam.Code
	orders := []exam.OrderID{}
	for _, g := range regs {
		orders = append(orders, g.Order)
	}
	slices.Sort(orders)
	if err := tx.LockOrders(ctx, db.Shared, slices.Compact(orders)...); err != nil {
		return nil, err
	}
	ids := []exam.CodeID{}
	for _, g := range regs {
		ids = append(ids, g.Code)
	}
	if err := tx.LockCodes(ctx, ids...); err != nil {
		return nil, err
	}
	for _, g := range regs {
		codes, err := tx.CodesByID(ctx, g.Account, g.Code)
		if err != nil {
			return nil, err
		}
		for _, c := range codes {
			if c.Registration == g.ID && c.State == exam.Bound {
				held = append(held, c)
			}
		}
	}
	return held, nil
}

// giveUp gives bound codes back to their companies; those whose order has ended
// are written down as expired.
func (s *Service) giveUp(ctx context.Context, tx *store.Tx, who exam.Actor, codes []exam.Code) error {
	now := s.now()
	for _, c := range codes {
		n, e, err := c.GiveUp(who, now)
		if errors.Is(err, exam.ErrOrderExpired) {
			if err := s.expire(ctx, tx, []exam.Code{c}, now); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		if err := tx.LockRegistrations(ctx, c.Registration); err != nil {
			return err
		}
		regs, err := tx.RegistrationsByID(ctx, c.Registration)
		if err != nil {
			return err
		}
		if err := tx.SaveCodes(ctx, []exam.Code{n}, []exam.Event{e}); err != nil {
			return err
		}
		if err := cancel(ctx, tx, regs, exam.WhyErased, now); err != nil {
			return err
		}
	}
	return nil
}

// ReadCopy reads a copy from its beginning, part by part.
type ReadCopy func(each func(store.Copied) error) error

// CopyData records that the actor takes a copy of all that is kept about them,
// and lets use read it, as often as it likes, as of one instant. Document numbers
// are in clear: they are the actor's own.
func (s *Service) CopyData(ctx context.Context, who exam.Actor, use func(ReadCopy) error) error {
	e, err := exam.CopyData(who, s.now())
	if err != nil {
		return err
	}
	if err := s.transact(ctx, func(ctx context.Context, tx *store.Tx) error { return tx.AddEvents(ctx, e) }); err != nil {
		return err
	}
	return s.store.Snapshot(ctx, func(ctx context.Context, r store.Reader) error {
		i, err := r.IdentityOf(ctx, who.Person)
		if err != nil {
			return err
		}
		return use(func(each func(store.Copied) error) error {
			return r.CopyOf(ctx, i.Person, i.Account.Kind, func(c store.Copied) error {
				if err := s.unseal(c); err != nil {
					return err
				}
				return each(c)
			})
		})
	})
}

// Kept is how long files of exports and documents of verifications are kept.
func (s *Service) Kept() (files, documents time.Duration) { return s.exportKept, s.documentsKept }

// unseal opens the document number of a submission.
func (s *Service) unseal(c store.Copied) error {
	for i, f := range c.Fields {
		sealed, is := f.Value.([]byte)
		if !is {
			continue
		}
		id, _ := c.Fields[0].Value.(store.CopiedID)
		clear, err := s.vault.Open(sealed, documentAbout(exam.VerificationID(id)))
		if err != nil {
			return err
		}
		c.Fields[i].Value = clear
	}
	return nil
}
