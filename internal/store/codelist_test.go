package store_test

import (
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
		l := lister{t, store.New(d, id.NewSource(0, time.Now)).Reader()}
		// Who gave a code back is not found by it any more.
		fill(t, d, 1, "registration", "id, code_id, order_id, account_id, person_id, name, name_folded, subject_id, exam_type, attempt, state, expires_at, created_at, cancelled_at, why, version",
			"n.i + 4000000, c.id, c.order_id, c.account_id, 5, 'Earlier', 'earlier', c.subject_id, 'online', 'first', 'cancelled', c.expires_at, 0, 1, '', 1 FROM n JOIN code c ON c.id = 1015160")
		all := l.pages(planAccount, store.CodeFilter{}, store.MaxLimit, planOrders*planCodes)
		if n := len(all) + len(l.pages(2, store.CodeFilter{}, store.MaxLimit, planOrders*planCodes)); n != planOrders*planCodes {
			t.Fatalf("%d codes", n)
		}
		for _, f := range append(codeFilters(), namedCodes{"of one who gave it back", store.CodeFilter{Holder: "earlier"}}) {
			var want []exam.CodeID
			for _, c := range all {
				if planned(f.CodeFilter, c) {
					want = append(want, c.ID)
				}
			}
			l.shows(f, want)
		}
		w := get[store.Work](t)(l.Work(t.Context(), planNow))
		missing := get[[]store.SessionRow](t)(l.SessionsLackingResults(t.Context(), planNow, 50))
		if w.Results.Count != 6 || len(missing) != 6 || missing[0].ID != 150 || missing[5].ID != 200 {
			t.Errorf("%+v lack results, %d are listed: %v", w.Results, len(missing), missing)
		}
	})
}

// lister reads lists of codes.
type lister struct {
	t *testing.T
	store.Reader
}

// pages reads at least so many codes, page by page, or all there are.
func (l lister) pages(account exam.AccountID, f store.CodeFilter, limit, most int) (codes []store.CodeRow) {
	l.t.Helper()
	for page := (store.Page{Limit: limit}); len(codes) < most; {
		rows := get[store.Rows[store.CodeRow]](l.t)(l.Codes(l.t.Context(), account, f, planNow, page))
		codes = append(codes, rows.Items...)
		if page.Older = rows.Older; page.Older == 0 {
			break
		}
	}
	return codes
}

// shows expects a filter to show just some codes: their number, the first pages,
// and the way back from there.
func (l lister) shows(f namedCodes, want []exam.CodeID) {
	l.t.Helper()
	if n := get[int64](l.t)(l.CountCodes(l.t.Context(), planAccount, f.CodeFilter, planNow)); int(n) != len(want) {
		l.t.Errorf("%s: %d are counted, there are %d", f.name, n, len(want))
	}
	const some = 150
	got := idsOf(l.pages(planAccount, f.CodeFilter, 50, some))
	if len(got) < min(len(want), some) || !slices.Equal(got, want[:len(got)]) {
		l.t.Fatalf("%s: %s", f.name, cmp.Diff(want[:min(len(want), some)], got))
	}
	if len(got) < 60 {
		return
	}
	rows := get[store.Rows[store.CodeRow]](l.t)(l.Codes(l.t.Context(), planAccount, f.CodeFilter, planNow, store.Page{Newer: int64(got[55])}))
	if back := idsOf(rows.Items); !slices.Equal(back, want[5:55]) || rows.Newer != int64(want[5]) || rows.Older != int64(want[54]) {
		l.t.Fatalf("%s, back: %s", f.name, cmp.Diff(want[5:55], back))
	}
}

func idsOf(codes []store.CodeRow) []exam.CodeID {
	ids := make([]exam.CodeID, len(codes))
	for i, c := range codes {
		ids[i] = c.ID
	}
	return ids
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
