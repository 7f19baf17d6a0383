package action

import (
	"context"
	"slices"
	"strings"
	"time"

	"examcode/internal/auth"
	"examcode/internal/db"
	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/store"
)

// Limits on questions to addresses, so that nobody's mailbox is filled by them.
var (
	limitAskAddress = store.Limit{Burst: 3, Per: 8 * time.Hour}
	limitAskAccount = store.Limit{Burst: 20, Per: time.Hour}
)

// receiversOf is who is told about an account's own affairs (its orders, their
// end, their money): its roots, the members it named for the category, and those
// named besides, the buyer say. Nobody is there twice, and nobody who is
// suspended or of another account. It is the one place that decides it.
func (s *Service) receiversOf(ctx context.Context, tx *store.Tx, account exam.AccountID, category string, also ...exam.PersonID) ([]exam.PersonID, error) {
	people, err := tx.People(ctx, account)
	if err != nil {
		return nil, err
	}
	named, err := tx.Receivers(ctx, account)
	if err != nil {
		return nil, err
	}
	for _, v := range named {
		if v.Person != 0 && v.Wants(category) {
			also = append(also, v.Person)
		}
	}
	var to []exam.PersonID
	for _, p := range people {
		if p.Suspended.IsZero() && (p.Role == exam.Root || slices.Contains(also, p.ID)) {
			to = append(to, p.ID)
		}
	}
	return to, nil
}

// tellAccount tells a notice to all its account's receivers, once each: people
// in the message centre and by mail, addresses by mail. Its Person is filled in
// here.
func (s *Service) tellAccount(ctx context.Context, tx *store.Tx, n exam.Notice, also ...exam.PersonID) error {
	category := exam.NoticeKinds[n.Kind]
	people, err := s.receiversOf(ctx, tx, n.Account, category, also...)
	if err != nil {
		return err
	}
	notices := make([]exam.Notice, len(people))
	for i, p := range people {
		notices[i] = n
		notices[i].Person = p
	}
	if err := tx.Tell(ctx, notices...); err != nil {
		return err
	}
	return s.writeToAddresses(ctx, tx, n, category)
}

// writeToAddresses owes a mail about an account's notice to each of its addresses
// that agreed to the category. They have no account, so that the link to a page
// of it would lead them nowhere.
func (s *Service) writeToAddresses(ctx context.Context, tx *store.Tx, n exam.Notice, category string) error {
	named, err := tx.Receivers(ctx, n.Account)
	if err != nil {
		return err
	}
	n.Link = ""
	return tx.Write(ctx, n, slices.DeleteFunc(named, func(v exam.Receiver) bool { return v.Email == "" || !v.Wants(category) })...)
}

// AddReceiver adds a member (v.Person) or an address (v.Email) to those who are
// told about the actor's account. An address is asked by mail and gets nothing
// else before it agrees; the account's root is told. Refusals: see
// exam.AddReceiver, receiver_known, email_malformed, too_many_tries,
// not_signed_in.
func (s *Service) AddReceiver(ctx context.Context, who exam.Actor, v exam.Receiver) (exam.Receiver, error) {
	v.ID = exam.ReceiverID(s.store.IDs().Next())
	v.Label = strings.TrimSpace(v.Label)
	if v.Person == 0 {
		email, err := auth.NormalEmail(v.Email)
		if err != nil {
			return v, fault.Of(err).On("email")
		}
		v.Email = email
	} else {
		v.Email, v.Label, v.Lang = "", "", ""
	}
	err := s.transact(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.LockPeople(ctx, db.Shared, who.Person, v.Person); err != nil { // nobody is removed meanwhile
			return err
		}
		have, err := tx.Receivers(ctx, who.Account)
		if err != nil {
			return err
		}
		var of exam.Person
		if v.Person != 0 {
			if of, err = tx.Person(ctx, v.Person); err != nil {
				return inputMissing(err, exam.ErrReceiverStranger, "person")
			}
		}
		confirmed, err := isConfirmed(ctx, tx, who)
		if err != nil {
			return err
		}
		n, e, err := exam.AddReceiver(who, v, of, confirmed, len(have), s.now())
		if err != nil {
			return err
		}
		if err := s.takeToAsk(ctx, tx, who, n); err != nil {
			return err
		}
		v = n
		if err := tx.AddReceiver(ctx, n, e); err != nil {
			return err
		}
		return s.receiverChanged(ctx, tx, who, n, "added")
	})
	return v, err
}

// isConfirmed tells whether the actor's own address is confirmed.
func isConfirmed(ctx context.Context, tx *store.Tx, who exam.Actor) (bool, error) {
	if who.Person == 0 {
		return false, nil // the rule refuses nobody
	}
	p, err := tx.Person(ctx, who.Person)
	return !p.Confirmed.IsZero(), err
}

