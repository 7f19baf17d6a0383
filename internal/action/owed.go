package action

import (
	"context"
	"errors"
	"fmt"
	"time"

	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/mail"
	"examcode/internal/store"
)

// Settle settles one promise, whatever its channel; a settled one is passed over.
// A mail takes all others along that are due; a file or the codes of an order take
// as long as they take.
func (s *Service) Settle(ctx context.Context, id exam.OwedID) error {
	o, err := s.Promise(ctx, id)
	switch {
	case err != nil || o.State != exam.OwedOpen:
		return err
	case o.Channel == exam.ByExport:
		return s.writeExport(ctx, id)
	case o.Channel == exam.ByIssue:
		return s.IssueCodes(ctx, exam.OrderID(o.Target))
	}
	return s.SendMails(ctx, mailTurn)
}

// Promise reads how far a promise is; one that never was is settled.
func (s *Service) Promise(ctx context.Context, id exam.OwedID) (exam.Owed, error) {
	o, err := s.store.Reader().Promise(ctx, id)
	if errors.Is(err, fault.ErrNotFound) {
		return exam.Owed{ID: id, State: exam.OwedCancelled}, nil
	}
	return o, err
}

const (
	// mailBatch is how many mails one worker takes at a time.
	mailBatch = 50
	// mailHeld is how long they are its own; whoever dies with them loses them then.
	mailHeld = 5 * time.Minute
	// mailTry bounds one mail. With half of mailHeld gone no further one is begun.
	mailTry = time.Minute
	// mailTurn is how long one worker goes on while mails are due.
	mailTurn = 90 * time.Second
)

// SendMails sends what is due over as few connections as it takes, until nothing
// is due or for so long. Any number of workers may do it at once: each mail is
// held by one. A server that takes no mail is asked by one mail at a time, later
// each time, while all others wait.
func (s *Service) SendMails(ctx context.Context, long time.Duration) error {
	p := postman{s: s}
	defer p.close()
	for end := s.now().Add(long); ctx.Err() == nil && !s.now().After(end); {
		held := s.now()
		ids, server, err := s.holdMails(ctx, held)
		if err != nil || len(ids) == 0 {
			return err
		}
		p.asks = !server.Failing.IsZero()
		done, away, err := p.round(ctx, ids, server, held)
		if rest := ids[done:]; len(rest) > 0 {
			err = errors.Join(err, p.release(ctx, server, rest...))
		}
		if err != nil || away {
			return err
		}
	}
	return ctx.Err()
}

// holdMails takes mails that are due, one alone while the server is failing.
func (s *Service) holdMails(ctx context.Context, now time.Time) (ids []exam.OwedID, server exam.MailServer, err error) {
	err = s.store.Transact(ctx, func(ctx context.Context, tx *store.Tx) error {
		ids = nil
		if server, err = tx.MailServer(ctx); err != nil {
			return err
		}
		most := mailBatch
		if !server.Failing.IsZero() {
			if now.Before(server.Next) {
				return nil
			}
			most = 1
		}
		if ids, err = tx.HoldMail(ctx, now, now.Add(mailHeld), most); err != nil || len(ids) == 0 || most > 1 {
			return err
		}
		asked := server
		asked.Next = now.Add(mailHeld) // nobody else asks meanwhile
		err := tx.SaveMailServer(ctx, server, asked)
		server = asked
		return err
	})
	if errors.Is(err, exam.ErrChangedMeanwhile) {
		return nil, server, nil // somebody else asks the server
	}
	return ids, server, err
}

// SendOwed tries one mail, due or not; settled and held ones are passed over. An
// error that may pass leaves it owed for later and is returned.
func (s *Service) SendOwed(ctx context.Context, id exam.OwedID) error {
	var server exam.MailServer
	held := false
	err := s.store.Transact(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		now := s.now()
		if server, err = tx.MailServer(ctx); err != nil {
			return err
		}
		held, err = tx.HoldOneMail(ctx, id, now, now.Add(mailHeld))
		return err
	})
	if err != nil || !held {
		return err
	}
	p := postman{s: s}
	defer p.close()
	_, err = p.deliver(ctx, id, server)
	return err
}

// postman carries mails over one line.
type postman struct {
	s    *Service
	line mail.Line
	asks bool // its one mail asks a failing server, while all others wait for the answer
}

