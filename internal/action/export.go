package action

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"examcode/internal/exam"
	"examcode/internal/export"
	"examcode/internal/fault"
	"examcode/internal/sheet"
	"examcode/internal/store"
)

// ExportKept is how long files of exports are kept unless the settings say
// otherwise.
const ExportKept = 7 * 24 * time.Hour

// ExportRequest is what somebody wants as a file.
type ExportRequest struct {
	Kind      exam.ExportKind
	Format    exam.ExportFormat
	Filter    export.Filter
	WithTexts bool // of codes, not masked
	Lang      string
}

// AskExport freezes a filter and owes its file (S20, S26). Refusals:
// export_kind_unknown, export_format_unknown, export_texts_of_codes,
// export_empty, export_busy, order_being_issued, not_allowed.
func (s *Service) AskExport(ctx context.Context, who exam.Actor, in ExportRequest) (exam.Export, error) {
	if err := exam.NeedRight(who, exam.ViewCodes); err != nil {
		return exam.Export{}, err
	}
	filter, err := in.Filter.Freeze(in.Kind)
	if err != nil {
		return exam.Export{}, err
	}
	r := s.store.Reader()
	if in.Kind == exam.ExportCodes {
		issuing, err := r.IssuingOf(ctx, who.Account, in.Filter.Codes)
		if err == nil {
			err = issuing.NeedWhole() // a list of an order's codes lacks none
		}
		if err != nil {
			return exam.Export{}, err
		}
	}
	total, err := export.Count(ctx, r, who.Account, in.Kind, in.Filter, s.now())
	if err != nil {
		return exam.Export{}, err
	}
	acc, err := r.Account(ctx, who.Account)
	if err != nil {
		return exam.Export{}, err
	}
	return s.askExport(ctx, who, exam.Export{Kind: in.Kind, Format: in.Format, Filter: filter, WithTexts: in.WithTexts, Lang: in.Lang, Zone: acc.Zone, Total: total})
}

func (s *Service) askExport(ctx context.Context, who exam.Actor, in exam.Export) (e exam.Export, err error) {
	in.ID = exam.ExportID(s.store.IDs().Next())
	err = s.transact(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.LockAccount(ctx, who.Account); err != nil {
			return err
		}
		open, err := tx.OpenExports(ctx, who.Account)
		if err != nil {
			return err
		}
		asked, ev, err := exam.AskExport(who, in, open, s.now())
		if err != nil {
			return err
		}
		e = asked
		return tx.AddExport(ctx, e, ev)
	})
	return e, err
}

// RepeatExport asks for an export anew, with the filter, the sort of file and
// the texts of an earlier one.
func (s *Service) RepeatExport(ctx context.Context, who exam.Actor, id exam.ExportID, lang string) (exam.Export, error) {
	row, err := s.store.Reader().Export(ctx, who.Account, id)
	if err != nil {
		return exam.Export{}, err
	}
	f, err := export.Thaw(row.Kind, row.Filter)
	if err != nil {
		return exam.Export{}, err
	}
	return s.AskExport(ctx, who, ExportRequest{Kind: row.Kind, Format: row.Format, Filter: f, WithTexts: row.WithTexts, Lang: lang})
}

// StopExport ends an export that waits or runs; its run notices within a batch
// of rows. Refusals: export_ended, not_allowed, changed_meanwhile.
func (s *Service) StopExport(ctx context.Context, who exam.Actor, id exam.ExportID) (e exam.Export, err error) {
	err = s.transact(ctx, func(ctx context.Context, tx *store.Tx) error {
		row, err := tx.Export(ctx, who.Account, id)
		if err != nil {
			return err
		}
		stopped, ev, err := row.Export.Stop(who, s.now())
		if err != nil {
			return err
		}
		e = stopped
		if err := tx.SaveExport(ctx, e, ev); err != nil {
			return err
		}
		return tx.SettleExport(ctx, e.ID, exam.OwedCancelled, s.now())
	})
	return e, err
}

// ExportKeptFor is how long files of exports are kept here.
func (s *Service) ExportKeptFor() time.Duration { return s.exportKept }

// ExportFile is a file that somebody may take.
type ExportFile struct {
	Name string
	Mime string
	Size int64

	service *Service
	export  exam.Export
}

// OpenExport lets the actor take the file of an export, and records that they
// did before a byte of it is read. Refusals: export_not_ready, export_deleted,
// not_allowed.
func (s *Service) OpenExport(ctx context.Context, who exam.Actor, id exam.ExportID) (*ExportFile, error) {
	row, err := s.store.Reader().Export(ctx, who.Account, id)
	if err != nil {
		return nil, err
	}
	ev, err := row.Download(who, s.now())
	if err != nil {
		return nil, err
	}
	if row.Blob == 0 {
		return nil, exam.ErrExportGone
	}
	if err := s.transact(ctx, func(ctx context.Context, tx *store.Tx) error { return tx.AddEvents(ctx, ev) }); err != nil {
		return nil, err
	}
	name := fmt.Sprintf("%s-%s-%s.%s", row.Kind, row.Created.UTC().Format("20060102-1504"), row.ID, row.Format)
	return &ExportFile{Name: name, Mime: sheet.Mime(string(row.Format)), Size: row.Size, service: s, export: row.Export}, nil
}

// Copy writes the file, opening it part by part.
func (f *ExportFile) Copy(ctx context.Context, w io.Writer) error {
	parts := partsOf(f.Size)
	for part := range parts {
		sealed, err := f.service.store.Reader().Chunk(ctx, f.export.Blob, part)
		if err != nil {
			return err
		}
		if len(sealed) == 0 {
			return fmt.Errorf("action: part %d of %s is missing", part, f.export.ID)
		}
		plain, err := f.service.vault.OpenBytes(sealed, partAbout(f.export.Blob, part, part == parts-1))
		if err != nil {
			return err
		}
		if _, err := w.Write(plain); err != nil {
			return err
		}
	}
	return nil
}

// dropFile deletes a file that nobody reads, in short transactions, so that
// what is left after an interruption is found again.
func (s *Service) dropFile(ctx context.Context, id exam.ExportID, blob exam.BlobID) error {
	for more := true; more; {
		if err := s.store.Transact(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
			more, err = tx.DropChunks(ctx, blob, 32)
			return err
		}); err != nil {
			return err
		}
	}
	return s.store.Transact(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.ForgetBlob(ctx, id, blob); err != nil {
			return err
		}
		return tx.DropBlob(ctx, blob)
	})
}

// TidyExports deletes the files whose time is over and those that no export has
// finished; the records stay.
func (s *Service) TidyExports(ctx context.Context) error {
	for {
		const some = 50
		dead, err := s.store.Reader().DeadExports(ctx, s.now(), some)
		if err != nil {
			return err
		}
		for _, d := range dead {
			if err := s.dropFile(ctx, d.ID, d.Blob); err != nil {
				return err
			}
		}
		if len(dead) < some {
			return nil
		}
	}
}

// reasonOf is the word that a failed export is shown with.
func reasonOf(err error) string {
	var e *fault.Error
	if errors.As(err, &e) {
		return e.Reason
	}
	return exam.ErrExportFailed.Reason
}
