package exam

import (
	"strings"
	"time"

	"examcode/internal/fault"
)

// Account is a company, an examinee, or the programme itself.
type Account struct {
	ID       AccountID
	Kind     AccountKind
	Name     string
	Zone     string // IANA; decides the local day of order ends
	Verified VerificationState
	Created  time.Time
	Version  int64
}

// Person signs in and belongs to one account.
type Person struct {
	ID        PersonID
	Account   AccountID
	Email     string // normalised, unique
	Name      string
	Role      Role
	Rights    Rights
	Lang      string // "en", "zh" or "" for the browser's wish
	Theme     string // "auto", "light", "dark"
	Created   time.Time
	Suspended time.Time
	Confirmed time.Time // when it was shown that the e-mail is theirs
	Seen      time.Time // last use of the account, to the minute
	Erased    time.Time // when their data were forgotten; what is left is a pseudonym
	Version   int64
}

// Key is an API key of a person; its text is shown once and kept as a hash. One
// that was made with another key (Parent) ends with it.
type Key struct {
	ID      KeyID
	Parent  KeyID
	Person  PersonID
	Account AccountID
	Name    string
	Tail    string
	Created time.Time
	Used    time.Time
	Revoked time.Time
}

var (
	ErrEmailTaken      = fault.New(fault.Conflict, "email_taken", "there is an account with this e-mail")
	ErrWrongPassword   = fault.New(fault.Unauthenticated, "wrong_password", "e-mail or password is not right")
	ErrTooManyTries    = fault.New(fault.TooMany, "too_many_tries", "too many tries; wait a little")
	ErrSuspended       = fault.New(fault.Forbidden, "suspended", "this account is suspended")
	ErrAccountKind     = fault.New(fault.Invalid, "account_kind_unknown", "choose a company or an individual account")
	ErrPersonName      = fault.New(fault.Invalid, "person_name_missing", "a name is needed")
	ErrAccountName     = fault.New(fault.Invalid, "account_name_missing", "the company's name is needed")
	ErrRoleUnknown     = fault.New(fault.Invalid, "role_unknown", "there is no such role")
	ErrKeyName         = fault.New(fault.Invalid, "key_name_missing", "a name for the key is needed")
	ErrKeyRevoked      = fault.New(fault.Conflict, "key_revoked", "this key is revoked already")
	ErrLangUnknown     = fault.New(fault.Invalid, "lang_unknown", "the language is not offered")
	ErrKeyUnauthorised = fault.New(fault.Unauthenticated, "key_unknown", "the API key is not known or was revoked")
)

// CheckSignUp refuses sign-ups with missing or hostile fields.
func CheckSignUp(acc Account, p Person) error {
	var c fault.Check
	if acc.Kind != Enterprise && acc.Kind != Individual {
		c.Add("kind", ErrAccountKind)
	}
	if acc.Kind == Enterprise && strings.TrimSpace(acc.Name) == "" {
		c.Add("account_name", ErrAccountName)
	}
	c.Add("account_name", CheckLine(acc.Name, 120))
	if strings.TrimSpace(p.Name) == "" {
		c.Add("name", ErrPersonName)
	}
	c.Add("name", CheckLine(p.Name, 120))
	if !KnownZone(acc.Zone) {
		c.Add("zone", ErrZoneUnknown)
	}
	return c.Err()
}

// Open makes a new account with its first person.
func Open(a Actor, acc Account, p Person, now time.Time) (Account, Person, Event) {
	acc.Created, acc.Version = now, 1
	if acc.Verified == "" {
		acc.Verified = NotStarted
	}
	p.Account, p.Created, p.Version = acc.ID, now, 1
	if a.Person == 0 {
		a.Person = p.ID
	}
	e := a.event(EventAccountCreated, int64(acc.ID), now)
	e.Account, e.Version = acc.ID, 1
	e.Data = Data{"kind": string(acc.Kind)}
	return acc, p, e
}

// Join adds a person to an existing account: a member of a company with rights,
// or an operator with a staff role.
func Join(a Actor, acc Account, p Person, now time.Time) (Person, Event) {
	p.Account, p.Created, p.Version = acc.ID, now, 1
	e := a.event(EventMemberAdded, int64(p.ID), now)
	e.Account, e.Version = acc.ID, 1
	e.Data = Data{"role": string(p.Role), "rights": strings.Join(p.Rights.Names(), " ")}
	return p, e
}

// MakeKey makes an API key of the actor.
func MakeKey(a Actor, k Key, now time.Time) (Key, Event, error) {
	if a.Person == 0 {
		return k, Event{}, ErrNotSignedIn
	}
	if strings.TrimSpace(k.Name) == "" {
		return k, Event{}, ErrKeyName.On("name")
	}
	if err := CheckText(k.Name, 80); err != nil {
		return k, Event{}, fault.Of(err).On("name")
	}
	k.Person, k.Account, k.Parent, k.Created = a.Person, a.Account, a.Key, now
	e := a.event(EventKeyCreated, int64(k.ID), now)
	e.Version = 1
	e.Data = Data{"name": k.Name, "tail": k.Tail}
	return k, e, nil
}

// Revoke ends a key of the actor at once.
func (k Key) Revoke(a Actor, now time.Time) (Key, Event, error) {
	if k.Person != a.Person {
		return k, Event{}, fault.ErrNotFound
	}
	if !k.Revoked.IsZero() {
		return k, Event{}, ErrKeyRevoked
	}
	k, e := k.End(a, now)
	return k, e, nil
}

// End ends a living key whoever holds it: its parent was revoked, or its person
// removed.
func (k Key) End(a Actor, now time.Time) (Key, Event) {
	k.Revoked = now
	e := a.event(EventKeyRevoked, int64(k.ID), now)
	e.Account, e.Version = k.Account, 2
	e.Data = Data{"name": k.Name, "tail": k.Tail}
	return k, e
}
