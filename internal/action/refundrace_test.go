package action_test

import (
	"context"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"examcode/internal/action"
	"examcode/internal/db"
	"examcode/internal/exam"
	"examcode/internal/fault"
)

// unconstrained takes away what stands behind the guards of refunds, in the
// control alone.
func (b *bank) unconstrained() {
	if os.Getenv(control) == "" {
		return
	}
	b.t.Helper()
	b.Spoiled = true
	withoutConstraints(b.t, b.db)
	b.Must(b.db.Transact(context.Background(), func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, "DROP INDEX refund_order")
		return err
	}))
}

// rounds is how often a race is run; the control ends with the first failure.
func rounds(t *testing.T, n int, round func()) {
	if os.Getenv(control) != "" {
		n = 40
	}
	for range n {
		round()
		if t.Failed() {
			return
		}
	}
}

// together runs everything at one moment and tallies the reasons.
func together(tries ...func() error) map[string]int {
	start, reasons := make(chan struct{}), make([]string, len(tries))
	var all sync.WaitGroup
	for i, try := range tries {
		all.Go(func() {
			<-start
			if err := try(); err != nil {
				reasons[i] = fault.Of(err).Reason
			}
		})
	}
	close(start)
	all.Wait()
	tally := map[string]int{}
	for _, r := range reasons {
		tally[r]++
	}
	return tally
}

// TestS13_TwoRefundsAtOnce: of eight refunds of one order that are asked for at
// the same moment one is made; the money goes back once.
func TestS13_TwoRefundsAtOnce(t *testing.T) {
	eachBank(t, func(t *testing.T, b *bank) {
		b.unconstrained()
		rounds(t, 12, func() {
			o, _ := b.Buy(b.root, b.sub, 3)
			var tries []func() error
			for range 8 {
				tries = append(tries, func() error {
					_, err := b.act.RefundOrder(context.Background(), b.root, o.ID, action.RefundRequest{})
					return err
				})
			}
			before, _ := b.g.given()
			tally := together(tries...)
			after, _ := b.g.given()
			if tally[""] != 1 || tally["refund_already_made"] != 7 || after-before != 1 {
				t.Errorf("refunds and refusals: %v, %d given back", tally, after-before)
			}
			if os.Getenv(control) == "" {
				b.sound(o)
				b.wantStates(o, map[string]int{"refunded": 3})
			}
		})
	})
}

// TestS14_RefundAgainstRedeem at the same moment: no code is both refunded and
// registered with.
func TestS14_RefundAgainstRedeem(t *testing.T) {
	eachBank(t, func(t *testing.T, b *bank) {
		b.unconstrained()
		people := make([]exam.Actor, 4)
		var ready sync.WaitGroup
		for i := range people {
			ready.Go(func() { people[i] = b.Examinee(true) })
		}
		ready.Wait()
		won := map[string]int{}
		rounds(t, 20, func() {
			b.Clock.Move(time.Hour) // tries are limited
			sub := b.Subject()
			o, texts := b.Buy(b.root, sub, len(people))
			refund := func() error {
				_, err := b.act.RefundOrder(context.Background(), b.root, o.ID, action.RefundRequest{})
				return err
			}
			tries := []func() error{refund, refund}
			for i, who := range people {
				tries = append(tries, func() error { _, err := b.Redeem(who, sub, texts[i]); return err })
			}
			for reason, n := range together(tries...) {
				won[reason] += n
			}
			both := b.number(`SELECT COUNT(*) FROM refund f JOIN refund_code u ON u.refund_id = f.id AND u.try = f.try JOIN registration g ON g.code_id = u.code_id AND g.state <> 'cancelled'
WHERE f.order_id = $1 AND f.state <> 'failed'`, int64(o.ID))
			if both != 0 {
				t.Errorf("refunded and registered with: %d codes", both)
			}
			if os.Getenv(control) == "" {
				b.sound(o)
			}
		})
		t.Log(won)
	})
}

// TestTheRefundRacesCanSee is their negative control: built without locks and
// guards, each must find what it looks for on both engines.
func TestTheRefundRacesCanSee(t *testing.T) {
	if os.Getenv(control) != "" {
		t.Fatal("the control runs the races alone")
	}
	races := []string{"TestS13_TwoRefundsAtOnce", "TestS14_RefundAgainstRedeem"}
	out, err := withoutGuards(t, "^("+strings.Join(races, "|")+")$")
	for _, race := range races {
		for _, engine := range []string{"sqlite", "postgres"} {
			if !strings.Contains(out, "--- FAIL: "+race+"/"+engine) {
				t.Errorf("%s on %s: without guards it saw nothing", race, engine)
			}
		}
	}
	if t.Failed() || !strings.Contains(out, "refunds and refusals") || !strings.Contains(out, "refunded and registered with") {
		t.Errorf("%v\n%s", err, out)
	}
}
