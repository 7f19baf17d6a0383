package store_test

import (
	"context"
	"testing"
	"time"

	"examcode/internal/action"
	"examcode/internal/action/actiontest"
	"examcode/internal/db"
	"examcode/internal/exam"
	"examcode/internal/id"
	"examcode/internal/store"
	"examcode/internal/store/storetest"
)

// The core promises hold in the database alone, whatever the program forgets.
func TestTheDatabaseRefusesByItself(t *testing.T) {
	storetest.EachDB(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := actiontest.New(t, store.New(d, id.NewSource(0, time.Now)))
		h.Spoiled = true // rows are written past the program
		root, other, sub, second := h.Company(true), h.Company(true), h.Subject(), h.Subject()
		session := h.Session(sub, 48*time.Hour, 3)
		ann, ben := h.Examinee(true), h.Examinee(true)
		o, texts := h.Buy(root, sub, 3)
		theirs, _ := h.Buy(other, second, 1)
		pending, err := h.Actions.BuyCodes(ctx, root, sub.ID, 1)
		if err != nil {
			t.Fatal(err)
		}
		var g [3]exam.Registration
		for i, who := range []exam.Actor{ann, ben} {
			if g[i], err = h.Actions.RedeemCode(ctx, who, action.Redemption{Subject: sub.ID, Text: texts[i], ExamType: exam.Online}); err != nil {
				t.Fatal(err)
			}
		}
		if g[1], err = h.Actions.Reserve(ctx, ben, g[1].ID, session.ID); err != nil {
			t.Fatal(err)
		}
		number := func(sql string, args ...any) (n int64) {
			if err := d.Read().QueryRow(ctx, sql, args...).Scan(&n); err != nil {
				t.Fatalf("%s: %v", sql, err)
			}
			return n
		}
		lookup := func(c exam.CodeID) (b []byte) {
			if err := d.Read().QueryRow(ctx, "SELECT lookup FROM code WHERE id = $1", int64(c)).Scan(&b); err != nil {
				t.Fatal(err)
			}
			return b
		}
		unused := h.Codes(o)[2]
		order, account, their := int64(o.ID), int64(root.Account), int64(other.Account)
		payment := number("SELECT id FROM payment WHERE order_id = $1", order)
		event := number("SELECT id FROM event WHERE object_id = $1 AND version = 1", order)
		refund := h.Store.IDs().Next()
		if err := d.Transact(ctx, func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.Exec(ctx, `INSERT INTO refund (id, order_id, account_id, payment_id, asked_by, try, reference, amount, currency, codes, state, answer, provider_ref, detail, note, simulate, created_at, asked_at, version)
VALUES ($1, $2, $3, $4, $5, 1, 'R-1', 100, 'USD', 1, 'review', '', '', '', '', '', 1, 1, 1)`, refund, order, account, payment, int64(root.Person))
			return err
		}); err != nil {
			t.Fatal(err)
		}
		carl := h.Examinee(true)
		live, seated, bound, sess := int64(g[0].ID), int64(g[1].ID), int64(g[0].Code), int64(session.ID)
		notice := number("SELECT MIN(id) FROM message WHERE person_id = $1", int64(root.Person))
		owed := number("SELECT MIN(id) FROM owed")

		breaches(t, d, h.Store.IDs(), []breach{
			{what: "a second live registration of a code", as: "unique", table: "registration", row: live,
				values: set{"person_id": int64(carl.Person)}, healed: set{"state": "cancelled"}},
			{what: "a second live registration of a person for a subject", as: "unique", table: "registration", row: live,
				values: set{"code_id": int64(unused.ID)}, healed: set{"person_id": int64(carl.Person)}},
			{what: "a second refund of an order", as: "unique", table: "refund", row: refund,
				values: set{"reference": "R-2"}, healed: set{"order_id": int64(pending.ID)}},
			{what: "a refund without a settling", as: "check", table: "refund", row: refund, change: true,
				values: set{"state": "failed"}, healed: set{"settled_at": int64(2)}},
			{what: "a refund on its way that was never placed", as: "check", table: "refund", row: refund, change: true,
				values: set{"state": "refunding"}, healed: set{"placed_at": int64(2)}},
			{what: "a second live payment of an order", as: "unique", table: "payment", row: payment,
				values: set{"reference": "P-2", "state": "unknown"}, healed: set{"state": "failed"}},
			{what: "a provider's reference twice", as: "unique", table: "payment", row: payment,
				values: set{"state": "failed"}, healed: set{"reference": "P-3"}},
			{what: "more seats taken than there are", as: "check", table: "session", row: sess, change: true,
				values: set{"taken": int64(4)}, healed: set{"taken": int64(3)}},
			{what: "fewer seats than are taken", as: "check", table: "session", row: sess, change: true,
				values: set{"seats": int64(0)}, healed: set{"seats": int64(1)}},
			{what: "seats below zero", as: "check", table: "session", row: sess, change: true,
				values: set{"taken": int64(-1)}, healed: set{"taken": int64(0)}},
			{what: "a seat in a cancelled session", as: "check", table: "session", row: sess, change: true,
				values: set{"cancelled_at": int64(1), "taken": int64(1)}, healed: set{"taken": int64(0)}},
			{what: "a code of another account than its order", as: "foreign key", table: "code", row: int64(unused.ID),
				values: set{"lookup": []byte("a"), "account_id": their}, healed: set{"order_id": int64(theirs.ID)}},
			{what: "a payment of another account than its order", as: "foreign key", table: "payment", row: payment,
				values: set{"reference": "P-4", "state": "failed", "account_id": their}, healed: set{"account_id": account}},
			{what: "a refund of another account than its order", as: "foreign key", table: "refund", row: refund,
				values: set{"reference": "R-3", "order_id": int64(theirs.ID)}, healed: set{"account_id": their}},
			{what: "a registration of another account than its code", as: "foreign key", table: "registration", row: live,
				values: set{"state": "cancelled", "account_id": their}, healed: set{"account_id": account}},
			{what: "a second event of the same version of an object", as: "unique", table: "event", row: event,
				values: set{}, healed: set{"version": int64(99)}},
			{what: "two codes with one text", as: "unique", table: "code", row: int64(unused.ID),
				values: set{"lookup": lookup(g[0].Code)}, healed: set{"lookup": []byte("b")}},
			{what: "a paid order without an end", as: "check", table: "orders", row: order, change: true,
				values: set{"expires_at": nil}, healed: set{"expires_at": int64(7)}},
			{what: "a paid order that has none of what paying brings", as: "check", table: "orders", row: int64(pending.ID), change: true,
				values: set{"state": "paid"}, healed: set{"paid_at": int64(1), "expires_at": int64(2), "first_code": int64(3)}},
			{what: "more codes issued than were bought", as: "check", table: "orders", row: order, change: true,
				values: set{"issued": int64(100_001)}, healed: set{"issued": int64(1)}},
			{what: "codes issued of an order that is not paid", as: "check", table: "orders", row: int64(pending.ID), change: true,
				values: set{"issued": int64(1)}, healed: set{"issued": int64(0)}},
			{what: "an order's number twice", as: "unique", table: "orders", row: order,
				values: set{}, healed: set{"number": "EC-OTHER"}},
			{what: "an order of nothing", as: "check", table: "orders", row: int64(pending.ID), change: true,
				values: set{"quantity": int64(0)}, healed: set{"quantity": int64(1)}},
			{what: "a bound code without a registration", as: "check", table: "code", row: bound, change: true,
				values: set{"registration_id": nil}, healed: set{"state": "unused", "holder_id": nil}},
			{what: "an unused code with a holder", as: "check", table: "code", row: bound, change: true,
				values: set{"state": "unused"}, healed: set{"state": "reserved"}},
			{what: "a state nobody knows", as: "check", table: "code", row: int64(unused.ID), change: true,
				values: set{"state": "lost"}, healed: set{"state": "expired"}},
			{what: "a reserved registration without a session", as: "check", table: "registration", row: seated, change: true,
				values: set{"session_id": nil}, healed: set{"state": "registered"}},
			{what: "a notice twice", as: "unique", table: "message", row: notice,
				values: set{}, healed: set{"about_version": int64(99)}},
			{what: "an e-mail owed twice", as: "unique", table: "owed", row: owed,
				values: set{}, healed: set{"target_id": int64(99)}},
		})
	})
}
