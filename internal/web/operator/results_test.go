package operator

import (
	"strings"
	"testing"
	"time"

	"examcode/internal/exam"
	"examcode/internal/lang"
	"examcode/internal/store"
)

// sitting reserves a session in two days for a number of examinees, and moves
// the clock behind it.
func (w *world) sitting(people int, change ...func(*exam.Subject)) (exam.Session, []exam.RegistrationID) {
	w.T.Helper()
	sub := w.Subject(change...)
	_, texts := w.Buy(w.Company(true), sub, people)
	n := w.Session(sub, 48*time.Hour, 20)
	var ids []exam.RegistrationID
	for i := range people {
		who := w.Examinee(true)
		g, err := w.Redeem(who, sub, texts[i])
		w.Must(err)
		_, err = w.Actions.Reserve(w.ctx, who, g.ID, n.ID)
		w.Must(err)
		ids = append(ids, g.ID)
	}
	w.after(50 * time.Hour)
	return n, ids
}

func (w *world) result(id exam.RegistrationID) store.RegistrationRow {
	w.T.Helper()
	g, err := w.Read.AnyRegistration(w.ctx, id)
	w.Must(err)
	return g
}

func TestRecordingAllFilledRows(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		n, ids := w.sitting(5)
		b := w.as(exam.Results)
		to := resultPath(n.ID)
		b.Get("/operator/results").Is(200, "Sessions that lack results", "Fri 6 Mar 2026, 10:00–11:30 (UTC)", "Cloud Associate").Has(`href="` + to + `"`)
		page := b.Get(to).Is(200, "Results of Fri 6 Mar 2026, 10:00–11:30 (UTC)", "A recorded result counts at once", "The pass mark is 60.", "No-show uses the code up.", "Record all filled rows", "••••-••••-••••-")
		if got := strings.Count(page.Body, `name="outcome-`); got != 5 {
			t.Errorf("%d rows", got)
		}
		b.In(lang.ZH).Get(to).Is(200, "合格分为 60", "录入所有已填写的成绩", "缺考")
		b.Get("/operator/sessions/"+n.ID.String()).Is(200, "Record results", "Awaiting result", "Who holds a seat")

		b.Post(to).Is(422, "Choose a result for at least one person")
		o, s := func(i int) string { return outcomeField + ids[i].String() }, func(i int) string { return scoreField + ids[i].String() }
		a := b.Post(to, o(0), "passed", s(0), "82", o(1), "failed", s(1), "75", o(2), "absent", s(2), "0", o(3), "", s(3), "70", o(4), "passed", s(4), "many").
			Is(422, "1 result is recorded. The rows below with an error are not.", "There is a problem")
		for i := 1; i < 5; i++ {
			a.Has(`href="#f-` + o(i) + `"`)
			if g := w.result(ids[i]); g.Result != nil || g.State != exam.SeatReserved {
				t.Errorf("row %d was recorded: %+v", i, g.Result)
			}
		}
		a.Has(`name="`+s(4)+`" value="many"`, `name="`+s(1)+`" value="75"`, `value="absent" selected`)
		if g := w.result(ids[0]); g.Result == nil || g.Result.Outcome != exam.Passed || *g.Result.Score != 82 || g.Result.SatAt != n.Starts {
			t.Errorf("%+v", g.Result)
		}

		b.Post(to, o(1), "failed", s(1), "55", o(2), "absent", o(3), "passed", o(4), "passed", s(4), "１００").Goes(to)
		done := b.Get(to).Is(200, "4 results are recorded.", "Passed 82", "Failed 55", "No-show", "Passed 100").Without("Record all filled rows")
		done.Without("Awaiting result")
		b.Get("/operator/results").Is(200, "No session is waiting for results.", "Complete", "Fri 6 Mar 2026")
		b.Post(to, o(0), "failed").Is(422, "There is a problem")
		if g := w.result(ids[0]); g.Result.Outcome != exam.Passed {
			t.Error("a recorded result was changed")
		}
	})
}

func TestRecordingOneRow(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		n, ids := w.sitting(2, func(s *exam.Subject) { s.NoShow = exam.GivenBack })
		b, to := w.as(exam.Results), resultPath(n.ID)
		b.Get(to).Is(200, "No-show returns the code to its holder")
		first, second := ids[0].String(), ids[1].String()
		b.Post(to, "only", first).Is(422, "There is a problem")
		// What was typed in other rows stays, unrecorded.
		b.Post(to, "only", first, outcomeField+first, "passed", scoreField+first, "90", outcomeField+second, "failed", scoreField+second, "12").
			Is(200, "1 result is recorded.", "Passed 90").Has(`name="` + scoreField + second + `" value="12"`)
		if g := w.result(ids[1]); g.Result != nil {
			t.Error("the other row was recorded too")
		}
		b.Post(to, "only", second, outcomeField+second, "absent").Goes(to)
		b.Get(to).Is(200, "1 result is recorded.")
		if g := w.result(ids[1]); g.State != exam.Registered || g.Registration.Session != 0 {
			t.Errorf("the code was not returned: %s", g.State)
		}
		// They are no longer in this session.
		b.Post(to, outcomeField+second, "passed").Is(422, "1 person no longer holds a seat in this session.")
	})
}

func TestNoResultsBeforeTheStart(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		sub := w.Subject()
		_, texts := w.Buy(w.Company(true), sub, 1)
		n := w.Session(sub, 48*time.Hour, 2)
		who := w.Examinee(true)
		g, err := w.Redeem(who, sub, texts[0])
		w.Must(err)
		_, err = w.Actions.Reserve(w.ctx, who, g.ID, n.ID)
		w.Must(err)
		b := w.as(exam.Results)
		b.Get(resultPath(n.ID)).Is(200, "This session has not begun.", "Reserved").Without("Record all filled rows")
		b.Post(resultPath(n.ID), outcomeField+g.ID.String(), "passed").Is(422, "There is a problem")
		b.Get("/operator/sessions/"+n.ID.String()).Is(200, "1 of 2 taken", "Reserved", "code ending").Without(texts[0]).Has("••••-••••-••••-</span>" + texts[0][15:])
	})
}
