package bench

import (
	"context"
	"fmt"

	"examcode/internal/store"
)

// verifying is a recount of everything that must hold, in one read snapshot.
type verifying struct{}

func (verifying) Name() string { return "verify, every invariant" }

func (verifying) Prepare(ctx context.Context, b *Bench) (Contest, error) {
	h, err := b.main(ctx)
	if err != nil {
		return Contest{}, err
	}
	minute := 60 * float64(max(1, b.Codes)) / 1_000_000
	return Contest{Ours: Side{Name: "ours", Go: func(ctx context.Context) (r Round, err error) {
		n, err := h.Store.Verify(ctx, func(store.Verified) { r.Ops++ })
		if err == nil && n != 0 {
			err = fmt.Errorf("%d violations", n)
		}
		return r, err
	}}, Checks: []Check{{Name: "of 60 s for a million codes", Unit: "s", Goal: AtMost(1), Of: func(r Round) (float64, float64) {
		return r.Took.Seconds(), minute
	}}}}, nil
}
