package store_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"examcode/internal/action/actiontest"
	"examcode/internal/db"
	"examcode/internal/exam"
	"examcode/internal/id"
	"examcode/internal/store"
	"examcode/internal/store/storetest"
)

// planter writes rows past the program.
type planter struct {
	t   testing.TB
	d   *db.DB
	ids *id.Source
}

// plant writes a row and returns its id, a new one unless it is among the values.
func (p planter) plant(table string, values set) int64 {
	p.t.Helper()
	if keyOf(table) == "id" && values["id"] == nil {
		values["id"] = p.ids.Next()
	}
	names, marks, args := []string{}, []string{}, []any{}
	for name, v := range values {
		args = append(args, v)
		names, marks = append(names, name), append(marks, fmt.Sprintf("$%d", len(args)))
	}
	err := p.d.Transact(context.Background(), func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, "INSERT INTO "+table+" ("+strings.Join(names, ", ")+") VALUES ("+strings.Join(marks, ", ")+")", args...)
		return err
	})
	if err != nil {
		p.t.Fatalf("%s: %v", table, err)
	}
	return values[keyOf(table)].(int64)
}

// with is a row with further values.
func (s set) with(more set) set {
	all := set{}
	for _, from := range []set{s, more} {
		for k, v := range from {
			all[k] = v
		}
	}
	return all
}

// planted are rows, one of most tables, by what names them.
type planted struct {
	account, person, subject, session, order, pending, registration, payment, owed              int64
	verification, key, refund, export, invitation, ticket, bulk, member, address, letter, heard int64
}

// plantAll writes a row of each table that the tests of single rows change.
func plantAll(h *actiontest.House, d *db.DB) (r planted) {
	p := planter{h.T, d, h.Store.IDs()}
	root, sub := h.Open(exam.Enterprise, exam.Verified, "UTC"), h.Subject()
	r.account, r.person, r.subject = int64(root.Account), int64(root.Person), int64(sub.ID)
	r.session = int64(h.Session(sub, 48*time.Hour, 3).ID)
	bought, texts := h.Buy(root, sub, 2)
	g, err := h.Redeem(h.Open(exam.Individual, exam.Verified, "UTC"), sub, texts[0])
	h.Must(err)
	unpaid, err := h.Actions.BuyCodes(context.Background(), root, sub.ID, 1)
	h.Must(err)
	number := func(sql string, args ...any) (n int64) {
		h.Must(d.Read().QueryRow(context.Background(), sql, args...).Scan(&n))
		return n
	}
	r.order, r.registration, r.pending = int64(bought.ID), int64(g.ID), int64(unpaid.ID)
	r.payment = number("SELECT id FROM payment WHERE order_id = $1", r.order)
	r.owed = number("SELECT MIN(id) FROM owed")
	of := set{"account_id": r.account, "created_at": 1, "version": 1}
	mine := of.with(set{"person_id": r.person})
	ended := set{"outcome": "passed", "sat_at": 1, "recorded_at": 1, "recorded_by": r.person, "registration_id": r.registration}

	r.verification = p.plant("verification", set{"account_id": r.account, "person_id": r.person, "kind": "enterprise", "legal_name": "", "registration_number": "", "country": "", "document_kind": "",
		"state": "waiting", "reason": "", "note": "", "submitted_at": 1, "version": 1})
	r.key = p.plant("api_key", set{"token": []byte("k"), "person_id": r.person, "account_id": r.account, "name": "", "tail": "", "created_at": 1})
	r.refund = p.plant("refund", of.with(set{"order_id": r.order, "payment_id": r.payment, "asked_by": r.person, "try": 1, "reference": "R-1", "amount": 1, "currency": "USD", "codes": 1, "state": "review",
		"answer": "", "provider_ref": "", "detail": "", "note": "", "simulate": "", "asked_at": 1}))
	p.plant("result", ended)
	p.plant("result_version", ended.with(set{"version": 1, "why": ""}))
	p.plant("reminder", set{"order_id": r.order, "expires_at": 1, "days": 7, "state": "told", "at": 1})
	r.export = p.plant("export", mine.with(set{"kind": "codes", "format": "csv", "asked": "", "with_texts": 0, "lang": "en", "zone": "UTC", "state": "waiting", "rows_done": 0, "rows_total": 0, "size": 0, "run": 0, "error": ""}))
	r.invitation = p.plant("invitation", of.with(set{"email": "a@x.example", "rights": 0, "lang": "en", "state": "open", "by_id": r.person, "sent_at": 1, "expires_at": 2}))
	r.ticket = p.plant("ticket", set{"token": []byte("t"), "kind": "password", "account_id": r.account, "person_id": r.person, "email": "", "lang": "en", "state": "open", "created_at": 1, "expires_at": 2})
	r.bulk = p.plant("bulk", mine.with(set{"verb": "unbind", "new_text": 0, "state": "draft", "total": 2, "settled": 0, "channel": "", "request": ""}))
	told := mine.with(set{"email": "", "label": "", "lang": "en", "categories": "", "state": "active", "asked_at": 1})
	r.member = p.plant("receiver", told)
	r.address = p.plant("receiver", told.with(set{"id": nil, "person_id": nil, "email": "b@x.example"}))
	r.letter = p.plant("letter", set{"receiver_id": r.address, "kind": "", "about_id": 1, "about_version": 1, "link": "", "data": "{}", "created_at": 1})
	r.heard = p.plant("provider_notice", set{"provider": "sandbox", "event": "e-1", "refund": 0, "reference": "", "claimed": "", "amount": 1, "currency": "USD", "number": "", "state": "news", "detail": "",
		"object_id": r.payment, "object_version": 1, "created_at": 1, "received_at": 1})
	return r
}

