package bench

import (
	"context"
	"crypto/rand"
	"fmt"

	"examcode/internal/bench/floor"
	"examcode/internal/exam"
)

// issue is buying codes, from the order to the last code, all included.
type issue struct{}

func (issue) Name() string { return "issue codes" }

// issued is how many codes a round makes.
func (b *Bench) issued() int { return max(100, min(exam.MaxQuantity, b.Codes/10)) }

func (issue) Prepare(ctx context.Context, b *Bench) (Contest, error) {
	h, err := b.main(ctx)
	if err != nil {
		return Contest{}, err
	}
	n, against := b.issued(), "prepared one-row INSERT, one transaction"
	goal := AtLeast(0.5)
	if b.URL != "" {
		against, goal = "COPY into the same indexed table", AtLeast(0.6)
	}
	var (
		order floor.Order
		codes []floor.Code
	)
	ready := func(context.Context) error {
		order, codes = h.bareCodes(n)
		return nil
	}
	return Contest{
		Ours: Side{Name: "ours", Go: func(ctx context.Context) (Round, error) {
			_, err := h.buy(ctx, h.other, h.stock.subjects[1], n)
			return Round{Ops: n}, err
		}},
		Floors: []Floor{{Side: Side{Name: fmt.Sprintf("%s (%d codes)", against, n), Ready: ready, Go: func(ctx context.Context) (Round, error) {
			return Round{Ops: n}, h.floor.Issue(ctx, order, codes)
		}}, Goal: goal}},
	}, nil
}

// bareCodes are rows as real ones look, with random bytes for what is sealed.
func (h *House) bareCodes(n int) (floor.Order, []floor.Code) {
	const lookup, sealed = 16, 60
	ids, now := h.Store.IDs(), h.b.now()
	o := floor.Order{ID: ids.Next(), Account: int64(h.other.Account), Buyer: int64(h.other.Person), Subject: int64(h.stock.subjects[1]),
		Now: floor.Micros(now), Expires: floor.Micros(now.AddDate(1, 0, 0))}
	o.Number = fmt.Sprintf("BENCH-%d", o.ID)
	first, raw := ids.Block(n), make([]byte, n*(lookup+sealed))
	rand.Read(raw)
	codes := make([]floor.Code, n)
	for i := range codes {
		b := raw[i*(lookup+sealed):]
		codes[i] = floor.Code{ID: first + int64(i), Lookup: b[:lookup:lookup], Sealed: b[lookup : lookup+sealed : lookup+sealed], Tail: "MP7N"}
	}
	return o, codes
}
