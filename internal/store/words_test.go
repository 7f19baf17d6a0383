package store_test

import (
	"testing"
	"time"

	"examcode/internal/action/actiontest"
	"examcode/internal/db"
	"examcode/internal/id"
	"examcode/internal/store"
	"examcode/internal/store/storetest"
)

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
		{what: "a receiver with two addresses", as: "check", table: "receiver", row: r.told, change: true, values: set{"email": "c@x.example"}, healed: set{"person_id": nil}},
		{what: "an address that is told twice", as: "unique", table: "receiver", row: r.address, values: set{}, healed: set{"state": "removed"}},
		{what: "a member who is told twice", as: "unique", table: "receiver", row: r.told, values: set{}, healed: set{"state": "removed"}},
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
		{"result", r.sat, "outcome", "absent", nil}, {"result_version", r.sat, "outcome", "absent", nil},
		{"owed", r.owed, "state", "dead", nil},
		{"reminder", r.order, "state", "superseded", nil},
		{"export", r.export, "kind", "examinees", nil}, {"export", r.export, "format", "xlsx", nil}, {"export", r.export, "state", "running", nil},
		{"invitation", r.invitation, "state", "revoked", nil},
		{"ticket", r.ticket, "kind", "email", nil}, {"ticket", r.ticket, "state", "used", nil},
		{"bulk", r.bulk, "verb", "regenerate", nil}, {"bulk", r.bulk, "state", "running", set{"begun_at": 1}},
		{"receiver", r.told, "state", "waiting", nil},
		{"provider_notice", r.heard, "state", "unknown", set{"object_version": nil}},
	} {
		list = append(list, breach{what: w.table + "." + w.column + " that nobody knows", as: "check", table: w.table, row: w.row, change: true,
			values: set{w.column: "lost"}.with(w.also), healed: set{w.column: w.good}})
	}
	return list
}
