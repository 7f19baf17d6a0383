package bench

import (
	"cmp"
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
	watching, stop := context.WithCancel(ctx)
	watched := make(chan struct{})
	begun := h.b.now()
	go func() {
		r.First, r.Samples = h.watch(watching, e.ID, begun)
		close(watched)
	}()
	err = h.Actions.Settle(ctx, owed[0])
	stop()
	<-watched
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
	r.Ops, r.Samples = int(done.Rows), append(r.Samples, look(h.b.now().Sub(begun), done.Rows))
	return r, err
}

// watch looks at an export until it ends, and returns when its first rows were
// stored and what it met meanwhile.
func (h *House) watch(ctx context.Context, id exam.ExportID, begun time.Time) (first time.Duration, met []Sample) {
	met = append(met, look(0, 0))
	for {
		e, err := h.Store.Reader().Export(ctx, h.company.Account, id)
		at := h.b.now().Sub(begun)
		if first == 0 && (err != nil || e.Rows > 0) {
			first = at
		}
		if err != nil {
			return first, met
		}
		if at-met[len(met)-1].At >= sampled {
			met = append(met, look(at, e.Rows))
		}
		wait := sampled
		if first == 0 {
			wait = 5 * time.Millisecond
		}
		if pause(ctx, wait) != nil {
			return cmp.Or(first, at), met
		}
	}
}
