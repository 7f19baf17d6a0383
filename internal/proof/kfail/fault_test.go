package kfail

import (
	"context"
	"errors"
	"io"
	"sync"

	"examcode/internal/db"
	"examcode/internal/exam"
	"examcode/internal/mail"
)

// kind is how a call fails.
type kind string

var kinds = []kind{"before", "after", "panic", "cancel"}

// breaker lets one call of a command fail. Calls are counted while it is armed.
type breaker struct {
	mu     sync.Mutex
	armed  bool
	calls  int
	k      int // which call fails; 0: none
	kind   kind
	lost   bool // the answer of the call that runs is to be lost
	hit    bool
	where  string
	cancel context.CancelFunc
}

// planned is the panic of a fault.
type planned struct{}

var errNoAnswer = errors.New("kfail: no answer")

// arm counts from now on and lets the k-th call fail; the context ends with the
// kind "cancel".
func (f *breaker) arm(ctx context.Context, k int, how kind) context.Context {
	f.mu.Lock()
	defer f.mu.Unlock()
	ctx, f.cancel = context.WithCancel(ctx)
	f.armed, f.calls, f.k, f.kind, f.lost, f.hit, f.where = true, 0, k, how, false, false, ""
	return ctx
}

// disarm lets everything pass and tells how many calls there were.
func (f *breaker) disarm() (calls int, hit bool, where string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.armed = false
	f.cancel()
	return f.calls, f.hit, f.where
}

// step is a call: before its effect, or done. own tells that it runs in the
// goroutine of the command, where a panic is the command's.
func (f *breaker) step(what string, done, own bool, err error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.armed {
		return nil
	}
	if done {
		lost := f.lost
		f.lost = false
		if lost {
			return err
		}
		return nil
	}
	f.calls++
	if f.calls != f.k {
		return nil
	}
	f.hit, f.where = true, what
	switch {
	case f.kind == "after":
		f.lost = true
		return nil
	case f.kind == "cancel":
		f.cancel()
		return nil
	case f.kind == "panic" && own:
		panic(planned{})
	}
	return err
}

// hook is the fault in the database.
func (f *breaker) hook(_ context.Context, at db.Point) error {
	own := at.Op == db.Statement || at.Op == db.Read
	return f.step(string(at.Op)+" "+at.Text, at.Done, own, io.ErrUnexpectedEOF)
}

// queue is the fault in the waking of the worker.
type queue struct{ *breaker }

func (q queue) Wake(context.Context, *db.Tx, []exam.Owed) error {
	if err := q.step("wake", false, true, io.ErrUnexpectedEOF); err != nil {
		return err
	}
	return q.step("wake", true, true, io.ErrUnexpectedEOF)
}

// postbox is the fault in the mail server, and keeps what it took.
type postbox struct {
	*breaker
	took map[string][]mail.Message // by receiver
	mu   sync.Mutex
}

func (p *postbox) Send(_ context.Context, m mail.Message) error {
	if err := p.step("mail", false, true, errNoAnswer); err != nil {
		return err
	}
	p.mu.Lock()
	p.took[m.To] = append(p.took[m.To], m)
	p.mu.Unlock()
	return p.step("mail", true, true, errNoAnswer)
}
