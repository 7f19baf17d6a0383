package action

import (
	"context"
	"time"

	"examcode/internal/exam"
	"examcode/internal/store"
)

// resultFilesKept is how long an uploaded file of results is kept.
const resultFilesKept = 30 * 24 * time.Hour

// UploadResults keeps a file of results for its check; nothing of it is recorded
// by that. Staff with the results role. Refusals: result_file_too_large.
func (s *Service) UploadResults(ctx context.Context, who exam.Actor, f exam.ResultFile, rows int) (exam.ResultFile, error) {
	f.ID = exam.ResultFileID(s.store.IDs().Next())
	err := s.transact(ctx, func(ctx context.Context, tx *store.Tx) error {
		now := s.now()
		n, e, err := exam.UploadResults(who, f, rows, now)
		if err != nil {
			return err
		}
		f = n
		return tx.AddResultFile(ctx, n, e, now.Add(-resultFilesKept))
	})
	return f, err
}
