package action_test

import (
	"testing"
	"time"

	"examcode/internal/action"
	"examcode/internal/action/actiontest"
	"examcode/internal/exam"
)

// TestS15_AnOrderIsValidForOneYear from its payment: what is stored of the order
// and of each code is the first instant of the day after, where the buyer is.
func TestS15_AnOrderIsValidForOneYear(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		shanghai := must(time.LoadLocation("Asia/Shanghai"))(t)
		root := h.Verify(h.Join(action.SignUp{Kind: exam.Enterprise, AccountName: "Company", Name: "Root", Email: "root@shanghai.example", Zone: "Asia/Shanghai"}),
			exam.Verification{LegalName: "Company Ltd", RegNumber: "HRB 12345", Country: "CN"})
		sub := h.Subject()
		for _, c := range []struct{ paid, ends time.Time }{
			{time.Date(2026, 3, 5, 9, 0, 0, 0, shanghai), time.Date(2027, 3, 6, 0, 0, 0, 0, shanghai)},
			{time.Date(2026, 12, 31, 23, 59, 59, 999_999_000, shanghai), time.Date(2028, 1, 1, 0, 0, 0, 0, shanghai)},
			{time.Date(2028, 2, 29, 0, 0, 0, 0, shanghai), time.Date(2029, 3, 1, 0, 0, 0, 0, shanghai)},
		} {
			h.Clock.Set(c.paid)
			o, _ := h.Buy(root, sub, 2)
			if o.Zone != "Asia/Shanghai" || !o.Expires.Equal(c.ends) || !o.PaidAt.Equal(c.paid) {
				t.Errorf("paid %s in %s: ends %s, want %s", o.PaidAt, o.Zone, o.Expires, c.ends)
			}
			for _, code := range h.Codes(o) {
				if !code.Expires.Equal(c.ends) {
					t.Errorf("a code of it ends %s, want %s", code.Expires, c.ends)
				}
			}
		}
	})
}
