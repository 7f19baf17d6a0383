package action

import (
	"context"
	"errors"
	"strings"
	"time"

	"examcode/internal/auth"
	"examcode/internal/db"
	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/store"
)

// Sessions end when unused for SessionIdle, and in any case after SessionAge.
const (
	SessionIdle = 12 * time.Hour
	SessionAge  = 14 * 24 * time.Hour
)

// SignUp is what somebody types to get an account.
type SignUp struct {
	Kind        exam.AccountKind
	AccountName string // enterprise only
	Name        string
	Email       string
	Password    string
	Zone        string // IANA; "" is UTC
	Lang        string
}

// SignUp opens a company or an individual account with its root, and owes them
// the mail that confirms their e-mail. network names where the request comes
// from, "" when it is not limited.
// Refusals: see exam.CheckSignUp, auth.PasswordProblem, email_taken, too_many_tries.
func (s *Service) SignUp(ctx context.Context, who exam.Actor, in SignUp, network string) (exam.Person, error) {
	limit := counted{"signup:net:" + network, limitSignUpNetwork}
	if network != "" {
		if err := s.take(ctx, limit); err != nil {
			return exam.Person{}, err
		}
	}
	if in.Kind == exam.Individual {
		in.AccountName = in.Name
	}
	if in.Zone == "" {
		in.Zone = "UTC"
	}
	acc := exam.Account{ID: exam.AccountID(s.store.IDs().Next()), Kind: in.Kind, Name: strings.TrimSpace(in.AccountName), Zone: in.Zone}
	p, password, err := s.newPerson(ctx, exam.Person{Name: in.Name, Email: in.Email, Role: exam.Root, Rights: exam.AllRights, Lang: in.Lang}, in.Password,
		exam.CheckSignUp(acc, exam.Person{Name: in.Name}))
	if err != nil {
		return p, err
	}
	link, err := s.newLink()
	if err != nil {
		return p, err
	}
	err = s.transact(ctx, func(ctx context.Context, tx *store.Tx) error {
		if who.Channel == exam.Command {
			p.Confirmed = s.now() // whoever opens accounts by hand vouches for them
		}
		var e exam.Event
		acc, p, e = exam.Open(who, acc, p, s.now())
		if err := tx.AddAccount(ctx, acc, p, password, e); err != nil || !p.Confirmed.IsZero() {
			return err
		}
		return s.sendConfirmation(ctx, tx, p, link)
	})
	return p, err
}

// newPerson checks the fields and hashes the password. refused are refusals
// found before.
func (s *Service) newPerson(ctx context.Context, p exam.Person, password string, refused error) (exam.Person, string, error) {
	p.ID = exam.PersonID(s.store.IDs().Next())
	p.Name = strings.TrimSpace(p.Name)
	if p.Theme == "" {
		p.Theme = "auto"
	}
	var c fault.Check
	if refused != nil {
		for _, f := range fault.Of(refused).Fields {
			c.AddField(f)
		}
	}
	email, err := auth.NormalEmail(p.Email)
	c.Add("email", err)
	c.Add("password", auth.PasswordProblem(password, email))
	if err := c.Err(); err != nil {
		return p, "", err
	}
	p.Email = email
	phc, err := auth.HashPassword(ctx, password)
	return p, phc, err
}

// AddPerson adds a member with rights to a company, or a staff role to the
// programme's account. Only the command line and the account's root (or an
// admin) may.
func (s *Service) AddPerson(ctx context.Context, who exam.Actor, account exam.AccountID, p exam.Person, password string) (exam.Person, error) {
	acc, err := s.store.Reader().Account(ctx, account)
	if err != nil {
		return p, err
	}
	if who.Channel != exam.Command && (who.Account != account || (who.Role != exam.Root && who.Role != exam.Admin)) {
		return p, exam.ErrNotAllowed
	}
	var c fault.Check
	switch acc.Kind {
	case exam.Enterprise:
		if p.Role != exam.Member && p.Role != exam.Root {
			c.Add("role", exam.ErrRoleUnknown)
		}
	case exam.Operator:
		if !(exam.Actor{Kind: exam.Operator, Role: p.Role}).Staff(exam.StaffRoles...) {
			c.Add("role", exam.ErrRoleUnknown)
		}
	default:
		return p, exam.ErrNotAllowed
	}
	if strings.TrimSpace(p.Name) == "" {
		c.Add("name", exam.ErrPersonName)
	}
	c.Add("name", exam.CheckLine(p.Name, 120))
	p, phc, err := s.newPerson(ctx, p, password, c.Err())
	if err != nil {
		return p, err
	}
	err = s.transact(ctx, func(ctx context.Context, tx *store.Tx) error {
		var e exam.Event
		p.Confirmed = s.now() // whoever adds people by hand vouches for them
		p, e = exam.Join(who, acc, p, p.Confirmed)
		return tx.AddPerson(ctx, p, phc, e)
	})
	return p, err
}

