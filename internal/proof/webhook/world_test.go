package webhook

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"examcode/internal/action"
	"examcode/internal/action/actiontest"
	"examcode/internal/api"
	"examcode/internal/db"
	"examcode/internal/exam"
	"examcode/internal/httpd"
	"examcode/internal/id"
	"examcode/internal/pay"
	"examcode/internal/pay/sandbox"
	"examcode/internal/pay/transfer"
	"examcode/internal/store"
)

// The secrets of the sandbox: one in use, the one before, and one that is of the
// provider's other mode, where real money moves.
var (
	secret     = []byte("in use for test money")
	secretOld  = []byte("used before for test money")
	secretLive = []byte("in use for real money")
)

// box is the sandbox over a line that loses the answers to what is placed, so that
// nothing is known until we ask; it counts the questions.
type box struct {
	sandbox.Provider
	mu    sync.Mutex
	asked map[string]int // by our reference
}

var errLost = errors.New("the answer was lost")

func (b *box) Place(ctx context.Context, c pay.Charge, now time.Time) (pay.Outcome, error) {
	out, err := b.Provider.Place(ctx, c, now)
	if err == nil && c.Simulate != "" {
		err = errLost
	}
	return out, err
}

func (b *box) PlaceRefund(ctx context.Context, r pay.Refund, now time.Time) (pay.Outcome, error) {
	out, err := b.Provider.PlaceRefund(ctx, r, now)
	if err == nil {
		err = errLost
	}
	return out, err
}

func (b *box) Ask(ctx context.Context, c pay.Charge, now time.Time) (pay.Outcome, error) {
	b.count(c.Reference)
	return b.Provider.Ask(ctx, c, now)
}

func (b *box) AskRefund(ctx context.Context, r pay.Refund, now time.Time) (pay.Outcome, error) {
	b.count(r.Reference)
	return b.Provider.AskRefund(ctx, r, now)
}

func (b *box) count(reference string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asked[reference]++
}

// questions is how often the provider was asked, about one reference or all.
func (b *box) questions(references ...string) (n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for reference, k := range b.asked {
		if len(references) == 0 || reference == references[0] {
			n += k
		}
	}
	return n
}

// world is a programme with a company that buys, behind its real handler.
type world struct {
	*actiontest.House
	box     *box
	act     *action.Service
	handler http.Handler
	root    exam.Actor
	sub     exam.Subject
	hand    exam.Payment // by transfer, and waiting
}

func open(t *testing.T, d *db.DB) *world {
	w := &world{House: actiontest.New(t, store.New(d, id.NewSource(0, time.Now))), box: &box{Provider: sandbox.New(secret, secretOld), asked: map[string]int{}}}
	w.act, w.handler = w.door(w.box)
	w.root, w.sub = w.Company(true), w.Subject()
	var err error
	w.hand, err = w.act.PayOrder(context.Background(), w.root, w.order().ID, "transfer", "", "")
	w.Must(err)
	return w
}

// door is the program with a provider, as the outside meets it.
func (w *world) door(p pay.Provider) (*action.Service, http.Handler) {
	s := w.Service(func(c *action.Config) { c.Providers = []pay.Provider{p, transfer.New()} })
	g := httpd.NewRegistry(httpd.Config{Actions: s, Now: w.Clock.Now, Log: slog.New(slog.DiscardHandler), BaseURL: "http://exams.example"})
	api.Mount(g, api.Deps{Actions: s, Store: w.Read, Now: w.Clock.Now, BaseURL: "http://exams.example", Cursor: w.Vault.Sign, Seal: w.Vault.Seal, Open: w.Vault.Open})
	return s, g
}

// order places an order of two codes.
func (w *world) order() exam.Order {
	o, err := w.act.BuyCodes(context.Background(), w.root, w.sub.ID, 2)
	w.Must(err)
	return o
}

// pays starts a payment; its outcome stays unknown, unless simulate is "".
func (w *world) pays(o exam.Order, simulate string) exam.Payment {
	p, err := w.act.PayOrder(context.Background(), w.root, o.ID, "sandbox", simulate, "")
	w.Must(err)
	return p
}

// refunds asks for what is left of an order; the outcome stays unknown.
func (w *world) refunds(o exam.Order, simulate string) exam.Refund {
	f, err := w.act.RefundOrder(context.Background(), w.root, o.ID, action.RefundRequest{Simulate: simulate})
	w.Must(err)
	return f
}

func charge(p exam.Payment, s pay.State) pay.Notice {
	return sandbox.Told(pay.Notice{About: pay.AboutCharge, Reference: p.Reference, Amount: p.Amount}, s, p.Created)
}

func refund(f exam.Refund, s pay.State) pay.Notice {
	return sandbox.Told(pay.Notice{About: pay.AboutRefund, Reference: f.Reference, Amount: f.Amount}, s, f.Placed)
}

// renamed is a notice under another id: providers tell the same by several kinds.
func renamed(n pay.Notice, suffix string) pay.Notice {
	n.ID += suffix
	return n
}

// letter is a notice on its way: its bytes and its signature headers.
type letter struct {
	raw     []byte
	headers []string
}

// sign writes a notice and signs it now.
func (w *world) sign(n pay.Notice, secret []byte) letter {
	raw := sandbox.Write(n)
	return letter{raw, []string{pay.Sign(secret, raw, w.Clock.Now())}}
}

// reply is how a letter was answered.
type reply struct {
	status int
	reason string
}

func (r reply) accepted() bool { return r.status/100 == 2 }

const path = api.Prefix + "/webhooks/sandbox"

func send(h http.Handler, l letter) reply {
	q := httptest.NewRequest(http.MethodPost, path, bytes.NewReader(l.raw))
	q.Header[sandbox.SignatureHeader] = l.headers
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, q)
	r := reply{status: rec.Code}
	if rec.Code/100 != 2 {
		var problem struct{ Reason string }
		_ = json.Unmarshal(rec.Body.Bytes(), &problem) // no reason is seen as such
		r.reason = problem.Reason
	}
	return r
}

// steps counts the changes of a thing that its trail tells of, and those of them
// that a provider's notice brought.
func (w *world) steps(object int64) (all, noticed int) {
	w.T.Helper()
	trail, err := w.Read.TrailOf(context.Background(), store.Page{Limit: 200}, object)
	w.Must(err)
	for _, e := range trail.Items {
		if all++; e.Channel == exam.Noticed {
			noticed++
		}
	}
	return all, noticed
}
