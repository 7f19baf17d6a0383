package operator

import (
	"strings"
	"sync"
	"testing"
	"time"

	"examcode/internal/exam"
	"examcode/internal/lang"
	"examcode/internal/store"
)

// seatsIn reserves a session for a number of examinees.
func (w *world) seatsIn(n exam.Session, sub exam.Subject, people int) []exam.RegistrationID {
	w.T.Helper()
	_, texts := w.Buy(w.Company(true), sub, people)
	var ids []exam.RegistrationID
	for i := range people {
		who := w.Examinee(true)
		g, err := w.Redeem(who, sub, texts[i])
		w.Must(err)
		_, err = w.Actions.Reserve(w.ctx, who, g.ID, n.ID)
		w.Must(err)
		ids = append(ids, g.ID)
	}
	return ids
}

// The page says in numbers what cancelling does; the numbers are what happens.
func TestCancellingASession(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		sub := w.Subject()
		n := w.Session(sub, 48*time.Hour, 5)
		ids := w.seatsIn(n, sub, 2)
		b, at := w.as(exam.Results), sessionPath(n.ID)
		b.Get(at).Is(200, "Cancel session", "Close for new reservations", "Open").Has(`href="` + at + `/cancel"`)
		page := b.Get(at+"/cancel").Is(200, "Cancel the session on Fri 6 Mar 2026, 10:00–11:30 (UTC)?", "2 people hold a seat.", "No other session of this subject",
			"Whose codes end first", "Open an earlier session first", "Cancel session and tell 2 people", "Keep it")
		b.In(lang.ZH).Get(at+"/cancel").Is(200, "已有 2 人预约。", "取消场次并通知 2 人")
		w.Session(sub, 96*time.Hour, 5)
		page = b.Get(at+"/cancel").Is(200, "the next session with a free seat is on Sun 8 Mar 2026, 10:00–11:30 (UTC)").Without("Whose codes end first")
		b.Submit(at+"/cancel", page.Form("reason", " ")).Is(422, "There is a problem", "Write the reason.").Has(`href="#f-reason"`)
		page = b.Get(at + "/cancel")
		w.seatsIn(n, sub, 1)
		again := b.Submit(at+"/cancel", page.Form("reason", "Flooded hall")).Is(409, "This changed while you were reading: 3 people hold a seat now.", "Cancel session and tell 3 people", "Flooded hall")
		form := again.Form("reason", "Flooded hall")
		b.Submit(at+"/cancel", form).Goes(at)
		b.Submit(at+"/cancel", form).Goes(at) // a double click
		b.Get(at).Is(200, "The session is cancelled. 3 people have been told.", "Cancelled", "Flooded hall", "0 of 5 taken").Without("Close for new reservations", at+"/cancel")
		b.Get(at+"/cancel").Is(409, "The programme cancelled this session.")
		if g := w.result(ids[0]); g.State != exam.Registered {
			t.Errorf("%s", g.State)
		}
		b.Get("/operator/sessions").Is(200, "Cancelled", "Open")
		w.as(exam.Money).Get(at + "/cancel").Is(403)
	})
}

func TestClosingASession(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		n := w.Session(w.Subject(), 48*time.Hour, 5)
		b, at := w.as(exam.Results), sessionPath(n.ID)
		b.Post(at + "/close").Goes(at)
		b.Get(at).Is(200, "The session takes no new reservations.", "Closed", "Open for reservations again")
		b.Post(at + "/reopen").Goes(at)
		b.Get(at).Is(200, "The session takes reservations again.", "Close for new reservations")
	})
}

// TestADoubleClickOpensOneSession: two sendings of one form at one moment.
func TestADoubleClickOpensOneSession(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		s := w.Subject()
		b := w.as(exam.Results)
		form := b.Get("/operator/sessions/new").Form("subject_id", s.ID.String(), "exam_type", "online", "starts_at", "14 Jan 2027 09:00", "zone", "UTC", "duration_minutes", "90", "seats", "20")
		var both [2]string
		var wg sync.WaitGroup
		for i := range both {
			wg.Go(func() { both[i] = b.Submit("/operator/sessions", form).Leads() })
		}
		wg.Wait()
		rows, err := w.Read.Sessions(w.ctx, store.SessionFilter{}, nil, 10)
		w.Must(err)
		if len(rows) != 1 || both[0] != both[1] || both[0] != sessionPath(rows[0].ID) {
			t.Errorf("%d sessions, %v", len(rows), both)
		}
		if b.Submit("/operator/sessions", form).Leads() != both[0] {
			t.Error("a late sending leads elsewhere")
		}
		b.Get(both[0]).Is(200, "can be reserved now")
	})
}

// Both versions stay, with names; the examinee and the company are told.
func TestCorrectingAResult(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		n, ids := w.sitting(1)
		b, at := w.as(exam.Results), correctionPath(ids[0])
		b.Get(at).Is(404)
		b.Post(resultPath(n.ID), "outcome-"+ids[0].String(), "failed", "score-"+ids[0].String(), "58").Leads()
		b.Get(resultPath(n.ID)).Is(200, "Failed", "58").Has(`href="` + at + `"`)
		page := b.Get(at).Is(200, "Correct the result of Examinee", "The pass mark is 60.", "Staff results").Has(`value="58"`)
		for field, v := range map[string][]string{"score": {"outcome", "passed", "score", "59", "reason", "x"}, "reason": {"outcome", "passed", "score", "62", "reason", ""}} {
			b.Submit(at+"/check", page.Form(v...)).Is(422, "There is a problem").Has(`href="#f-` + field + `"`)
		}
		b.Submit(at+"/check", page.Form("outcome", "failed", "score", "58", "reason", "x")).Is(422, "This is the result that is recorded already.")
		check := b.Submit(at+"/check", page.Form("outcome", "passed", "score", "62", "reason", "Counted twice")).Is(200, "Change the result of Examinee from Failed 58 to Passed 62?",
			"Both versions stay on record", "Examinee and Company, now", "Counted twice", "Change result")
		form := check.Form()
		b.Submit(at, form).Goes(resultPath(n.ID))
		b.Submit(at, form).Goes(resultPath(n.ID))
		b.Get(resultPath(n.ID)).Is(200, "The result of Examinee is Passed 62.", "Passed", "62")
		b.Get(at).Is(200, "Failed", "58", "Passed", "62", "Counted twice")
		form.Del("once")
		b.Submit(at, form).Is(409, "This changed while you were reading: Staff results recorded Passed 62.")
		if g := w.result(ids[0]); g.Result.Version != 2 {
			t.Errorf("version %d", g.Result.Version)
		}
		if strings.Contains(b.In(lang.ZH).Get(at).Is(200, "更正Examinee的成绩").Body, "⟦") {
			t.Error("untranslated")
		}
	})
}
