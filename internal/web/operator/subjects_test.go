package operator

import (
	"strings"
	"testing"

	"examcode/internal/exam"
	"examcode/internal/lang"
	"examcode/internal/money"
	"examcode/internal/store"
)

// typed are the fields of a good subject, with some of them changed.
func typed(change ...string) []string {
	fields := []string{"code", "cld-asc", "name_en", "Cloud Associate", "name_zh", "云计算工程师", "price", "120", "currency", "usd", "exam_types", "online", "exam_types", "test_center",
		"cancel_cutoff_hours", "24", "no_show", "return", "pass_mark", "60", "max_quantity", "5,000"}
	for i := 0; i+1 < len(change); i += 2 {
		found := false
		for j := 0; j+1 < len(fields); j += 2 {
			if fields[j] == change[i] {
				fields[j+1], found = change[i+1], true
				break
			}
		}
		if !found {
			fields = append(fields, change[i], change[i+1])
		}
	}
	return fields
}

func TestSubjects(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		b := w.as(exam.Admin)
		for name, c := range map[string]struct {
			fields []string
			says   string
		}{
			"no code":          {typed("code", ""), "code"},
			"no Chinese name":  {typed("name_zh", ""), "name_zh"},
			"no price":         {typed("price", "cheap"), "price"},
			"no currency":      {typed("currency", "dollars"), "price"},
			"cut-off in words": {typed("cancel_cutoff_hours", "one day"), "cancel_cutoff_hours"},
			"huge cut-off":     {typed("cancel_cutoff_hours", "99999999999999"), "cancel_cutoff_hours"},
			"pass mark":        {typed("pass_mark", "1001"), "pass_mark"},
			"unknown no-show":  {typed("no_show", "ignore"), "no_show"},
			"too many":         {typed("max_quantity", "100001"), "max_quantity"},
		} {
			a := b.Post("/operator/subjects", c.fields...).Is(422, "There is a problem", "Error:")
			a.Has(`href="#f-`+c.says+`"`, `value="Cloud Associate"`)
			if !strings.HasPrefix(a.Page, "Error: Add a subject") {
				t.Errorf("%s: title %.60s", name, a.Page)
			}
		}
		to := b.Post("/operator/subjects", typed()...).Leads()
		b.Get(to).Is(200, "Cloud Associate is on sale.", "CLD-ASC", "云计算工程师", "USD 120.00", "24 hours", "Return the code", "5,000", "Online proctored and Test centre", "put the subject CLD-ASC on sale")
		b.In(lang.ZH).Get(to).Is(200, "云计算工程师", "120.00 美元", "24 小时", "退还考试码")
		b.Post("/operator/subjects", typed()...).Is(422, "There is a problem").Has(`href="#f-code"`)
		b.Get("/operator/subjects").Is(200, "Subjects 1", "Cloud Associate 云计算工程师", "On sale", "Add a subject")

		s, err := w.Read.Subject(w.ctx, exam.ParseID[exam.SubjectID](strings.TrimPrefix(to, "/operator/subjects/")))
		w.Must(err)
		w.Buy(w.Company(true), s, 3)
		edit := b.Get(to+"/edit").Is(200, "Edit Cloud Associate", "Price: new orders only. 3 codes already sold keep theirs.").Has(`value="120.00"`, `value="USD"`, `value="online" checked`, `value="return" checked`)
		version := edit.Hidden("version")
		b.In(lang.ZH).Get(to+"/edit").Is(200, "价格仅适用于新订单，已售出的 3 个考试码保持原价。")
		b.Post(to+"/edit", append(typed("price", "0"), "version", version)...).Is(422, "There is a problem").Has(`value="0"`)
		b.Post(to+"/edit", append(typed("price", "130.50"), "version", version)...).Goes(to)
		b.Get(to).Is(200, "Cloud Associate is saved.", "USD 130.50")

		// A colleague's change is shown and not overwritten; what was typed stays.
		late := b.Post(to+"/edit", append(typed("name_en", "Cloud Expert"), "version", version)...).Is(409, "Nothing was done.", "As it is saved now, where it differs", "USD 130.50")
		late.Has(`value="Cloud Expert"`)
		if s, err = w.Read.Subject(w.ctx, s.ID); err != nil || s.Name.EN != "Cloud Associate" || s.Price != (money.Amount{Minor: 13050, Currency: "USD"}) {
			t.Errorf("%+v %v", s, err)
		}
		b.Post(to+"/edit", append(typed("name_en", "Cloud Expert"), "version", late.Hidden("version"))...).Goes(to)

		// Others look and cannot touch.
		other := w.as(exam.Audit)
		other.Get(to).Is(200, "Only an administrator of the programme changes subjects.").Without("See its sessions")
		other.Post(to+"/edit", typed("version", "3")...).Is(403)
		w.as(exam.Results).Get(to).Is(200, "See its sessions")
	})
}

func TestRetiringASubject(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		b, s := w.as(exam.Admin), w.Subject()
		to := subjectPath(s.ID)
		ask := b.Get(to+"/retire").Is(200, "Retire Cloud Associate?", "Nobody can place a new order", "0 codes already sold stay good", "Nobody is told.", "Keep it on sale").Has("btn-danger")
		b.In(lang.ZH).Get(to+"/retire").Is(200, "停售“云计算工程师”？", "保持在售")
		b.Post(to+"/retire", "version", "9").Is(409, "Nothing was done.", "Retire Cloud Associate?")
		if x, _ := w.Read.Subject(w.ctx, s.ID); !x.Retired.IsZero() {
			t.Fatal("retired by a stale form")
		}
		b.Post(to+"/retire", "version", ask.Hidden("version")).Goes(to)
		b.Get(to).Is(200, "Cloud Associate is off sale.", "Retired on 4 Mar 2026 (UTC)", "This subject is retired already.")
		b.Post(to+"/retire", "version", "2").Is(409, "Nothing was done.", "Retired on")
		b.Get(to + "/retire").Goes(to)
		if on, err := w.Read.SubjectsOnSale(w.ctx, w.Clock.Now()); err != nil || len(on) != 0 {
			t.Errorf("%d on sale, %v", len(on), err)
		}
		if rows, err := w.Read.Trail(w.ctx, 0, exam.EventSubjectRetired, store.Page{}); err != nil || len(rows.Items) != 1 {
			t.Errorf("%d events, %v", len(rows.Items), err)
		}
	})
}
