package exam

import (
	"strings"
	"time"

	"examcode/internal/fault"
)

// Session is a date, a place and a number of seats for one subject.
type Session struct {
	ID        SessionID
	Subject   SubjectID
	ExamType  ExamType
	Starts    time.Time
	Duration  time.Duration // whole minutes
	Zone      string        // IANA name of the place
	Place     string
	Seats     int
	Taken     int
	Created   time.Time
	Closed    time.Time // no new reservations from then on
	Cancelled time.Time // by the programme; nobody holds a seat then
	Why       string    // why it was
	Version   int64
}

// SessionState tells whether seats can be taken.
type SessionState string

const (
	SessionOpen      SessionState = "open"
	SessionClosed    SessionState = "closed" // keeps its people, takes no more
	SessionCancelled SessionState = "cancelled"
)

// State is where the session stands; that it has begun is a fact of time.
func (s Session) State() SessionState {
	switch {
	case !s.Cancelled.IsZero():
		return SessionCancelled
	case !s.Closed.IsZero():
		return SessionClosed
	}
	return SessionOpen
}

// Left is the number of free seats; a cancelled session has none.
func (s Session) Left() int {
	if s.State() == SessionCancelled {
		return 0
	}
	return s.Seats - s.Taken
}

// Ends is when the sitting is over.
func (s Session) Ends() time.Time { return s.Starts.Add(s.Duration) }

var (
	ErrSessionUnknown   = fault.New(fault.Invalid, "session_unknown", "there is no such session")
	ErrSessionFull      = fault.New(fault.Conflict, "session_full", "no seat is left in this session")
	ErrSessionPast      = fault.New(fault.Conflict, "session_past", "this session has begun or is over")
	ErrSessionAfterEnd  = fault.New(fault.Conflict, "session_after_end", "this session starts after the order's end")
	ErrSessionSubject   = fault.New(fault.Conflict, "session_other_subject", "this session is for another subject")
	ErrSessionType      = fault.New(fault.Conflict, "session_other_type", "this session is of another exam type")
	ErrSessionSeats     = fault.New(fault.Invalid, "seats_out_of_range", "a session has 1 to 10000 seats")
	ErrSessionDuration  = fault.New(fault.Invalid, "duration_out_of_range", "a session takes 10 to 600 minutes")
	ErrSessionStartPast = fault.New(fault.Invalid, "start_in_past", "a session starts in the future")
	ErrSessionStartFar  = fault.New(fault.Invalid, "start_too_far", "a session starts within five years")
	ErrPlaceMissing     = fault.New(fault.Invalid, "place_missing", "a place is needed")
	ErrZoneUnknown      = fault.New(fault.Invalid, "zone_unknown", "the time zone is not known")
	ErrTimeMalformed    = fault.New(fault.Invalid, "time_malformed", "write the date and time in full")
	ErrSessionNotBegun  = fault.New(fault.Conflict, "session_not_begun", "this session has not begun")
)

// AddSession opens a session. Staff with the results role.
func AddSession(a Actor, n Session, s Subject, now time.Time) (Session, Event, error) {
	if err := NeedStaff(a, Results); err != nil {
		return n, Event{}, err
	}
	var c fault.Check
	if !s.Offers(n.ExamType) {
		c.Add("exam_type", ErrExamType)
	}
	if !n.Starts.After(now) {
		c.Add("starts_at", ErrSessionStartPast)
	}
	if n.Starts.After(now.AddDate(5, 0, 0)) {
		c.Add("starts_at", ErrSessionStartFar)
	}
	if m := n.Duration.Minutes(); m < 10 || m > 600 {
		c.Add("duration_minutes", ErrSessionDuration)
	}
	if n.Seats < 1 || n.Seats > 10_000 {
		c.Add("seats", ErrSessionSeats)
	}
	if n.ExamType == TestCenter && strings.TrimSpace(n.Place) == "" {
		c.Add("place", ErrPlaceMissing)
	}
	c.Add("place", CheckText(n.Place, 200))
	if !KnownZone(n.Zone) {
		c.Add("zone", ErrZoneUnknown)
	}
	if err := c.Err(); err != nil {
		return n, Event{}, err
	}
	n.Subject, n.Created, n.Version, n.Taken = s.ID, now, 1, 0
	e := a.event(EventSessionAdded, int64(n.ID), now)
	e.Version = 1
	e.Data = Data{"subject": s.Code, "seats": n.Seats, "starts_at": n.Starts.UTC().Format(time.RFC3339), "zone": n.Zone}
	return n, e, nil
}

// KnownZone tells whether the name is an IANA time zone.
func KnownZone(name string) bool {
	if name == "" || name == "Local" {
		return false
	}
	_, err := time.LoadLocation(name)
	return err == nil
}

// Admit checks that a registration may take a seat here (S17). Seats are
// counted by the caller under the session's lock.
func (s Session) Admit(r Registration, now time.Time) error {
	switch {
	case s.Subject != r.Subject:
		return ErrSessionSubject
	case s.ExamType != r.ExamType:
		return ErrSessionType
	case s.State() == SessionCancelled:
		return ErrSessionCancelled
	case !s.Starts.After(now):
		return ErrSessionPast
	case s.State() == SessionClosed:
		return ErrSessionClosed
	case !s.Starts.Before(r.Expires):
		return ErrSessionAfterEnd
	case s.Left() < 1:
		return ErrSessionFull
	}
	return nil
}

// Cutoff is the last instant (outside) at which a seat here can be given back.
func (s Session) Cutoff(sub Subject) time.Time { return s.Starts.Add(-sub.CancelCutoff) }
