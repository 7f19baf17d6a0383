package exam_test

import (
	"strings"
	"testing"
	"time"

	"examcode/internal/exam"
	"examcode/internal/exam/examtest"
	"examcode/internal/fault"
)

// asked is one question to a rule, and the reason it must be refused with; ""
// for none. on is the field that the refusal names.
type asked struct {
	what string
	err  error
	want string
	on   string
}

func answers(t *testing.T, all []asked) {
	t.Helper()
	for _, a := range all {
		f := fault.Of(a.err)
		switch {
		case a.want == "" && a.err != nil, a.want != "" && a.err == nil, f != nil && f.Reason != a.want && a.on == "":
			t.Errorf("%s: %v, want %q", a.what, a.err, a.want)
		case a.on != "" && !names(f, a.on, a.want):
			t.Errorf("%s: %+v does not say %q of %s", a.what, f, a.want, a.on)
		}
	}
}

func names(f *fault.Error, field, reason string) bool {
	if f == nil {
		return false
	}
	for _, x := range f.Fields {
		if x.Name == field && x.Reason == reason {
			return true
		}
	}
	return false
}

// of drops what a rule returns beside its refusal.
func of[A, B any](_ A, _ B, err error) error          { return err }
func of4[A, B, C any](_ A, _ B, _ C, err error) error { return err }
func of1[A any](_ A, err error) error                 { return err }
func with[T any](v T, change func(*T)) T              { change(&v); return v }
func at(d time.Duration) time.Time                    { return examtest.Now.Add(d) }
func long(n int) string                               { return strings.Repeat("é", n) }
func staff(r exam.Role) exam.Actor                    { return examtest.Staff(r) }

// TestWhoIsRefusedByNeed: what an audience, a right and a role keep out.
func TestWhoIsRefusedByNeed(t *testing.T) {
	answers(t, []asked{
		{"nobody and a right", exam.NeedRight(exam.Actor{Kind: exam.Enterprise, Role: exam.Root}, exam.ViewCodes), "not_signed_in", ""},
		{"an examinee and a right", exam.NeedRight(examtest.Examinee(), exam.ViewCodes), "not_enterprise", ""},
		{"staff and a right", exam.NeedRight(staff(exam.Admin), exam.ViewCodes), "not_enterprise", ""},
		{"a member without it", exam.NeedRight(examtest.Member(exam.ViewCodes), exam.ManageCodes), "not_allowed", ""},
		{"a member with half of it", exam.NeedRight(examtest.Member(exam.ViewCodes), exam.ViewCodes|exam.RevealCodes), "not_allowed", ""},
		{"the root", exam.NeedRight(examtest.Root(), exam.AllRights), "", ""},
		{"nobody and staff", exam.NeedStaff(exam.Actor{}, exam.Money), "not_signed_in", ""},
		{"a company and staff", exam.NeedStaff(examtest.Root(), exam.Money), "not_operator", ""},
		{"another role", exam.NeedStaff(staff(exam.Audit), exam.Money), "not_allowed", ""},
		{"an admin", exam.NeedStaff(staff(exam.Admin), exam.Money), "", ""},
		{"a company's admin is none", exam.NeedStaff(with(examtest.Root(), func(a *exam.Actor) { a.Role = exam.Admin }), exam.Money), "not_operator", ""},
		{"nobody and a seat", exam.NeedExaminee(exam.Actor{Kind: exam.Individual, Role: exam.Root, Verified: exam.Verified}), "not_signed_in", ""},
		{"a member of an individual account", exam.NeedExaminee(with(examtest.Examinee(), func(a *exam.Actor) { a.Role = exam.Member })), exam.ErrExamineeRoot.Reason, ""},
		{"changed meanwhile", exam.SeenAt(1).Still(2), "changed_meanwhile", ""},
		{"not changed", exam.SeenAt(2).Still(2), "", ""},
		{"never looked", exam.Seen{}.Still(2), "", ""},
		{"looked at version zero", exam.SeenAt(0).Still(2), "changed_meanwhile", ""},
	})
}

