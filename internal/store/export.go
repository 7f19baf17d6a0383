package store

import (
	"context"
	"slices"
	"time"

	"examcode/internal/db"
	"examcode/internal/exam"
)

const exportColumns = "x.id, x.account_id, x.person_id, x.kind, x.format, x.asked, x.with_texts, x.lang, x.zone, x.state, x.rows_done, x.rows_total, x.size, COALESCE(x.blob_id, 0), x.run, x.created_at, x.begun_at, x.beat_at, x.finished_at, x.kept_until, x.error, x.version"

// ExportRow is an export with the name of who asked for it.
type ExportRow struct {
	exam.Export
	PersonName string
}

func scanExport(row db.Row) (ExportRow, error) {
	var (
		e     ExportRow
		texts int64
	)
	err := row.Scan(&e.ID, &e.Account, &e.Person, &e.Kind, &e.Format, &e.Filter, &texts, &e.Lang, &e.Zone, &e.State, &e.Rows, &e.Total, &e.Size, &e.Blob, &e.Run,
		(*when)(&e.Created), (*when)(&e.Begun), (*when)(&e.Beat), (*when)(&e.Finished), (*when)(&e.Kept), &e.Error, &e.Version, &e.PersonName)
	e.WithTexts = texts != 0
	return e, err
}

const exportSelect = "SELECT " + exportColumns + ", p.name FROM export x JOIN person p ON p.id = x.person_id"

// Export reads an export of an account.
func (r Reader) Export(ctx context.Context, account exam.AccountID, id exam.ExportID) (ExportRow, error) {
	return one(ctx, r.q, scanExport, exportSelect+" WHERE x.account_id = $1 AND x.id = $2", account, id)
}

// OwedExport reads the export that a promise is about.
func (r Reader) OwedExport(ctx context.Context, id exam.OwedID) (ExportRow, error) {
	return one(ctx, r.q, scanExport, exportSelect+" JOIN owed w ON w.target_id = x.id WHERE w.id = $1 AND w.channel = 'export'", id)
}

// Exports lists an account's exports, newest first.
func (r Reader) Exports(ctx context.Context, account exam.AccountID, page Page) (Rows[ExportRow], error) {
	var b query
	b.and("x.account_id = ?", account)
	return paged(ctx, r.q, &b, page, exportSelect, "x.id", func(e ExportRow) int64 { return int64(e.ID) }, scanExport)
}

// OpenExports counts an account's exports that have not ended.
func (r Reader) OpenExports(ctx context.Context, account exam.AccountID) (int, error) {
	return one(ctx, r.q, number[int], "SELECT COUNT(*) FROM export x WHERE x.account_id = $1 AND x.state IN ('waiting', 'running')", account)
}

// LockAccount keeps others from asking for something under an account until the
// transaction ends.
func (tx *Tx) LockAccount(ctx context.Context, id exam.AccountID) error {
	return lock(ctx, tx.tx, "account", db.Exclusive, []exam.AccountID{id})
}

// AddExport stores a new export and owes its file.
func (tx *Tx) AddExport(ctx context.Context, e exam.Export, ev exam.Event) error {
	texts := int64(0)
	if e.WithTexts {
		texts = 1
	}
	if err := tx.exec(ctx, 1, `INSERT INTO export (id, account_id, person_id, kind, format, asked, with_texts, lang, zone, state, rows_done, rows_total, size, run, created_at, error, version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, $11, 0, 0, $12, '', $13)`,
		e.ID, e.Account, e.Person, e.Kind, e.Format, e.Filter, texts, e.Lang, e.Zone, e.State, e.Total, us(e.Created), e.Version); err != nil {
		return err
	}
	if err := tx.AddEvents(ctx, ev); err != nil {
		return err
	}
	return tx.owe(ctx, exam.ByExport, int64(e.ID), e.Account, e.Created)
}

