package kfail

import (
	"context"
	"sync"
	"time"

	"examcode/internal/pay"
)

// mode is how the provider behaves to the requests that come.
type mode string

var modes = []mode{"ok", "decline", "pending", "silent", "duplicate", "disorder", "contradict"}

// provider is one that people can run against: it keeps its charges and refunds
// by our reference, and each has a mode from the moment it was placed.
type provider struct {
	*breaker
	mu   sync.Mutex
	mode mode
	all  map[string]*object
}

type object struct {
	mode  mode
	asked int
}

func (p *provider) Name() string { return "fake" }

func (p *provider) set(m mode) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mode = m
}

func (p *provider) Place(ctx context.Context, c pay.Charge, _ time.Time) (pay.Outcome, error) {
	return p.call("place", c.Reference, true)
}

func (p *provider) Ask(ctx context.Context, c pay.Charge, _ time.Time) (pay.Outcome, error) {
	return p.call("ask", c.Reference, true)
}

func (p *provider) PlaceRefund(ctx context.Context, r pay.Refund, _ time.Time) (pay.Outcome, error) {
	return p.call("place refund", r.Reference, true)
}

func (p *provider) AskRefund(ctx context.Context, r pay.Refund, _ time.Time) (pay.Outcome, error) {
	return p.call("ask refund", r.Reference, true)
}

// call makes an object on first sight, as the contract of pay.Provider says of
// asking too, and answers by its mode. What it decided it stays with, but for a
// provider that contradicts itself.
func (p *provider) call(what, reference string, make bool) (pay.Outcome, error) {
	if err := p.step(what, false, true, errNoAnswer); err != nil {
		return pay.Outcome{}, err
	}
	p.mu.Lock()
	o := p.all[reference]
	if o == nil {
		o = &object{mode: p.mode}
		p.all[reference] = o
	}
	o.asked++
	out, err := o.answer()
	out.ProviderRef = "fake_" + reference
	p.mu.Unlock()
	if lost := p.step(what, true, true, errNoAnswer); lost != nil {
		return pay.Outcome{}, lost
	}
	return out, err
}

func (o *object) answer() (pay.Outcome, error) {
	is := func(s pay.State) (pay.Outcome, error) { return pay.Outcome{State: s}, nil }
	first := o.asked == 1
	switch {
	case o.mode == "decline":
		return pay.Outcome{State: pay.Failed, Detail: "declined"}, nil
	case o.mode == "pending" && o.asked < 3, o.mode == "disorder" && o.asked%2 == 1:
		return is(pay.Pending)
	case o.mode == "silent" && first: // it has happened, and nobody hears
		return pay.Outcome{}, errNoAnswer
	case o.mode == "contradict" && o.asked%2 == 0:
		return pay.Outcome{State: pay.Failed, Detail: "declined"}, nil
	}
	return is(pay.Succeeded)
}

// references lists what the provider has.
func (p *provider) references() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []string
	for r := range p.all {
		all = append(all, r)
	}
	return all
}
