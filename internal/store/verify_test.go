package store_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"examcode/internal/action"
	"examcode/internal/action/actiontest"
	"examcode/internal/db"
	"examcode/internal/exam"
	"examcode/internal/id"
	"examcode/internal/pay"
	"examcode/internal/pay/sandbox"
	"examcode/internal/store"
	"examcode/internal/store/storetest"
)

// lived is a database in which everything has happened once.
type lived struct {
	*actiontest.House
	t       *testing.T
	db      *db.DB
	codes   []store.CodeRow // completed, reserved, bound, regenerated, unused
	session exam.Session
	order   exam.Order
	refund  exam.Refund
	heard   exam.PaymentID // that a provider told of
	erased  exam.PersonID
}

func live(t *testing.T, d *db.DB) *lived {
	t.Helper()
	ctx := context.Background()
	h := actiontest.New(t, store.New(d, id.NewSource(0, time.Now)))
	l := &lived{House: h, t: t, db: d}
	root, sub := h.Company(true), h.Subject()
	h.Buy(root, sub, 1) // ends before the rest begins
	h.Clock.Move(370 * 24 * time.Hour)
	if n, err := h.Actions.SweepEnded(ctx); err != nil || n == 0 {
		t.Fatalf("%d ended orders, %v", n, err)
	}
	h.Must(h.Actions.Tidy(ctx))
	l.session = h.Session(sub, 48*time.Hour, 3)
	gone := h.Session(sub, 96*time.Hour, 3)
	order, texts := h.Buy(root, sub, 5)
	l.order = order
	for i, text := range texts[:3] {
		who := h.Examinee(true)
		g, err := h.Redeem(who, sub, text)
		h.Must(err)
		if i == 2 {
			break
		}
		_, err = h.Actions.Reserve(ctx, who, g.ID, l.session.ID)
		h.Must(err)
		if i == 0 {
			h.Clock.Move(49 * time.Hour)
			_, err = h.Actions.RecordResults(ctx, h.Staff(exam.Results), []exam.Result{{Registration: g.ID, Outcome: exam.Passed}})
			h.Must(err)
			l.session, l.erased = h.Session(sub, 72*time.Hour, 3), who.Person
		}
	}
	_, err := h.Actions.CancelSession(ctx, h.Staff(exam.Results), gone.ID, "no room")
	h.Must(err)
	l.codes = h.Codes(order)
	_, err = h.Actions.RegenerateCodes(ctx, root, []exam.CodeID{l.codes[3].ID})
	h.Must(err)
	back, _ := h.Buy(root, sub, 2)
	l.refund, err = h.Actions.RefundOrder(ctx, root, back.ID, action.RefundRequest{})
	h.Must(err)
	_, err = h.Actions.AskExport(ctx, root, action.ExportRequest{Kind: exam.ExportCodes, Format: exam.CSV, Lang: "en"})
	h.Must(err)
	h.Hear(l.late(root, sub))
	_, err = h.Actions.BuyCodes(ctx, root, sub.ID, 1) // that nobody pays for
	h.Must(err)
	h.Clock.Set(order.Expires.Add(-80 * 24 * time.Hour))
	if n, err := h.Actions.RemindEnds(ctx); err != nil || n == 0 {
		t.Fatalf("%d reminders, %v", n, err)
	}
	other := h.Confirm(h.Company(true))
	told := h.Member(other, exam.ViewCodes)
	_, err = h.Actions.AddReceiver(ctx, other, exam.Receiver{Person: told.Person, Categories: []string{"orders"}})
	h.Must(err)
	for _, who := range []exam.Actor{h.Who(l.erased), told} {
		h.Must(h.Actions.ErasePerson(ctx, who, who.Person, 0))
	}
	return l
}