// TestSignUpsAndKeysRefused: accounts and keys that nobody could use.
func TestSignUpsAndKeysRefused(t *testing.T) {
	acc := exam.Account{Kind: exam.Enterprise, Name: "Company", Zone: "UTC"}
	p := exam.Person{Name: "Root"}
	change := func(f func(*exam.Account)) exam.Account { return with(acc, f) }
	key := exam.Key{ID: 9, Name: "HR", Person: examtest.Root().Person, Account: examtest.Company}
	revoked, _ := key.End(examtest.Root(), examtest.Now)
	answers(t, []asked{
		{"a good one", exam.CheckSignUp(acc, p), "", ""},
		{"an individual without a company's name", exam.CheckSignUp(change(func(a *exam.Account) { a.Kind, a.Name = exam.Individual, "" }), p), "", ""},
		{"an operator", exam.CheckSignUp(change(func(a *exam.Account) { a.Kind = exam.Operator }), p), "account_kind_unknown", "kind"},
		{"no name of the company", exam.CheckSignUp(change(func(a *exam.Account) { a.Name = " " }), p), "account_name_missing", "account_name"},
		{"a company's name of 120", exam.CheckSignUp(change(func(a *exam.Account) { a.Name = long(120) }), p), "", ""},
		{"a company's name of 121", exam.CheckSignUp(change(func(a *exam.Account) { a.Name = long(121) }), p), "text_too_long", "account_name"},
		{"no name", exam.CheckSignUp(acc, exam.Person{Name: "\u00a0"}), "person_name_missing", "name"},
		{"a name with a link", exam.CheckSignUp(acc, exam.Person{Name: "http://example.org"}), "text_control", "name"},
		{"no zone", exam.CheckSignUp(change(func(a *exam.Account) { a.Zone = "" }), p), "zone_unknown", "zone"},
		{"the machine's zone", exam.CheckSignUp(change(func(a *exam.Account) { a.Zone = "Local" }), p), "zone_unknown", "zone"},
		{"a zone that is none", exam.CheckSignUp(change(func(a *exam.Account) { a.Zone = "Mars/North" }), p), "zone_unknown", "zone"},

		{"nobody's key", of(exam.MakeKey(exam.Actor{}, key, examtest.Now)), "not_signed_in", ""},
		{"a key without a name", of(exam.MakeKey(examtest.Root(), exam.Key{Name: " "}, examtest.Now)), "key_name_missing", "name"},
		{"a key's name of 80", of(exam.MakeKey(examtest.Root(), exam.Key{Name: long(80)}, examtest.Now)), "", ""},
		{"a key's name of 81", of(exam.MakeKey(examtest.Root(), exam.Key{Name: long(81)}, examtest.Now)), "text_too_long", "name"},
		{"somebody else's key", of(key.Revoke(examtest.Member(exam.AllRights), examtest.Now)), "not_found", ""},
		{"a revoked key", of(revoked.Revoke(examtest.Root(), examtest.Now)), "key_revoked", ""},
		{"a key", of(key.Revoke(examtest.Root(), examtest.Now)), "", ""},
	})
}

