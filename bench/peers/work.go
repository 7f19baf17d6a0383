package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os/exec"

	"examcode/internal/bench"
)

// redeem is codes redeemed over HTTP by 64 callers.
type redeem struct{ p *pocketbase }

func (redeem) Name() string { return "redeem over HTTP, 64 callers" }

func (w redeem) Prepare(ctx context.Context, b *bench.Bench) (bench.Contest, error) {
	const callers = 64
	ours, err := b.Redeem(ctx, callers)
	if err != nil {
		return bench.Contest{}, err
	}
	crowd, err := w.p.crowd(ctx, b, callers)
	if err != nil {
		return bench.Contest{}, err
	}
	n := b.Redeemed(callers)
	theirs := bench.Side{Name: "PocketBase with a redeem hook", Go: func(ctx context.Context) (bench.Round, error) {
		first := w.p.next
		w.p.next += n
		if w.p.next > b.Codes {
			return bench.Round{}, fmt.Errorf("PocketBase has only %d codes", b.Codes)
		}
		return crowd.Do(ctx, n, func(x *bench.Caller, i int) error {
			// From all over the table: texts are hashes, and so is their index.
			body := fmt.Appendf(nil, `{"code":%q,"subject":"s%014d","person":"p%014d"}`, text(first+i), (first+i)%20, i)
			_, err := call(x, "POST", "/api/redeem", w.p.bearer(), body, 201)
			return err
		})
	}}
	return bench.Contest{Ours: ours, Floors: []bench.Floor{{Side: theirs, Goal: bench.AtLeast(10)}}}, nil
}

// list is a page of 50 unused codes of a company.
type list struct{ p *pocketbase }

func (list) Name() string { return "list page of 50 codes over HTTP" }

func (w list) Prepare(ctx context.Context, b *bench.Bench) (bench.Contest, error) {
	ours, err := b.Page(ctx)
	if err != nil {
		return bench.Contest{}, err
	}
	crowd, err := w.p.crowd(ctx, b, 1)
	if err != nil {
		return bench.Contest{}, err
	}
	page := func(name string, times int, filter, more string) bench.Side {
		path := "/api/collections/codes/records?perPage=50&sort=-id&filter=" + url.QueryEscape(filter) + more
		return bench.Side{Name: name, Go: func(ctx context.Context) (bench.Round, error) {
			return crowd.Do(ctx, times, func(x *bench.Caller, _ int) error {
				body, err := call(x, "GET", path, w.p.bearer(), nil, 200)
				if err == nil && len(body) < 1000 {
					err = fmt.Errorf("a short page: %.200s", body)
				}
				return err
			})
		}}
	}
	const unused = "org = 'org000000000001' && state = 'unused'"
	best := unused + fmt.Sprintf(" && id < 'c%014d'", b.Codes-b.Codes/10) // as if a page had gone before
	return bench.Contest{Ours: ours, Floors: []bench.Floor{
		{Side: page("PocketBase as it is, with the total", bench.Pages/20, unused, ""), Goal: bench.AtLeast(15)},
		{Side: page("PocketBase at its best: skipTotal and a place by hand", bench.Pages, best, "&skipTotal=1"), Goal: bench.AtLeast(5)},
	}}, nil
}

// issue is 10,000 codes made.
type issue struct{ p *pocketbase }

func (issue) Name() string { return "issue 10,000 codes" }

func (w issue) Prepare(ctx context.Context, b *bench.Bench) (bench.Contest, error) {
	n, most := min(10_000, b.Codes), 1000 // records a request
	ours, err := b.Issue(ctx, n)
	if err != nil {
		return bench.Contest{}, err
	}
	crowd, err := w.p.crowd(ctx, b, 1)
	if err != nil {
		return bench.Contest{}, err
	}
	var bodies [][]byte
	ready := func(context.Context) error {
		bodies = bodies[:0]
		for len(bodies) < n/most {
			bodies = append(bodies, w.batch(most))
		}
		return nil
	}
	theirs := bench.Side{Name: "PocketBase's batch API, 1,000 a request", Ready: ready, Go: func(ctx context.Context) (bench.Round, error) {
		r, err := crowd.Do(ctx, len(bodies), func(x *bench.Caller, i int) error {
			_, err := call(x, "POST", "/api/batch", w.p.bearer(), bodies[i], 200)
			return err
		})
		r.Ops *= most
		return r, err
	}}
	return bench.Contest{Ours: ours, Floors: []bench.Floor{{Side: theirs, Goal: bench.AtLeast(8)}}}, nil
}

// batch is a request that creates so many codes.
func (w issue) batch(n int) []byte {
	type request struct {
		Method string         `json:"method"`
		URL    string         `json:"url"`
		Body   map[string]any `json:"body"`
	}
	var all struct {
		Requests []request `json:"requests"`
	}
	for range n {
		w.p.made++
		all.Requests = append(all.Requests, request{"POST", "/api/collections/codes/records", map[string]any{
			"text": text(1_000_000_000 + w.p.made), "org": "org000000000002", "orders": "o00000000000001", "subject": "s00000000000001", "state": "unused"}})
	}
	body, err := json.Marshal(all)
	if err != nil {
		panic(err)
	}
	return body
}

// process is each program by itself: its file, its start, and idle.
type process struct{ p *pocketbase }

func (process) Name() string { return "process" }

func (w process) Prepare(ctx context.Context, b *bench.Bench) (bench.Contest, error) {
	ours, err := b.Process(ctx)
	if err != nil {
		return bench.Contest{}, err
	}
	alone := &pocketbase{path: w.p.path, dir: b.Dir + "/pocketbase-alone"}
	theirs := bench.Side{Go: func(ctx context.Context) (bench.Round, error) {
		return bench.Boot(ctx, b.Now, "/api/health", func(addr string) *exec.Cmd { return alone.serve(addr) })
	}}
	if _, err := theirs.Go(ctx); err != nil { // the first start makes its database
		return bench.Contest{}, err
	}
	theirs.Name = "PocketBase, start to ready"
	return bench.Contest{Ours: ours, Floors: []bench.Floor{{Side: theirs, Metric: bench.P50, Goal: bench.AtMost(3), Also: []bench.Also{
		{Name: "PocketBase, idle memory", Metric: bench.Resident, Goal: bench.AtMost(1.5)},
		{Name: "PocketBase, binary", Metric: bench.Size, Goal: bench.AtMost(1)},
	}}}}, nil
}
