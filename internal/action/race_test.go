package action_test

import (
	"context"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"examcode/internal/action/actiontest"
	"examcode/internal/db"
	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/id"
	"examcode/internal/store"
	"examcode/internal/store/storetest"
)

const clients = 64

// TestS22_OneCodeManyClients: of 64 examinees who redeem one code at once, one wins;
// the others are refused by name, and nothing is half done.
func TestS22_OneCodeManyClients(t *testing.T) {
	storetest.EachDB(t, func(t *testing.T, d *db.DB) {
		if os.Getenv(control) != "" {
			withoutConstraints(t, d)
		}
		h := actiontest.New(t, store.New(d, id.NewSource(0, time.Now)))
		root := h.Company(true)
		people := make([]exam.Actor, clients)
		var ready sync.WaitGroup
		for i := range people {
			ready.Go(func() { people[i] = h.Examinee(true) })
		}
		ready.Wait()
		rounds := 3
		if os.Getenv(control) != "" {
			rounds = 30 // one is enough to be seen
		}
		for range rounds {
			if t.Failed() {
				return
			}
			sub := h.Subject()
			order, texts := h.Buy(root, sub, 1)
			tally := redeemAtOnce(h, people, sub, texts[0])
			refused := 0
			for reason, n := range tally {
				if reason == "code_not_usable" || reason == "code_not_unused" || reason == "already_registered" {
					refused += n
				}
			}
			if tally[""] != 1 || refused != clients-1 {
				t.Errorf("winners and refusals: %v", tally)
			}
			code := h.Codes(order)[0]
			counts := map[exam.EventKind]int{}
			for _, k := range kinds(t, h, int64(code.ID)) {
				counts[k]++
			}
			if counts[exam.EventCodeRedeemed] != 1 || code.State != exam.Bound || code.Version != 1 {
				t.Errorf("code %s version %d, events %v", code.State, code.Version, counts)
			}
			if n := registrationsOf(t, d, code.ID); n != 1 {
				t.Errorf("%d registrations of one code", n)
			}
		}
	})
}

func redeemAtOnce(h *actiontest.House, people []exam.Actor, sub exam.Subject, text string) map[string]int {
	start := make(chan struct{})
	reasons := make([]string, len(people))
	var all sync.WaitGroup
	for i, who := range people {
		all.Go(func() {
			<-start
			if _, err := h.Redeem(who, sub, text); err != nil {
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

func registrationsOf(t *testing.T, d *db.DB, c exam.CodeID) int {
	t.Helper()
	var n int
	if err := d.Read().QueryRow(context.Background(), "SELECT COUNT(*) FROM registration g WHERE g.code_id = $1", int64(c)).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// withoutConstraints takes away what stands behind the guards.
func withoutConstraints(t *testing.T, d *db.DB) {
	t.Helper()
	err := d.Transact(context.Background(), func(ctx context.Context, tx *db.Tx) error {
		for _, index := range []string{"registration_live_code", "event_object_version"} {
			if _, err := tx.Exec(ctx, "DROP INDEX "+index); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestTheRaceTestCanSee is the negative control: built without locks and version
// guards, the test above must find more than one winner on both engines.
func TestTheRaceTestCanSee(t *testing.T) {
	if os.Getenv(control) != "" {
		t.Fatal("the control runs TestS22_OneCodeManyClients alone")
	}
	for _, engine := range []string{"sqlite", "postgres"} {
		out, err := withoutGuards(t, "^TestS22_OneCodeManyClients$/^"+engine+"$")
		if err == nil || !strings.Contains(out, "winners and refusals") {
			t.Errorf("%s: without guards the race test saw nothing: %v\n%s", engine, err, out)
		}
	}
}
