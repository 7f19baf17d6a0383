package worker

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"examcode/internal/action"
	"examcode/internal/action/actiontest"
	"examcode/internal/db"
	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/id"
	"examcode/internal/mail"
	"examcode/internal/pay"
	"examcode/internal/pay/sandbox"
	"examcode/internal/pay/transfer"
	"examcode/internal/store"
	"examcode/internal/store/storetest"
)

// post takes mails, or refuses them first as often as it was told.
type post struct {
	mu     sync.Mutex
	taken  map[string]int // Message-ID → how often
	asked  int
	refuse int
}

var errAway = errors.New("451 try again later")

func (p *post) Send(_ context.Context, m mail.Message) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked++
	if p.refuse > 0 {
		p.refuse--
		return errAway
	}
	p.taken[m.MessageID]++
	return nil
}

func (p *post) count(id exam.OwedID) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.taken["<"+id.String()+"@examcode>"]
}

// house is the program with its real queue, and a company that can buy.
type house struct {
	*actiontest.House
	t       *testing.T
	db      *db.DB
	actions *action.Service
	queue   *Queue
	post    *post
	log     *slog.Logger
	root    exam.Actor
	subject exam.Subject
}

func each(t *testing.T, test func(t *testing.T, h *house)) {
	t.Helper()
	storetest.EachDB(t, func(t *testing.T, d *db.DB) {
		s := store.New(d, id.NewSource(0, time.Now))
		h := &house{House: actiontest.New(t, s), t: t, db: d, post: &post{taken: map[string]int{}}, log: slog.New(slog.DiscardHandler)}
		var err error
		if h.queue, err = NewQueue(d, h.log); err != nil {
			t.Fatal(err)
		}
		h.actions = action.New(action.Config{Store: s, Vault: h.Vault, Providers: []pay.Provider{sandbox.New(), transfer.New()}, Mail: h.post, Queue: h.queue,
			Compose: mail.Composer(mail.ComposeConfig{BaseURL: "http://exams.example", Programme: "Programme", Now: h.Clock.Now}),
			Now:     h.Clock.Now, Random: rand.Reader, Log: h.log})
		h.root, h.subject = h.Company(true), h.Subject()
		test(t, h)
	})
}

// buy buys a code and returns what that owes.
func (h *house) buy() []exam.OwedID {
	h.t.Helper()
	ctx, before := context.Background(), h.number("SELECT COALESCE(MAX(id), 0) FROM owed")
	o, err := h.actions.BuyCodes(ctx, h.root, h.subject.ID, 1)
	if err != nil {
		h.t.Fatal(err)
	}
	if _, err := h.actions.PayOrder(ctx, h.root, o.ID, "sandbox", "", ""); err != nil {
		h.t.Fatal(err)
	}
	rows, err := h.db.Read().Query(ctx, "SELECT id FROM owed WHERE id > $1 ORDER BY id", before)
	if err != nil {
		h.t.Fatal(err)
	}
	defer rows.Close()
	var ids []exam.OwedID
	for rows.Next() {
		var i exam.OwedID
		if err := rows.Scan(&i); err != nil {
			h.t.Fatal(err)
		}
		ids = append(ids, i)
	}
	if rows.Err() != nil || len(ids) == 0 {
		h.t.Fatalf("a purchase owes %d mails, %v", len(ids), rows.Err())
	}
	return ids
}

func (h *house) number(sql string, args ...any) (n int64) {
	h.t.Helper()
	if err := h.db.Read().QueryRow(context.Background(), sql, args...).Scan(&n); err != nil {
		h.t.Fatalf("%s: %v", sql, err)
	}
	return n
}

// jobs counts the settling jobs there are, done or not.
func (h *house) jobs() int64 {
	h.t.Helper()
	return h.number("SELECT COUNT(*) FROM river_job WHERE kind = 'settle'")
}

// work lets a worker run until the test ends.
func (h *house) work() *Worker {
	h.t.Helper()
	w, err := Start(context.Background(), h.db, h.actions, h.log)
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() {
		ctx, done := context.WithTimeout(context.Background(), 10*time.Second)
		defer done()
		if err := w.Stop(ctx); err != nil {
			h.t.Errorf("the worker does not stop: %v", err)
		}
	})
	return w
}

func (h *house) owed(id exam.OwedID) exam.Owed {
	h.t.Helper()
	o, err := h.Read.OwedMail(context.Background(), id)
	if errors.Is(err, fault.ErrNotFound) {
		l, err := h.Read.OwedLink(context.Background(), id)
		if err == nil {
			return l.Owed
		}
	}
	if err != nil {
		h.t.Fatal(err)
	}
	return o.Owed
}

// within waits for something to become true.
func (h *house) within(limit time.Duration, what string, is func() bool) {
	h.t.Helper()
	for end := time.Now().Add(limit); !is(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			h.t.Fatalf("%s: not within %v", what, limit)
		}
	}
}

// sent waits until mails are sent, and expects each to be sent once.
func (h *house) sent(limit time.Duration, ids []exam.OwedID) {
	h.t.Helper()
	for _, id := range ids {
		h.within(limit, "the mail is sent", func() bool { return h.owed(id).State == exam.OwedSent })
		if n := h.post.count(id); n != 1 {
			h.t.Errorf("%s was sent %d times", id, n)
		}
	}
}