// takeToAsk counts a question to an address.
func (s *Service) takeToAsk(ctx context.Context, tx *store.Tx, who exam.Actor, v exam.Receiver) error {
	if v.Email == "" {
		return nil
	}
	all := limitAskAccount
	if who.Verified != exam.Verified {
		all = limitInviteNew
	}
	return s.takeWith(ctx, tx, counted{"ask:" + v.Email, limitAskAddress}, counted{"ask:" + v.Account.String(), all})
}

// changeReceiver changes a receiver by a rule and tells who has to know.
func (s *Service) changeReceiver(ctx context.Context, who exam.Actor, id exam.ReceiverID, version int64, what string,
	rule func(ctx context.Context, tx *store.Tx, v exam.Receiver) (exam.Receiver, exam.Event, error)) (exam.Receiver, error) {
	var v exam.Receiver
	err := s.transact(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		if v, err = tx.Receiver(ctx, who.Account, id); err != nil {
			return err
		}
		was := v
		n, e, err := rule(ctx, tx, v)
		if err != nil {
			return err
		}
		if version != 0 && version != was.Version {
			return exam.ErrChangedMeanwhile
		}
		if what == "asked" {
			if err := s.takeToAsk(ctx, tx, who, n); err != nil {
				return err
			}
		}
		v = n
		if err := tx.SaveReceiver(ctx, n, e); err != nil {
			return err
		}
		if what == "removed" && was.State == exam.ReceiverActive && v.Email != "" {
			acc, err := tx.Account(ctx, v.Account)
			if err != nil {
				return err
			}
			if err := tx.Write(ctx, exam.Notice{Kind: exam.NoticeReceiverRemoved, About: int64(v.ID), Version: v.Version, Created: s.now(),
				Data: exam.Data{"account": acc.Name, "categories": strings.Join(v.Categories, " ")}}, v); err != nil {
				return err
			}
		}
		return s.receiverChanged(ctx, tx, who, v, what)
	})
	return v, err
}

// ChangeReceiver changes what a receiver is told about, its name and language;
// version is the one that was looked at, 0 for any. Refusals: receiver_gone,
// receiver_category, changed_meanwhile, not_allowed.
func (s *Service) ChangeReceiver(ctx context.Context, who exam.Actor, id exam.ReceiverID, version int64, to exam.Receiver) (exam.Receiver, error) {
	to.Label = strings.TrimSpace(to.Label)
	return s.changeReceiver(ctx, who, id, version, "changed", func(_ context.Context, _ *store.Tx, v exam.Receiver) (exam.Receiver, exam.Event, error) {
		return v.Change(who, to, s.now())
	})
}

// RemoveReceiver ends a receiver; an address that had agreed is told.
// Refusals: receiver_gone, changed_meanwhile, not_allowed.
func (s *Service) RemoveReceiver(ctx context.Context, who exam.Actor, id exam.ReceiverID, version int64) (exam.Receiver, error) {
	return s.changeReceiver(ctx, who, id, version, "removed", func(_ context.Context, _ *store.Tx, v exam.Receiver) (exam.Receiver, exam.Event, error) {
		return v.Remove(who, s.now())
	})
}

// AskReceiver asks an address once more. Refusals: receiver_active,
// receiver_gone, email_unconfirmed, too_many_tries, not_allowed.
func (s *Service) AskReceiver(ctx context.Context, who exam.Actor, id exam.ReceiverID) (exam.Receiver, error) {
	return s.changeReceiver(ctx, who, id, 0, "asked", func(ctx context.Context, tx *store.Tx, v exam.Receiver) (exam.Receiver, exam.Event, error) {
		confirmed, err := isConfirmed(ctx, tx, who)
		if err != nil {
			return v, exam.Event{}, err
		}
		return v.Ask(who, confirmed, s.now())
	})
}

// receiverChanged tells the account's root about a change, and asks the address
// where one is to be asked.
func (s *Service) receiverChanged(ctx context.Context, tx *store.Tx, who exam.Actor, v exam.Receiver, what string) error {
	acc, err := tx.Account(ctx, v.Account)
	if err != nil {
		return err
	}
	name := v.Email
	if v.Person != 0 {
		p, err := tx.Person(ctx, v.Person)
		if err != nil {
			return err
		}
		name = p.Name
	}
	n := exam.Notice{Account: v.Account, About: int64(v.ID), Version: v.Version, Created: s.now(),
		Data: exam.Data{"account": acc.Name, "who": who.Name, "what": what, "receiver": name, "categories": strings.Join(v.Categories, " ")}}
	if v.State == exam.ReceiverWaiting && (what == "added" || what == "asked") {
		ask := n
		ask.Kind, ask.Data = exam.NoticeReceiverConfirm, exam.Data{"account": acc.Name, "categories": n.Data["categories"]}
		if err := tx.Write(ctx, ask, v); err != nil {
			return err
		}
	}
	if what == "asked" {
		return nil
	}
	n.Kind, n.Link = exam.NoticeReceiversChanged, "/account/receivers"
	return s.tellAccount(ctx, tx, n)
}
