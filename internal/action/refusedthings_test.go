package action_test

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"examcode/internal/action"
	"examcode/internal/action/actiontest"
	"examcode/internal/exam"
	"examcode/internal/pay"
	"examcode/internal/pay/transfer"
	"examcode/internal/store"
)

// TestBatchesHaveASize: none and too many are refused, whatever is done to them.
func TestBatchesHaveASize(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx := context.Background()
		root, staff := h.Company(true), h.Staff(exam.Results)
		many := make([]exam.CodeID, action.MaxBatch+1)
		for i := range many {
			many[i] = exam.CodeID(i + 1)
		}
		for _, ids := range [][]exam.CodeID{nil, many} {
			_, err := h.Actions.RegenerateCodes(ctx, root, ids)
			wantField(t, "codes", err, "batch_size")
			_, err = h.Actions.RecordResults(ctx, staff, make([]exam.Result, len(ids)))
			wantField(t, "results", err, "batch_size")
		}
		_, err := h.Actions.DraftBulk(ctx, root, exam.BulkRegenerate, store.CodeFilter{}, many)
		wantField(t, "a draft", err, "batch_size")
	})
}

// TestOthersThingsAreNotThere: codes, texts and registrations of others are told
// of like those that never were.
func TestOthersThingsAreNotThere(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx := context.Background()
		root, other, sub := h.Company(true), h.Company(true), h.Subject()
		order, texts := h.Buy(root, sub, 2)
		holder := h.Examinee(true)
		g := must(h.Redeem(holder, sub, texts[0]))(t)
		n := h.Session(sub, 72*time.Hour, 5)
		_, _, err := h.Actions.FindCode(ctx, other, texts[1])
		want(t, "a text", err, "not_found")
		out := must(h.Actions.RegenerateCodes(ctx, other, []exam.CodeID{h.Codes(order)[1].ID}))(t)
		want(t, "a code", out[0].Err, "not_found")
		_, err = h.Actions.Reserve(ctx, h.Examinee(true), g.ID, n.ID)
		want(t, "a registration", err, "not_found")
		_, err = h.Actions.Reserve(ctx, holder, 1, n.ID)
		want(t, "no registration", err, "not_found")
		_, err = h.Actions.CancelReservation(ctx, holder, g.ID)
		want(t, "no reservation", err, "not_reserved")
	})
}

// TestAnIdempotencyKey stands for one request of one person.
func TestAnIdempotencyKey(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx := context.Background()
		root := h.Confirm(h.Company(true))
		for _, key := range []string{"", "  ", strings.Repeat("k", 256), "a\x1f", "a\x7f", "é"} {
			_, _, err := h.Actions.Remember(ctx, root, key, []byte("one"))
			want(t, key, err, "idempotency_key_malformed")
		}
		claimed, _, err := h.Actions.Remember(ctx, root, "k", []byte("one"))
		h.Must(err)
		_, _, err = h.Actions.Remember(ctx, root, "k", []byte("two"))
		want(t, "another request", err, "idempotency_key_reused")
		_, _, err = h.Actions.Remember(ctx, root, "k", []byte("one"))
		want(t, "at the same time", err, "idempotency_key_running")
		_, _, err = h.Actions.CreateKey(claimed, root, "made")
		h.Must(err)
		h.Clock.Move(time.Minute)
		_, _, err = h.Actions.Remember(ctx, root, "k", []byte("one"))
		want(t, "after its answer was lost", err, "idempotency_answer_lost")
	})
}

