package action

import (
	"context"
	"errors"

	"examcode/internal/codetext"
	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/store"
)

// FindCode finds the code of the actor's company that has, or had, a text as
// typed or pasted. replaced tells that the text is no longer the code's.
// Refusals: code_mistyped, and not_found for unknown texts as for those of
// other companies.
func (s *Service) FindCode(ctx context.Context, who exam.Actor, input string) (id exam.CodeID, replaced bool, err error) {
	if err := exam.NeedRight(who, exam.ViewCodes); err != nil {
		return 0, false, err
	}
	found, err := s.byText(ctx, input)
	if err == nil && found.Account != who.Account {
		err = fault.ErrNotFound
	}
	if err != nil {
		return 0, false, err
	}
	return found.ID, found.Replaced, nil
}

// FindAnyCode is FindCode over all companies, for staff.
func (s *Service) FindAnyCode(ctx context.Context, who exam.Actor, input string) (id exam.CodeID, replaced bool, err error) {
	if err := exam.NeedStaff(who, exam.StaffRoles...); err != nil {
		return 0, false, err
	}
	found, err := s.byText(ctx, input)
	return found.ID, found.Replaced, err
}

// byText finds whose text an input is, or was, under any key of the ring.
func (s *Service) byText(ctx context.Context, input string) (store.Found, error) {
	text, err := codetext.Parse(input)
	if err != nil {
		return store.Found{}, fault.Of(err).On("code")
	}
	lookups := s.vault.Lookups(text)
	found, err := s.store.Reader().FindTexts(ctx, lookups)
	if err != nil {
		return store.Found{}, err
	}
	if f := first(found, lookups); f.ID != 0 {
		return f, nil
	}
	return store.Found{}, fault.ErrNotFound
}

// first is what is found of one text under the keys of the ring; its ID is zero
// when that is nothing.
func first(found map[string]store.Found, lookups [][]byte) store.Found {
	for _, l := range lookups {
		if f, ok := found[string(l)]; ok {
			return f
		}
	}
	return store.Found{}
}

// Nobody is an id that no row has: a filter by it finds nothing.
const Nobody = -1

// NarrowByText narrows a filter by what somebody typed or pasted for a code: the
// whole text, present or earlier, or its last four symbols (S19). A text that is
// not one of the company's finds nothing. replaced tells that the text is an
// earlier one. Refusals: code_mistyped.
func (s *Service) NarrowByText(ctx context.Context, who exam.Actor, f store.CodeFilter, input string) (_ store.CodeFilter, replaced bool, err error) {
	if tail, ok := codetext.ParseTail(input); ok {
		f.Tail = tail
		return f, false, nil
	}
	f.Code, replaced, err = s.FindCode(ctx, who, input)
	if errors.Is(err, fault.ErrNotFound) {
		f.Code, err = Nobody, nil
	}
	return f, replaced, err
}
