package store_test

import (
	"context"
	"slices"
	"testing"

	"examcode/internal/action/actiontest"
	"examcode/internal/exam"
	"examcode/internal/store"
	"examcode/internal/store/storetest"
)

// Pages forth and back meet every row once, in order, whatever their size and
// whatever is added at the top meanwhile.
func TestPagesMeetEveryRowOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h := actiontest.New(t, s)
		root, sub := h.Company(true), h.Subject()
		o, _ := h.Buy(root, sub, 120)
		page := func(f store.CodeFilter, p store.Page) store.Rows[store.CodeRow] {
			rows, err := h.Read.Codes(context.Background(), root.Account, f, h.Clock.Now(), p)
			if err != nil {
				t.Fatal(err)
			}
			return rows
		}
		ids := func(rows store.Rows[store.CodeRow]) (list []exam.CodeID) {
			for _, c := range rows.Items {
				list = append(list, c.ID)
			}
			return list
		}
		whole := ids(page(store.CodeFilter{}, store.Page{Limit: store.MaxLimit}))
		if len(whole) != 120 || !slices.IsSortedFunc(whole, func(a, b exam.CodeID) int { return int(b - a) }) {
			t.Fatalf("%d codes in the whole list, or not newest first", len(whole))
		}
		for _, size := range []int{1, 7, 40, 60, 119, 120, 121} {
			if size == 7 {
				h.Buy(root, sub, 5)
			}
			f := store.CodeFilter{Order: o.ID}
			var forth, back []exam.CodeID
			rows := page(f, store.Page{Limit: size})
			if rows.Newer != 0 {
				t.Errorf("size %d: something is newer than the first page", size)
			}
			forth = ids(rows)
			for rows.Older != 0 && len(forth) <= 120 {
				rows = page(f, store.Page{Limit: size, Older: rows.Older})
				forth = append(forth, ids(rows)...)
			}
			if !slices.Equal(forth, whole) {
				t.Errorf("size %d: forth meets %d rows, %d different", size, len(forth), distinct(forth))
			}
			back = ids(rows)
			for rows.Newer != 0 && len(back) <= 120 {
				rows = page(f, store.Page{Limit: size, Newer: rows.Newer})
				back = append(ids(rows), back...)
			}
			if !slices.Equal(back, whole) {
				t.Errorf("size %d: back meets %d rows, %d different", size, len(back), distinct(back))
			}
		}
	})
}

func distinct(ids []exam.CodeID) int {
	return len(slices.Compact(slices.Sorted(slices.Values(ids))))
}

func TestPagesHaveALimit(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h := actiontest.New(t, s)
		root := h.Company(true)
		h.Buy(root, h.Subject(), store.MaxLimit+1)
		for limit, want := range map[int]int{0: 50, -1: 50, 3: 3, store.MaxLimit: store.MaxLimit, 100000: store.MaxLimit} {
			rows, err := h.Read.Codes(context.Background(), root.Account, store.CodeFilter{}, h.Clock.Now(), store.Page{Limit: limit})
			if err != nil || len(rows.Items) != want || rows.Older == 0 {
				t.Errorf("limit %d: %d rows, older %d, %v; want %d and more", limit, len(rows.Items), rows.Older, err, want)
			}
		}
	})
}
