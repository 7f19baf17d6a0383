package bench

import (
	"context"
	"encoding/json"
	"fmt"
)

// Pages is how often a page is asked for in a round: about a second, which a short
// trouble of the machine does not decide.
const Pages = 1000

// list is a page of codes far down a list against the first.
type list struct{}

func (list) Name() string { return "list page of 50 codes over HTTP" }

func (list) Prepare(ctx context.Context, b *Bench) (Contest, error) {
	h, err := b.main(ctx)
	if err != nil {
		return Contest{}, err
	}
	far := min(10_000, max(2, b.Codes/100)) // in the middle, where there are less
	path, err := h.pageAt(far)
	if err != nil {
		return Contest{}, err
	}
	first, err := h.paging("page 1", "/api/v1/codes?limit=50")
	if err != nil {
		return Contest{}, err
	}
	last, err := h.paging(fmt.Sprintf("page %d", far), path)
	return Contest{Ours: last, Floors: []Floor{{Side: first, Metric: P50, Goal: AtMost(1.2)}}}, err
}

// paging asks for one page again and again.
func (h *House) paging(name, path string) (Side, error) {
	crowd, err := Dial(h.b.Now, h.addr, 1)
	if err != nil {
		return Side{}, err
	}
	h.b.done = append(h.b.done, crowd.Close)
	return Side{Name: name, Go: func(ctx context.Context) (Round, error) {
		return crowd.Do(ctx, Pages, func(x *Caller, _ int) error {
			var body []byte
			status, err := x.Call("GET", path, Bearer(h.key), nil, &body)
			if err == nil && len(body) < 1000 {
				err = fmt.Errorf("a short page: %.200s", body)
			}
			return wantStatus(status, 200, body, err)
		})
	}}, nil
}

// pageAt walks to a page of 50 and returns its address.
func (h *House) pageAt(n int) (string, error) {
	crowd, err := Dial(h.b.Now, h.addr, 1)
	if err != nil {
		return "", err
	}
	defer crowd.Close()
	skip, cursor := (n-1)*50, ""
	for skip > 0 {
		step := min(skip, 200)
		var (
			body []byte
			page struct {
				Next *string `json:"next_cursor"`
			}
		)
		status, err := crowd.callers[0].Call("GET", fmt.Sprintf("/api/v1/codes?limit=%d%s", step, cursor), Bearer(h.key), nil, &body)
		if err = wantStatus(status, 200, body, err); err != nil {
			return "", err
		}
		if err := json.Unmarshal(body, &page); err != nil {
			return "", err
		}
		if page.Next == nil {
			return "", fmt.Errorf("the list ends before page %d", n)
		}
		cursor, skip = "&cursor="+*page.Next, skip-step
	}
	return "/api/v1/codes?limit=50" + cursor, nil
}

// listStored is a page of a long list against one of a short list.
type listStored struct{}

func (listStored) Name() string { return "list page by codes stored" }

func (listStored) Prepare(ctx context.Context, b *Bench) (Contest, error) {
	big, small, err := b.both(ctx)
	if err != nil {
		return Contest{}, err
	}
	const path = "/api/v1/codes?limit=50&state=unused"
	ours, err := big.paging("ours", path)
	if err != nil {
		return Contest{}, err
	}
	theirs, err := small.paging(fmt.Sprintf("%d codes stored", min(fewCodes, b.Codes)), path)
	return Contest{Ours: ours, Floors: []Floor{{Side: theirs, Metric: P50, Goal: AtMost(2)}}}, err
}

// overview is the page a company begins with against the cheapest question.
type overview struct{}

func (overview) Name() string { return "Overview page over HTTP" }

func (overview) Prepare(ctx context.Context, b *Bench) (Contest, error) {
	h, err := b.main(ctx)
	if err != nil {
		return Contest{}, err
	}
	crowd, err := Dial(b.Now, h.addr, 1)
	if err != nil {
		return Contest{}, err
	}
	b.done = append(b.done, crowd.Close)
	const times = 250
	ours := Side{Name: "ours", Go: func(ctx context.Context) (Round, error) {
		return crowd.Do(ctx, times, func(x *Caller, _ int) error {
			var body []byte
			status, err := x.Call("GET", "/enterprise/", "Cookie: examcode="+h.session+"\r\n", nil, &body)
			return wantStatus(status, 200, body, err)
		})
	}}
	var some []ticket
	point := Side{Name: "a point lookup, bare", Ready: func(ctx context.Context) (err error) {
		some, err = h.stock.take(ctx, 1+min(Pages, b.Codes/50))
		return err
	}, Go: func(ctx context.Context) (r Round, err error) {
		for i := 0; i < Pages && err == nil; i++ {
			begun := b.now()
			err = h.floor.Point(ctx, some[i%len(some)].Lookup)
			r.Latencies = append(r.Latencies, b.now().Sub(begun))
		}
		r.Ops = len(r.Latencies)
		return r, err
	}}
	return Contest{Ours: ours, Floors: []Floor{{Side: point, Metric: P50, Goal: AtMost(50)}},
		Checks: []Check{{Name: "CPU a page, of 10 ms", Unit: "ms", Goal: AtMost(1), Of: func(r Round) (float64, float64) {
			return millis(r.CPU) / times, 10
		}}}}, nil
}
