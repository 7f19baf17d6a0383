package action

import (
	"context"
	"errors"
	"time"

	"examcode/internal/codetext"
	"examcode/internal/exam"
	"examcode/internal/money"
	"examcode/internal/store"
)

// IssueCodes issues what is left of a paid order's codes, part by part, each in a
// transaction of its own. It may be stopped anywhere and asked for as often as one
// likes, on several replicas at once: who finds that another one was faster leaves
// it to them.
func (s *Service) IssueCodes(ctx context.Context, id exam.OrderID) error {
	for {
		more, err := s.issuePart(ctx, id)
		if err != nil || !more {
			return err
		}
	}
}

// issuePart issues the next codes of an order. They are made before its
// transaction, in which nobody then waits for more than the writing of them.
func (s *Service) issuePart(ctx context.Context, id exam.OrderID) (more bool, err error) {
	was, err := s.store.Reader().AnyOrder(ctx, id)
	if err != nil || !was.Issuing() {
		return false, err
	}
	o := was.IssueMore(s.issueSize)
	codes, err := s.newCodes(o, was.Issued, s.now())
	if err != nil {
		return false, err
	}
	err = s.transact(ctx, func(ctx context.Context, tx *store.Tx) error {
		return tx.IssueCodes(ctx, was, o, codes, s.now())
	})
	if !errors.Is(err, exam.ErrChangedMeanwhile) {
		return o.Issuing(), err
	}
	// Another one issues this order, or something else was done to it.
	is, err := s.store.Reader().AnyOrder(ctx, id)
	return is.Issued == was.Issued, err
}

// newCodes makes the codes of a paid order from a place in it up to those that are
// issued: fresh texts, sealed, with prices that sum up to the total over all.
func (s *Service) newCodes(o exam.Order, from int, now time.Time) ([]store.Issued, error) {
	codes := make([]store.Issued, o.Issued-from)
	for i := range codes {
		text, err := codetext.New(s.random)
		if err != nil {
			return nil, err
		}
		place := from + i
		c := exam.Code{ID: o.FirstCode + exam.CodeID(place), Order: o.ID, Account: o.Account, Subject: o.Subject, State: exam.Unused,
			PricePaid: money.Amount{Minor: money.Share(o.Total.Minor, o.Quantity, place), Currency: o.Total.Currency},
			Tail:      text.Tail(), Generation: 1, Expires: o.Expires, Changed: now}
		sealed, err := s.vault.SealCode(int64(c.ID), text)
		if err != nil {
			return nil, err
		}
		codes[i] = store.Issued{Code: c, Lookup: s.vault.Lookup(text), Sealed: sealed}
	}
	return codes, nil
}
