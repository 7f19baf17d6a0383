package action_test

import (
	"context"
	"testing"
	"time"

	"examcode/internal/action/actiontest"
	"examcode/internal/exam"
	"examcode/internal/store"
)

func points(n int) *int { return &n }

// TestACorrectedResultKeepsBothVersions: who said what and why, the newest one
// counts, and examinee and company are told once each.
func TestACorrectedResultKeepsBothVersions(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx := context.Background()
		root, sub, staff, admin := h.Company(true), h.Subject(), h.Staff(exam.Results), h.Staff(exam.Admin)
		n := h.Session(sub, 5*24*time.Hour, 5)
		g := seated(t, h, root, sub, n, 1)[0]
		h.Clock.Set(n.Ends())
		change := func(o exam.Outcome, score *int, why string) error {
			return second(h.Actions.CorrectResult(ctx, admin, exam.Result{Registration: g.ID, Outcome: o, Score: score}, why))
		}
		want(t, "before there is one", change(exam.Passed, nil, "x"), "code_not_completed")
		out := must(h.Actions.RecordResults(ctx, staff, []exam.Result{{Registration: g.ID, Outcome: exam.Failed, Score: points(58)}}))(t)
		want(t, "result", out[0].Err, "")
		h.Clock.Move(time.Hour)
		for reason, err := range map[string]error{
			"reason_missing": change(exam.Passed, points(62), " "), "score_contradicts": change(exam.Passed, points(59), "x"),
			"score_of_absent": change(exam.Absent, points(0), "x"), "outcome_unknown": change("great", nil, "x"), "result_same": change(exam.Failed, points(58), "x"),
		} {
			want(t, "refused", err, reason)
		}
		for who, reason := range map[exam.Actor]string{root: "not_operator", h.Staff(exam.Review): "not_allowed", h.Who(g.Person): "not_operator"} {
			want(t, "who", second(h.Actions.CorrectResult(ctx, who, exam.Result{Registration: g.ID, Outcome: exam.Passed}, "x")), reason)
		}
		before := len(h.Queue.Owed())
		want(t, "correct", change(exam.Passed, points(62), " Question 12 was counted twice. "), "")
		now := must(h.Read.Result(ctx, g.ID))(t)
		if now.Outcome != exam.Passed || *now.Score != 62 || now.Version != 2 || now.By != admin.Name || now.Why != "Question 12 was counted twice." || !now.SatAt.Equal(n.Starts) {
			t.Errorf("%+v", now)
		}
		old := must(h.Read.ResultVersions(ctx, g.ID))(t)
		if len(old) != 1 || old[0].Outcome != exam.Failed || *old[0].Score != 58 || old[0].Version != 1 || old[0].By != staff.Name || old[0].Why != "" {
			t.Errorf("%+v", old)
		}
		want(t, "again", change(exam.Failed, points(10), "The other sheet."), "")
		if old = must(h.Read.ResultVersions(ctx, g.ID))(t); len(old) != 2 || old[0].Version != 2 || *old[0].Score != 62 {
			t.Errorf("%+v", old)
		}
		equal(t, "code", kinds(t, h, int64(g.Code)), exam.EventCodeRedeemed, exam.EventCodeReserved, exam.EventCodeCompleted, exam.EventCodeCorrected, exam.EventCodeCorrected)
		equal(t, "examinee", notices(t, h, h.Who(g.Person))[3:], exam.NoticeResult, exam.NoticeResultCorrected, exam.NoticeResultCorrected)
		told := notices(t, h, root)
		equal(t, "company", told[len(told)-2:], exam.NoticeCorrected, exam.NoticeCorrected)
		if n := len(h.Queue.Owed()) - before; n != 4 {
			t.Errorf("%d mails owed, want 4", n)
		}
		stats := must(h.Read.ExamineeStats(ctx, root.Account, store.ExamineeFilter{}, h.Clock.Now()))(t)
		if stats[0].Sat != 1 || stats[0].Passed != 0 {
			t.Errorf("%+v", stats[0])
		}
		want(t, "absent", change(exam.Absent, nil, "He was not there."), "")
		if stats = must(h.Read.ExamineeStats(ctx, root.Account, store.ExamineeFilter{}, h.Clock.Now()))(t); stats[0].Registrations != 1 || stats[0].Sat != 0 {
			t.Errorf("a no-show counts as sat: %+v", stats[0])
		}
	})
}

