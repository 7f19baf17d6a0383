package action

import (
	"context"

	"examcode/internal/codetext"
	"examcode/internal/exam"
	"examcode/internal/fault"
)

// FindCode finds the code of the actor's company that has, or had, a text as
// typed or pasted. replaced tells that the text is no longer the code's.
// Refusals: code_mistyped, and not_found for unknown texts as for those of
// other companies.
func (s *Service) FindCode(ctx context.Context, who exam.Actor, input string) (id exam.CodeID, replaced bool, err error) {
	if err := exam.NeedRight(who, exam.ViewCodes); err != nil {
		return 0, false, err
	}
	text, err := codetext.Parse(input)
	if err != nil {
		return 0, false, fault.Of(err).On("code")
	}
	r := s.store.Reader()
	for _, lookup := range s.vault.Lookups(text) {
		found, err := r.FindText(ctx, lookup)
		switch {
		case err == nil && found.Account == who.Account:
			return found.ID, found.Replaced, nil
		case err == nil:
			return 0, false, fault.ErrNotFound
		case fault.Of(err).Kind != fault.NotFound:
			return 0, false, err
		}
	}
	return 0, false, fault.ErrNotFound
}
