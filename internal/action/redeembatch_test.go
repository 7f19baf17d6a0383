package action_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"examcode/internal/action"
	"examcode/internal/action/actiontest"
	"examcode/internal/codetext"
	"examcode/internal/db"
	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/store"
)

// unknown is a well-formed text that nobody has.
func unknown(t *testing.T) string {
	text, err := codetext.New(rand.Reader)
	return must(text, err)(t).Reveal()
}

// TestRedeemingTogether: in one batch everybody gets their own answer, the same
// as alone; the refused change nothing of their neighbours'.
func TestRedeemingTogether(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx, root, sub, other := context.Background(), h.Company(true), h.Subject(), h.Subject()
		o, texts := h.Buy(root, sub, 12)
		_, elsewhere := h.Buy(root, other, 1)
		people := make([]exam.Actor, 10)
		for i := range people {
			people[i] = h.Examinee(true)
		}
		used := must(h.Redeem(people[0], sub, texts[0]))(t)
		replaced := texts[1]
		_ = must(h.Actions.RegenerateCodes(ctx, root, []exam.CodeID{h.Codes(o)[1].ID}))(t)
		for range 10 {
			_, err := h.Redeem(people[9], sub, unknown(t))
			wantField(t, "a guess", err, "code_not_usable")
		}
		online := func(s exam.Subject, text string) action.Redemption {
			return action.Redemption{Subject: s.ID, Text: text, ExamType: exam.Online, Network: "192.0.2.1"}
		}
		gone := sub
		gone.ID++
		in := []action.Redemption{
			online(sub, texts[2]), online(sub, texts[3]), online(sub, texts[4]), online(sub, unknown(t)), online(sub, texts[0]),
			online(sub, replaced), online(sub, elsewhere[0]), online(gone, texts[5]), online(sub, texts[6]), online(sub, texts[7]),
		}
		want := []string{"already_registered", "", "", "code_not_usable", "code_not_usable", "code_not_usable", "subject_mismatch", "subject_unknown", "", "too_many_tries"}
		regs, errs, err := h.Actions.RedeemTogether(ctx, people, in)
		h.Must(err)
		for i, reason := range want {
			got := ""
			if errs[i] != nil {
				got = fault.Of(errs[i]).Reason
			}
			if got != reason {
				t.Errorf("%d: %q, want %q", i, got, reason)
			}
			mine := must(h.Read.RegistrationsOf(ctx, people[i].Person, store.Page{Limit: 5}))(t).Items
			switch {
			case reason == "" && (len(mine) != 1 || mine[0].ID != regs[i].ID || mine[0].Person != people[i].Person || mine[0].State != exam.Registered):
				t.Errorf("%d: has %v", i, mine)
			case i == 0 && (len(mine) != 1 || mine[0].ID != used.ID):
				t.Errorf("the first has %v", mine)
			case i > 0 && reason != "" && len(mine) != 0:
				t.Errorf("%d: was refused and has %v", i, mine)
			}
		}
	})
}

// TestABatchCostsAsManyStatementsAsOne: what grows with the callers is the size of
// the statements, not their number.
func TestABatchCostsAsManyStatementsAsOne(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx, root, sub := context.Background(), h.Company(true), h.Subject()
		_, texts := h.Buy(root, sub, 13)
		redeem := func(n int) int {
			people, in := make([]exam.Actor, n), make([]action.Redemption, n)
			for i := range n {
				people[i], in[i] = h.Examinee(true), action.Redemption{Subject: sub.ID, Text: texts[0], ExamType: exam.Online}
				texts = texts[1:]
			}
			_, errs, err := h.Actions.RedeemTogether(ctx, people, in)
			for _, e := range append(errs, err) {
				h.Must(e)
			}
			return h.Queue.Statements()
		}
		redeem(1)
		two, eleven := redeem(2), redeem(10)
		if two != eleven {
			t.Errorf("%d statements for 2, %d for 10", two, eleven)
		}
	})
}

// TestUnknownTextsOfABatchCountOneByOne: a network whose tries run out within a
// batch has exactly as many as it had alone, dead texts cost it nothing, and tries
// come back.
func TestUnknownTextsOfABatchCountOneByOne(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx, root, sub := context.Background(), h.Company(true), h.Subject()
		_, texts := h.Buy(root, sub, 1)
		_ = must(h.Redeem(h.Examinee(true), sub, texts[0]))(t)
		someone := h.Examinee(true)
		var people []exam.Actor
		var in []action.Redemption
		for i := range 12 {
			p := h.Examinee(true)
			text := texts[0]
			if i%4 > 0 {
				text = unknown(t)
			}
			people, in = append(people, p), append(in, action.Redemption{Subject: sub.ID, Text: text, ExamType: exam.Online, Network: "192.0.2.7"})
		}
		said := map[string]int{}
		for range 4 { // 9 unknown texts each
			_, errs, err := h.Actions.RedeemTogether(ctx, people, in)
			h.Must(err)
			for _, e := range errs {
				said[fault.Of(e).Reason]++
			}
		}
		if got, want := fmt.Sprint(said), fmt.Sprint(map[string]int{"code_not_usable": 30 + 12, "too_many_tries": 6}); got != want {
			t.Errorf("%s, want %s", got, want)
		}
		h.Clock.Move(2*time.Minute + time.Second)
		_, err := h.Actions.RedeemCode(ctx, someone, action.Redemption{Subject: sub.ID, Text: unknown(t), ExamType: exam.Online, Network: "192.0.2.7"})
		wantField(t, "one try came back", err, "code_not_usable")
	})
}

// TestABatchDoesNotWaitForOneCode: on PostgreSQL a batch that meets a code that
// somebody holds gives up at once, and whoever came with it goes on alone.
func TestABatchDoesNotWaitForOneCode(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx, root, sub := context.Background(), h.Company(true), h.Subject()
		o, texts := h.Buy(root, sub, 3)
		people := []exam.Actor{h.Examinee(true), h.Examinee(true)}
		in := []action.Redemption{{Subject: sub.ID, Text: texts[0], ExamType: exam.Online}, {Subject: sub.ID, Text: texts[1], ExamType: exam.Online}}
		held, free, ended := make(chan bool), make(chan bool), make(chan error, 1)
		go func() {
			ended <- h.Store.Transact(ctx, func(ctx context.Context, tx *store.Tx) error {
				if h.Store.Lanes() > 1 {
					if err := tx.LockCodes(ctx, h.Codes(o)[0].ID); err != nil {
						return err
					}
				}
				close(held)
				<-free
				return nil
			})
		}()
		<-held
		if h.Store.Lanes() > 1 { // SQLite has one writer, and no lock to wait for
			_, _, err := h.Actions.RedeemTogether(ctx, people, in)
			if !errors.Is(err, db.ErrBusy) || !strings.Contains(fmt.Sprint(errors.Unwrap(err)), "lock timeout") {
				t.Errorf("a batch with a code that is held: %v", err)
			}
			_ = must(h.Actions.RedeemCode(ctx, people[1], in[1]))(t)
		}
		close(free)
		h.Must(<-ended)
		_ = must(h.Actions.RedeemCode(ctx, people[0], in[0]))(t)
	})
}