// TestACorrectionToANoShowGivesTheCodeBack where the subject's policy does,
// unless the examinee has moved on.
func TestACorrectionToANoShowGivesTheCodeBack(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx := context.Background()
		root, staff := h.Company(true), h.Staff(exam.Results)
		sub := h.Subject(func(s *exam.Subject) { s.NoShow = exam.GivenBack })
		n := h.Session(sub, 5*24*time.Hour, 5)
		regs := seated(t, h, root, sub, n, 2)
		h.Clock.Set(n.Ends())
		must(h.Actions.RecordResults(ctx, staff, []exam.Result{{Registration: regs[0].ID, Outcome: exam.Failed}, {Registration: regs[1].ID, Outcome: exam.Failed}}))(t)
		absent := func(g exam.Registration) error {
			return second(h.Actions.CorrectResult(ctx, staff, exam.Result{Registration: g.ID, Outcome: exam.Absent}, "Not there"))
		}
		want(t, "back", absent(regs[0]), "")
		row := must(h.Read.AnyRegistration(ctx, regs[0].ID))(t)
		code := must(h.Read.Code(ctx, root.Account, regs[0].Code))(t)
		if row.State != exam.Registered || row.Result != nil || code.State != exam.Bound {
			t.Errorf("%+v %+v", row, code)
		}
		if s := must(h.Read.Session(ctx, n.ID))(t); s.Taken != 1 {
			t.Errorf("%d seats taken, want 1", s.Taken)
		}
		if old := must(h.Read.ResultVersions(ctx, regs[0].ID))(t); len(old) != 2 || old[0].Outcome != exam.Absent || old[0].Why != "Not there" {
			t.Errorf("%+v", old)
		}
		// The next sitting's result goes on behind what was taken back.
		who, later := h.Who(regs[0].Person), h.Session(sub, 24*time.Hour, 5)
		must(h.Actions.Reserve(ctx, who, regs[0].ID, later.ID))(t)
		h.Clock.Set(later.Ends())
		must(h.Actions.RecordResults(ctx, staff, []exam.Result{{Registration: regs[0].ID, Outcome: exam.Passed}}))(t)
		if r := must(h.Read.Result(ctx, regs[0].ID))(t); r.Version != 3 || r.Outcome != exam.Passed {
			t.Errorf("%+v", r)
		}
		_, texts := h.Buy(root, sub, 1)
		must(h.Redeem(h.Who(regs[1].Person), sub, texts[0]))(t)
		want(t, "registered again", absent(regs[1]), "examinee_registered_again")
		if r := must(h.Read.Result(ctx, regs[1].ID))(t); r.Version != 1 || r.Outcome != exam.Failed {
			t.Errorf("half done: %+v", r)
		}
	})
}

// TestCheckingResultsWritesNothing: the answers are those of recording, also for
// a row that comes twice.
func TestCheckingResultsWritesNothing(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx := context.Background()
		root, sub, staff := h.Company(true), h.Subject(), h.Staff(exam.Results)
		n := h.Session(sub, 5*24*time.Hour, 5)
		regs := seated(t, h, root, sub, n, 3)
		h.Clock.Set(n.Ends())
		rows := []exam.Result{{Registration: regs[0].ID, Outcome: exam.Passed, Score: points(80)}, {Registration: regs[1].ID, Outcome: exam.Passed, Score: points(10)},
			{Registration: regs[0].ID, Outcome: exam.Failed}, {Registration: 77, Outcome: exam.Passed}, {Registration: regs[2].ID, Outcome: exam.Absent}}
		reasons := []string{"", "score_contradicts", "result_already_recorded", "registration_unknown", ""}
		owed := len(h.Queue.Owed())
		for i, o := range must(h.Actions.CheckResults(ctx, staff, rows))(t) {
			want(t, "check", o.Err, reasons[i])
		}
		for _, g := range regs {
			if row := must(h.Read.AnyRegistration(ctx, g.ID))(t); row.State != exam.SeatReserved || row.Version != g.Version {
				t.Errorf("%+v", row)
			}
		}
		if len(h.Queue.Owed()) != owed {
			t.Error("a check told somebody")
		}
		for i, o := range must(h.Actions.RecordResults(ctx, staff, rows))(t) {
			want(t, "record", o.Err, reasons[i])
		}
		want(t, "a company", second(h.Actions.CheckResults(ctx, root, rows)), "not_operator")
	})
}
