package store_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"examcode/internal/db"
	"examcode/internal/exam"
	"examcode/internal/id"
	"examcode/internal/store"
	"examcode/internal/store/storetest"
)

// However a filter finds its codes, its pages show just the codes that it names,
// in their order, forwards and back, and its count is how many these are.
func TestCodesAreThoseOfTheirFilter(t *testing.T) {
	storetest.EachDB(t, func(t *testing.T, d *db.DB) {
		planWorld(t, d)
		ctx, r := context.Background(), store.New(d, id.NewSource(0, time.Now)).Reader()
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		// Who gave a code back is not found by it any more.
		fill(t, d, 1, "registration", "id, code_id, order_id, account_id, person_id, name, name_folded, subject_id, exam_type, attempt, state, expires_at, created_at, cancelled_at, why, version",
			"n.i + 4000000, c.id, c.order_id, c.account_id, 5, 'Earlier', 'earlier', c.subject_id, 'online', 'first', 'cancelled', c.expires_at, 0, 1, '', 1 FROM n JOIN code c ON c.id = 1015160")
		all := map[exam.AccountID][]store.CodeRow{}
		for _, account := range []exam.AccountID{planAccount, 2} {
			for page := (store.Page{Limit: store.MaxLimit}); ; {
				rows, err := r.Codes(ctx, account, store.CodeFilter{}, planNow, page)
				must(err)
				all[account] = append(all[account], rows.Items...)
				if page.Older = rows.Older; page.Older == 0 {
					break
				}
			}
		}
		if n := len(all[planAccount]) + len(all[2]); n != planOrders*planCodes {
			t.Fatalf("%d codes", n)
		}
		filters := append(codeFilters(), namedCodes{"of one who gave it back", store.CodeFilter{Holder: "earlier"}})
		for _, f := range filters {
			var want []exam.CodeID
			for _, c := range all[planAccount] {
				if planned(f.CodeFilter, c) {
					want = append(want, c.ID)
				}
			}
			n, err := r.CountCodes(ctx, planAccount, f.CodeFilter, planNow)
			must(err)
			if int(n) != len(want) {
				t.Errorf("%s: %d are counted, there are %d", f.name, n, len(want))
			}
			got, page := []exam.CodeID{}, store.Page{}
			for range 3 {
				rows, err := r.Codes(ctx, planAccount, f.CodeFilter, planNow, page)
				must(err)
				for _, c := range rows.Items {
					got = append(got, c.ID)
				}
				if rows.Older == 0 {
					break
				}
				page.Older = rows.Older
			}
			if len(got) < min(len(want), 150) || !slices.Equal(got, want[:len(got)]) {
				t.Fatalf("%s: %s", f.name, cmp.Diff(want[:min(len(want), 150)], got))
			}
			if len(got) < 60 { // the way back from its end
				continue
			}
			rows, err := r.Codes(ctx, planAccount, f.CodeFilter, planNow, store.Page{Newer: int64(got[55])})
			must(err)
			back := []exam.CodeID{}
			for _, c := range rows.Items {
				back = append(back, c.ID)
			}
			if !slices.Equal(back, want[5:55]) || rows.Newer != int64(want[5]) || rows.Older != int64(want[54]) {
				t.Fatalf("%s, back: %s", f.name, cmp.Diff(want[5:55], back))
			}
		}
		w, err := r.Work(ctx, planNow)
		must(err)
		missing, err := r.SessionsLackingResults(ctx, planNow, 50)
		must(err)
		if w.Results.Count != 6 || len(missing) != 6 || missing[0].ID != 150 || missing[5].ID != 200 {
			t.Errorf("%+v lack results, %d are listed: %v", w.Results, len(missing), missing)
		}
	})
}

// planned tells whether a filter names a code, by what planWorld has made.
func planned(f store.CodeFilter, c store.CodeRow) bool {
	i, state := int64(c.ID)-planCode, c.Effective(planNow)
	holder := ""
	if c.Registration != 0 && state != exam.Expired {
		holder = fmt.Sprintf("name %d", i)
	}
	outcome := "done"
	if i%4000 == 1 {
		outcome = "code_not_bound"
	}
	return (f.Code == 0 || f.Code == c.ID) && (f.Tail == "" || f.Tail == c.Tail) && (f.Subject == 0 || f.Subject == c.Subject) && (f.Order == 0 || f.Order == c.Order) &&
		strings.Contains(c.OrderNumber, f.Number) && (f.State == "" || f.State == state) && (!f.Used || slices.Contains(exam.Used, state)) &&
		(f.Holder == "" || strings.Contains(holder, f.Holder)) && (f.EndsBy.IsZero() || c.Expires.After(planNow) && !c.Expires.After(f.EndsBy)) &&
		(f.Bulk == 0 || i < 20000 && f.Outcome == outcome)
}
