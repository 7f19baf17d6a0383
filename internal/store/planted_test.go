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
)

// planter writes rows past the program.
type planter struct {
	t   testing.TB
	d   *db.DB
	ids *id.Source
}

// plant writes a row and returns what names it, a new id unless it is among the values.
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
	key, _ := values[keyOf(table)].(int64)
	return key
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

// own are rows of one person, by what names them.
type own struct {
	verification, document, key, revoked, ticket, bulk, export, told, message, resultFile int64
	token                                                                                 []byte // of the login
}

// plantFor plants what belongs to one person of an account; decided is a submission
// that does not wait, for there is one that does at most.
func (p planter) plantFor(account, person int64, email, decided string) (r own) {
	mark := fmt.Sprint(p.ids.Next())
	of := set{"account_id": account, "created_at": 1, "version": 1}
	mine := of.with(set{"person_id": person})
	r.document = p.plant("blob", set{"account_id": account, "name": "scan", "mime": "", "size": 1, "sha256": []byte{1}, "created_at": 1})
	p.plant("blob_chunk", set{"blob_id": r.document, "part": 0, "data": []byte(mark)})
	r.verification = p.plant("verification", set{"account_id": account, "person_id": person, "kind": "enterprise", "legal_name": "", "registration_number": "", "country": "", "document_kind": "",
		"document_number": []byte(mark), "document_id": r.document, "state": decided, "reason": "", "note": "", "submitted_at": 1, "version": 1})
	r.key = p.plant("api_key", set{"token": []byte("k" + mark), "person_id": person, "account_id": account, "name": "Key", "tail": "", "created_at": 1})
	r.revoked = p.plant("api_key", set{"token": []byte("r" + mark), "person_id": person, "account_id": account, "name": "Key", "tail": "", "created_at": 1, "revoked_at": 2})
	r.token = []byte("l" + mark)
	p.plant("login", set{"token": r.token, "person_id": person, "created_at": 1, "seen_at": 1, "fresh_at": 1, "agent": ""})
	p.plant("idempotency", set{"person_id": person, "name": "N", "request": []byte{1}, "effect": 0, "status": 0, "created_at": 1})
	p.plant("mail_off", set{"person_id": person, "category": "planted"})
	r.ticket = p.plant("ticket", set{"token": []byte("t" + mark), "kind": "password", "account_id": account, "person_id": person, "email": email, "lang": "en", "state": "open", "created_at": 1, "expires_at": 2})
	p.plant("owed", set{"channel": "link", "target_id": r.ticket, "state": "owed", "created_at": 1, "tries": 1, "detail": "said", "account_id": account})
	r.bulk = p.plant("bulk", mine.with(set{"verb": "unbind", "new_text": 0, "state": "draft", "total": 2, "settled": 0, "channel": "", "request": ""}))
	r.export = p.plant("export", mine.with(set{"kind": "codes", "format": "csv", "asked": "", "with_texts": 0, "lang": "en", "zone": "UTC", "state": "waiting", "rows_done": 0, "rows_total": 0, "size": 0, "run": 0, "error": ""}))
	r.told = p.plant("receiver", mine.with(set{"email": "", "label": "", "lang": "en", "categories": "", "state": "active", "asked_at": 1}))
	r.message = p.plant("message", set{"person_id": person, "account_id": account, "kind": "member_joined", "about_id": 1, "about_version": 1, "link": "", "data": "{}", "created_at": 1})
	p.plant("owed", set{"channel": "mail", "target_id": r.message, "state": "owed", "created_at": 1, "tries": 1, "detail": "said", "account_id": account})
	r.resultFile = p.plant("result_file", set{"person_id": person, "name": "", "content": []byte(mark), "created_at": 1})
	return r
}

// planted are rows, one of most tables, by what names them.
type planted struct {
	root, examinee                                                                                                                  exam.Actor // who have them
	own                                                                                                                                        // of the root
	account, person, subject, session, order, pending, payment, pays, refund, owed, invitation, address, letter, heard, blob, ready int64

	codes                                []int64 // unused, cancelled, completed, bound, as their registrations are
	registration, seated, sat, cancelled int64
	email                                string // the root's
}

