package store_test

import (
	"context"
	"testing"

	"examcode/internal/store"
	"examcode/internal/store/storetest"
)

// A set of none is asked about like any other, and nothing is found.
func TestSetsOfNone(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx, r := context.Background(), s.Reader()
		none := func(what string, n int, err error) {
			t.Helper()
			if n != 0 || err != nil {
				t.Errorf("%s: %d, %v", what, n, err)
			}
		}
		people, err := r.IdentitiesOf(ctx)
		none("people", len(people), err)
		enrolled, err := r.Enrolments(ctx, nil, nil)
		none("enrolments", len(enrolled), err)
		sat, err := r.SatEarlier(ctx, nil, nil)
		none("exams", len(sat), err)
		held, err := r.HeldAmong(ctx, nil)
		none("ties", len(held), err)
		texts, err := r.FindTexts(ctx, nil)
		none("texts", len(texts), err)
		debts, err := r.Debts(ctx, nil)
		none("debts", len(debts), err)
		subjects, err := r.SubjectsByID(ctx)
		none("subjects", len(subjects), err)
	})
}
