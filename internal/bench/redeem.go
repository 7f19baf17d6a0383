package bench

import (
	"context"
	"fmt"
	"time"

	"examcode/internal/bench/floor"
	"examcode/internal/db"
)

// redeem is codes redeemed over HTTP by so many callers at once.
type redeem struct{ callers int }

func (w redeem) Name() string { return fmt.Sprintf("redeem over HTTP, %d callers", w.callers) }

const (
	perCaller = 48              // codes that a caller redeems in a round
	longest   = 3 * time.Second // of a round; a slow machine redeems fewer
)

// redeeming is a crowd that redeems at a house.
type redeeming struct {
	h       *House
	crowd   *Crowd
	tickets []ticket
	n       int // a round
}

func (h *House) redeemers(callers int) (*redeeming, error) {
	crowd, err := Dial(h.b.Now, h.addr, callers)
	if err != nil {
		return nil, err
	}
	h.b.done = append(h.b.done, crowd.Close)
	return &redeeming{h: h, crowd: crowd, n: h.b.Redeemed(callers)}, nil
}

func (r *redeeming) ready(ctx context.Context) (err error) {
	r.tickets, err = r.h.stock.take(ctx, r.n)
	return err
}

func (r *redeeming) floors() []floor.Ticket {
	list := make([]floor.Ticket, len(r.tickets))
	for i, t := range r.tickets {
		list[i] = t.Ticket
	}
	return list
}

// overHTTP is each caller sending one code after the other.
func (r *redeeming) overHTTP(ctx context.Context) (Round, error) {
	got, err := r.crowd.Do(ctx, len(r.tickets), func(x *Caller, i int) error { return r.tickets[i].send(x) })
	if got.Took > longest {
		r.n = max(2*len(r.crowd.callers), int(float64(r.n)*longest.Seconds()/got.Took.Seconds()))
	}
	return got, err
}

// send redeems one code as an examinee's program would.
func (t ticket) send(x *Caller) error {
	body := fmt.Appendf(nil, `{"subject_id":%q,"code":%q,"exam_type":"online"}`, t.subject.String(), t.text.Reveal())
	var answer []byte
	status, err := x.Call("POST", "/api/v1/registrations", Bearer(t.bearer)+"Idempotency-Key: "+t.Key+"\r\n", body, &answer)
	return wantStatus(status, 201, answer, err)
}

// side is over HTTP after a change of the program that is taken back. How many
// codes fit into a round is its own matter, so that a slow side shortens no other.
func (r *redeeming) side(name string, change, back func(ctx context.Context) error) Side {
	own := *r
	r = &own
	s := Side{Name: name, Ready: r.ready, Go: r.overHTTP}
	if change != nil {
		s.Go = func(ctx context.Context) (Round, error) {
			if err := change(ctx); err != nil {
				return Round{}, err
			}
			got, err := r.overHTTP(ctx)
			if failed := back(ctx); err == nil {
				err = failed
			}
			return got, err
		}
	}
	return s
}

// bare is the same rows written by the floor.
func (r *redeeming) bare(name string, do func(ctx context.Context, list []floor.Ticket, now int64) error) Side {
	return Side{Name: name, Ready: r.ready, Go: func(ctx context.Context) (Round, error) {
		list := r.floors()
		return Round{Ops: len(list)}, do(ctx, list, floor.Micros(r.h.b.now()))
	}}
}

// grouped is the floor of group commit: as many together as would wait.
func (r *redeeming) grouped(name string, callers int) Side {
	return r.bare(name, func(ctx context.Context, list []floor.Ticket, now int64) error {
		return r.h.floor.Together(ctx, list, callers, now)
	})
}

