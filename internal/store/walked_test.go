package store_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"examcode/internal/db"
	"examcode/internal/exam"
	"examcode/internal/id"
	"examcode/internal/store"
	"examcode/internal/store/storetest"
)

// However few rows a filter leaves and however old they are, its pages lead to all
// of them and back, and a name leads there at once.
func TestExamineesAreFoundHoweverOld(t *testing.T) {
	storetest.EachDB(t, func(t *testing.T, d *db.DB) {
		planWorld(t, d)
		// More than a page looks at came later, and was given up; two of the oldest sat
		// at a centre.
		fill(t, d, 3000, "registration", "id, code_id, order_id, account_id, person_id, name, name_folded, subject_id, exam_type, attempt, state, expires_at, created_at, cancelled_at, why, version",
			"n.i + 9000000, c.id, c.order_id, c.account_id, 1, 'Late', 'late', c.subject_id, 'online', 'first', 'cancelled', c.expires_at, 0, 1, '', 1 FROM n JOIN code c ON c.id = 1000000")
		write(t, d, "UPDATE registration SET exam_type = 'test_center' WHERE id IN (5000200, 5000201)")
		r := store.New(d, id.NewSource(0, time.Now)).Reader()
		read := func(f store.ExamineeFilter, p store.Page) store.Rows[store.RegistrationRow] {
			return get[store.Rows[store.RegistrationRow]](t)(r.Examinees(t.Context(), planAccount, f, planNow, p))
		}
		all := func(f store.ExamineeFilter) (ids []exam.RegistrationID, pages int) {
			for p := (store.Page{Limit: store.MaxLimit}); ; {
				rows := read(f, p)
				pages++
				for _, g := range rows.Items {
					ids = append(ids, g.ID)
				}
				if p.Older = rows.Older; p.Older == 0 {
					return ids, pages
				}
			}
		}
		every, _ := all(store.ExamineeFilter{})
		old := store.ExamineeFilter{ExamType: exam.TestCenter}
		named := slices.DeleteFunc(slices.Clone(every), func(g exam.RegistrationID) bool {
			return !strings.Contains(fmt.Sprint("name ", int64(g)-5000000), "name 77")
		})
		for f, want := range map[store.ExamineeFilter][]exam.RegistrationID{old: {5000201, 5000200}, {Name: "NAME 77"}: named, {Name: "name 201", ExamType: exam.TestCenter}: {5000201}} {
			got, pages := all(f)
			if !slices.Equal(got, want) {
				t.Errorf("%+v: %d are found, there are %d", f, len(got), len(want))
			}
			if f.Name != "" && pages != 1 {
				t.Errorf("%+v: %d pages", f, pages)
			}
		}
		first := read(old, store.Page{})
		if len(first.Items) != 0 || first.Older == 0 || first.Newer != 0 {
			t.Fatalf("the first page has %d rows, older is %d, newer %d", len(first.Items), first.Older, first.Newer)
		}
		end := read(old, store.Page{Older: 5000200})
		if len(end.Items) != 0 || end.Older != 0 || end.Newer == 0 {
			t.Fatalf("beyond the end: %d rows, older is %d, newer %d", len(end.Items), end.Older, end.Newer)
		}
		if back := read(old, store.Page{Newer: end.Newer}); len(back.Items) != 2 || back.Items[1].ID != 5000200 {
			t.Errorf("back from beyond the end: %d rows", len(back.Items))
		}
		if huge := read(old, store.Page{Newer: math.MaxInt64}); len(huge.Items) != 0 || huge.Older != math.MaxInt64 {
			t.Errorf("beyond all: %d rows, older is %d", len(huge.Items), huge.Older)
		}
		top := read(old, store.Page{Newer: 9002999})
		if len(top.Items) != 0 || top.Newer != 0 || top.Older != 9003000 {
			t.Errorf("beyond the start: %d rows, older is %d, newer %d", len(top.Items), top.Older, top.Newer)
		}
	})
}