// TestBulksAndExportsRefused: what is not drafted, begun, written or handed out.
func TestBulksAndExportsRefused(t *testing.T) {
	draft := func(v exam.BulkVerb, n int64) error {
		return of1(exam.DraftBulk(examtest.Root(), exam.Bulk{Verb: v, Total: n}, examtest.Now))
	}
	b, err := exam.DraftBulk(examtest.Root(), exam.Bulk{ID: 5, Verb: exam.BulkUnbind, Total: 1}, examtest.Now)
	if err != nil {
		t.Fatal(err)
	}
	begin := func(after time.Duration) error { return of4(b.Begin(examtest.Root(), false, at(after))) }
	ask := func(a exam.Actor, open int, f func(*exam.Export)) error {
		return of(exam.AskExport(a, with(exam.Export{Kind: exam.ExportCodes, Format: exam.CSV, Total: 1}, f), open, examtest.Now))
	}
	as := func(f func(*exam.Export)) error { return ask(examtest.Root(), 0, f) }
	running := exam.Export{Account: examtest.Company, Person: 102, State: exam.ExportRunning, Run: exam.ExportRuns, Beat: examtest.Now}
	begun := func(e exam.Export, after time.Duration) error { return of(e.Begin(examtest.Root(), at(after))) }
	ready := exam.Export{Account: examtest.Company, Person: 102, State: exam.ExportReady, Kept: at(time.Hour)}
	down := func(a exam.Actor, e exam.Export, after time.Duration) error { return of1(e.Download(a, at(after))) }
	answers(t, []asked{
		{"a verb that is none", draft("burn", 1), "bulk_verb_unknown", ""},
		{"no code", draft(exam.BulkUnbind, 0), "bulk_empty", ""},
		{"as many as an order has", draft(exam.BulkRegenerate, exam.MaxBulk), "", ""},
		{"one more", draft(exam.BulkRegenerate, exam.MaxBulk+1), "bulk_too_large", ""},
		{"a member without the right", of1(exam.DraftBulk(examtest.Member(exam.ViewCodes), exam.Bulk{Verb: exam.BulkUnbind, Total: 1}, examtest.Now)), "not_allowed", ""},
		{"begun in time", begin(exam.BulkKept - 1), "", ""},
		{"begun too late", begin(exam.BulkKept), "bulk_expired", ""},
		{"begun without the right", of4(b.Begin(examtest.Member(exam.ViewCodes), false, examtest.Now)), "not_allowed", ""},

		{"an export", as(func(*exam.Export) {}), "", ""},
		{"a kind that is none", as(func(e *exam.Export) { e.Kind = "people" }), "export_kind_unknown", "kind"},
		{"a format that is none", as(func(e *exam.Export) { e.Format = "pdf" }), "export_format_unknown", "format"},
		{"texts of examinees", as(func(e *exam.Export) { e.Kind, e.WithTexts = exam.ExportExaminees, true }), "export_texts_of_codes", "with_texts"},
		{"nothing to export", as(func(e *exam.Export) { e.Total = 0 }), "export_empty", ""},
		{"the third at once", ask(examtest.Root(), exam.ExportsAtOnce-1, func(*exam.Export) {}), "", ""},
		{"the fourth at once", ask(examtest.Root(), exam.ExportsAtOnce, func(*exam.Export) {}), "export_busy", ""},
		{"texts without the right", ask(examtest.Member(exam.ViewCodes), 0, func(e *exam.Export) { e.WithTexts = true }), "not_allowed", ""},
		{"without the right to look", ask(examtest.Member(exam.RevealCodes), 0, func(*exam.Export) {}), "not_allowed", ""},
		{"a fifth run", begun(running, exam.ExportSilence), "export_failed", ""},
		{"a fourth run", begun(with(running, func(e *exam.Export) { e.Run-- }), exam.ExportSilence), "", ""},
		{"stopped by a colleague", of(running.Stop(with(examtest.Member(exam.ViewCodes), func(a *exam.Actor) { a.Person = 103 }), examtest.Now)), "not_allowed", ""},
		{"stopped by its asker", of(running.Stop(examtest.Member(exam.ViewCodes), examtest.Now)), "", ""},
		{"stopped by the root", of(running.Stop(examtest.Root(), examtest.Now)), "", ""},
		{"stopped without a right", of(running.Stop(examtest.Member(0), examtest.Now)), "not_allowed", ""},
		{"stopped when ready", of(ready.Stop(examtest.Root(), examtest.Now)), "export_ended", ""},
		{"taken in time", down(examtest.Root(), ready, time.Hour-1), "", ""},
		{"taken too late", down(examtest.Root(), ready, time.Hour), "export_deleted", ""},
		{"taken before it is ready", down(examtest.Root(), running, 0), "export_not_ready", ""},
		{"taken without the right to texts", down(examtest.Member(exam.ViewCodes), with(ready, func(e *exam.Export) { e.WithTexts = true }), 0), "not_allowed", ""},
	})
	if _, begun, err := running.Begin(examtest.Root(), at(exam.ExportSilence-1)); begun || err != nil {
		t.Errorf("a living run is begun again: %v", err)
	}
	if _, begun, err := ready.Begin(examtest.Root(), at(exam.ExportSilence)); begun || err != nil {
		t.Errorf("a ready export is begun again: %v", err)
	}
}

