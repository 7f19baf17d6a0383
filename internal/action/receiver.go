package action

import (
	"context"
	"slices"

	"examcode/internal/exam"
	"examcode/internal/store"
)

// receiversOf is who is told about an account's own affairs (its orders, their
// end, their money): its roots and those named besides, the buyer say. Nobody is
// there twice, and nobody who is suspended or of another account. It is the one
// place that decides it.
func (s *Service) receiversOf(ctx context.Context, tx *store.Tx, account exam.AccountID, category string, also ...exam.PersonID) ([]exam.PersonID, error) {
	people, err := tx.People(ctx, account)
	if err != nil {
		return nil, err
	}
	var to []exam.PersonID
	for _, p := range people {
		if p.Suspended.IsZero() && (p.Role == exam.Root || slices.Contains(also, p.ID)) {
			to = append(to, p.ID)
		}
	}
	return to, nil
}

// tellAccount tells a notice to all its account's receivers, once each. Its
// Person is filled in here.
func (s *Service) tellAccount(ctx context.Context, tx *store.Tx, n exam.Notice, also ...exam.PersonID) error {
	people, err := s.receiversOf(ctx, tx, n.Account, exam.NoticeKinds[n.Kind], also...)
	if err != nil {
		return err
	}
	notices := make([]exam.Notice, len(people))
	for i, p := range people {
		notices[i] = n
		notices[i].Person = p
	}
	return tx.Tell(ctx, notices...)
}
