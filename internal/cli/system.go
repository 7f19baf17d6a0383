package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"examcode/internal/action"
	"examcode/internal/db"
	"examcode/internal/id"
	"examcode/internal/mail"
	"examcode/internal/pay"
	"examcode/internal/pay/sandbox"
	"examcode/internal/pay/transfer"
	"examcode/internal/store"
	"examcode/internal/store/migrations"
	"examcode/internal/vault"
	"examcode/internal/worker"
)

// system is the program put together, without a server.
type system struct {
	db      *db.DB
	lease   *db.Lease
	store   *store.Store
	vault   *vault.Vault
	queue   *worker.Queue
	actions *action.Service
	outbox  *mail.Outbox    // nil with a mail server
	sandbox *sandbox.Sender // sends nothing before serve
	clock   *clock
	now     func() time.Time // the clock's
	log     *slog.Logger

	grace    time.Duration // to finish in, once told to stop
	stopping atomic.Bool
}

// openDB opens the database that the settings name.
func openDB(ctx context.Context, s *settings, now func() time.Time, log *slog.Logger) (*db.DB, error) {
	if s.databaseURL != "" {
		return db.Open(ctx, db.Config{URL: s.databaseURL, Now: now, Log: log})
	}
	if err := s.prepareData(); err != nil {
		return nil, err
	}
	return db.Open(ctx, db.Config{Path: s.path("examcode.db"), Now: now, Log: log})
}

func migrate(ctx context.Context, d *db.DB) error {
	if err := d.Migrate(ctx, migrations.FS); err != nil {
		return err
	}
	return d.MigrateRiver(ctx)
}

// openSystem opens everything. The embedded database and a demo's are migrated;
// PostgreSQL must have been, so that replicas never change the schema under each other.
// queue nil is the worker's own.
func openSystem(ctx context.Context, s *settings, now func() time.Time, queue action.Queue, log *slog.Logger) (*system, error) {
	y := &system{clock: &clock{machine: now}, log: log, grace: grace}
	y.now = y.clock.Now
	if err := y.open(ctx, s, queue); err != nil {
		y.close(ctx)
		return nil, err
	}
	return y, nil
}

func (y *system) open(ctx context.Context, s *settings, queue action.Queue) (err error) {
	if err := s.prepareData(); err != nil {
		return err
	}
	if y.db, err = openDB(ctx, s, time.Now, y.log); err != nil {
		return err
	}
	if s.strict {
		if err := y.checkDatabase(ctx, s.allowUnsafe); err != nil {
			return err
		}
	}
	if y.db.Engine() == db.SQLite || s.demo {
		if err := migrate(ctx, y.db); err != nil {
			return err
		}
	} else if n, err := y.db.Pending(ctx, migrations.FS); err != nil {
		return err
	} else if n > 0 {
		return fmt.Errorf("the database lacks %d migrations: run examcode migrate --database-url … first", n)
	}
	if y.lease, err = y.db.LeaseNode(ctx); err != nil {
		return err
	}
	y.store = store.New(y.db, id.NewSource(y.lease.Node(), y.now))
	if err := y.openRing(ctx, s.path("keyring.json")); err != nil {
		return err
	}
	if err := y.readClock(ctx); err != nil {
		return err
	}
	if y.queue, err = worker.NewQueue(y.db, y.log); err != nil {
		return err
	}
	if queue == nil {
		queue = y.queue
	}
	sender, err := y.mailer(s)
	if err != nil {
		return err
	}
	secrets := y.vault.Secrets("sandbox webhook") // those of every replica
	y.sandbox = sandbox.NewSender(secrets[0], y.now, y.log)
	providers, err := providersOf(s.providers, sandbox.New(secrets...).Telling(y.sandbox))
	if err != nil {
		return err
	}
	limits, err := s.reviewLimits()
	if err != nil {
		return err
	}
	y.actions = action.New(action.Config{ReviewAbove: limits, Store: y.store, Vault: y.vault, Providers: providers, Mail: sender, Queue: queue,
		Compose: mail.Composer(mail.ComposeConfig{BaseURL: s.baseURL, Programme: s.programme, Now: y.now}),
		Now:     y.now, Random: rand.Reader, Log: y.log, ExportKept: time.Duration(s.exportDays) * 24 * time.Hour, DocumentsKept: time.Duration(s.documentDays) * 24 * time.Hour})
	return nil
}

