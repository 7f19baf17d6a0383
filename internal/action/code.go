package action

import (
	"context"
	"slices"
	"time"

	"examcode/internal/codetext"
	"examcode/internal/db"
	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/store"
)

// MaxBatch is the most codes one call acts on.
const MaxBatch = 1000

// ErrBatchSize refuses empty and oversized batches.
var ErrBatchSize = fault.New(fault.Invalid, "batch_size", "name 1 to 1000 things")

// RevealCode returns the text of a code to a colleague with the right, and
// records that they looked.
func (s *Service) RevealCode(ctx context.Context, who exam.Actor, id exam.CodeID) (codetext.Text, error) {
	var text codetext.Text
	err := s.transact(ctx, func(ctx context.Context, tx *store.Tx) error {
		who, err := actingNow(ctx, tx, who)
		if err != nil {
			return err
		}
		if err := tx.LockCodes(ctx, id); err != nil { // the trail names the text that is shown
			return err
		}
		c, err := tx.Code(ctx, who.Account, id)
		if err != nil {
			return err
		}
		e, err := c.Reveal(who, s.now())
		if err != nil {
			return err
		}
		sealed, err := tx.Sealed(ctx, who.Account, id)
		if err != nil {
			return err
		}
		if text, err = s.vault.OpenCode(int64(id), sealed); err != nil {
			return err
		}
		return tx.AddEvents(ctx, e)
	})
	return text, err
}

// RegenerateCodes gives unused codes new texts; the old ones are dead from that
// moment (S25). Each id gets its own answer, in the order given. seen are the
// versions the actor looked at, one for each id, or none at all.
// Refusals: code_not_unused, order_expired, code_refunded, changed_meanwhile,
// not_found.
func (s *Service) RegenerateCodes(ctx context.Context, who exam.Actor, ids []exam.CodeID, seen ...exam.Seen) ([]Outcome[exam.CodeID], error) {
	if err := exam.NeedRight(who, exam.ManageCodes); err != nil {
		return nil, err
	}
	return s.onCodes(ctx, who, ids, seen, s.regenerating(who))
}

func (s *Service) regenerating(who exam.Actor) codeVerb {
	return func(ctx context.Context, tx *store.Tx, codes []exam.Code, b *batch) error {
		return s.newTexts(ctx, tx, who, codes, b, s.now())
	}
}

// UnbindCodes takes bound codes back from their examinees: the registration is
// cancelled and the examinee is told (S24). With newText each gets a new text in
// the same step, since the examinee knows the old one. seen is as with
// RegenerateCodes. Refusals: code_not_bound, code_reserved, order_expired,
// changed_meanwhile, not_found.
func (s *Service) UnbindCodes(ctx context.Context, who exam.Actor, ids []exam.CodeID, newText bool, seen ...exam.Seen) ([]Outcome[exam.CodeID], error) {
	if err := exam.NeedRight(who, exam.ManageCodes); err != nil {
		return nil, err
	}
	return s.onCodes(ctx, who, ids, seen, s.unbinding(who, newText))
}

func (s *Service) unbinding(who exam.Actor, newText bool) codeVerb {
	return func(ctx context.Context, tx *store.Tx, codes []exam.Code, b *batch) error {
		now := s.now()
		free, err := s.unbind(ctx, tx, who, codes, b, now)
		if err != nil || !newText {
			return err
		}
		return s.newTexts(ctx, tx, who, free, b, now)
	}
}

// codeVerb does something to locked codes, refusing some of them.
type codeVerb func(ctx context.Context, tx *store.Tx, codes []exam.Code, b *batch) error

// batch gathers the refusals of a batch verb.
type batch struct{ refused map[exam.CodeID]error }

func (b *batch) refuse(id exam.CodeID, err error) { b.refused[id] = err }

// onCodes locks the company's codes of a batch with their orders and runs the
// verb on those that exist and are still what was seen of them.
func (s *Service) onCodes(ctx context.Context, who exam.Actor, ids []exam.CodeID, seen []exam.Seen, verb codeVerb) ([]Outcome[exam.CodeID], error) {
	if len(ids) < 1 || len(ids) > MaxBatch {
		return nil, ErrBatchSize.With("max", MaxBatch).On("ids")
	}
	b := &batch{}
	err := s.transact(ctx, func(ctx context.Context, tx *store.Tx) error {
		b.refused = map[exam.CodeID]error{}
		return s.act(ctx, tx, who, ids, seen, b, verb)
	})
	if err != nil {
		return nil, err
	}
	out := make([]Outcome[exam.CodeID], len(ids))
	for i, id := range ids {
		out[i] = Outcome[exam.CodeID]{ID: id, Err: b.refused[id]}
	}
	return out, nil
}

// act does a verb to codes inside a transaction, if the actor still may.
func (s *Service) act(ctx context.Context, tx *store.Tx, who exam.Actor, ids []exam.CodeID, seen []exam.Seen, b *batch, verb codeVerb) error {
	now, err := actingNow(ctx, tx, who)
	if err == nil {
		err = exam.NeedRight(now, exam.ManageCodes)
	}
	if err != nil {
		return err
	}
	codes, err := s.lockCodes(ctx, tx, who, ids, seen, b)
	if err != nil {
		return err
	}
	return verb(ctx, tx, codes, b)
}

