package action_test

import (
	"context"
	"slices"
	"testing"

	"examcode/internal/action/actiontest"
	"examcode/internal/exam"
	"examcode/internal/store"
)

// paidNotices counts the notices of a paid order that a person has.
func paidNotices(t *testing.T, h *actiontest.House, p exam.PersonID) int {
	t.Helper()
	rows, err := h.Read.Notices(context.Background(), p, false, store.Page{Limit: store.MaxLimit})
	h.Must(err)
	return len(slices.DeleteFunc(rows.Items, func(n exam.Notice) bool { return n.Kind != exam.NoticeOrderPaid }))
}

// What a company buys is told to its root, once, and to nobody else of it.
func TestS5_ThePaidOrderIsToldToTheRootOnce(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		root, sub := h.Company(true), h.Subject()
		member := h.Member(root, exam.AllRights)
		other := h.Company(true)
		h.Buy(root, sub, 2)
		for who, want := range map[exam.PersonID]int{root.Person: 1, member.Person: 0, other.Person: 0} {
			if n := paidNotices(t, h, who); n != want {
				t.Errorf("%s has %d notices, want %d", who, n, want)
			}
		}
	})
}
