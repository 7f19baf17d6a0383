// Package action is everything a person or the clock can do, one method each:
// read under lock, ask exam, write the new value with its event and with what
// is owed, in one transaction. Providers and mail servers are spoken to outside
// of transactions, after the intent is stored.
//
// It decides no rule (exam does) and shows nothing (the faces do).
package action

import (
	"context"
	"io"
	"log/slog"
	"time"

	"examcode/internal/db"
	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/mail"
	"examcode/internal/money"
	"examcode/internal/pay"
	"examcode/internal/store"
	"examcode/internal/vault"
)

// Queue wakes the worker for what a transaction promised. The rows it puts into
// that transaction may be lost without harm: the promises themselves are ours.
type Queue interface {
	Wake(ctx context.Context, tx *db.Tx, owed []exam.Owed) error
}

// Config is what a Service works with. All fields are needed, but for those that
// say otherwise.
type Config struct {
	Store     *store.Store
	Vault     *vault.Vault
	Providers []pay.Provider
	Mail      mail.Sender
	Compose   Compose
	Queue     Queue
	Now       func() time.Time
	Random    io.Reader
	Log       *slog.Logger
	// ExportKept is how long files of exports are kept; 0 is the package's ExportKept.
	ExportKept time.Duration
	// DocumentsKept is how long documents of decided verifications are kept; 0 is
	// exam.DocumentsKept.
	DocumentsKept time.Duration
	// ReviewAbove are the amounts, one a currency, above which a refund waits
	// for the staff; none holds nothing.
	ReviewAbove []money.Amount
	// IssuePart is how many codes of an order are issued in one transaction; 0 is
	// exam.IssuePart, the most there can be.
	IssuePart int
}

// Compose writes the e-mail of a notice in its receiver's language.
type Compose func(m store.OwedMail) mail.Message

// Service does. It is safe for concurrent use.
type Service struct {
	store     *store.Store
	vault     *vault.Vault
	mail      mail.Sender
	compose   Compose
	queue     Queue
	now       func() time.Time
	random    io.Reader
	log       *slog.Logger
	providers map[string]pay.Provider
	ways      []string
	redeemer  *combiner[redemption, exam.Registration]
	ask       askers

	exportKept    time.Duration
	documentsKept time.Duration
	reviewAbove   []money.Amount
	issueSize     int
}

// New makes a service.
func New(c Config) *Service {
	s := &Service{store: c.Store, vault: c.Vault, mail: c.Mail, compose: c.Compose, queue: c.Queue,
		now: c.Now, random: c.Random, log: c.Log, providers: map[string]pay.Provider{}, reviewAbove: c.ReviewAbove}
	if s.exportKept = c.ExportKept; s.exportKept <= 0 {
		s.exportKept = ExportKept
	}
	if s.documentsKept = c.DocumentsKept; s.documentsKept <= 0 {
		s.documentsKept = exam.DocumentsKept
	}
	if s.issueSize = c.IssuePart; s.issueSize <= 0 || s.issueSize > exam.IssuePart {
		s.issueSize = exam.IssuePart
	}
	s.redeemer = &combiner[redemption, exam.Registration]{lanes: c.Store.Lanes(), run: s.redeemTogether, keys: redemption.keys}
	s.ask = s.askers()
	for _, p := range c.Providers {
		s.providers[p.Name()] = p
		s.ways = append(s.ways, p.Name())
	}
	return s
}

// WaysToPay lists the providers' names, as configured.
func (s *Service) WaysToPay() []string { return s.ways }

// Outcome is what became of one item of a batch; Err is nil when it was done.
type Outcome[I any] struct {
	ID  I
	Err error
}

// transact runs fn in one transaction and wakes the worker for what it owes.
func (s *Service) transact(ctx context.Context, fn func(ctx context.Context, tx *store.Tx) error) error {
	return s.store.Transact(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := fn(ctx, tx); err != nil {
			return err
		}
		if err := markEffect(ctx, tx); err != nil {
			return err
		}
		return s.wake(ctx, tx)
	})
}

// wake wakes the worker for what a transaction owes.
func (s *Service) wake(ctx context.Context, tx *store.Tx) error {
	if len(tx.Owed()) == 0 {
		return nil
	}
	return s.queue.Wake(ctx, tx.DB(), tx.Owed())
}

// inputMissing turns "not found" into a refusal about the input field that named
// the missing thing.
func inputMissing(err error, refusal *fault.Error, field string) error {
	if err != nil && fault.Of(err).Reason == fault.ErrNotFound.Reason {
		return refusal.On(field)
	}
	return err
}