// lockCodes locks the company's codes with their orders and reads them as they
// stand then. Codes of others, and codes that changed since they were seen, are
// refused and left out.
func (s *Service) lockCodes(ctx context.Context, tx *store.Tx, who exam.Actor, ids []exam.CodeID, seen []exam.Seen, b *batch) ([]exam.Code, error) {
	distinct := slices.Compact(slices.Sorted(slices.Values(ids)))
	codes, err := tx.CodesByID(ctx, who.Account, distinct...)
	if err != nil {
		return nil, err
	}
	orders := make([]exam.OrderID, len(codes))
	mine := make([]exam.CodeID, len(codes))
	for i, c := range codes {
		orders[i], mine[i] = c.Order, c.ID
	}
	if err := tx.LockOrders(ctx, db.Shared, slices.Compact(slices.Sorted(slices.Values(orders)))...); err != nil {
		return nil, err
	}
	if err := tx.LockCodes(ctx, mine...); err != nil {
		return nil, err
	}
	if codes, err = tx.CodesByID(ctx, who.Account, mine...); err != nil {
		return nil, err
	}
	at := make(map[exam.CodeID]exam.Seen, len(seen))
	for i, id := range ids {
		if i < len(seen) {
			at[id] = seen[i]
		}
		if _, found := slices.BinarySearch(mine, id); !found {
			b.refuse(id, fault.ErrNotFound)
		}
	}
	return slices.DeleteFunc(codes, func(c exam.Code) bool {
		err := at[c.ID].Still(c.Version)
		if err != nil {
			b.refuse(c.ID, err)
		}
		return err != nil
	}), nil
}

// newTexts regenerates the codes it can and refuses the others.
func (s *Service) newTexts(ctx context.Context, tx *store.Tx, who exam.Actor, codes []exam.Code, b *batch, now time.Time) error {
	var (
		news   []store.NewText
		events []exam.Event
	)
	for _, c := range codes {
		text, err := codetext.New(s.random)
		if err != nil {
			return err
		}
		n, e, err := c.Regenerate(who, text.Tail(), now)
		if err != nil {
			b.refuse(c.ID, err)
			continue
		}
		sealed, err := s.vault.SealCode(int64(c.ID), text)
		if err != nil {
			return err
		}
		news, events = append(news, store.NewText{Code: n, Lookup: s.vault.Lookup(text), Sealed: sealed}), append(events, e)
	}
	if len(news) == 0 {
		return nil
	}
	return tx.ReplaceTexts(ctx, news, events)
}

// unbind frees the codes it can and returns them in their new state.
func (s *Service) unbind(ctx context.Context, tx *store.Tx, who exam.Actor, codes []exam.Code, b *batch, now time.Time) ([]exam.Code, error) {
	var (
		free   []exam.Code
		events []exam.Event
		ends   []exam.RegistrationID
	)
	for _, c := range codes {
		n, e, err := c.Unbind(who, now)
		if err != nil {
			b.refuse(c.ID, err)
			continue
		}
		free, events, ends = append(free, n), append(events, e), append(ends, c.Registration)
	}
	if len(free) == 0 {
		return nil, nil
	}
	if err := tx.LockRegistrations(ctx, ends...); err != nil {
		return nil, err
	}
	regs, err := tx.RegistrationsByID(ctx, ends...)
	if err != nil {
		return nil, err
	}
	acc, err := tx.Account(ctx, who.Account)
	if err != nil {
		return nil, err
	}
	if err := tx.SaveCodes(ctx, free, events); err != nil {
		return nil, err
	}
	return free, s.cancelled(ctx, tx, regs, exam.WhyUnbound, exam.NoticeUnbound, exam.Data{"company": acc.Name}, now)
}

// cancelled ends the registrations of codes that were unbound or expired, as one
// set, and tells their examinees.
func (s *Service) cancelled(ctx context.Context, tx *store.Tx, regs []exam.Registration, why string, kind exam.NoticeKind, more exam.Data, now time.Time) (err error) {
	if err := cancel(ctx, tx, regs, why, now); err != nil {
		return err
	}
	subjects := map[exam.SubjectID]exam.Subject{}
	notices := make([]exam.Notice, len(regs))
	for i, g := range regs {
		sub, known := subjects[g.Subject]
		if !known {
			if sub, err = tx.Subject(ctx, g.Subject); err != nil {
				return err
			}
			subjects[g.Subject] = sub
		}
		notices[i] = noticeOf(regs[i], kind, sub, nil, more, now)
	}
	return tx.Tell(ctx, notices...)
}

// cancel ends registrations without a word.
func cancel(ctx context.Context, tx *store.Tx, regs []exam.Registration, why string, now time.Time) (err error) {
	for i, g := range regs {
		if regs[i], err = g.Cancel(why, now); err != nil {
			return err
		}
	}
	return tx.SaveRegistrations(ctx, regs)
}
