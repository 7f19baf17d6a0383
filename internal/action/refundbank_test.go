package action_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"examcode/internal/action"
	"examcode/internal/action/actiontest"
	"examcode/internal/db"
	"examcode/internal/exam"
	"examcode/internal/id"
	"examcode/internal/money"
	"examcode/internal/pay"
	"examcode/internal/pay/sandbox"
	"examcode/internal/pay/transfer"
	"examcode/internal/store"
	"examcode/internal/store/storetest"
)

// gateway is a provider that remembers what it was asked to give back, and can
// be told to misbehave: the answers it gives next, and the moments it dies at.
type gateway struct {
	sandbox.Provider
	mu      sync.Mutex
	placed  map[string]pay.Refund // by reference
	calls   int
	next    []pay.Outcome // answers to come; then "succeeded"
	lost    int           // answers that do not arrive
	diesAt  string        // "before" or "after" the refund is placed
	refuses error         // what it says instead of an answer
	asked   func(context.Context)
	decided map[string]pay.Outcome
}

func newGateway() *gateway {
	return &gateway{placed: map[string]pay.Refund{}, decided: map[string]pay.Outcome{}}
}

var errLost = errors.New("the line is dead")

func (g *gateway) PlaceRefund(_ context.Context, r pay.Refund, _ time.Time) (pay.Outcome, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.calls++
	if g.diesAt == "before" {
		panic(errLost)
	}
	if err := r.Check(); err != nil {
		return pay.Outcome{}, err
	}
	if g.refuses != nil {
		return pay.Outcome{}, g.refuses
	}
	g.placed[r.Reference] = r
	if g.diesAt == "after" {
		panic(errLost)
	}
	return g.answer(r.Reference)
}

func (g *gateway) AskRefund(ctx context.Context, r pay.Refund, _ time.Time) (pay.Outcome, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.calls++
	if g.asked != nil {
		g.asked(ctx)
	}
	if g.refuses != nil {
		return pay.Outcome{}, g.refuses
	}
	if _, known := g.placed[r.Reference]; !known {
		return pay.Outcome{State: pay.Unknown}, nil
	}
	return g.answer(r.Reference)
}

func (g *gateway) answer(reference string) (pay.Outcome, error) {
	out, known := g.decided[reference]
	if !known {
		out = pay.Outcome{State: pay.Succeeded, ProviderRef: "their-" + reference}
		if len(g.next) > 0 {
			out, g.next = g.next[0], g.next[1:]
			out.ProviderRef = "their-" + reference
		}
	}
	if out.State.Final() {
		g.decided[reference] = out
	}
	if g.lost > 0 {
		g.lost--
		return pay.Outcome{}, errLost
	}
	return out, nil
}

// given is the money that really went back.
func (g *gateway) given() (n int, sum int64) {
	for ref, out := range g.decided {
		if out.State == pay.Succeeded {
			n, sum = n+1, sum+g.placed[ref].Amount.Minor
		}
	}
	return n, sum
}

// bank is a house whose orders are paid through a gateway.
type bank struct {
	*actiontest.House
	t    *testing.T
	db   *db.DB
	g    *gateway
	act  *action.Service
	root exam.Actor
	sub  exam.Subject
}

func eachBank(t *testing.T, test func(t *testing.T, b *bank), change ...func(c *action.Config)) {
	t.Helper()
	storetest.EachDB(t, func(t *testing.T, d *db.DB) {
		b := &bank{House: actiontest.New(t, store.New(d, id.NewSource(0, time.Now))), t: t, db: d, g: newGateway()}
		b.act = b.Service(func(c *action.Config) {
			c.Providers = []pay.Provider{b.g, transfer.New()}
			for _, f := range change {
				f(c)
			}
		})
		b.root = b.Company(true)
		b.sub = b.Subject(func(s *exam.Subject) { s.Price = money.Amount{Minor: 3337, Currency: "USD"} })
		test(t, b)
	})
}

func (b *bank) refund(o exam.Order, chosen ...exam.CodeID) (exam.Refund, error) {
	return b.act.RefundOrder(context.Background(), b.root, o.ID, action.RefundRequest{Chosen: chosen})
}

func (b *bank) number(sql string, args ...any) (n int64) {
	b.t.Helper()
	if err := b.db.Read().QueryRow(context.Background(), sql, args...).Scan(&n); err != nil {
		b.t.Fatalf("%s: %v", sql, err)
	}
	return n
}

