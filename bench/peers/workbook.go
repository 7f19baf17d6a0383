package main

import (
	"context"
	"io"
	"time"

	"github.com/xuri/excelize/v2"

	"examcode/internal/bench"
	"examcode/internal/exam"
	"examcode/internal/store"
)

// workbook is all codes with their texts as XLSX. The peer reads the rows as we
// do and writes them by excelize's stream; it neither seals nor stores its file.
type workbook struct{}

func (workbook) Name() string { return "export codes as xlsx" }

func (workbook) Prepare(ctx context.Context, b *bench.Bench) (bench.Contest, error) {
	ours, err := b.Export(ctx, exam.XLSX)
	if err != nil {
		return bench.Contest{}, err
	}
	theirs := bench.Side{Name: "excelize's stream writer", Go: func(ctx context.Context) (bench.Round, error) { return byExcelize(ctx, b) }}
	return bench.Contest{Ours: ours, Floors: []bench.Floor{{Side: theirs, Goal: bench.AtLeast(4), Also: []bench.Also{
		{Name: "excelize, memory", Metric: bench.Memory, Goal: bench.AtMost(0.5)},
		{Name: "excelize, first byte", Metric: bench.First},
	}}}}, nil
}

// mostRows is how many rows a sheet holds beside its head.
const mostRows = 1<<20 - 1

func byExcelize(ctx context.Context, b *bench.Bench) (bench.Round, error) {
	begun := b.Now()
	f := excelize.NewFile()
	defer f.Close()
	w, err := f.NewStreamWriter("Sheet1")
	if err != nil {
		return bench.Round{}, err
	}
	head := []any{"code", "state", "subject", "holder", "order_number", "valid_through", "expires_at", "code_id", "registration_id"}
	if err := w.SetRow("A1", head); err != nil {
		return bench.Round{}, err
	}
	at := 1
	n, err := b.Rows(ctx, func(c store.CodeLine, text string) error {
		if at++; at > mostRows {
			return nil
		}
		cell, err := excelize.CoordinatesToCellName(1, at)
		if err != nil {
			return err
		}
		return w.SetRow(cell, []any{text, string(c.State), c.SubjectName.EN, c.HolderName, c.OrderNumber,
			c.Expires.Format(time.DateOnly), c.Expires.Format(time.RFC3339), c.ID.String(), c.Registration.String()})
	})
	if err == nil {
		err = w.Flush()
	}
	out := &first{now: b.Now, begun: begun}
	if err == nil {
		_, err = f.WriteTo(out)
	}
	return bench.Round{Ops: n, First: out.after}, err
}

// first throws bytes away and notes when the first came.
type first struct {
	now   func() time.Time
	begun time.Time
	after time.Duration
}

func (f *first) Write(p []byte) (int, error) {
	if f.after == 0 {
		f.after = f.now().Sub(f.begun)
	}
	return io.Discard.Write(p)
}