// openRing opens the key ring of the database, and makes one for a database that
// has none yet. It refuses another one, and a missing one: codes could be neither
// read nor found.
func (y *system) openRing(ctx context.Context, path string) error {
	known, err := y.store.Reader().Setting(ctx, ringSetting)
	if err != nil {
		return err
	}
	open := vault.LoadOrCreate
	if known != "" {
		open = vault.Load
	}
	if y.vault, err = open(path); err != nil {
		return err
	}
	if known == "" {
		if err := y.store.Transact(ctx, func(ctx context.Context, tx *store.Tx) error {
			return tx.SetSettingOnce(ctx, ringSetting, y.vault.Fingerprint())
		}); err != nil {
			return err
		}
		if known, err = y.store.Reader().Setting(ctx, ringSetting); err != nil {
			return err
		}
	}
	if known != y.vault.Fingerprint() {
		return errForeignRing
	}
	return nil
}

// ringSetting remembers which key ring the database was filled with.
const ringSetting = "key_ring"

var errForeignRing = errors.New("the key ring does not belong to this database: put the right keyring.json into the data folder")

// checkDatabase refuses a database that can lose what it acknowledged, each
// reason with its remedy.
func (y *system) checkDatabase(ctx context.Context, allow bool) error {
	all, err := y.db.Inspect(ctx)
	if err != nil {
		return err
	}
	var unsafe []error
	for _, f := range all {
		if f.Grade != db.Fine {
			y.log.Warn(f.What+" "+f.Says, "grade", f.Grade, "remedy", f.Remedy)
		}
		if f.Grade == db.Unsafe {
			unsafe = append(unsafe, fmt.Errorf("%s %s: %s", f.What, f.Says, f.Remedy))
		}
	}
	if len(unsafe) == 0 || allow {
		return nil
	}
	return fmt.Errorf("the database is not safe, not started (a test server may be given --allow-unsafe-database):\n%w", errors.Join(unsafe...))
}

func (y *system) mailer(s *settings) (mail.Sender, error) {
	if s.smtpHost != "" {
		return mail.NewSMTP(mail.SMTPConfig{Host: s.smtpHost, Port: s.smtpPort, User: s.smtpUser, Password: s.smtpPassword,
			From: s.mailFrom, FromName: s.programme, TLS: s.smtpTLS})
	}
	from := s.mailFrom
	if from == "" {
		from = "examcode@localhost.localdomain"
	}
	var err error
	if y.outbox, err = mail.NewOutbox(s.path("outbox"), from, s.programme); err != nil {
		return nil, err
	}
	y.log.Info("no mail server is set: mails are kept as files", "folder", s.path("outbox"))
	return y.outbox, nil
}

// providersOf are the ways to pay by their names; box is the sandbox.
func providersOf(names string, box sandbox.Provider) ([]pay.Provider, error) {
	var list []pay.Provider
	for _, name := range strings.Split(names, ",") {
		switch strings.TrimSpace(name) {
		case "sandbox":
			list = append(list, box)
		case "transfer":
			list = append(list, transfer.New())
		case "":
		default:
			return nil, fmt.Errorf("there is no way to pay called %q: choose from transfer, sandbox", name)
		}
	}
	if len(list) == 0 {
		return nil, errors.New("--providers is empty: name at least one way to pay")
	}
	return list, nil
}

func (y *system) close(ctx context.Context) {
	if y.lease != nil {
		y.lease.Release(ctx)
	}
	if y.db != nil {
		y.db.Close()
	}
}
