package exam

import (
	"time"

	"examcode/internal/fault"
)

var (
	ErrSessionCancelled  = fault.New(fault.Conflict, "session_cancelled", "this session was cancelled")
	ErrSessionClosed     = fault.New(fault.Conflict, "session_closed", "this session takes no new reservations")
	ErrSessionOpen       = fault.New(fault.Conflict, "session_open", "this session takes reservations already")
	ErrSessionHasResults = fault.New(fault.Conflict, "session_has_results", "results of this session are recorded")
)

// Cancel calls the session off, also when it has begun, as long as it has no
// result: nobody holds a seat in it any more. people is how many lose theirs.
// Staff with the results role, who say why.
func (s Session) Cancel(a Actor, why string, people, results int, now time.Time) (Session, Event, error) {
	if err := s.change(a); err != nil {
		return s, Event{}, err
	}
	if results > 0 {
		return s, Event{}, ErrSessionHasResults.With("n", results)
	}
	why, err := checkReason(why)
	if err != nil {
		return s, Event{}, err
	}
	s.Cancelled, s.Why, s.Taken = now, why, 0
	s, e := s.step(a, EventSessionCancelled, now)
	e.Data["count"], e.Data["why"] = people, why
	return s, e, nil
}

// Close takes no new reservations from now on; who holds a seat keeps it.
func (s Session) Close(a Actor, now time.Time) (Session, Event, error) {
	if err := s.change(a); err != nil {
		return s, Event{}, err
	}
	switch {
	case s.State() == SessionClosed:
		return s, Event{}, ErrSessionClosed
	case !s.Starts.After(now):
		return s, Event{}, ErrSessionPast
	}
	s.Closed = now
	s, e := s.step(a, EventSessionClosed, now)
	return s, e, nil
}

// Reopen takes reservations again.
func (s Session) Reopen(a Actor, now time.Time) (Session, Event, error) {
	if err := s.change(a); err != nil {
		return s, Event{}, err
	}
	switch {
	case s.State() == SessionOpen:
		return s, Event{}, ErrSessionOpen
	case !s.Starts.After(now):
		return s, Event{}, ErrSessionPast
	}
	s.Closed = time.Time{}
	s, e := s.step(a, EventSessionReopened, now)
	return s, e, nil
}

// change refuses those who may not change sessions, and those that are cancelled.
func (s Session) change(a Actor) error {
	if err := NeedStaff(a, Results); err != nil {
		return err
	}
	if s.State() == SessionCancelled {
		return ErrSessionCancelled
	}
	return nil
}

// step makes the next version of the session with its event.
func (s Session) step(a Actor, kind EventKind, now time.Time) (Session, Event) {
	s.Version++
	e := a.event(kind, int64(s.ID), now)
	e.Version = s.Version
	e.Data = Data{"starts_at": s.Starts.UTC().Format(time.RFC3339), "zone": s.Zone}
	return s, e
}

// Fate is what becomes of somebody whose session is cancelled.
type Fate string

const (
	FateChoose Fate = "choose" // another session can be reserved
	FateWait   Fate = "wait"   // none is open that starts before the order's end
	FateEnded  Fate = "ended"  // the order has ended: the code is Expired (S16)
)

// FateOf tells what the loss of a seat means for a registration when next is the
// start of the next session it could go to, zero when there is none.
func FateOf(r Registration, next, now time.Time) Fate {
	switch {
	case !now.Before(r.Expires):
		return FateEnded
	case next.IsZero() || !next.Before(r.Expires):
		return FateWait
	}
	return FateChoose
}
