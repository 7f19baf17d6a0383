package sandbox

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"examcode/internal/pay"
	"examcode/internal/pay/paytest"
)

// door takes notices, after refusing the first few.
type door struct {
	mu     sync.Mutex
	refuse int
	heard  []pay.Notice
	took   chan struct{}
}

func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw, _ := io.ReadAll(r.Body)
	d.mu.Lock()
	defer d.mu.Unlock()
	n, err := New(secret).ReadNotice(r.Header.Values, raw, paytest.Start)
	if err != nil || d.refuse > 0 {
		d.refuse--
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	d.heard = append(d.heard, n)
	d.took <- struct{}{}
}

var secret = []byte("secret")

func sends(t *testing.T, d *door) (Provider, *Sender) {
	t.Helper()
	d.took = make(chan struct{}, 100)
	server := httptest.NewServer(d)
	t.Cleanup(server.Close)
	s := NewSender(secret, func() time.Time { return paytest.Start }, slog.New(slog.DiscardHandler))
	s.pauses = []time.Duration{0, time.Millisecond, time.Millisecond}
	s.Start(server.URL)
	t.Cleanup(s.Stop)
	return New(secret).Telling(s), s
}

// What is placed is told by signed notices, again and again until it is taken.
func TestNoticesAreSent(t *testing.T) {
	d := &door{refuse: 2}
	p, _ := sends(t, d)
	ctx := context.Background()
	for _, word := range []string{"", Decline, Undecided} {
		if _, err := p.Place(ctx, paytest.Charge("pay-"+word, word), paytest.Start); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := p.PlaceRefund(ctx, paytest.Refund("ref", ""), paytest.Start); err != nil {
		t.Fatal(err)
	}
	// Late from now on: pending and then succeeded, at once for this test.
	if _, err := p.Place(ctx, paytest.Charge("pay-late", SettlesLate), paytest.Start.Add(Late-1)); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		<-d.took
	}
	var heard []string
	for _, n := range d.heard {
		heard = append(heard, string(n.About)+" "+n.Reference+" "+string(n.State))
	}
	slices.Sort(heard)
	want := []string{"charge pay- succeeded", "charge pay-decline failed", "charge pay-late pending", "charge pay-late succeeded", "refund ref succeeded"}
	if !slices.Equal(heard, want) {
		t.Errorf("heard %q", heard)
	}
}

// Asking sends nothing; a sender that was stopped ends at once and sends nothing.
func TestNothingIsSentUnasked(t *testing.T) {
	d := &door{refuse: 1 << 30}
	p, s := sends(t, d)
	ctx := context.Background()
	if _, err := p.Ask(ctx, paytest.Charge("a", ""), paytest.Start); err != nil || s.waiting != 0 {
		t.Errorf("asking sends: %v", err)
	}
	for range sendAtOnce + 10 {
		if _, err := p.Place(ctx, paytest.Charge("b", SettlesLate), paytest.Start); err != nil {
			t.Fatal(err)
		}
	}
	s.mu.Lock()
	if s.waiting != sendAtOnce {
		t.Errorf("%d wait", s.waiting)
	}
	s.mu.Unlock()
	s.Stop()
	s.Stop()
	if _, err := p.Place(ctx, paytest.Charge("c", ""), paytest.Start); err != nil || s.waiting != 0 || len(d.heard) != 0 {
		t.Errorf("%d wait, %d heard, %v", s.waiting, len(d.heard), err)
	}
	quiet := NewSender(secret, time.Now, slog.New(slog.DiscardHandler))
	quiet.send(pay.Notice{}, 0) // not started
	quiet.Stop()
}
