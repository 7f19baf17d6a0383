package db

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/puddle/v2"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"examcode/internal/fault"
)

var (
	// ErrInUse is returned by Open when another process holds the SQLite file.
	ErrInUse = fault.New(fault.Unavailable, "database_in_use",
		"another process has this database open; stop it first, or let both use PostgreSQL")
	// ErrUnavailable means that the database cannot be reached or cannot write;
	// nothing was changed.
	ErrUnavailable = fault.New(fault.Unavailable, "database_unavailable",
		"the database does not answer; nothing was changed, try again")
	// ErrBusy means that too much waits for the same rows or the same writer;
	// nothing was changed.
	ErrBusy = fault.New(fault.Unavailable, "busy",
		"too much is going on at the moment; nothing was changed, try again")
	// ErrCommitUnknown means that the connection was lost while committing.
	// Repeat only what is idempotent.
	ErrCommitUnknown = fault.New(fault.Unavailable, "commit_unknown",
		"the database went away during the commit; the change may have been made")
)

// PostgreSQL's error codes we act upon.
const (
	pgUnique        = "23505"
	pgSerialization = "40001"
	pgDeadlock      = "40P01"
	pgLockTimeout   = "55P03"
	pgQueryCanceled = "57014"
	pgReadOnly      = "25006" // a standby, or a server that takes no writes just now
)

// pgTrouble are the classes of codes that speak of the server and not of us: the
// connection, resources (a full disk, too many connections), its end, its system.
var pgTrouble = []string{"08", "53", "57P", "58"}

// translate gives connection trouble and overload our words and keeps the cause;
// everything else passes unchanged.
func translate(err error) error {
	if err == nil {
		return nil
	}
	var known *fault.Error
	if errors.As(err, &known) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	var pe *pgconn.PgError
	if errors.As(err, &pe) {
		return translatePG(err, pe)
	}
	var se *sqlite.Error
	if errors.As(err, &se) {
		switch se.Code() & 0xff {
		case sqlite3.SQLITE_BUSY:
			return ErrBusy.Wrap(err)
		case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY:
			return ErrUnavailable.Wrap(err)
		}
		return err
	}
	if connectionLost(err) {
		return ErrUnavailable.Wrap(err)
	}
	return err
}

func translatePG(err error, pe *pgconn.PgError) error {
	switch {
	case pe.Code == pgSerialization, pe.Code == pgDeadlock, pe.Code == pgLockTimeout, pe.Code == pgQueryCanceled:
		return ErrBusy.Wrap(err)
	case pe.Code == pgReadOnly, slices.ContainsFunc(pgTrouble, func(class string) bool { return strings.HasPrefix(pe.Code, class) }):
		return ErrUnavailable.Wrap(err)
	}
	return err
}

func connectionLost(err error) bool {
	var connect *pgconn.ConnectError
	var op *net.OpError
	if errors.As(err, &connect) || errors.As(err, &op) {
		return true
	}
	for _, lost := range []error{io.EOF, io.ErrUnexpectedEOF, net.ErrClosed, puddle.ErrClosedPool, syscall.ECONNRESET, syscall.EPIPE} {
		if errors.Is(err, lost) {
			return true
		}
	}
	return strings.HasSuffix(err.Error(), "conn closed")
}

// retryable tells whether PostgreSQL asks for the transaction to be run again.
func retryable(err error) bool {
	var pe *pgconn.PgError
	return errors.As(err, &pe) && (pe.Code == pgSerialization || pe.Code == pgDeadlock)
}

// IsUnique tells whether err is a broken primary key or unique constraint.
func IsUnique(err error) bool {
	var pe *pgconn.PgError
	if errors.As(err, &pe) {
		return pe.Code == pgUnique
	}
	var se *sqlite.Error
	if errors.As(err, &se) {
		switch se.Code() {
		case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID:
			return true
		}
	}
	return false
}