// late is a payment that succeeded without our knowing, and the provider's notice
// of it.
func (l *lived) late(root exam.Actor, sub exam.Subject) pay.Notice {
	l.t.Helper()
	ctx := context.Background()
	o, err := l.Actions.BuyCodes(ctx, root, sub.ID, 1)
	l.Must(err)
	p, err := l.Actions.PayOrder(ctx, root, o.ID, "sandbox", sandbox.SettlesLate, "")
	l.Must(err)
	l.Clock.Move(sandbox.Late)
	l.heard = p.ID
	return sandbox.Told(pay.Notice{About: pay.AboutCharge, Reference: p.Reference, Amount: p.Amount}, pay.Succeeded, p.Created)
}

// loosen takes every constraint from the tables, so that what the database would
// refuse can be written.
func (l *lived) loosen() {
	l.t.Helper()
	tables := map[string]bool{}
	for _, line := range schema(l.t, l.db) {
		name, _, _ := strings.Cut(line, ":")
		tables[name] = true
	}
	cascade := ""
	if l.db.Engine() == db.PostgreSQL {
		cascade = " CASCADE"
	} else if _, err := l.db.Writer().Exec("PRAGMA foreign_keys = 0"); err != nil {
		l.t.Fatal(err)
	}
	for name := range tables {
		l.write("CREATE TABLE loose_" + name + " AS SELECT * FROM " + name)
		l.write("DROP TABLE " + name + cascade)
		l.write("ALTER TABLE loose_" + name + " RENAME TO " + name)
	}
}

func (l *lived) write(sql string, args ...any) (rows int64) {
	l.t.Helper()
	err := l.db.Transact(context.Background(), func(ctx context.Context, tx *db.Tx) (err error) {
		rows, err = tx.Exec(ctx, sql, args...)
		return err
	})
	if err != nil {
		l.t.Fatalf("%s: %v", sql, err)
	}
	return rows
}

// broken lists the invariants that do not hold.
func (l *lived) broken() map[string]bool {
	l.t.Helper()
	found := map[string]bool{}
	if _, err := l.Store.Verify(context.Background(), func(v store.Verified) {
		if v.Violations > 0 {
			found[v.ID] = true
		}
	}); err != nil {
		l.t.Fatal(err)
	}
	return found
}

// plant is a change that breaks an invariant, and the way back.
type plant struct {
	breaks   string
	do, undo string
	at       int64
}