// unasked is how the server is after a mail that asked it nothing.
func (p *postman) unasked(server exam.MailServer) exam.MailServer {
	if !p.asks {
		return server
	}
	return server.Unasked(p.s.now())
}

// release gives back mails that were held and not tried, whoever stops us.
func (p *postman) release(ctx context.Context, server exam.MailServer, ids ...exam.OwedID) error {
	return p.s.store.Transact(context.WithoutCancel(ctx), func(ctx context.Context, tx *store.Tx) error {
		if err := tx.ReleaseMail(ctx, ids...); err != nil {
			return err
		}
		return saveMailServer(ctx, tx, server, p.unasked(server))
	})
}

func (p *postman) close() {
	if p.line != nil {
		p.line.Close()
	}
	p.line = nil
}

// round delivers held mails one after the other; done is how many were tried.
// away tells that the server takes none.
func (p *postman) round(ctx context.Context, ids []exam.OwedID, server exam.MailServer, held time.Time) (done int, away bool, err error) {
	for _, id := range ids {
		if ctx.Err() != nil || p.s.now().Sub(held) > mailHeld/2 {
			return done, false, nil
		}
		sent, err := p.deliver(ctx, id, server)
		done++
		var told failure
		switch {
		case errors.As(err, &told):
			if mail.IsAway(told.error) {
				return done, true, nil
			}
		case err != nil:
			return done, false, err
		case sent:
			server = exam.MailServer{}
		}
	}
	return done, false, nil
}

// failure is what sending a mail ended with, already stored.
type failure struct{ error }

func (f failure) Unwrap() error { return f.error }

// deliver tries one held mail and stores how it ended. A failure that was stored
// is returned as failure.
func (p *postman) deliver(ctx context.Context, id exam.OwedID, server exam.MailServer) (sent bool, err error) {
	s := p.s
	o, m, err := s.owedMail(ctx, id)
	switch {
	case err != nil && ctx.Err() != nil:
		return false, p.release(ctx, server, id)
	case err != nil && fault.Of(err).Kind == fault.Unavailable: // our database's trouble, no try of the mail
		return false, errors.Join(err, p.release(ctx, server, id))
	case errors.Is(err, fault.ErrNotFound): // a link is forgotten some time after it ran out
		o.ID = id
		return false, s.settleMail(ctx, o.Cancelled("what it was about is there no more", s.now()), server, p.unasked(server))
	case err != nil:
		s.log.Error("mail cannot be written", "owed", id, "error", err)
		if err := s.settleMail(ctx, o.Failed(clip("it could not be written: "+err.Error(), 300), s.now()), server, p.unasked(server)); err != nil {
			return false, err
		}
		return false, failure{err}
	case m == nil:
		return false, s.settleMail(ctx, o.Cancelled("there is nothing to say any more", s.now()), server, p.unasked(server))
	}
	m.MessageID = fmt.Sprintf("<%s@examcode>", o.ID) // the same for every try
	try := p.send(ctx, *m)
	if try != nil && ctx.Err() != nil { // we were stopped: no fault of the mail or the server
		return false, p.release(ctx, server, id)
	}
	now := s.now()
	is := exam.MailServer{} // it spoke with us
	settled := o
	switch {
	case try == nil:
		settled = o.Delivered(now)
	case mail.IsPermanent(try):
		settled = o.Refused(clip(try.Error(), 300), now)
		s.log.Warn("mail refused for good", "owed", id, "error", try)
	default:
		settled = o.Failed(clip(try.Error(), 300), now)
		if mail.IsAway(try) {
			is = server
			if !server.Failing.IsZero() {
				is.Next = now // the pause it was asked after is over
			}
			is = is.Failed(settled.Detail, now)
			s.log.Warn("mail server does not take mail", "since", is.Failing, "next", is.Next, "error", try)
		}
		if settled.State == exam.OwedDead {
			s.log.Warn("mail given up", "owed", id, "error", try)
		}
	}
	if err := s.settleMail(ctx, settled, server, is); err != nil {
		return false, err
	}
	if try != nil {
		return false, failure{try}
	}
	return true, nil
}