// plantAll opens a company and writes a row of each table under it.
func plantAll(h *actiontest.House, d *db.DB) (r planted) {
	ctx, p := context.Background(), planter{h.T, d, h.Store.IDs()}
	number := func(sql string, args ...any) (n int64) {
		h.Must(d.Read().QueryRow(ctx, sql, args...).Scan(&n))
		return n
	}
	sub, second := h.Subject(), h.Subject()
	r.root, r.examinee = h.Open(exam.Enterprise, exam.Verified, "UTC"), h.Open(exam.Individual, exam.Verified, "UTC")
	r.account, r.person, r.subject = int64(r.root.Account), int64(r.root.Person), int64(sub.ID)
	r.email = fmt.Sprintf("p%d@people.example", r.person)
	session := h.Session(second, 48*time.Hour, 3)
	bought, texts := h.Buy(r.root, sub, 4)
	unpaid, err := h.Actions.BuyCodes(ctx, r.root, sub.ID, 1)
	h.Must(err)
	_, other := h.Buy(r.root, second, 1)
	bound, err := h.Redeem(r.examinee, sub, texts[0])
	h.Must(err)
	seat, err := h.Redeem(r.examinee, second, other[0])
	h.Must(err)
	_, err = h.Actions.Reserve(ctx, r.examinee, seat.ID, session.ID)
	h.Must(err)
	r.session, r.order, r.pending, r.registration, r.seated = int64(session.ID), int64(bought.ID), int64(unpaid.ID), int64(bound.ID), int64(seat.ID)
	for _, c := range h.Codes(bought) {
		r.codes = append([]int64{int64(c.ID)}, r.codes...)
	}
	r.payment = number("SELECT id FROM payment WHERE order_id = $1", r.order)
	r.owed = number("SELECT MIN(id) FROM owed WHERE account_id = $1", r.account)

	mark := fmt.Sprint(p.ids.Next())
	of := set{"account_id": r.account, "created_at": 1, "version": 1}
	r.own = p.plantFor(r.account, r.person, r.email, "waiting")
	r.pays = p.plant("payment", of.with(set{"order_id": r.pending, "provider": "sandbox", "reference": "P-" + mark, "amount": 1, "currency": "USD", "state": "pending", "provider_ref": "", "redirect_url": "", "detail": "", "simulate": ""}))
	r.refund = p.plant("refund", of.with(set{"order_id": r.order, "payment_id": r.payment, "asked_by": r.person, "try": 1, "reference": "R-" + mark, "amount": 1, "currency": "USD", "codes": 1, "state": "review",
		"answer": "", "provider_ref": "", "detail": "", "note": "", "simulate": "", "asked_at": 1}))
	held := of.with(set{"order_id": r.order, "person_id": int64(r.examinee.Person), "name": "Ada", "name_folded": "ada", "subject_id": r.subject, "exam_type": "online", "attempt": "first", "expires_at": bought.Expires.UnixMicro(), "why": ""})
	r.cancelled = p.plant("registration", held.with(set{"code_id": r.codes[1], "state": "cancelled", "cancelled_at": 2}))
	r.sat = p.plant("registration", held.with(set{"code_id": r.codes[2], "state": "completed", "session_id": r.session, "completed_at": 2}))
	result := set{"registration_id": r.sat, "outcome": "passed", "sat_at": 1, "recorded_at": 1, "recorded_by": r.person, "version": 2, "why": ""}
	p.plant("result", result.with(set{"account_id": r.account, "subject_id": r.subject}))
	p.plant("result_version", result.with(set{"version": 1}))
	p.plant("reminder", set{"order_id": r.order, "expires_at": 1, "days": 7, "state": "told", "at": 1})
	r.blob = p.plant("blob", set{"account_id": r.account, "name": "", "mime": "", "size": 1, "sha256": []byte{1}, "created_at": 1})
	r.ready = p.plant("export", of.with(set{"person_id": r.person, "kind": "examinees", "format": "csv", "asked": "Ada", "with_texts": 0, "lang": "en", "zone": "UTC", "state": "ready", "rows_done": 1, "rows_total": 1, "size": 1,
		"run": 1, "error": "", "blob_id": r.blob, "finished_at": 2, "kept_until": h.Clock.Now().Add(time.Hour).UnixMicro()}))
	r.invitation = p.plant("invitation", of.with(set{"email": r.email, "rights": 0, "lang": "en", "state": "open", "by_id": r.person, "sent_at": 1, "expires_at": 2}))
	r.address = p.plant("receiver", of.with(set{"email": "b" + mark + "@x.example", "label": "", "lang": "en", "categories": "", "state": "active", "asked_at": 1}))
	r.letter = p.plant("letter", set{"receiver_id": r.address, "kind": "", "about_id": 1, "about_version": 1, "link": "", "data": "{}", "created_at": 1})
	r.heard = p.plant("provider_notice", set{"provider": "sandbox", "event": "e-" + mark, "refund": 0, "reference": "", "claimed": "", "amount": 1, "currency": "USD", "number": "", "state": "news", "detail": "",
		"object_id": r.payment, "object_version": 1, "created_at": 1, "received_at": 1})
	return r
}