// sound recounts what must hold of an order and its refund at every instant.
func (b *bank) sound(o exam.Order) {
	b.t.Helper()
	for what, sql := range map[string]string{
		"refunds of the order beyond the first":             "SELECT COUNT(*) - 1 FROM refund WHERE order_id = $1 HAVING COUNT(*) > 1",
		"amounts that are not the sum of the prices paid":   "SELECT COUNT(*) FROM refund f WHERE f.order_id = $1 AND f.amount <> (SELECT SUM(c.price) FROM refund_code u JOIN code c ON c.id = u.code_id WHERE u.refund_id = f.id AND u.try = f.try)",
		"codes of an open refund that are not in it":        "SELECT COUNT(*) FROM code c WHERE c.order_id = $1 AND c.state = 'refunding' AND NOT EXISTS (SELECT 1 FROM refund f JOIN refund_code u ON u.refund_id = f.id AND u.try = f.try WHERE f.order_id = c.order_id AND u.code_id = c.id AND f.state IN ('review', 'refunding'))",
		"codes in an open refund that are not Refunding":    "SELECT COUNT(*) FROM refund f JOIN refund_code u ON u.refund_id = f.id AND u.try = f.try JOIN code c ON c.id = u.code_id WHERE f.order_id = $1 AND f.state IN ('review', 'refunding') AND c.state <> 'refunding'",
		"codes of a refund that is done and not Refunded":   "SELECT COUNT(*) FROM refund f JOIN refund_code u ON u.refund_id = f.id AND u.try = f.try JOIN code c ON c.id = u.code_id WHERE f.order_id = $1 AND f.state = 'refunded' AND c.state <> 'refunded'",
		"codes that are Refunded without a refund":          "SELECT COUNT(*) FROM code c WHERE c.order_id = $1 AND c.state = 'refunded' AND NOT EXISTS (SELECT 1 FROM refund f WHERE f.order_id = c.order_id AND f.state = 'refunded')",
		"live registrations of codes in the refund":         "SELECT COUNT(*) FROM refund f JOIN refund_code u ON u.refund_id = f.id AND u.try = f.try JOIN registration g ON g.code_id = u.code_id AND g.state <> 'cancelled' WHERE f.order_id = $1 AND f.state <> 'failed'",
		"versions of codes that are not their events":       "SELECT COUNT(*) FROM code c WHERE c.order_id = $1 AND c.version <> (SELECT COUNT(*) FROM event e WHERE e.object_id = c.id AND e.version IS NOT NULL)",
		"versions of the refund that are not its events":    "SELECT COUNT(*) FROM refund f WHERE f.order_id = $1 AND f.version <> (SELECT COUNT(*) FROM event e WHERE e.object_id = f.id AND e.version IS NOT NULL)",
		"notices without an e-mail, or e-mails without one": "SELECT COUNT(*) FROM refund f JOIN message m ON m.about_id = f.id WHERE f.order_id = $1 AND (SELECT COUNT(*) FROM owed w WHERE w.channel = 'mail' AND w.target_id = m.id) <> 1",
	} {
		var n int64
		err := b.db.Read().QueryRow(context.Background(), sql, int64(o.ID)).Scan(&n)
		if err != nil && !errors.Is(err, db.ErrNoRows) {
			b.t.Fatalf("%s: %v", what, err)
		}
		if n != 0 {
			b.t.Errorf("%d %s", n, what)
		}
	}
}

func (b *bank) states(o exam.Order) map[string]int {
	b.t.Helper()
	n, err := b.Read.CodeCounts(context.Background(), o.Account, store.CodeFilter{Order: o.ID}, b.Clock.Now())
	b.Must(err)
	return n
}

func (b *bank) wantStates(o exam.Order, want map[string]int) {
	b.t.Helper()
	got := b.states(o)
	for s, n := range want {
		if got[s] != n {
			b.t.Errorf("codes are %v, want %v", got, want)
			return
		}
	}
}

// told lists the notices about refunds, oldest first.
func (b *bank) told(who exam.Actor) []exam.NoticeKind {
	b.t.Helper()
	var list []exam.NoticeKind
	for _, k := range notices(b.t, b.House, who) {
		switch k {
		case exam.NoticeRefundAsked, exam.NoticeRefundHeld, exam.NoticeRefundDone, exam.NoticeRefundRefused:
			list = append(list, k)
		}
	}
	return list
}
