package exam

import (
	"time"

	"examcode/internal/fault"
)

// RegistrationState follows the code's; cancelled ones are kept.
type RegistrationState string

const (
	Registered     RegistrationState = "registered"
	SeatReserved   RegistrationState = "reserved"
	Sat            RegistrationState = "completed"
	RegCancelled   RegistrationState = "cancelled"
	FirstAttempt                     = "first"
	RetakeAttempt                    = "retake"
	WhyUnbound                       = "unbound"
	WhyOrderExpiry                   = "expired"
	WhyErased                        = "erased"
)

// Registration enrols one examinee for one subject by one code.
type Registration struct {
	ID        RegistrationID
	Code      CodeID
	Order     OrderID
	Account   AccountID // the company that gave the code
	Person    PersonID  // the examinee
	Name      string    // the examinee's name at that time
	Subject   SubjectID
	ExamType  ExamType
	Attempt   string
	State     RegistrationState
	Session   SessionID // when reserved or completed
	Expires   time.Time // the order's end
	Created   time.Time
	Reserved  time.Time
	Completed time.Time
	Cancelled time.Time
	Why       string // why it was cancelled
	Version   int64
}

// Shown is the state people read: "awaiting" once the session is over.
func (r Registration) Shown(s *Session, now time.Time) string {
	if r.State == SeatReserved && s != nil && !now.Before(s.Ends()) {
		return "awaiting"
	}
	return string(r.State)
}

var (
	ErrAlreadyRegistered = fault.New(fault.Conflict, "already_registered", "you are registered for this subject already")
	ErrNotRegistered     = fault.New(fault.Conflict, "not_registered", "this registration is over")
	ErrNotReserved       = fault.New(fault.Conflict, "not_reserved", "no session is reserved")
	ErrPastCutoff        = fault.New(fault.Conflict, "past_cutoff", "it is too late to change or cancel this session")
	ErrExamineeRoot      = fault.New(fault.Forbidden, "examinee_not_root", "only the root of an individual account redeems codes")
)

// NeedExaminee refuses everybody but the verified root of an individual account (S2).
func NeedExaminee(a Actor) error {
	switch {
	case a.Person == 0:
		return ErrNotSignedIn
	case a.Kind != Individual:
		return ErrNotIndividual
	case a.Role != Root:
		return ErrExamineeRoot
	case a.Verified != Verified:
		return ErrAccountNotVerified
	}
	return nil
}

// Register makes the registration that goes with a redeemed code (S21). The
// code must be the one Redeem returned; earlier is how many of the actor's
// registrations for the subject were sat.
func Register(a Actor, r Registration, c Code, s Subject, t ExamType, earlier int, now time.Time) (Registration, error) {
	if !s.Offers(t) {
		return r, ErrExamType.On("exam_type")
	}
	r.Code, r.Order, r.Account, r.Person, r.Name = c.ID, c.Order, c.Account, a.Person, a.Name
	r.Subject, r.ExamType, r.State, r.Expires = c.Subject, t, Registered, c.Expires
	r.Attempt = FirstAttempt
	if earlier > 0 {
		r.Attempt = RetakeAttempt
	}
	r.Created, r.Version = now, 1
	return r, nil
}

// own hides other people's registrations.
func (r Registration) own(a Actor) error {
	if a.Person == 0 {
		return ErrNotSignedIn
	}
	if a.Person != r.Person {
		return fault.ErrNotFound
	}
	return NeedExaminee(a)
}

// Reserve takes a seat (S17), or changes it when one is held: then held is that
// session, and its cut-off must not be over.
func (r Registration) Reserve(a Actor, c Code, to Session, held *Session, s Subject, now time.Time) (Registration, Code, Event, error) {
	fail := func(err error) (Registration, Code, Event, error) { return r, c, Event{}, err }
	if err := r.own(a); err != nil {
		return fail(err)
	}
	var (
		e   Event
		err error
	)
	switch {
	case r.State == Registered:
		c, e, err = c.Reserve(a, now)
	case r.State == SeatReserved && held != nil && !now.Before(held.Cutoff(s)):
		err = ErrPastCutoff.With("until", held.Cutoff(s))
	case r.State == SeatReserved:
		c, e, err = c.Reschedule(a, now)
	default:
		err = ErrNotRegistered
	}
	if err == nil {
		err = to.Admit(r, now)
	}
	if err != nil {
		return fail(err)
	}
	e.Registration = r.ID
	e.Data["session"], e.Data["starts_at"], e.Data["zone"] = to.ID.String(), to.Starts.UTC().Format(time.RFC3339), to.Zone
	if held != nil {
		e.Data["from_session"], e.Data["from_starts_at"] = held.ID.String(), held.Starts.UTC().Format(time.RFC3339)
	}
	r.State, r.Session, r.Reserved = SeatReserved, to.ID, now
	r.Version++
	return r, c, e, nil
}

// CancelReservation gives the seat back before the cut-off; the examinee stays
// registered.
func (r Registration) CancelReservation(a Actor, c Code, held Session, s Subject, now time.Time) (Registration, Code, Event, error) {
	if err := r.own(a); err != nil {
		return r, c, Event{}, err
	}
	if r.State != SeatReserved {
		return r, c, Event{}, ErrNotReserved
	}
	if !now.Before(held.Cutoff(s)) {
		return r, c, Event{}, ErrPastCutoff.With("until", held.Cutoff(s))
	}
	n, e, err := c.Release(a, now)
	if err != nil {
		return r, c, Event{}, err
	}
	e.Data["session"], e.Data["starts_at"], e.Data["zone"] = held.ID.String(), held.Starts.UTC().Format(time.RFC3339), held.Zone
	r.State, r.Session, r.Reserved = Registered, 0, time.Time{}
	r.Version++
	return r, n, e, nil
}

// LoseSeat takes the registration's seat away because its session was
// cancelled. The examinee stays registered and the code is Bound again, also
// when its order has ended meanwhile: from the end on it is Expired (S16), and
// an order that is extended makes it good again.
func (r Registration) LoseSeat(a Actor, c Code, held Session, now time.Time) (Registration, Code, Event, error) {
	if held.State() != SessionCancelled || r.State != SeatReserved || r.Session != held.ID {
		return r, c, Event{}, ErrNotReserved
	}
	n, e, err := c.LoseSeat(a, now)
	if err != nil {
		return r, c, Event{}, err
	}
	e.Data["session"], e.Data["starts_at"], e.Data["zone"] = held.ID.String(), held.Starts.UTC().Format(time.RFC3339), held.Zone
	r.State, r.Session, r.Reserved = Registered, 0, time.Time{}
	r.Version++
	return r, n, e, nil
}

// Cancel ends a registration because its code was unbound or expired.
func (r Registration) Cancel(why string, now time.Time) (Registration, error) {
	if r.State != Registered {
		return r, ErrNotRegistered
	}
	r.State, r.Cancelled, r.Why = RegCancelled, now, why
	r.Version++
	return r, nil
}