func (l *lived) plants() []plant {
	order, refund, heard := int64(l.order.ID), int64(l.refund.ID), int64(l.heard)
	code := func(i int) int64 { return int64(l.codes[i].ID) }
	return []plant{
		{"M-1", "UPDATE orders SET total = total + 1 WHERE id = $1", "UPDATE orders SET total = total - 1 WHERE id = $1", order},
		{"M-2", "UPDATE payment SET state = 'failed' WHERE order_id = $1", "UPDATE payment SET state = 'succeeded' WHERE order_id = $1", order},
		{"M-3", "INSERT INTO refund (id, order_id, account_id, try, amount, currency, state, version) SELECT id + 1, order_id, account_id, try, amount, currency, state, version FROM refund WHERE id = $1",
			"DELETE FROM refund WHERE id - 1 = $1", refund},
		{"M-4", "UPDATE refund SET amount = amount + 1 WHERE id = $1", "UPDATE refund SET amount = amount - 1 WHERE id = $1", refund},
		{"M-5", "UPDATE refund SET state = 'refunding' WHERE id = $1", "UPDATE refund SET state = 'refunded' WHERE id = $1", refund},
		{"M-6", "UPDATE refund_code SET code_id = code_id + 1000 WHERE refund_id = $1", "UPDATE refund_code SET code_id = code_id - 1000 WHERE refund_id = $1", refund},
		{"C-1", "UPDATE orders SET issued = issued - 1 WHERE id = $1", "UPDATE orders SET issued = issued + 1 WHERE id = $1", order},
		{"C-2", "UPDATE code SET generation = generation + 1 WHERE id = $1", "UPDATE code SET generation = generation - 1 WHERE id = $1", code(4)},
		{"C-3", "INSERT INTO retired_text (lookup, code_id, generation, tail, retired_at) SELECT lookup, id, 99, tail, 0 FROM code WHERE id = $1", "DELETE FROM retired_text WHERE code_id = $1 AND generation = 99", code(4)},
		{"C-4", "UPDATE orders SET quantity = quantity + 1 WHERE id = $1", "UPDATE orders SET quantity = quantity - 1 WHERE id = $1", order},
		{"C-5", "UPDATE event SET kind = 'code.completed' WHERE object_id = $1 AND kind = 'code.redeemed'", "UPDATE event SET kind = 'code.redeemed' WHERE object_id = $1 AND kind = 'code.completed'", code(2)},
		{"C-6", "UPDATE code SET state = 'unused' WHERE id = $1", "UPDATE code SET state = 'bound' WHERE id = $1", code(2)},
		{"C-7", "UPDATE code SET state = 'refunded' WHERE id = $1", "UPDATE code SET state = 'bound' WHERE id = $1", code(2)},
		{"R-1", "UPDATE registration SET code_id = code_id + 1 WHERE code_id = $1", "UPDATE registration SET code_id = code_id - 1 WHERE code_id - 1 = $1 AND state = 'registered'", code(2)},
		{"R-2", "UPDATE registration SET subject_id = subject_id + 1 WHERE code_id = $1", "UPDATE registration SET subject_id = subject_id - 1 WHERE code_id = $1", code(2)},
		{"R-3", "UPDATE session SET taken = taken + 1 WHERE id = $1", "UPDATE session SET taken = taken - 1 WHERE id = $1", int64(l.session.ID)},
		{"R-4", "UPDATE registration SET state = 'reserved' WHERE code_id = $1", "UPDATE registration SET state = 'completed' WHERE code_id = $1", code(0)},
		{"R-5", "UPDATE registration SET exam_type = 'other' WHERE code_id = $1", "UPDATE registration SET exam_type = (SELECT n.exam_type FROM session n WHERE n.id = session_id) WHERE code_id = $1", code(1)},
		{"R-6", "UPDATE session SET cancelled_at = 1 WHERE id = $1", "UPDATE session SET cancelled_at = NULL WHERE id = $1", int64(l.session.ID)},
		{"R-7", "UPDATE result SET version = version + 1 WHERE registration_id = (SELECT c.registration_id FROM code c WHERE c.id = $1)", "UPDATE result SET version = version - 1 WHERE registration_id = (SELECT c.registration_id FROM code c WHERE c.id = $1)", code(0)},
		{"Z-1", "UPDATE orders SET expires_at = expires_at + 1 WHERE id = $1", "UPDATE orders SET expires_at = expires_at - 1 WHERE id = $1", order},
		{"Z-2", "UPDATE registration SET created_at = created_at + 40000000000000 WHERE code_id = $1", "UPDATE registration SET created_at = created_at - 40000000000000 WHERE code_id = $1", code(2)},
		{"Z-3", "UPDATE orders SET swept_at = expires_at WHERE id = $1", "UPDATE orders SET swept_at = NULL WHERE id = $1", order},
		{"N-1", "UPDATE reminder SET at = at + 1 WHERE order_id = $1", "UPDATE reminder SET at = at - 1 WHERE order_id = $1", order},
		{"N-4", "UPDATE owed SET target_id = target_id + 1 WHERE channel = 'mail' AND id > $1", "UPDATE owed SET target_id = target_id - 1 WHERE channel = 'mail' AND id > $1", 0},
		{"N-6", "UPDATE message SET kind = 'order_payed' WHERE about_id = $1 AND kind = 'order_paid'", "UPDATE message SET kind = 'order_paid' WHERE about_id = $1 AND kind = 'order_payed'", order},
		{"D-1", "INSERT INTO rate_limit (name, tat) SELECT 'forgotten', 1 FROM orders WHERE id = $1", "DELETE FROM rate_limit WHERE tat + $1 = $1 + 1", order},
		{"D-2", "UPDATE person SET name = 'Somebody' WHERE id = $1", "UPDATE person SET name = '" + exam.ErasedName + "' WHERE id = $1", int64(l.erased)},
		{"X-1", "UPDATE export SET state = 'stopped' WHERE id > $1", "UPDATE export SET state = 'waiting' WHERE id > $1", 0},
		{"A-2", "UPDATE event SET version = version + 1 WHERE object_id = $1 AND version > 0", "UPDATE event SET version = version - 1 WHERE object_id = $1 AND version > 0", order},
		{"K-1", "UPDATE stock SET bound = bound + 1 WHERE order_id = $1", "UPDATE stock SET bound = bound - 1 WHERE order_id = $1", order},
		{"K-1", "UPDATE stock SET gone = gone + 1 WHERE order_id = $1", "UPDATE stock SET gone = gone - 1 WHERE order_id = $1", order},
		{"K-2", "UPDATE flow SET day = day + 1 WHERE days = $1", "UPDATE flow SET day = day - 1 WHERE days = $1", 1},
		{"K-2", "UPDATE flow SET day = day + 1 WHERE days = $1", "UPDATE flow SET day = day - 1 WHERE days = $1", 8},
		{"K-2", "UPDATE flow SET gone = gone + 1 WHERE days = $1", "UPDATE flow SET gone = gone - 1 WHERE days = $1", 8},
		{"K-3", "UPDATE outcome SET passed = passed + 1 WHERE account_id > $1", "UPDATE outcome SET passed = passed - 1 WHERE account_id > $1", 0},
		{"P-3", "INSERT INTO provider_notice (id, provider, event, refund, reference, claimed, amount, currency, number, state, detail, object_id, object_version, created_at, received_at) SELECT id + 1, provider, event, refund, reference, claimed, amount, currency, number, 'nothing', detail, object_id, NULL, created_at, received_at FROM provider_notice WHERE object_id = $1",
			"DELETE FROM provider_notice WHERE object_id = $1 AND state = 'nothing'", heard},
		{"P-3", "UPDATE provider_notice SET object_version = object_version + 1 WHERE object_id = $1", "UPDATE provider_notice SET object_version = object_version - 1 WHERE object_id = $1", heard},
		{"P-3", "INSERT INTO provider_notice (id, provider, event, refund, reference, claimed, amount, currency, number, state, detail, object_id, object_version, created_at, received_at) SELECT id + 1, provider, 'evt_other', refund, reference, claimed, amount, currency, number, state, detail, object_id, object_version, created_at, received_at FROM provider_notice WHERE object_id = $1",
			"DELETE FROM provider_notice WHERE object_id = $1 AND event = 'evt_other'", heard},
		{"S-1", "UPDATE payment SET account_id = account_id + 1 WHERE order_id = $1", "UPDATE payment SET account_id = account_id - 1 WHERE order_id = $1", order},
	}
}