// What one row says must make sense: its words are known, its numbers possible,
// its parts agree.
func TestTheDatabaseKnowsItsWords(t *testing.T) {
	storetest.EachDB(t, func(t *testing.T, d *db.DB) {
		h := actiontest.New(t, store.New(d, id.NewSource(0, time.Now)))
		h.Spoiled = true // rows are written past the program
		r := plantAll(h, d)
		breaches(t, d, h.Store.IDs(), oddMoney(r))
		breaches(t, d, h.Store.IDs(), oddRows(r))
		breaches(t, d, h.Store.IDs(), oddWords(r))
	})
}

// oddMoney are breaches in what is bought and submitted.
func oddMoney(r planted) []breach {
	return []breach{
		{what: "a price of nothing", as: "check", table: "subject", row: r.subject, change: true, values: set{"price": 0}, healed: set{"price": 1}},
		{what: "a payment of nothing", as: "check", table: "payment", row: r.payment, change: true, values: set{"amount": 0}, healed: set{"amount": 1}},
		{what: "a refund of nothing", as: "check", table: "refund", row: r.refund, change: true, values: set{"amount": 0}, healed: set{"amount": 1}},
		{what: "a refund of no codes", as: "check", table: "refund", row: r.refund, change: true, values: set{"codes": 0}, healed: set{"codes": 1}},
		{what: "a refund's reference twice", as: "unique", table: "refund", row: r.refund, values: set{"order_id": r.pending}, healed: set{"reference": "R-2"}},
		{what: "a reminder on the day itself", as: "check", table: "reminder", row: r.order, change: true, values: set{"days": 0}, healed: set{"days": 1}},
		{what: "two submissions that wait for one account", as: "unique", table: "verification", row: r.verification, values: set{}, healed: set{"state": "rejected"}},
		{what: "an API key twice", as: "unique", table: "api_key", row: r.key, values: set{}, healed: set{"token": []byte("l")}},
	}
}