// TestSessionsRefused: sessions that are not opened, changed or called off.
func TestSessionsRefused(t *testing.T) {
	sub, who := examtest.Subject(), staff(exam.Results)
	add := func(a exam.Actor, f func(*exam.Session)) error {
		return of(exam.AddSession(a, with(examtest.Session(), f), sub, examtest.Now))
	}
	as := func(f func(*exam.Session)) error { return add(who, f) }
	n := examtest.Session()
	begun := with(n, func(n *exam.Session) { n.Starts = examtest.Now })
	closed, _, err := n.Close(who, examtest.Now)
	if err != nil {
		t.Fatal(err)
	}
	cancelled, _, err := n.Cancel(who, "the hall is flooded", 1, 0, examtest.Now)
	if err != nil {
		t.Fatal(err)
	}
	closedBegun := with(closed, func(n *exam.Session) { n.Starts = examtest.Now })
	answers(t, []asked{
		{"a session", as(func(*exam.Session) {}), "", ""},
		{"by another role", add(staff(exam.Money), func(*exam.Session) {}), "not_allowed", ""},
		{"a type the subject has not", as(func(n *exam.Session) { n.ExamType = "oral" }), "exam_type_unknown", "exam_type"},
		{"now", as(func(n *exam.Session) { n.Starts = examtest.Now }), "start_in_past", "starts_at"},
		{"the next instant", as(func(n *exam.Session) { n.Starts = at(1) }), "", ""},
		{"in five years", as(func(n *exam.Session) { n.Starts = examtest.Now.AddDate(5, 0, 0) }), "", ""},
		{"later", as(func(n *exam.Session) { n.Starts = examtest.Now.AddDate(5, 0, 0).Add(1) }), "start_too_far", "starts_at"},
		{"ten minutes", as(func(n *exam.Session) { n.Duration = 10 * time.Minute }), "", ""},
		{"nine minutes", as(func(n *exam.Session) { n.Duration = 9 * time.Minute }), "duration_out_of_range", "duration_minutes"},
		{"ten hours", as(func(n *exam.Session) { n.Duration = 600 * time.Minute }), "", ""},
		{"longer", as(func(n *exam.Session) { n.Duration = 601 * time.Minute }), "duration_out_of_range", "duration_minutes"},
		{"one seat", as(func(n *exam.Session) { n.Seats = 1 }), "", ""},
		{"no seat", as(func(n *exam.Session) { n.Seats = 0 }), "seats_out_of_range", "seats"},
		{"10,000 seats", as(func(n *exam.Session) { n.Seats = 10_000 }), "", ""},
		{"10,001 seats", as(func(n *exam.Session) { n.Seats = 10_001 }), "seats_out_of_range", "seats"},
		{"a test centre nowhere", as(func(n *exam.Session) { n.ExamType, n.Place = exam.TestCenter, " " }), "place_missing", "place"},
		{"a place of 201", as(func(n *exam.Session) { n.Place = long(201) }), "text_too_long", "place"},
		{"no zone", as(func(n *exam.Session) { n.Zone = "" }), "zone_unknown", "zone"},

		{"closed twice", of(closed.Close(who, examtest.Now)), "session_closed", ""},
		{"closed when begun", of(begun.Close(who, examtest.Now)), "session_past", ""},
		{"closed by another role", of(n.Close(staff(exam.Money), examtest.Now)), "not_allowed", ""},
		{"open reopened", of(n.Reopen(who, examtest.Now)), "session_open", ""},
		{"reopened", of(closed.Reopen(who, examtest.Now)), "", ""},
		{"reopened when begun", of(closedBegun.Reopen(who, examtest.Now)), "session_past", ""},
		{"cancelled with results", of(n.Cancel(who, "the hall is flooded", 1, 1, examtest.Now)), "session_has_results", ""},
		{"cancelled without a reason", of(n.Cancel(who, " ", 1, 0, examtest.Now)), "reason_missing", "reason"},
		{"cancelled twice", of(cancelled.Cancel(who, "again", 0, 0, examtest.Now)), "session_cancelled", ""},
		{"cancelled, then closed", of(cancelled.Close(who, examtest.Now)), "session_cancelled", ""},
	})
}

// TestFates: what a lost seat means, to the instant.
func TestFates(t *testing.T) {
	g := examtest.Registration(exam.SeatReserved)
	for _, c := range []struct {
		next, now time.Time
		want      exam.Fate
	}{
		{g.Expires.Add(-1), examtest.Now, exam.FateChoose},
		{g.Expires, examtest.Now, exam.FateWait},
		{time.Time{}, examtest.Now, exam.FateWait},
		{g.Expires.Add(-1), g.Expires.Add(-1), exam.FateChoose},
		{g.Expires.Add(-1), g.Expires, exam.FateEnded},
	} {
		if got := exam.FateOf(g, c.next, c.now); got != c.want {
			t.Errorf("next %v at %v: %s, want %s", c.next, c.now, got, c.want)
		}
	}
}
