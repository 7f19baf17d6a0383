package action

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
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
	f := &exportWriter{ctx: ctx, s: s, e: e, sum: sha256.New(), buf: make([]byte, 0, store.ChunkSize), said: s.now()}
	rows, err = export.Write(ctx, f, e, export.Source{Store: s.store.Reader(), Beat: f.beat,
		Text: func(id exam.CodeID, sealed []byte) (string, error) {
			text, err := s.vault.OpenCode(int64(id), sealed)
			return text.Reveal(), err
		}}, s.now())
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

// exportWriter cuts a file into parts, seals each for its place, and stores them.
type exportWriter struct {
	ctx  context.Context
	s    *Service
	e    exam.Export
	buf  []byte
	sum  hash.Hash
	part int
	size int64 // of the file
	kept int64 // as stored, sealed
	rows int64
	said time.Time // when the last sign of life was given
}

// beatEvery is how often a run that writes nothing else shows signs of life.
const beatEvery = 2 * time.Second

func (w *exportWriter) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		if len(w.buf) == store.ChunkSize { // a full part is kept back: it may be the last
			if err := w.keep(false); err != nil {
				return 0, err
			}
		}
		m := min(len(p), store.ChunkSize-len(w.buf))
		w.buf, p = append(w.buf, p[:m]...), p[m:]
	}
	return n, nil
}

// keep stores the part that is gathered, with how far the run has come.
func (w *exportWriter) keep(last bool) error {
	sealed, err := w.s.vault.Seal(string(w.buf), partAbout(w.e.Blob, w.part, last))
	if err != nil {
		return err
	}
	w.sum.Write(sealed)
	now, sum := w.s.now(), w.sum.Sum(nil)
	err = w.s.store.Transact(w.ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.BeatExport(ctx, w.e, w.rows, now); err != nil {
			return err
		}
		if err := tx.AddChunk(ctx, w.e.Blob, w.part, sealed); err != nil {
			return err
		}
		if !last {
			return nil
		}
		return tx.EndBlob(ctx, w.e.Blob, w.kept+int64(len(sealed)), sum)
	})
	if err != nil {
		return err
	}
	w.kept += int64(len(sealed))
	w.size += int64(len(w.buf))
	w.part, w.said, w.buf = w.part+1, now, w.buf[:0]
	return nil
}

func (w *exportWriter) end() error { return w.keep(true) }

// beat shows a sign of life after a batch of rows, and notices that the run was
// stopped.
func (w *exportWriter) beat(rows int64) error {
	w.rows = rows
	if err := w.ctx.Err(); err != nil {
		return err
	}
	now := w.s.now()
	if now.Sub(w.said) < beatEvery {
		return nil
	}
	w.said = now
	return w.s.store.Transact(w.ctx, func(ctx context.Context, tx *store.Tx) error { return tx.BeatExport(ctx, w.e, rows, now) })
}

// partsOf is how many parts a file has.
func partsOf(size int64) int {
	return max(1, int((size+store.ChunkSize-1)/store.ChunkSize))
}

// partAbout ties a sealed part to its file, its place and its being the last, so
// that parts can be neither exchanged nor left out.
func partAbout(blob exam.BlobID, part int, last bool) string {
	end := "more"
	if last {
		end = "end"
	}
	return fmt.Sprintf("blob:%d:%d:%s", int64(blob), part, end)
}
