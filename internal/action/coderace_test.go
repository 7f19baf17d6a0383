package action_test

import (
	"context"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"examcode/internal/action"
	"examcode/internal/action/actiontest"
	"examcode/internal/db"
	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/id"
	"examcode/internal/store"
	"examcode/internal/store/storetest"
)

// contest runs verbs at one moment and returns their reasons, "" for done.
func contest(verbs ...func() error) []string {
	start, reasons := make(chan struct{}), make([]string, len(verbs))
	var all sync.WaitGroup
	for i, do := range verbs {
		all.Go(func() {
			<-start
			if err := do(); err != nil {
				reasons[i] = fault.Of(err).Reason
			}
		})
	}
	close(start)
	all.Wait()
	return reasons
}

// first is the refusal of a batch of one.
func first(out []action.Outcome[exam.CodeID], err error) error {
	if err != nil {
		return err
	}
	return out[0].Err
}

// agrees checks a code against its registration and the seats of a session.
func agrees(t *testing.T, h *actiontest.House, d *db.DB, code exam.CodeID, session exam.SessionID) {
	t.Helper()
	ctx := context.Background()
	codes, err := h.Read.CodesByID(ctx, 0, code)
	h.Must(err)
	var live, reserved, taken int
	count := func(into *int, sql string, args ...any) { h.Must(d.Read().QueryRow(ctx, sql, args...).Scan(into)) }
	count(&live, "SELECT COUNT(*) FROM registration g WHERE g.code_id = $1 AND g.state IN ('registered', 'reserved')", int64(code))
	count(&reserved, "SELECT COUNT(*) FROM registration g WHERE g.code_id = $1 AND g.state = 'reserved'", int64(code))
	count(&taken, "SELECT n.taken FROM session n WHERE n.id = $1", int64(session))
	want := map[exam.CodeState][2]int{exam.Unused: {0, 0}, exam.Bound: {1, 0}, exam.Reserved: {1, 1}}[codes[0].State]
	if got := [2]int{live, reserved}; got != want {
		t.Errorf("code and registration disagree: %s with %d living, %d reserved", codes[0].State, live, reserved)
	}
	if taken != reserved {
		t.Errorf("seats disagree: %d taken, %d reserved", taken, reserved)
	}
}

// TestS24_S25_RacesOnOneCode: of two verbs that exclude each other one wins, the
// other is refused by name, and code, registration and seats agree afterwards.
func TestS24_S25_RacesOnOneCode(t *testing.T) {
	storetest.EachDB(t, func(t *testing.T, d *db.DB) {
		h := actiontest.New(t, store.New(d, id.NewSource(0, time.Now)))
		ctx, root, sub := context.Background(), h.Company(true), h.Subject()
		rounds := 6
		if os.Getenv(control) != "" {
			withoutConstraints(t, d)
			rounds = 40
		}
		one, two := h.Examinee(true), h.Examinee(true)
		session := h.Session(sub, 100*24*time.Hour, 1)
		unbind := func(c exam.CodeID, newText bool) func() error {
			return func() error { return first(h.Actions.UnbindCodes(ctx, root, []exam.CodeID{c}, newText)) }
		}
		for range rounds {
			if t.Failed() {
				return
			}
			order, texts := h.Buy(root, sub, 1)
			code := h.Codes(order)[0].ID
			reg, err := h.Redeem(one, sub, texts[0])
			h.Must(err)

			// Unbind against reserve.
			r := contest(unbind(code, false), func() error {
				_, err := h.Actions.Reserve(ctx, one, reg.ID, session.ID)
				return err
			})
			switch {
			case r[0] == "" && r[1] == "not_registered":
			case r[0] == "code_reserved" && r[1] == "":
				_, err := h.Actions.CancelReservation(ctx, one, reg.ID)
				h.Must(err)
				h.Must(unbind(code, false)())
			default:
				t.Errorf("unbind and reserve: %q", r)
			}
			agrees(t, h, d, code, session.ID)

			// Regenerate against redeem.
			r = contest(func() error { return first(h.Actions.RegenerateCodes(ctx, root, []exam.CodeID{code})) },
				func() error { _, err := h.Redeem(two, sub, texts[0]); return err })
			switch {
			case r[0] == "" && r[1] == "code_not_usable":
				_, err := h.Redeem(two, sub, h.Texts(order)[0])
				h.Must(err)
			case r[0] == "code_not_unused" && r[1] == "":
			default:
				t.Errorf("regenerate and redeem: %q", r)
			}
			agrees(t, h, d, code, session.ID)

			// Unbind against unbind, one of them as part of a batch.
			b, err := h.Actions.DraftBulk(ctx, root, exam.BulkUnbind, store.CodeFilter{Order: order.ID}, nil)
			h.Must(err)
			_, err = h.Actions.BeginBulk(ctx, root, b.ID, true)
			h.Must(err)
			r = contest(unbind(code, true), unbind(code, true), func() error { return h.Actions.RunBulk(ctx, b.ID, 2) })
			outcomes, err := h.Read.BulkOutcomes(ctx, b.ID)
			h.Must(err)
			won := outcomes[store.OutcomeDone]
			for _, reason := range r[:2] {
				if reason == "" {
					won++
				} else if reason != "code_not_bound" {
					t.Errorf("unbind and unbind: %q", r)
				}
			}
			if now := h.Codes(order)[0]; won != 1 || now.State != exam.Unused {
				t.Errorf("%d unbound one code, which is %s: %q, %v", won, now.State, r, outcomes)
			}
			agrees(t, h, d, code, session.ID)
		}
	})
}

// TestTheCodeRacesCanSee is their negative control: without locks and version
// guards two verbs that exclude each other both win.
func TestTheCodeRacesCanSee(t *testing.T) {
	if os.Getenv(control) != "" {
		t.Fatal("the control runs one test alone")
	}
	for _, engine := range []string{"sqlite", "postgres"} {
		out, err := withoutGuards(t, "^TestS24_S25_RacesOnOneCode$/^"+engine+"$")
		seen := strings.Contains(out, "disagree") || strings.Contains(out, "unbound one code") || strings.Contains(out, "unbind and ") || strings.Contains(out, "regenerate and redeem")
		if err == nil || !seen {
			t.Errorf("%s: without guards the races saw nothing: %v\n%s", engine, err, out)
		}
	}
}
