package action

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"slices"

	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/store"
)

// Links in mails say what they do and are signed; nothing is kept for them.
// Opening one changes nothing: its page has a button.

const (
	agreeLink = "/mail/agree/"
	stopLink  = "/mail/stop/"
	macSize   = 16 // bytes of the signature
)

// link packs numbers with a signature over them and the words that are not shown.
func (s *Service) link(purpose, about string, numbers ...int64) string {
	b := packed(numbers)
	mac := s.vault.Sign(purpose, append(slices.Clone(b), about...))[:macSize]
	return base64.RawURLEncoding.EncodeToString(append(b, mac...))
}

func packed(numbers []int64) (b []byte) {
	for _, n := range numbers {
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	return b
}

// unlink reads the numbers of a link, unchecked.
func unlink(token string, n int) ([]int64, error) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(b) != 8*n+macSize {
		return nil, fault.ErrNotFound
	}
	numbers := make([]int64, n)
	for i := range numbers {
		numbers[i] = int64(binary.BigEndian.Uint64(b[8*i:]))
	}
	return numbers, nil
}

// addLinks fills in the links of a mail that only its reader may have.
func (s *Service) addLinks(o *store.OwedMail) {
	category := exam.NoticeKinds[o.Notice.Kind]
	switch {
	case o.Channel == exam.ByLetter && o.Notice.Kind == exam.NoticeReceiverConfirm:
		o.Notice.Link = agreeLink + s.agreeToken(o.Receiver)
	case o.Channel == exam.ByLetter && o.Notice.Kind != exam.NoticeReceiverRemoved:
		o.Stop = stopLink + s.link("mail stop receiver", o.Receiver.Email, 0, int64(o.Receiver.ID))
	case o.Channel == exam.ByMail && !o.Notice.Kind.Mandatory():
		n := slices.Index(exam.NoticeCategories, category)
		o.Stop = stopLink + s.link("mail stop person", o.Email, int64(n+1), int64(o.Notice.Person))
	}
}

func (s *Service) agreeToken(v exam.Receiver) string {
	return s.link("mail agree", v.Email, int64(v.ID), v.Asked.UnixMicro())
}

// Asked reads whom a link in a question to an address is about, and the name of
// the account that asks. Refusals: link_old, not_found.
func (s *Service) Asked(ctx context.Context, token string) (exam.Receiver, string, error) {
	return s.asked(ctx, s.store.Reader(), token)
}

func (s *Service) asked(ctx context.Context, r store.Reader, token string) (v exam.Receiver, account string, err error) {
	n, err := unlink(token, 2)
	if err != nil {
		return v, "", err
	}
	if v, err = r.AnyReceiver(ctx, exam.ReceiverID(n[0])); err != nil {
		return v, "", err
	}
	if s.link("mail agree", v.Email, n...) != token {
		return exam.Receiver{}, "", fault.ErrNotFound
	}
	if v.Asked.UnixMicro() != n[1] && v.State != exam.ReceiverActive {
		return exam.Receiver{}, "", exam.ErrLinkOld
	}
	if _, _, _, err := v.Agree(s.now()); err != nil {
		return exam.Receiver{}, "", err
	}
	acc, err := r.Account(ctx, v.Account)
	return v, acc.Name, err
}

// Agree notes that an address agreed to get an account's mails. Again is fine.
// Refusals: link_old, not_found.
func (s *Service) Agree(ctx context.Context, token string) (v exam.Receiver, account string, err error) {
	err = s.transact(ctx, func(ctx context.Context, tx *store.Tx) error {
		if v, account, err = s.asked(ctx, tx.Reader, token); err != nil {
			return err
		}
		agreed, e, changed, err := v.Agree(s.now())
		if err != nil || !changed {
			return err
		}
		v = agreed
		if err := tx.SaveReceiver(ctx, v, e); err != nil {
			return err
		}
		return s.receiverChanged(ctx, tx, exam.Actor{Channel: exam.Console}, v, "agreed")
	})
	return v, account, err
}

// Stoppable is what a link stops: mails to an address about an account, or those
// of a category to a person.
type Stoppable struct {
	Email    string
	Account  string // of an address
	Category string // of a person
	Stopped  bool   // already

	receiver exam.Receiver
	person   exam.PersonID
}

// Stoppable reads what a link stops. Refusals: not_found.
func (s *Service) Stoppable(ctx context.Context, token string) (Stoppable, error) {
	return s.stoppable(ctx, s.store.Reader(), token)
}

func (s *Service) stoppable(ctx context.Context, r store.Reader, token string) (t Stoppable, err error) {
	n, err := unlink(token, 2)
	if err != nil {
		return t, err
	}
	if n[0] == 0 {
		if t.receiver, err = r.AnyReceiver(ctx, exam.ReceiverID(n[1])); err != nil {
			return t, err
		}
		t.Email, t.Stopped = t.receiver.Email, t.receiver.State == exam.ReceiverRemoved
		if s.link("mail stop receiver", t.Email, n...) != token {
			return Stoppable{}, fault.ErrNotFound
		}
		acc, err := r.Account(ctx, t.receiver.Account)
		t.Account = acc.Name
		return t, err
	}
	p, err := r.Person(ctx, exam.PersonID(n[1]))
	if err != nil {
		return t, err
	}
	if n[0] < 1 || n[0] > int64(len(exam.NoticeCategories)) || s.link("mail stop person", p.Email, n...) != token {
		return Stoppable{}, fault.ErrNotFound
	}
	t.Email, t.Category, t.person = p.Email, exam.NoticeCategories[n[0]-1], p.ID
	off, err := r.MailOff(ctx, p.ID)
	t.Stopped = slices.Contains(off, t.Category)
	return t, err
}

// StopMail does what a link says. Again is fine. Refusals: not_found.
func (s *Service) StopMail(ctx context.Context, token string) (t Stoppable, err error) {
	err = s.transact(ctx, func(ctx context.Context, tx *store.Tx) error {
		if t, err = s.stoppable(ctx, tx.Reader, token); err != nil || t.Stopped {
			return err
		}
		if t.person != 0 {
			off, err := tx.MailOff(ctx, t.person)
			if err != nil {
				return err
			}
			return tx.SetMailOff(ctx, t.person, append(off, t.Category))
		}
		v, e, changed := t.receiver.Stop(s.now())
		if !changed {
			return nil
		}
		if err := tx.SaveReceiver(ctx, v, e); err != nil {
			return err
		}
		return s.receiverChanged(ctx, tx, exam.Actor{Channel: exam.Console}, v, "stopped")
	})
	return t, err
}

// ChooseMail sets which categories the actor gets no mail about. Refusals:
// mail_mandatory.
func (s *Service) ChooseMail(ctx context.Context, who exam.Actor, off []string) error {
	for _, c := range off {
		if !slices.Contains(exam.OptionalMail, c) {
			return exam.ErrMailMandatory.On("mail")
		}
	}
	return s.store.Transact(ctx, func(ctx context.Context, tx *store.Tx) error { return tx.SetMailOff(ctx, who.Person, off) })
}
