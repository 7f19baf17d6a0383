package exam

import (
	"time"

	"examcode/internal/fault"
)

// OwedState is how far an owed thing is settled.
type OwedState string

const (
	OwedOpen       OwedState = "owed"
	OwedSent       OwedState = "sent"
	OwedSuperseded OwedState = "superseded"
	OwedCancelled  OwedState = "cancelled"
	OwedDead       OwedState = "dead" // given up or refused for good; staff can send it again
)

// OwedChannel is what settles it.
type OwedChannel string

const (
	// ByMail sends the notice that Target names by e-mail.
	ByMail OwedChannel = "mail"
	// ByLetter sends the letter that Target names, to an address without an account.
	ByLetter OwedChannel = "letter"
	// ByLink sends the one-time link of the ticket that Target names by e-mail.
	ByLink OwedChannel = "link"
	// ByExport writes the file of the export that Target names.
	ByExport OwedChannel = "export"
	// ByIssue issues what is left of the codes of the order that Target names.
	ByIssue OwedChannel = "issue"
)

// Mail tells whether it goes out by e-mail.
func (c OwedChannel) Mail() bool { return c == ByMail || c == ByLetter || c == ByLink }

// Owed is a promise kept in the database until it is settled: committed with
// the change that caused it; (Channel, Target) exists once.
type Owed struct {
	ID      OwedID
	Channel OwedChannel
	Target  int64
	Account AccountID // whose affair it is; turns are taken by account
	State   OwedState
	Created time.Time
	Settled time.Time
	Tries   int
	Detail  string    // what the mail server said last
	Next    time.Time // not tried before
	Failing time.Time // since when its tries fail; zero when they do not
}

// GiveUpAfter is how long a mail is tried before it is given up.
const GiveUpAfter = 5 * 24 * time.Hour

// pauses lie between the tries of one mail; the last one repeats.
var pauses = []time.Duration{time.Minute, 2 * time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour}

// serverPauses lie between the tries of a mail server that takes nothing.
var serverPauses = []time.Duration{time.Minute, time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute}

func pause(list []time.Duration, tries int) time.Duration {
	return list[min(max(tries, 1), len(list))-1]
}

// ErrOwedSettled is for mails that are sent, or no longer to be sent.
var ErrOwedSettled = fault.New(fault.Conflict, "mail_settled", "this mail is sent, or is no longer to be sent")

// Delivered settles a promise.
func (o Owed) Delivered(now time.Time) Owed {
	o.Tries++
	o.State, o.Settled, o.Detail, o.Failing = OwedSent, now, "", time.Time{}
	return o
}

// Refused settles a promise for good: nobody will take this mail.
func (o Owed) Refused(said string, now time.Time) Owed {
	o.Tries++
	if o.Failing.IsZero() {
		o.Failing = now
	}
	o.State, o.Settled, o.Detail = OwedDead, now, said
	return o
}

// Cancelled settles a promise that is not to be kept: there is nothing to say.
func (o Owed) Cancelled(why string, now time.Time) Owed {
	o.State, o.Settled, o.Detail = OwedCancelled, now, why
	return o
}

// Failed plans the next try, later each time, or gives up after GiveUpAfter.
func (o Owed) Failed(said string, now time.Time) Owed {
	if !o.Failing.IsZero() && now.Sub(o.Failing) >= GiveUpAfter {
		return o.Refused(said, now)
	}
	o.Tries++
	if o.Failing.IsZero() {
		o.Failing = now
	}
	o.Detail, o.Next = said, now.Add(pause(pauses, o.Tries))
	return o
}

// Again makes a mail that failed or was given up due at once, as if it had not
// been tried. Staff may; those of audit only look.
func (o Owed) Again(a Actor, now time.Time) (Owed, Event, error) {
	if err := NeedStaff(a, Review, Money, Results); err != nil {
		return o, Event{}, err
	}
	if o.State != OwedOpen && o.State != OwedDead {
		return o, Event{}, ErrOwedSettled
	}
	e := a.event(EventMailSentAgain, int64(o.ID), now)
	e.Data = Data{"count": 1}
	o.State, o.Settled, o.Tries, o.Next, o.Failing = OwedOpen, time.Time{}, 0, now, time.Time{}
	return o, e, nil
}

// AllAgain is the trace of making every mail of a state due at once.
func AllAgain(a Actor, account int64, count int, now time.Time) (Event, error) {
	if err := NeedStaff(a, Review, Money, Results); err != nil {
		return Event{}, err
	}
	e := a.event(EventMailSentAgain, account, now)
	e.Data = Data{"count": count}
	return e, nil
}

// MailServer is how the way out for mails is. While it is failing, one mail at a
// time tries it, at Next; the others wait without counting tries.
type MailServer struct {
	Failing time.Time // since when; zero while it takes mail
	Next    time.Time
	Tries   int
	Detail  string
}

// Unasked is a failing server after the mail that was to ask it turned out not to
// be one: the next mail may ask at once.
func (s MailServer) Unasked(now time.Time) MailServer {
	if !s.Failing.IsZero() && s.Next.After(now) {
		s.Next = now
	}
	return s
}

// Failed plans the next try of the server. Failures that come in while it is
// paused are of the same outage and change nothing.
func (s MailServer) Failed(said string, now time.Time) MailServer {
	if !s.Failing.IsZero() && now.Before(s.Next) && s.Tries > 0 {
		return s
	}
	s.Tries++
	if s.Failing.IsZero() {
		s.Failing = now
	}
	s.Detail, s.Next = said, now.Add(pause(serverPauses, s.Tries))
	return s
}