// Each invariant has teeth: planted violations are reported, one by one, and
// nothing is once they are taken back.
func TestVerifySeesEveryPlantedViolation(t *testing.T) {
	storetest.EachDB(t, func(t *testing.T, d *db.DB) {
		l := live(t, d)
		l.Spoiled = true // its tables have no constraints left
		known := map[string]bool{}
		if n, err := l.Store.Verify(context.Background(), func(v store.Verified) {
			known[v.ID] = true
			if v.Checked == 0 {
				t.Errorf("%s has nothing to check", v.ID)
			}
		}); err != nil || n != 0 {
			t.Fatalf("%d violations before any was planted, %v: %v", n, err, l.broken())
		}
		l.loosen()
		for _, p := range l.plants() {
			delete(known, p.breaks)
			if l.write(p.do, p.at) == 0 {
				t.Errorf("%s: nothing was planted", p.breaks)
			}
			if b := l.broken(); !b[p.breaks] {
				t.Errorf("%s does not see its violation; seen: %v", p.breaks, b)
			}
			l.write(p.undo, p.at)
			if b := l.broken(); len(b) != 0 {
				t.Fatalf("%s: the violation was taken back, and still %v", p.breaks, b)
			}
		}
		for name := range known {
			t.Errorf("%s has no violation planted", name)
		}
	})
}