// owedMail reads what is owed and writes its mail; the mail is nil when there is
// nothing to say any more.
func (s *Service) owedMail(ctx context.Context, id exam.OwedID) (exam.Owed, *mail.Message, error) {
	r := s.store.Reader()
	owed, err := r.Promise(ctx, id)
	if err != nil {
		return exam.Owed{ID: id}, nil, err
	}
	if owed.Channel == exam.ByLink {
		l, err := r.OwedLink(ctx, id)
		if err != nil {
			return owed, nil, err
		}
		m, good, err := s.letter(l)
		if err != nil || !good {
			return owed, nil, err
		}
		return owed, &m, nil
	}
	o, err := r.OwedMail(ctx, id)
	if err != nil {
		return owed, nil, err
	}
	if o.Removed && !o.Notice.Kind.ForTheRemoved() {
		return owed, nil, nil
	}
	s.addLinks(&o)
	m := s.compose(o)
	return owed, &m, nil
}

// send sends over the line that is there, or a new one.
func (p *postman) send(ctx context.Context, m mail.Message) (err error) {
	if p.line == nil {
		if p.line, err = mail.Open(ctx, p.s.mail); err != nil {
			p.line = nil
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, mailTry)
	defer cancel()
	return p.line.Send(ctx, m)
}

// settleMail stores how a try ended and how the server is. What was sent is
// noted, whoever stops us.
func (s *Service) settleMail(ctx context.Context, o exam.Owed, was, is exam.MailServer) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	return s.store.Transact(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.SettleOwed(ctx, o); err != nil && !errors.Is(err, exam.ErrChangedMeanwhile) {
			return err // changed meanwhile: another one settled it
		}
		return saveMailServer(ctx, tx, was, is)
	})
}

func saveMailServer(ctx context.Context, tx *store.Tx, was, is exam.MailServer) error {
	err := tx.SaveMailServer(ctx, was, is)
	if errors.Is(err, exam.ErrChangedMeanwhile) {
		err = nil // another one learned the same
	}
	return err
}

// sweepWakes is how many workers a sweep wakes for mails; each goes on until
// nothing is due.
const sweepWakes = 4

// SweepOwed finds promises that nobody works on and hands them to again, in
// batches: mails that are due for longer than a moment, of which a few take all
// others along, and everything else that is a little older than its own job would
// need to begin. Who works on it already does not mind.
func (s *Service) SweepOwed(ctx context.Context, again func(ctx context.Context, ids []exam.OwedID) error) error {
	r, now := s.store.Reader(), s.now()
	server, err := r.MailServer(ctx)
	if err != nil {
		return err
	}
	if server.Failing.IsZero() || !now.Before(server.Next) {
		ids, err := r.DueMail(ctx, now.Add(-30*time.Second), sweepWakes)
		if err != nil {
			return err
		}
		if len(ids) > 0 {
			if err := again(ctx, ids); err != nil {
				return err
			}
		}
	}
	for after := exam.OwedID(0); ; {
		ids, err := r.OpenOther(ctx, now.Add(-10*time.Second), after, 500)
		if err != nil || len(ids) == 0 {
			return err
		}
		if err := again(ctx, ids); err != nil {
			return err
		}
		after = ids[len(ids)-1]
	}
}

// SendAgain makes a mail that failed or was given up due at once. Staff with the
// role of review, money or results. Refusals: mail_settled.
func (s *Service) SendAgain(ctx context.Context, who exam.Actor, id exam.OwedID) (exam.Owed, error) {
	var o exam.Owed
	err := s.transact(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		if o, err = tx.Promise(ctx, id); err != nil {
			return err
		}
		was := o.State
		again, e, err := o.Again(who, s.now())
		if err != nil {
			return err
		}
		o = again
		return tx.SendAgain(ctx, o, was, e)
	})
	return o, err
}

// SendAllAgain makes all mails that were given up (dead), or all that fail, due
// at once, and returns how many. The server is asked without waiting.
func (s *Service) SendAllAgain(ctx context.Context, who exam.Actor, dead bool) (n int, err error) {
	err = s.transact(ctx, func(ctx context.Context, tx *store.Tx) error {
		now := s.now()
		if n, err = tx.SendAllAgain(ctx, dead, now); err != nil {
			return err
		}
		e, err := exam.AllAgain(who, int64(who.Account), n, now)
		if err != nil {
			return err
		}
		server, err := tx.MailServer(ctx)
		if err != nil {
			return err
		}
		asked := server
		asked.Next = now
		if err := tx.SaveMailServer(ctx, server, asked); err != nil {
			return err
		}
		return tx.AddEvents(ctx, e)
	})
	return n, err
}