// signed is the token of a link, as mails bear it.
func signed(h *actiontest.House, purpose, about string, numbers ...int64) string {
	var b []byte
	for _, n := range numbers {
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	mac := h.Vault.Sign(purpose, append(b[:len(b):len(b)], about...))[:16]
	return base64.RawURLEncoding.EncodeToString(append(b, mac...))
}

// TestLinksOfMailsAreSigned: a link does what it was made for and nothing else.
func TestLinksOfMailsAreSigned(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx := context.Background()
		root := h.Confirm(h.Company(true))
		email := must(h.Read.Person(ctx, root.Person))(t).Email
		v := must(h.Actions.AddReceiver(ctx, root, exam.Receiver{Email: "books@company.example", Categories: []string{"orders"}, Lang: "en"}))(t)
		asked, person := v.Asked.UnixMicro(), int64(root.Person)
		for _, c := range []struct{ what, token, reason string }{
			{"no token", "%%%", "not_found"},
			{"a short one", "AAAA", "not_found"},
			{"agreeing", signed(h, "mail agree", v.Email, int64(v.ID), asked), ""},
			{"agreeing, made up", signed(h, "mail agree", "x", int64(v.ID), asked), "not_found"},
			{"agreeing to an earlier question", signed(h, "mail agree", v.Email, int64(v.ID), asked-1), "link_old"},
		} {
			_, _, err := h.Actions.Asked(ctx, c.token)
			want(t, c.what, err, c.reason)
		}
		for _, c := range []struct{ what, token, reason string }{
			{"no token", "%%%", "not_found"},
			{"an address", signed(h, "mail stop receiver", v.Email, 0, int64(v.ID)), ""},
			{"an address, made up", signed(h, "mail stop receiver", "x", 0, int64(v.ID)), "not_found"},
			{"a person", signed(h, "mail stop person", email, 1, person), ""},
			{"a person, made up", signed(h, "mail stop person", "x", 1, person), "not_found"},
			{"a person, of no category", signed(h, "mail stop person", email, 99, person), "not_found"},
		} {
			_, err := h.Actions.Stoppable(ctx, c.token)
			want(t, "stopping "+c.what, err, c.reason)
		}
		wantField(t, "no mail about one's account", h.Actions.ChooseMail(ctx, root, []string{"account"}), "mail_mandatory")
	})
}

// TestProvidersThatAreNotThere, or are not any more.
func TestProvidersThatAreNotThere(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx := context.Background()
		root := h.Company(true)
		order, _ := h.Buy(root, h.Subject(), 1)
		_, err := h.Actions.PayOrder(ctx, root, order.ID, "gold", "", "")
		wantField(t, "paying", err, "provider_unknown")
		_, err = h.Actions.HearProvider(ctx, "gold", func(string) []string { return nil }, nil)
		want(t, "a notice", err, "not_found")
		_, err = h.Actions.RefundOrder(ctx, root, order.ID, action.RefundRequest{Simulate: "earthquake"})
		wantField(t, "an unknown word", err, "simulate_unknown")
		_, err = h.Actions.RefundOrder(ctx, root, order.ID, action.RefundRequest{Seen: "another mark"})
		want(t, "another refund than was seen", err, "changed_meanwhile")
		without := h.Service(func(c *action.Config) { c.Providers = []pay.Provider{transfer.New()} })
		_, err = without.RefundOrder(ctx, root, order.ID, action.RefundRequest{})
		want(t, "a provider that was taken away", err, "provider_unknown")
	})
}

// TestDocumentsAreOfAKindAndSize, and a company needs one.
func TestDocumentsAreOfAKindAndSize(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		who := h.Company(false)
		for _, c := range []struct {
			what    string
			content []byte
			reason  string
		}{
			{"none", nil, "document_missing"},
			{"a page", []byte("<html>"), exam.ErrDocumentFile.Reason},
			{"a huge one", append([]byte("%PDF-1.4"), make([]byte, action.MaxDocument)...), exam.ErrDocumentFile.Reason},
			{"a small one", []byte("%PDF-1.4"), ""},
		} {
			_, err := h.Actions.SubmitVerification(context.Background(), who, exam.Verification{LegalName: "Company Ltd", RegNumber: "HRB 12345", Country: "DE"}, &action.Upload{Name: "a.pdf", Content: c.content})
			wantField(t, c.what, err, c.reason)
		}
	})
}
