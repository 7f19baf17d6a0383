package action

import (
	"context"
	"errors"
	"time"

	"examcode/internal/exam"
	"examcode/internal/export"
	"examcode/internal/fault"
	"examcode/internal/store"
)

// writeExport writes the file of a promised export; it may be asked for as often
// as one likes. One run at a time works on an export: it shows signs of life, and
// when they stop for exam.ExportSilence another begins from the first row. What
// it writes is seen by nobody until its last transaction. An error leaves the
// export waiting for the next try.
func (s *Service) writeExport(ctx context.Context, id exam.OwedID) error {
	row, err := s.store.Reader().OwedExport(ctx, id)
	if errors.Is(err, fault.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	e, err := s.beginExport(ctx, row)
	if err != nil || e.State != exam.ExportRunning {
		return err
	}
	size, rows, err := s.fillExport(ctx, e)
	if err == nil {
		err = s.finishExport(ctx, e, rows, size)
	}
	if err == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second) // what is begun is put away, whoever stops us
	defer cancel()
	return s.leaveExport(ctx, e, err)
}

// errNotOurs is a run that has nothing to do.
var errNotOurs = errors.New("action: nothing to begin")

// beginExport takes an export for a run of ours and makes its empty file. The
// state is not running when there is nothing to do.
func (s *Service) beginExport(ctx context.Context, row store.ExportRow) (exam.Export, error) {
	asker, err := s.store.Reader().IdentityOf(ctx, row.Person)
	if err != nil {
		return row.Export, err
	}
	if asker.Suspended {
		asker.Actor.Rights, asker.Actor.Role = 0, exam.Member
	}
	e, old := row.Export, row.Blob
	err = s.store.Transact(ctx, func(ctx context.Context, tx *store.Tx) error {
		began, ours, err := row.Export.Begin(asker.Actor, s.now())
		if err != nil {
			return err
		}
		if !ours {
			return errNotOurs
		}
		e = began
		return tx.SaveExport(ctx, e)
	})
	switch {
	case errors.Is(err, errNotOurs), errors.Is(err, exam.ErrChangedMeanwhile):
		return exam.Export{}, nil
	case err != nil && refusesForGood(err):
		return exam.Export{}, s.failExport(ctx, row.Export, reasonOf(err))
	case err != nil:
		return exam.Export{}, err
	}
	if old != 0 { // its run is over: whatever it still writes is refused
		if err := s.dropFile(ctx, e.ID, old); err != nil {
			return exam.Export{}, err
		}
	}
	e.Blob = exam.BlobID(s.store.IDs().Next())
	err = s.store.Transact(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.BeginBlob(ctx, store.Blob{ID: e.Blob, Account: e.Account, Name: e.ID.String() + "." + string(e.Format), Mime: "application/octet-stream", Created: s.now()}); err != nil {
			return err
		}
		return tx.NameBlob(ctx, e)
	})
	if errors.Is(err, exam.ErrChangedMeanwhile) {
		return exam.Export{}, nil
	}
	return e, err
}

// refusesForGood tells whether another try would end the same.
func refusesForGood(err error) bool {
	e := fault.Of(err)
	return e.Reason == exam.ErrExportFailed.Reason || e.Kind == fault.Forbidden || e.Kind == fault.Unauthenticated || e.Reason == export.ErrFilter.Reason
}

// fillExport writes all rows into the export's file.
func (s *Service) fillExport(ctx context.Context, e exam.Export) (size, rows int64, err error) {
	f := newExportWriter(ctx, s, e)
	defer f.wait() // whatever is said then, nothing is being stored any more
	rows, err = export.Write(ctx, f, e, export.Source{Store: s.store.Reader(), Beat: f.beat,
		Text: func(id exam.CodeID, sealed []byte) (string, error) { return s.vault.RevealCode(int64(id), sealed) }}, s.now())
	if err == nil {
		err = f.end()
	}
	return f.size, rows, err
}

// finishExport makes the file visible, says so in the trail and to the one who
// asked, and settles the promise, in one transaction. Refusal: not_allowed when
// they were removed meanwhile.
func (s *Service) finishExport(ctx context.Context, e exam.Export, rows, size int64) error {
	return s.transact(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := actingNow(ctx, tx, exam.Actor{Person: e.Person}); errors.Is(err, exam.ErrNotSignedIn) {
			return exam.ErrNotAllowed // who asked was removed meanwhile
		} else if err != nil {
			return err
		}
		now := s.now()
		done, ev := e.Finish(rows, size, s.exportKept, now)
		if err := tx.SaveExport(ctx, done, ev); err != nil {
			return err
		}
		tell := tx.Note
		if now.Sub(done.Created) > time.Minute {
			tell = tx.Tell
		}
		if err := tell(ctx, exportNotice(done, exam.NoticeExportReady, now)); err != nil {
			return err
		}
		return tx.SettleExport(ctx, e.ID, exam.OwedSent, now)
	})
}

func exportNotice(e exam.Export, kind exam.NoticeKind, now time.Time) exam.Notice {
	return exam.Notice{Person: e.Person, Account: e.Account, Kind: kind, About: int64(e.ID), Version: e.Version, Created: now,
		Link: "/enterprise/files/" + e.ID.String(), Data: exam.Data{"kind": string(e.Kind), "rows": e.Rows, "kept": e.Kept.UTC().Format(time.RFC3339), "zone": e.Zone, "reason": e.Error}}
}

// leaveExport puts a run away that could not end: its file goes, and the export
// waits for another run, unless somebody else has decided about it.
func (s *Service) leaveExport(ctx context.Context, e exam.Export, why error) error {
	if refusesForGood(why) {
		return errors.Join(s.failExport(ctx, e, reasonOf(why)), s.dropFile(ctx, e.ID, e.Blob))
	}
	err := s.store.Transact(ctx, func(ctx context.Context, tx *store.Tx) error { return tx.ReleaseExport(ctx, e) })
	switch {
	case errors.Is(err, exam.ErrChangedMeanwhile): // it was stopped, another run has it, or it is ready after all
		now, err := s.store.Reader().Export(ctx, e.Account, e.ID)
		if err != nil || now.Blob != e.Blob || now.State == exam.ExportReady {
			return err
		}
		return s.dropFile(ctx, e.ID, e.Blob)
	case err != nil:
		return errors.Join(why, err)
	}
	s.log.Warn("an export is put back", "export", e.ID, "run", e.Run, "error", why)
	return errors.Join(why, s.dropFile(ctx, e.ID, e.Blob))
}

// failExport ends an export that no try will write, and tells who asked.
func (s *Service) failExport(ctx context.Context, e exam.Export, reason string) error {
	err := s.transact(ctx, func(ctx context.Context, tx *store.Tx) error {
		failed, ev := e.Fail(reason, s.now())
		if err := tx.SaveExport(ctx, failed, ev); err != nil {
			return err
		}
		if err := tx.Note(ctx, exportNotice(failed, exam.NoticeExportFailed, s.now())); err != nil {
			return err
		}
		return tx.SettleExport(ctx, e.ID, exam.OwedDead, s.now())
	})
	if errors.Is(err, exam.ErrChangedMeanwhile) {
		return nil
	}
	return err
}
