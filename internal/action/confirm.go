package action

import (
	"context"

	"examcode/internal/auth"
	"examcode/internal/exam"
	"examcode/internal/store"
)

// ConfirmPassword makes the actor's session fresh again after they gave their
// password once more. The session goes on under the token that is returned; the
// one it had is worth nothing any more. Failed tries count under the same limits as signing in, so
// that a borrowed browser cannot be used to guess. Refusals: wrong_password (on
// password), too_many_tries, not_signed_in (the session ended or is somebody
// else's).
func (s *Service) ConfirmPassword(ctx context.Context, who exam.Actor, token, password, network string) (next string, err error) {
	hash := auth.HashToken(token)
	i, err := s.bySession(ctx, hash)
	switch {
	case err != nil:
		return "", err
	case i.Person.ID != who.Person:
		return "", exam.ErrNotSignedIn
	}
	limits := signInLimits(i.Person.Email, network)
	if err := s.take(ctx, limits...); err != nil {
		return "", err
	}
	cred, err := s.store.Reader().CredentialsOf(ctx, i.Person.Email)
	if err != nil {
		return "", err
	}
	ok, err := auth.CheckPassword(ctx, cred.Password, password)
	if err != nil {
		return "", err
	}
	if !ok {
		return "", exam.ErrWrongPassword.On("password")
	}
	next, fresh := auth.NewToken(auth.SessionPrefix)
	return next, s.store.Transact(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := s.giveBack(ctx, tx, limits...); err != nil {
			return err
		}
		return tx.FreshenLogin(ctx, hash, fresh, s.now())
	})
}
