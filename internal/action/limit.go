package action

import (
	"context"
	"encoding/base64"
	"strings"
	"time"

	"examcode/internal/exam"
	"examcode/internal/store"
)

// Limits on tries. A try is taken before the work, so that no number of tries at
// the same moment gets past a limit, and given back when it succeeds.
var (
	limitSignInPerson  = store.Limit{Burst: 10, Per: 90 * time.Second}  // one e-mail from one network
	limitSignInEmail   = store.Limit{Burst: 200, Per: 30 * time.Second} // one e-mail from everywhere
	limitSignInNetwork = store.Limit{Burst: 100, Per: 10 * time.Second}
	limitRedeemPerson  = store.Limit{Burst: 10, Per: 6 * time.Minute}
	limitRedeemNetwork = store.Limit{Burst: 30, Per: 2 * time.Minute}
	limitSignUpNetwork = store.Limit{Burst: 30, Per: time.Minute}
	limitLinkNetwork   = store.Limit{Burst: 30, Per: time.Minute}
	limitLinkAddress   = store.Limit{Burst: 3, Per: 20 * time.Minute} // mails to one address
	limitInvite        = store.Limit{Burst: 50, Per: 5 * time.Minute} // of a verified company
	limitInviteNew     = store.Limit{Burst: 5, Per: 4 * time.Hour}    // of one that is not: our mails are not its leaflets
)

// signInLimits are the names that tries at a password are counted under.
func signInLimits(email, network string) []counted {
	return []counted{{"signin:" + email + " " + network, limitSignInPerson}, {"signin:" + email, limitSignInEmail}, {"signin:net:" + network, limitSignInNetwork}}
}

// invitationLimits are the names that an invitation is counted under.
func invitationLimits(who exam.Actor, email string) []counted {
	all := limitInvite
	if who.Verified != exam.Verified {
		all = limitInviteNew
	}
	return []counted{{"invite:" + who.Account.String() + ":" + email, limitLinkAddress}, {"invite:" + who.Account.String(), all}}
}

// counted is one name that tries are counted under.
type counted struct {
	name  string
	limit store.Limit
}

// limitName is the name in the database: what the limit is of, and a keyed hash of
// the rest. People type passwords where their e-mail belongs.
func (s *Service) limitName(c counted) string {
	kind, _, _ := strings.Cut(c.name, ":")
	return kind + ":" + base64.RawURLEncoding.EncodeToString(s.vault.Sign("limit", []byte(c.name))[:16])
}

func tooMany(now, retry time.Time) error {
	return exam.ErrTooManyTries.With("until", retry, "seconds", int(retry.Sub(now)/time.Second)+1)
}

// open refuses with too_many_tries when a name has no try left, taking none.
func (s *Service) open(ctx context.Context, names ...counted) error {
	now := s.now()
	for _, c := range names {
		if retry, err := s.store.Reader().LimitOpens(ctx, s.limitName(c), c.limit); err != nil {
			return err
		} else if retry.After(now) {
			return tooMany(now, retry)
		}
	}
	return nil
}

// take takes a try from each name, or refuses with too_many_tries and takes none.
func (s *Service) take(ctx context.Context, names ...counted) error {
	if len(names) == 0 {
		return nil
	}
	return s.store.Transact(ctx, func(ctx context.Context, tx *store.Tx) error { return s.takeWith(ctx, tx, names...) })
}

// takeWith is take as a part of the change it is for: a refused change takes none.
func (s *Service) takeWith(ctx context.Context, tx *store.Tx, names ...counted) error {
	now := s.now()
	for _, c := range names {
		ok, err := tx.TakeTry(ctx, s.limitName(c), c.limit, now)
		if err != nil {
			return err
		}
		if ok {
			continue
		}
		retry, err := tx.LimitOpens(ctx, s.limitName(c), c.limit)
		if err != nil {
			return err
		}
		return tooMany(now, retry)
	}
	return nil
}

// giveBack returns a try to each name.
func (s *Service) giveBack(ctx context.Context, tx *store.Tx, names ...counted) error {
	for _, c := range names {
		if err := tx.GiveTry(ctx, s.limitName(c), c.limit); err != nil {
			return err
		}
	}
	return nil
}