func (w redeem) Prepare(ctx context.Context, b *Bench) (Contest, error) {
	h, err := b.main(ctx)
	if err != nil {
		return Contest{}, err
	}
	r, err := h.redeemers(w.callers)
	if err != nil {
		return Contest{}, err
	}
	c := Contest{Ours: r.side("ours", nil, nil)}
	alone := r.side("the same server, one transaction a request", func(context.Context) error { h.Alone(true); return nil }, func(context.Context) error { h.Alone(false); return nil })
	share := 0.80
	if w.callers >= 256 {
		share = 0.85
		c.Checks = append(c.Checks, Check{Name: "p99 of its p50", Unit: "ms", Goal: AtMost(3), Of: func(r Round) (float64, float64) { return r.metric(P99), r.metric(P50) }})
	}
	if b.Engine() == db.SQLite {
		c.Floors = []Floor{
			{Side: r.grouped("group commit, bare loop", w.callers), Goal: AtLeast(share)},
			{Side: alone, Goal: AtLeast(3)},
			{Side: r.side("the same with synchronous=NORMAL",
				func(ctx context.Context) error { return floor.Synchronous(ctx, h.DB, "NORMAL") },
				func(ctx context.Context) error { return floor.Synchronous(ctx, h.DB, "FULL") }), Goal: AtLeast(0.85)},
		}
		return c, nil
	}
	p := h.floor.(*floor.Postgres)
	c.Floors = []Floor{
		{Side: r.bare(fmt.Sprintf("one transaction each, bare loop, %d connections", floor.Conns), p.Each), Goal: AtLeast(4)},
		{Side: r.pgbench(p), Goal: AtLeast(5)},
		{Side: r.grouped("one statement a batch, bare loop", max(1, w.callers/floor.Writers)), Goal: AtLeast(0.65)},
		{Side: alone, Goal: AtLeast(3)},
	}
	return c, nil
}

// pgbench is PostgreSQL's own driver with the same transaction or, where it is
// not installed, a loop of ours with as many connections.
func (r *redeeming) pgbench(p *floor.Postgres) Side {
	if floor.Pgbench() == "" {
		return r.bare("pgbench's transaction in Go (no pgbench here)", p.Each)
	}
	n := 0
	return Side{Name: fmt.Sprintf("pgbench, %d clients", floor.Conns),
		Ready: func(ctx context.Context) (err error) {
			if err = r.ready(ctx); err == nil {
				n, err = p.Lay(ctx, r.floors())
			}
			return err
		},
		Go: func(ctx context.Context) (Round, error) {
			took, err := p.Walk(ctx, n, floor.Micros(r.h.b.now()), r.h.b.Dir)
			return Round{Ops: n, Took: took}, err
		}}
}

// stored is redeeming from a big table against a small one.
type stored struct{}

func (stored) Name() string { return "redeem by codes stored, 64 callers" }

func (stored) Prepare(ctx context.Context, b *Bench) (Contest, error) {
	big, small, err := b.both(ctx)
	if err != nil {
		return Contest{}, err
	}
	ours, err := big.redeemers(64)
	if err != nil {
		return Contest{}, err
	}
	theirs, err := small.redeemers(64)
	if err != nil {
		return Contest{}, err
	}
	return Contest{Ours: ours.side("ours", nil, nil),
		Floors: []Floor{{Side: theirs.side(fmt.Sprintf("%d codes stored", min(fewCodes, b.Codes)), nil, nil), Metric: P50, Goal: AtMost(1.5)}}}, nil
}

// both are the house with all the codes and the one with few.
func (b *Bench) both(ctx context.Context) (*House, *House, error) {
	big, err := b.main(ctx)
	if err != nil {
		return nil, nil, err
	}
	small, err := b.few(ctx)
	return big, small, err
}

// whileIssuing is redeeming while somebody buys many codes.
type whileIssuing struct{}

func (whileIssuing) Name() string { return "redeem while codes are issued, 64 callers" }

func (whileIssuing) Prepare(ctx context.Context, b *Bench) (Contest, error) {
	h, err := b.main(ctx)
	if err != nil {
		return Contest{}, err
	}
	r, err := h.redeemers(64)
	if err != nil {
		return Contest{}, err
	}
	n := b.issued()
	many := &redeeming{h: h, crowd: r.crowd}
	ready := func(ctx context.Context) error {
		many.n = r.n * 8 // as many as it takes until all are issued
		return many.ready(ctx)
	}
	ours := Side{Name: "ours", Ready: ready, Go: func(ctx context.Context) (Round, error) {
		bought := make(chan error, 1)
		go func() {
			_, err := h.buy(ctx, h.other, h.stock.subjects[0], n)
			bought <- err
		}()
		got, err := many.crowd.Do(ctx, len(many.tickets), func(x *Caller, i int) error {
			if i >= r.n && len(bought) == 1 {
				return errEnough
			}
			return many.tickets[i].send(x)
		})
		if failed := <-bought; err == nil {
			err = failed
		}
		return got, err
	}}
	return Contest{Ours: ours,
		Floors: []Floor{{Side: r.side("without", nil, nil), Metric: P99, Goal: AtMost(2.5)}},
		Checks: []Check{{Name: fmt.Sprintf("longest stall while %d are issued, of 250 ms", n), Unit: "ms", Goal: AtMost(1),
			Of: func(r Round) (float64, float64) { return millis(r.Stall), 250 }}}}, nil
}
