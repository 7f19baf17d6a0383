package action

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"time"

	"examcode/internal/exam"
	"examcode/internal/store"
)

// exportWriter cuts a file into parts, seals each for its place, and stores them:
// one part while the next is filled.
type exportWriter struct {
	ctx  context.Context
	s    *Service
	e    exam.Export
	buf  []byte // being filled
	free []byte // when no part is being stored
	part int
	size int64 // of the file
	rows int64
	said time.Time // when the last sign of life was given

	storing chan outcome // of the part that is being stored; nil without one
	sum     hash.Hash    // of what is stored, sealed
	stored  int64        // its size
}

// outcome is how the storing of a part ended; fell is what it panicked with.
type outcome struct {
	err  error
	fell any
}

// errCutOff is storing that did not come to its end.
var errCutOff = errors.New("action: a part was not stored")

// beatEvery is how often a run that writes nothing else shows signs of life.
const beatEvery = 2 * time.Second

func newExportWriter(ctx context.Context, s *Service, e exam.Export) *exportWriter {
	return &exportWriter{ctx: ctx, s: s, e: e, buf: make([]byte, 0, store.ChunkSize), sum: sha256.New(), said: s.now()}
}

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

// keep begins to store the part that is gathered, with how far the run has come,
// once the part before is stored.
func (w *exportWriter) keep(last bool) error {
	if err := w.wait(); err != nil {
		return err
	}
	if w.free == nil && !last {
		w.free = make([]byte, 0, store.ChunkSize)
	}
	part, place, rows, now := w.buf, w.part, w.rows, w.s.now()
	w.storing = make(chan outcome, 1)
	go func(done chan<- outcome) {
		end := outcome{err: errCutOff}
		defer func() {
			end.fell = recover()
			done <- end
		}()
		end.err = w.store(part, place, last, rows, now)
	}(w.storing)
	w.part, w.size, w.said = w.part+1, w.size+int64(len(part)), now
	w.buf, w.free = w.free[:0], part
	return nil
}

// wait returns how the part that was being stored came out.
func (w *exportWriter) wait() error {
	if w.storing == nil {
		return nil
	}
	end := <-w.storing
	w.storing = nil
	if end.fell != nil {
		panic(end.fell)
	}
	return end.err
}

func (w *exportWriter) store(plain []byte, place int, last bool, rows int64, now time.Time) error {
	sealed, err := w.s.vault.SealBytes(plain, partAbout(w.e.Blob, place, last))
	if err != nil {
		return err
	}
	w.sum.Write(sealed)
	w.stored += int64(len(sealed))
	return w.s.store.Transact(w.ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.BeatExport(ctx, w.e, rows, now); err != nil {
			return err
		}
		if err := tx.AddChunk(ctx, w.e.Blob, place, sealed); err != nil {
			return err
		}
		if !last {
			return nil
		}
		return tx.EndBlob(ctx, w.e.Blob, w.stored, w.sum.Sum(nil))
	})
}

// end stores the last part.
func (w *exportWriter) end() error {
	if err := w.keep(true); err != nil {
		return err
	}
	return w.wait()
}

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
