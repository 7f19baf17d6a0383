package bench

import (
	"context"
	"errors"
	"io"
	"time"

	"examcode/internal/action"
	"examcode/internal/db"
	"examcode/internal/exam"
)

// export is all codes of the company as a file, texts opened, from the wish to
// the last byte taken away.
type export struct{ format exam.ExportFormat }

func (w export) Name() string { return "export codes as " + string(w.format) }

func (w export) Prepare(ctx context.Context, b *Bench) (Contest, error) {
	h, err := b.main(ctx)
	if err != nil {
		return Contest{}, err
	}
	c := Contest{Ours: Side{Name: "ours", Go: func(ctx context.Context) (Round, error) { return h.exported(ctx, w.format) }},
		Checks: []Check{{Name: "memory beyond idle, of 96 MiB", Unit: "MiB", Goal: AtMost(1), Of: func(r Round) (float64, float64) {
			return r.metric(Memory), 96
		}}}}
	against, goal := "bare cursor to CSV", AtLeast(0.6)
	if b.Engine() == db.PostgreSQL {
		against, goal = "COPY TO of the same rows as CSV", AtLeast(0.5)
	}
	if w.format != exam.CSV {
		goal = Goal{} // another sort of file
		c.Checks = append(c.Checks, Check{Name: "first byte of the file stored, of 1 s", Unit: "ms", Goal: AtMost(1), Of: func(r Round) (float64, float64) {
			return millis(r.First), 1000
		}})
	}
	c.Floors = []Floor{{Side: Side{Name: against, Go: func(ctx context.Context) (Round, error) {
		n, err := h.floor.CSV(ctx, int64(h.company.Account), io.Discard)
		return Round{Ops: n}, err
	}}, Goal: goal}}
	return c, nil
}

// exported asks for an export, writes its file as the worker would, and takes it.
func (h *House) exported(ctx context.Context, f exam.ExportFormat) (r Round, err error) {
	r0 := h.Store.IDs().Next() // what is promised from here on has a higher id
	e, err := h.Actions.AskExport(ctx, h.company, action.ExportRequest{Kind: exam.ExportCodes, Format: f, WithTexts: true, Lang: "en"})
	if err != nil {
		return r, err
	}
	owed, err := h.Store.Reader().OpenOwed(ctx, h.b.now(), exam.OwedID(r0), 10)
	if err != nil {
		return r, err
	}
	if len(owed) != 1 {
		return r, errors.New("the export is not owed alone")
	}
	begun, watched := h.b.now(), make(chan time.Duration, 1)
	watch, stop := context.WithCancel(ctx)
	go func() { watched <- h.firstPart(watch, e.ID, begun) }()
	err = h.Actions.Settle(ctx, owed[0])
	stop()
	r.First = <-watched
	if err != nil {
		return r, err
	}
	file, err := h.Actions.OpenExport(ctx, h.company, e.ID)
	if err != nil {
		return r, err
	}
	if err := file.Copy(ctx, io.Discard); err != nil {
		return r, err
	}
	done, err := h.Store.Reader().Export(ctx, h.company.Account, e.ID)
	r.Ops = int(done.Rows)
	return r, err
}

// firstPart waits until the first rows of an export are stored, and returns how
// long that took.
func (h *House) firstPart(ctx context.Context, id exam.ExportID, begun time.Time) time.Duration {
	for {
		e, err := h.Store.Reader().Export(ctx, h.company.Account, id)
		if err != nil || e.Rows > 0 || pause(ctx, 5*time.Millisecond) != nil {
			return h.b.now().Sub(begun)
		}
	}
}
