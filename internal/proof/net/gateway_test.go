package net

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"net/http"
	"net/http/httptest"
	"sync"
	"time"

	"examcode/internal/pay"
)

// gateway is a payment provider beyond the network. The same reference is the
// same charge; what it is like follows from its reference.
type gateway struct {
	server *httptest.Server
	mu     sync.Mutex
	asked  map[string]int
	moved  map[string]bool // references whose money moved
}

func newGateway() *gateway {
	g := &gateway{asked: map[string]int{}, moved: map[string]bool{}}
	g.server = httptest.NewServer(g)
	return g
}

func (g *gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var ask struct{ Reference string }
	if json.NewDecoder(r.Body).Decode(&ask) != nil || ask.Reference == "" {
		http.Error(w, "no reference", http.StatusBadRequest)
		return
	}
	g.mu.Lock()
	g.asked[ask.Reference]++
	n := g.asked[ask.Reference]
	sum := fnv.New32a()
	sum.Write([]byte(ask.Reference))
	out := pay.Outcome{State: pay.Succeeded, ProviderRef: "gw_" + ask.Reference}
	hang := false
	switch sum.Sum32() % 8 {
	case 0:
		out.State, out.Detail = pay.Failed, "declined"
	case 1, 2: // it takes its time
		if n < 3 {
			out.State = pay.Pending
		}
	case 3: // it is done, and the answer never comes
		hang = n == 1
	case 4: // it says that it is done, then that it is not, then that it is
		if n%2 == 0 {
			out.State = pay.Pending
		}
	}
	if out.State == pay.Succeeded {
		g.moved[ask.Reference] = true
	}
	g.mu.Unlock()
	if hang {
		panic(http.ErrAbortHandler)
	}
	json.NewEncoder(w).Encode(out)
}

// money lists the references whose money moved.
func (g *gateway) money() map[string]bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	all := map[string]bool{}
	for r := range g.moved {
		all[r] = true
	}
	return all
}

// provider speaks to the gateway, through a proxy.
type provider struct {
	base string
	http *http.Client
}

func newProvider(port int) *provider {
	return &provider{base: fmt.Sprintf("http://127.0.0.1:%d", port), http: &http.Client{Timeout: 3 * time.Second, Transport: &http.Transport{}}}
}

func (p *provider) Name() string { return "gateway" }

func (p *provider) ask(ctx context.Context, reference string) (out pay.Outcome, err error) {
	body, _ := json.Marshal(map[string]string{"Reference": reference})
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.base, bytes.NewReader(body))
	if err != nil {
		return out, err
	}
	answer, err := p.http.Do(r)
	if err != nil {
		return out, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return out, fmt.Errorf("the gateway answers %s", answer.Status)
	}
	err = json.NewDecoder(answer.Body).Decode(&out)
	return out, err
}

func (p *provider) Place(ctx context.Context, c pay.Charge, _ time.Time) (pay.Outcome, error) {
	return p.ask(ctx, c.Reference)
}

func (p *provider) Ask(ctx context.Context, c pay.Charge, _ time.Time) (pay.Outcome, error) {
	return p.ask(ctx, c.Reference)
}

func (p *provider) PlaceRefund(ctx context.Context, r pay.Refund, _ time.Time) (pay.Outcome, error) {
	return p.ask(ctx, r.Reference)
}

func (p *provider) AskRefund(ctx context.Context, r pay.Refund, _ time.Time) (pay.Outcome, error) {
	return p.ask(ctx, r.Reference)
}
