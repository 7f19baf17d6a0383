package bench

import (
	"context"

	"examcode/internal/exam"
	"examcode/internal/store"
)

// The sides below are ours, over all the codes, for works of others.

// Redeem is codes redeemed over HTTP by so many callers.
func (b *Bench) Redeem(ctx context.Context, callers int) (Side, error) {
	h, err := b.main(ctx)
	if err != nil {
		return Side{}, err
	}
	r, err := h.redeemers(callers)
	return r.side("ours", nil, nil), err
}

// Redeemed is how many codes so many callers redeem in a round.
func (b *Bench) Redeemed(callers int) int {
	return max(callers, min(callers*perCaller, b.Codes/8)) // few codes are for looking whether it works
}

// Page is a page of 50 unused codes over HTTP, for one caller.
func (b *Bench) Page(ctx context.Context) (Side, error) {
	h, err := b.main(ctx)
	if err != nil {
		return Side{}, err
	}
	return h.paging("ours", "/api/v1/codes?limit=50&state=unused")
}

// Process is the program as its own process.
func (b *Bench) Process(ctx context.Context) (Side, error) { return b.process(ctx) }

// Issue is n codes bought.
func (b *Bench) Issue(ctx context.Context, n int) (Side, error) {
	h, err := b.main(ctx)
	if err != nil {
		return Side{}, err
	}
	return Side{Name: "ours", Go: func(ctx context.Context) (Round, error) {
		_, err := h.buy(ctx, h.other, h.stock.subjects[1], n)
		return Round{Ops: n}, err
	}}, nil
}

// Export is all codes as a file, with their texts.
func (b *Bench) Export(ctx context.Context, f exam.ExportFormat) (Side, error) {
	h, err := b.main(ctx)
	return Side{Name: "ours", Go: func(ctx context.Context) (Round, error) { return h.exported(ctx, f) }}, err
}

// Rows reads every code of the company as an export does, its text opened.
func (b *Bench) Rows(ctx context.Context, each func(c store.CodeLine, text string) error) (n int, err error) {
	h, err := b.main(ctx)
	if err != nil {
		return 0, err
	}
	for list := h.Store.Reader().CodeLines(h.company.Account, store.CodeFilter{}, b.now(), true, 2000); ; {
		batch, err := list.Next(ctx)
		if err != nil || len(batch) == 0 {
			return n, err
		}
		for _, c := range batch {
			text, err := h.Vault.RevealCode(int64(c.ID), c.Sealed)
			if err == nil {
				err = each(c, text)
			}
			if err != nil {
				return n, err
			}
			n++
		}
	}
}

// AtEnd is done when the run is over, the last first.
func (b *Bench) AtEnd(f func()) { b.done = append(b.done, f) }