// SaveExport stores the next version of an export. A run that begins has no
// event; every other change has one.
func (tx *Tx) SaveExport(ctx context.Context, e exam.Export, events ...exam.Event) error {
	if err := tx.exec(ctx, 1, `UPDATE export SET state = $1, rows_done = $2, size = $3, blob_id = $4, run = $5, begun_at = $6, beat_at = $7, finished_at = $8, kept_until = $9, error = $10, version = $11
WHERE id = $12 AND version = $13`, e.State, e.Rows, e.Size, null(e.Blob), e.Run, us(e.Begun), us(e.Beat), us(e.Finished), us(e.Kept), e.Error, e.Version, e.ID, e.Version-1); err != nil {
		return err
	}
	return tx.AddEvents(ctx, events...)
}

// BeatExport notes how far a run has come. A run that was stopped, or whose place
// another one has taken, is exam.ErrChangedMeanwhile.
func (tx *Tx) BeatExport(ctx context.Context, e exam.Export, rows int64, now time.Time) error {
	return tx.exec(ctx, 1, "UPDATE export SET rows_done = $1, beat_at = $2 WHERE id = $3 AND version = $4 AND state = 'running'", rows, us(now), e.ID, e.Version)
}

// ForgetBlob takes a file's name from an export whose file is gone.
func (tx *Tx) ForgetBlob(ctx context.Context, id exam.ExportID, blob exam.BlobID) error {
	_, err := tx.tx.Exec(ctx, "UPDATE export SET blob_id = NULL WHERE id = $1 AND blob_id = $2", id, blob)
	return err
}

// SettleExport ends the promise of an export's file.
func (tx *Tx) SettleExport(ctx context.Context, id exam.ExportID, state exam.OwedState, now time.Time) error {
	return tx.settlePromise(ctx, exam.ByExport, int64(id), state, now)
}

// DeadExport is a file that nobody can have any more.
type DeadExport struct {
	ID   exam.ExportID
	Blob exam.BlobID
}

// DeadExports lists files whose time is over at an instant, as only that of a ready
// one can be, or whose export was stopped or has failed, up to limit.
func (r Reader) DeadExports(ctx context.Context, now time.Time, limit int) ([]DeadExport, error) {
	return all(ctx, r.q, func(row db.Row) (DeadExport, error) {
		var d DeadExport
		err := row.Scan(&d.ID, &d.Blob)
		return d, err
	}, `SELECT x.id, x.blob_id FROM export x WHERE x.blob_id IS NOT NULL
AND (x.state IN ('failed', 'stopped', 'waiting') OR x.kept_until <= $1) ORDER BY x.id LIMIT $2`, us(now), limit)
}

// CountCodes counts the rows of the list that Codes shows.
func (r Reader) CountCodes(ctx context.Context, account exam.AccountID, f CodeFilter, now time.Time) (n int64, err error) {
	counts, err := r.CodeCounts(ctx, account, f, now)
	for state, c := range counts {
		if (f.State == "" || string(f.State) == state) && (!f.Used || slices.Contains(exam.Used, exam.CodeState(state))) {
			n += int64(c)
		}
	}
	return n, err
}

// CountExaminees counts the rows of the list that Examinees shows.
func (r Reader) CountExaminees(ctx context.Context, account exam.AccountID, f ExamineeFilter, now time.Time) (int64, error) {
	b := examineeWhere(account, f, now)
	return one(ctx, r.q, number[int64], "SELECT COUNT(*) FROM registration g LEFT JOIN result t ON t.registration_id = g.id WHERE "+b.String(), b.args...)
}

// NameBlob notes the file that a run writes.
func (tx *Tx) NameBlob(ctx context.Context, e exam.Export) error {
	return tx.exec(ctx, 1, "UPDATE export SET blob_id = $1 WHERE id = $2 AND version = $3 AND state = 'running'", e.Blob, e.ID, e.Version)
}

// ReleaseExport lets another run begin at once; a run that was stopped, or whose
// place another one has taken, is exam.ErrChangedMeanwhile.
func (tx *Tx) ReleaseExport(ctx context.Context, e exam.Export) error {
	return tx.exec(ctx, 1, "UPDATE export SET state = 'waiting', rows_done = 0, version = version + 1 WHERE id = $1 AND version = $2 AND state = 'running'", e.ID, e.Version)
}
