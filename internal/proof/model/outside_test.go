package model

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"examcode/internal/db"
	"examcode/internal/exam"
	"examcode/internal/mail"
	"examcode/internal/pay"
)

// crashed is what the program panics with when it is made to die.
type crashed struct{ where string }

// fuse makes the program die at a point: the n-th time it wakes the queue inside
// a transaction, before or after the bank did what it was asked, or after a mail
// was taken and before that is noted.
type fuse struct {
	point string // "" for none
	n     int
	wakes int // passed
}

func (f *fuse) burn(point string) {
	if point == "wake" && f.point == "wake" {
		if f.wakes++; f.wakes < f.n {
			return
		}
	}
	if f.point == point {
		f.point = ""
		panic(crashed{point})
	}
}

// queue remembers what it was asked to wake.
type queue struct {
	fuse *fuse
	owed []exam.OwedID
}

func (q *queue) Wake(_ context.Context, _ *db.Tx, owed []exam.Owed) error {
	q.fuse.burn("wake")
	for _, o := range owed {
		q.owed = append(q.owed, o.ID)
	}
	return nil
}

// sink takes mails and counts them.
type sink struct {
	fuse *fuse
	mu   sync.Mutex
	got  map[string]int
	dies int // crashes between a mail and its note
}

func (s *sink) Send(_ context.Context, m mail.Message) error {
	s.mu.Lock()
	s.got[m.MessageID]++
	s.mu.Unlock()
	s.fuse.burn("mail")
	return nil
}

// bank is a payment provider whose charges can be told what becomes of them. It
// outlives every crash.
type bank struct {
	fuse  *fuse
	deals map[string]string // by reference: what it decided
	asked map[string]int
	said  string // its last answer; "" for none
}

var words = []string{"decline", "late", "unknown", "lost", "dropped"}

func knownWord(w string) bool { return w == "" || slices.Contains(words, w) }

var errNoAnswer = errors.New("the connection was reset")

func (b *bank) Name() string                { return "sandbox" }
func (b *bank) Simulates(word string) bool  { return word != "" && knownWord(word) }
func (b *bank) decide(ref, outcome string)  { b.deals[ref] = outcome }
func (b *bank) open(ref string) (open bool) { return b.deals[ref] == "" }

func (b *bank) Place(_ context.Context, c pay.Charge, now time.Time) (pay.Outcome, error) {
	return b.place(c.Reference, c.Simulate, c.PlacedAt, now)
}

func (b *bank) Ask(_ context.Context, c pay.Charge, now time.Time) (pay.Outcome, error) {
	return b.answer(c.Reference, c.Simulate, c.PlacedAt, now)
}

func (b *bank) PlaceRefund(_ context.Context, r pay.Refund, now time.Time) (pay.Outcome, error) {
	return b.place(r.Reference, r.Simulate, r.PlacedAt, now)
}

func (b *bank) AskRefund(_ context.Context, r pay.Refund, now time.Time) (pay.Outcome, error) {
	return b.answer(r.Reference, r.Simulate, r.PlacedAt, now)
}

// place takes a request: "lost" is done and its answer lost, "dropped" does not
// arrive the first time, "unknown" is done when somebody decides.
func (b *bank) place(ref, word string, placed, now time.Time) (pay.Outcome, error) {
	if !knownWord(word) {
		b.said = "wrong"
		return pay.Outcome{}, pay.ErrSimulate.With("word", word)
	}
	b.said = "unknown"
	b.fuse.burn("before the bank")
	b.asked[ref]++
	switch {
	case b.deals[ref] != "":
	case word == "" || word == "lost":
		b.decide(ref, "succeeded")
	case word == "decline":
		b.decide(ref, "failed")
	case word == "dropped" && b.asked[ref] > 1:
		b.decide(ref, "succeeded")
	}
	b.fuse.burn("after the bank")
	if (word == "lost" || word == "dropped") && b.asked[ref] == 1 {
		return pay.Outcome{}, errNoAnswer
	}
	return b.answer(ref, word, placed, now)
}

func (b *bank) answer(ref, word string, placed, now time.Time) (pay.Outcome, error) {
	b.fuse.burn("before the bank")
	if word == "late" && b.asked[ref] > 0 && now.Sub(placed) >= 10*time.Second {
		b.decide(ref, "succeeded")
	}
	o := pay.Outcome{State: pay.Unknown, ProviderRef: "bank " + ref}
	switch d := b.deals[ref]; {
	case d != "":
		o.State = pay.State(d)
	case word == "late" && b.asked[ref] > 0:
		o.State = pay.Pending
	}
	if o.State == pay.Failed {
		o.Detail = "declined"
	}
	b.said = string(o.State)
	return o, nil
}
