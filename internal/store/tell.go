package store

import (
	"context"

	"examcode/internal/exam"
)

// TellMany is Tell for a set.
func (tx *Tx) TellMany(ctx context.Context, notices []exam.Notice) error {
	return tx.Tell(ctx, notices...)
}
