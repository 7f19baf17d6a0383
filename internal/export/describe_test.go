package export_test

import (
	"context"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"examcode/internal/action/actiontest"
	"examcode/internal/exam"
	"examcode/internal/export"
	"examcode/internal/lang"
	"examcode/internal/store"
	"examcode/internal/store/storetest"
)

// narrow sets one field of a filter to something that it may well be.
func narrow(v reflect.Value) {
	switch {
	case v.Type() == reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)))
	case v.Type() == reflect.TypeFor[exam.CodeState]():
		v.SetString(string(exam.Bound))
	case v.Type() == reflect.TypeFor[exam.ExamType]():
		v.SetString(string(exam.Online))
	case v.Kind() == reflect.String:
		v.SetString("passed")
	case v.Kind() == reflect.Bool:
		v.SetBool(true)
	case v.CanInt():
		v.SetInt(1 << 40)
	default:
		panic("a filter has a field of type " + v.Type().String())
	}
}

// TestS20_EveryPartOfAFilterIsFrozenAndSaid: whatever fields filters have, and
// will have, comes back from its frozen form, and is told in the sentence.
func TestS20_EveryPartOfAFilterIsFrozenAndSaid(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx, seen := context.Background(), 0
		for _, kind := range exam.ExportKinds {
			for _, name := range lang.All {
				l := lang.Locale{Lang: name, Zone: time.UTC, Now: actiontest.Start}
				say := func(f export.Filter) string {
					text, err := export.Describe(ctx, s.Reader(), l, 1, kind, f)
					if err != nil {
						t.Fatal(err)
					}
					return text
				}
				said := map[string]string{say(export.Filter{}): "nothing"}
				var f export.Filter
				part := reflect.ValueOf(&f.Codes).Elem()
				if kind == exam.ExportExaminees {
					part = reflect.ValueOf(&f.Examinees).Elem()
				}
				for i := range part.NumField() {
					field := string(kind) + "." + part.Type().Field(i).Name
					part.SetZero()
					narrow(part.Field(i))
					if field == "codes.Outcome" { // of a job
						f.Codes.Bulk = 7
					}
					if field == "examinees.Attempt" {
						part.Field(i).SetString(exam.RetakeAttempt)
					}
					text := say(f)
					if other, twice := said[text]; twice || strings.Contains(text, "⟦") {
						t.Errorf("%s: %s reads as %s does: %s", name, field, other, text)
					}
					said[text] = field
					frozen, err := f.Freeze(kind)
					if err != nil {
						t.Fatal(err)
					}
					if back, err := export.Thaw(kind, frozen); err != nil || !cmp.Equal(f, back) {
						t.Errorf("%s is not kept: %s, %v", field, frozen, err)
					}
					seen++
				}
			}
		}
		if seen < 26 {
			t.Errorf("only %d parts were looked at", seen)
		}
	})
}

func TestAStrangeFilterIsRefused(t *testing.T) {
	for _, text := range []string{"", "{", `{"Planet":"mars"}`, `{"State":7}`, `[]`} {
		if f, err := export.Thaw(exam.ExportCodes, text); err == nil {
			t.Errorf("%q is %+v", text, f)
		}
	}
}