// OpenProgramme makes the programme's own account with its first operator. Only
// the command line may.
func (s *Service) OpenProgramme(ctx context.Context, who exam.Actor, name string, p exam.Person, password string) (exam.Person, error) {
	if who.Channel != exam.Command {
		return p, exam.ErrNotAllowed
	}
	var c fault.Check
	c.Add("account_name", exam.CheckLine(name, 120))
	c.Add("name", exam.CheckLine(p.Name, 120))
	p, phc, err := s.newPerson(ctx, p, password, c.Err())
	if err != nil {
		return p, err
	}
	acc := exam.Account{ID: exam.AccountID(s.store.IDs().Next()), Kind: exam.Operator, Name: name, Zone: "UTC", Verified: exam.Verified}
	err = s.transact(ctx, func(ctx context.Context, tx *store.Tx) error {
		var e exam.Event
		p.Confirmed = s.now()
		acc, p, e = exam.Open(who, acc, p, s.now())
		return tx.AddAccount(ctx, acc, p, phc, e)
	})
	return p, err
}

// SignIn checks e-mail and password and opens a session; the clear token is the
// cookie's value and is kept nowhere. Failed tries are limited per e-mail from
// one network, per network, and, widely, per e-mail from everywhere: whoever
// guesses elsewhere does not lock the person out. Refusals: wrong_password,
// too_many_tries, suspended.
func (s *Service) SignIn(ctx context.Context, email, password, network, agent string) (token string, who exam.Actor, err error) {
	normal, err := auth.NormalEmail(email)
	if err != nil {
		normal = strings.ToLower(strings.TrimSpace(email))
	}
	limits := signInLimits(clip(normal, 254), network)
	if err := s.take(ctx, limits...); err != nil {
		return "", who, err
	}
	cred, err := s.store.Reader().CredentialsOf(ctx, normal)
	ok := false
	switch {
	case err == nil:
		ok, err = auth.CheckPassword(ctx, cred.Password, password)
	case errors.Is(err, fault.ErrNotFound):
		auth.CheckNothing(ctx)
		err = nil
	}
	if err != nil {
		return "", who, err
	}
	if !ok {
		return "", who, exam.ErrWrongPassword
	}
	if err := s.store.Transact(ctx, func(ctx context.Context, tx *store.Tx) error { return s.giveBack(ctx, tx, limits...) }); err != nil {
		return "", who, err
	}
	return s.OpenSession(ctx, cred.Person, agent)
}

// OpenSession opens a session for a person whose identity is established.
func (s *Service) OpenSession(ctx context.Context, p exam.PersonID, agent string) (token string, who exam.Actor, err error) {
	token, hash := auth.NewToken(auth.SessionPrefix)
	err = s.store.Transact(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.LockPeople(ctx, db.Exclusive, p); err != nil {
			return err
		}
		i, err := tx.IdentityOf(ctx, p)
		if err != nil {
			return err
		}
		if i.Suspended {
			return exam.ErrSuspended
		}
		who = i.Actor
		return tx.AddLogin(ctx, hash, p, clip(agent, 200), s.now())
	})
	return token, who, err
}

// SignOut ends a session; an unknown token is fine.
func (s *Service) SignOut(ctx context.Context, token string) error {
	return s.store.Transact(ctx, func(ctx context.Context, tx *store.Tx) error {
		return tx.EndLogin(ctx, auth.HashToken(token))
	})
}

// ChangeSettings sets the actor's language ("en", "zh" or "" for the browser's
// wish) and theme.
func (s *Service) ChangeSettings(ctx context.Context, who exam.Actor, lang, theme string) error {
	if lang != "" && lang != "en" && lang != "zh" {
		return exam.ErrLangUnknown.On("lang")
	}
	if theme != "light" && theme != "dark" {
		theme = "auto"
	}
	return s.store.Transact(ctx, func(ctx context.Context, tx *store.Tx) error {
		return tx.SetSettings(ctx, who.Person, lang, theme)
	})
}

func clip(s string, n int) string {
	return strings.ToValidUTF8(s[:min(n, len(s))], "")
}