// oddRows are breaches in what people and providers ask for.
func oddRows(r planted) []breach {
	return []breach{
		{what: "an export with half its texts", as: "check", table: "export", row: r.export, change: true, values: set{"with_texts": 2}, healed: set{"with_texts": 1}},
		{what: "an export that failed and goes on", as: "check", table: "export", row: r.export, change: true, values: set{"state": "failed"}, healed: set{"finished_at": 1}},
		{what: "a file that is kept for ever", as: "check", table: "export", row: r.export, change: true, values: set{"state": "ready", "finished_at": 1}, healed: set{"kept_until": 2}},
		{what: "a second open invitation of an address", as: "unique", table: "invitation", row: r.invitation, values: set{}, healed: set{"state": "revoked"}},
		{what: "an open invitation that somebody accepted", as: "check", table: "invitation", row: r.invitation, change: true, values: set{"person_id": r.person}, healed: set{"state": "accepted"}},
		{what: "a link twice", as: "unique", table: "ticket", row: r.ticket, values: set{}, healed: set{"token": []byte("u")}},
		{what: "a link of an invitation without one", as: "check", table: "ticket", row: r.ticket, change: true, values: set{"kind": "invitation", "person_id": nil}, healed: set{"invitation_id": r.invitation}},
		{what: "a bulk of nothing", as: "check", table: "bulk", row: r.bulk, change: true, values: set{"total": 0}, healed: set{"total": 1}},
		{what: "a bulk with half a new text", as: "check", table: "bulk", row: r.bulk, change: true, values: set{"new_text": 2}, healed: set{"new_text": 1}},
		{what: "a draft that has done something", as: "check", table: "bulk", row: r.bulk, change: true, values: set{"settled": 1}, healed: set{"state": "running", "begun_at": 1}},
		{what: "a draft that was begun", as: "check", table: "bulk", row: r.bulk, change: true, values: set{"begun_at": 1}, healed: set{"state": "running"}},
		{what: "a receiver with two addresses", as: "check", table: "receiver", row: r.member, change: true, values: set{"email": "c@x.example"}, healed: set{"person_id": nil}},
		{what: "an address that is told twice", as: "unique", table: "receiver", row: r.address, values: set{}, healed: set{"state": "removed"}},
		{what: "a member who is told twice", as: "unique", table: "receiver", row: r.member, values: set{}, healed: set{"state": "removed"}},
		{what: "a letter twice", as: "unique", table: "letter", row: r.letter, values: set{}, healed: set{"about_version": 2}},
		{what: "a notice taken twice", as: "unique", table: "provider_notice", row: r.heard, values: set{"object_version": 2}, healed: set{"event": "e-2"}},
		{what: "two notices that made one change", as: "unique", table: "provider_notice", row: r.heard, values: set{"event": "e-2"}, healed: set{"object_version": 2}},
		{what: "a notice without news that changed something", as: "check", table: "provider_notice", row: r.heard, change: true, values: set{"state": "nothing"}, healed: set{"object_version": nil}},
		{what: "a notice of half a refund", as: "check", table: "provider_notice", row: r.heard, change: true, values: set{"refund": 2}, healed: set{"refund": 1}},
	}
}

// oddWords are words that nobody knows, each in place of one that is known.
func oddWords(r planted) (list []breach) {
	for _, w := range []struct {
		table  string
		row    int64
		column string
		good   string
		also   set // so that no other constraint refuses it
	}{
		{"account", r.account, "kind", "individual", nil}, {"account", r.account, "verified", "none", nil},
		{"verification", r.verification, "state", "rejected", nil},
		{"subject", r.subject, "no_show", "return", nil},
		{"session", r.session, "exam_type", "test_center", nil},
		{"orders", r.pending, "state", "closed", nil},
		{"payment", r.payment, "state", "failed", nil},
		{"refund", r.refund, "state", "refunding", set{"placed_at": 1}}, {"refund", r.refund, "answer", "unknown", nil},
		{"registration", r.registration, "exam_type", "test_center", nil}, {"registration", r.registration, "attempt", "retake", nil}, {"registration", r.registration, "state", "cancelled", nil},
		{"result", r.registration, "outcome", "absent", nil}, {"result_version", r.registration, "outcome", "absent", nil},
		{"owed", r.owed, "state", "dead", nil},
		{"reminder", r.order, "state", "superseded", nil},
		{"export", r.export, "kind", "examinees", nil}, {"export", r.export, "format", "xlsx", nil}, {"export", r.export, "state", "running", nil},
		{"invitation", r.invitation, "state", "revoked", nil},
		{"ticket", r.ticket, "kind", "email", nil}, {"ticket", r.ticket, "state", "used", nil},
		{"bulk", r.bulk, "verb", "regenerate", nil}, {"bulk", r.bulk, "state", "running", set{"begun_at": 1}},
		{"receiver", r.member, "state", "waiting", nil},
		{"provider_notice", r.heard, "state", "unknown", set{"object_version": nil}},
	} {
		list = append(list, breach{what: w.table + "." + w.column + " that nobody knows", as: "check", table: w.table, row: w.row, change: true,
			values: set{w.column: "lost"}.with(w.also), healed: set{w.column: w.good}})
	}
	return list
}
