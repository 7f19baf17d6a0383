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
// A file takes as long as it takes: see Long.
func (s *Service) Settle(ctx context.Context, id exam.OwedID) error {
	long, err := s.Long(ctx, id)
	if err != nil {
		return err
	}
	if long {
		return s.writeExport(ctx, id)
	}
	return s.SendOwed(ctx, id)
}

// Long tells whether a promise may take more than a moment to settle.
func (s *Service) Long(ctx context.Context, id exam.OwedID) (bool, error) {
	channel, err := s.store.Reader().OwedChannel(ctx, id)
	if errors.Is(err, fault.ErrNotFound) {
		return false, nil
	}
	return channel == exam.ByExport, err
}

// SendOwed settles one owed e-mail; settled ones are passed over, so it may run
// again. An error that may pass leaves it owed and is returned for the retry; a
// refusal for good makes it dead, with what the server said.
func (s *Service) SendOwed(ctx context.Context, id exam.OwedID) error {
	o, m, err := s.owedMail(ctx, id)
	if errors.Is(err, fault.ErrNotFound) || (err == nil && o.State != exam.OwedOpen) {
		return nil
	}
	if err != nil {
		return err
	}
	if m == nil {
		o.State, o.Settled = exam.OwedCancelled, s.now()
		return s.noteSettled(ctx, o)
	}
	m.MessageID = fmt.Sprintf("<%s@examcode>", o.ID)
	sent := s.mail.Send(ctx, *m)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second) // what was sent is noted, whoever stops us
	defer cancel()
	o.Tries++
	switch {
	case sent == nil:
		o.State, o.Detail = exam.OwedSent, ""
	case mail.IsPermanent(sent):
		o.State, o.Detail = exam.OwedDead, clip(sent.Error(), 300)
		s.log.Warn("mail refused for good", "owed", o.ID, "error", sent)
	default:
		o.Detail = clip(sent.Error(), 300)
	}
	if o.State != exam.OwedOpen {
		o.Settled = s.now()
	}
	err = s.noteSettled(ctx, o)
	if err == nil && o.State == exam.OwedOpen {
		err = sent
	}
	return err
}

// owedMail reads what is owed and writes its mail; the mail is nil when there is
// nothing to say any more.
func (s *Service) owedMail(ctx context.Context, id exam.OwedID) (exam.Owed, *mail.Message, error) {
	o, err := s.store.Reader().OwedMail(ctx, id)
	if err == nil {
		m := s.compose(o)
		return o.Owed, &m, nil
	}
	if !errors.Is(err, fault.ErrNotFound) {
		return exam.Owed{}, nil, err
	}
	l, err := s.store.Reader().OwedLink(ctx, id)
	if err != nil {
		return exam.Owed{}, nil, err
	}
	m, good, err := s.letter(l)
	if err != nil || !good {
		return l.Owed, nil, err
	}
	return l.Owed, &m, nil
}

func (s *Service) noteSettled(ctx context.Context, o exam.Owed) error {
	err := s.store.Transact(ctx, func(ctx context.Context, tx *store.Tx) error { return tx.SettleOwed(ctx, o) })
	if errors.Is(err, exam.ErrChangedMeanwhile) {
		return nil // another worker settled it
	}
	return err
}

// SweepOwed finds promises older than a minute that are still open and hands
// them to again, in batches.
func (s *Service) SweepOwed(ctx context.Context, again func(ctx context.Context, ids []exam.OwedID) error) error {
	var after exam.OwedID
	for {
		ids, err := s.store.Reader().OpenOwed(ctx, s.now().Add(-time.Minute), after, 500)
		if err != nil || len(ids) == 0 {
			return err
		}
		if err := again(ctx, ids); err != nil {
			return err
		}
		after = ids[len(ids)-1]
	}
}
