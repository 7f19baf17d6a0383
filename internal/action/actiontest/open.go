package actiontest

import (
	"context"
	"fmt"

	"examcode/internal/exam"
	"examcode/internal/store"
)

// Open writes an account down with its root, as signing up and the review would,
// but without the price of a password: nobody can sign in with it. It is for
// those who need thousands. An examinee wants no mail that can be refused.
func (h *House) Open(kind exam.AccountKind, verified exam.VerificationState, zone string) exam.Actor {
	h.T.Helper()
	ids, now := h.Store.IDs(), h.Clock.Now()
	acc := exam.Account{ID: exam.AccountID(ids.Next()), Kind: kind, Name: "Account", Zone: zone, Verified: verified}
	p := exam.Person{ID: exam.PersonID(ids.Next()), Name: "Person", Role: exam.Root, Rights: exam.AllRights, Theme: "auto", Confirmed: now}
	p.Email = fmt.Sprintf("p%d@people.example", p.ID)
	acc, p, e := exam.Open(exam.Actor{Channel: exam.Command}, acc, p, now)
	h.Must(h.Store.Transact(context.Background(), func(ctx context.Context, tx *store.Tx) error {
		if err := tx.AddAccount(ctx, acc, p, "-", e); err != nil || kind != exam.Individual {
			return err
		}
		return tx.SetMailOff(ctx, p.ID, exam.OptionalMail)
	}))
	return exam.Actor{Person: p.ID, Account: acc.ID, Kind: kind, Role: p.Role, Rights: p.Rights, Verified: verified, Name: p.Name, Channel: exam.Console}
}

// Add adds a member to a company as Open opens one.
func (h *House) Add(root exam.Actor, rights exam.Rights) exam.Actor {
	h.T.Helper()
	p := exam.Person{ID: exam.PersonID(h.Store.IDs().Next()), Name: "Member", Role: exam.Member, Rights: rights, Theme: "auto", Confirmed: h.Clock.Now()}
	p.Email = fmt.Sprintf("p%d@people.example", p.ID)
	p, e := exam.Join(root, exam.Account{ID: root.Account}, p, h.Clock.Now())
	h.Must(h.Store.Transact(context.Background(), func(ctx context.Context, tx *store.Tx) error {
		if err := tx.AddPerson(ctx, p, "-", e); err != nil {
			return err
		}
		return tx.SetMailOff(ctx, p.ID, exam.OptionalMail)
	}))
	root.Person, root.Role, root.Rights, root.Name = p.ID, p.Role, p.Rights, p.Name
	return root
}
