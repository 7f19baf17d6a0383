package exam_test

import (
	"testing"
	"time"

	"examcode/internal/exam"
	"examcode/internal/exam/examtest"
)

// TestRegistrationsAndResultsRefused: seats and results that stay as they are.
func TestRegistrationsAndResultsRefused(t *testing.T) {
	who, sub, n := examtest.Examinee(), examtest.Subject(), examtest.Session()
	bound, reserved, sat := examtest.Code(exam.Bound), examtest.Code(exam.Reserved), examtest.Code(exam.Completed)
	cancelled := with(n, func(n *exam.Session) { n.Cancelled = examtest.Now })
	of5 := func(_ exam.Registration, _ exam.Code, _ exam.Event, err error) error { return err }
	lose := func(state exam.RegistrationState, at exam.Session) error {
		return of5(examtest.Registration(state).LoseSeat(staff(exam.Results), reserved, at, examtest.Now))
	}
	back := func(a exam.Actor, state exam.RegistrationState, now time.Time) error {
		return of5(examtest.Registration(state).CancelReservation(a, reserved, n, sub, now))
	}
	was := exam.Result{Outcome: exam.Passed, SatAt: n.Starts, Version: 1}
	after := n.Starts.Add(time.Hour)
	correct := func(a exam.Actor, r exam.Registration, was *exam.Result, held *exam.Session, res exam.Result, why string) error {
		_, _, _, _, _, err := r.CorrectResult(a, sat, was, held, sub, res, why, after)
		return err
	}
	done := examtest.Registration(exam.Sat)
	failed := exam.Result{Outcome: exam.Failed, SatAt: n.Starts}
	result := func(at time.Time) error {
		return correct(staff(exam.Results), done, &was, &n, exam.Result{Outcome: exam.Failed, SatAt: at}, "marked anew")
	}
	upload := func(a exam.Actor, size int) error {
		return of(exam.UploadResults(a, exam.ResultFile{Content: make([]byte, size)}, 1, examtest.Now))
	}
	answers(t, []asked{
		{"registered for a type that is not offered", of1(exam.Register(who, exam.Registration{}, bound, sub, "oral", 0, examtest.Now)), "exam_type_unknown", "exam_type"},
		{"a seat given back by nobody", back(exam.Actor{}, exam.SeatReserved, examtest.Now), "not_signed_in", ""},
		{"a seat given back by another", back(with(who, func(a *exam.Actor) { a.Person++ }), exam.SeatReserved, examtest.Now), "not_found", ""},
		{"a seat nobody holds", back(who, exam.Registered, examtest.Now), "not_reserved", ""},
		{"a seat given back in time", back(who, exam.SeatReserved, n.Cutoff(sub).Add(-1)), "", ""},
		{"a seat given back too late", back(who, exam.SeatReserved, n.Cutoff(sub)), "past_cutoff", ""},
		{"a seat lost", lose(exam.SeatReserved, cancelled), "", ""},
		{"a seat lost in a session that stands", lose(exam.SeatReserved, n), "not_reserved", ""},
		{"a seat lost by one who has none", lose(exam.Registered, cancelled), "not_reserved", ""},
		{"a seat lost in another session", lose(exam.SeatReserved, with(cancelled, func(n *exam.Session) { n.ID++ })), "not_reserved", ""},
		{"a registration cancelled under a seat", of1(examtest.Registration(exam.SeatReserved).Cancel("x", examtest.Now)), "not_registered", ""},

		{"a result corrected", correct(staff(exam.Results), done, &was, &n, failed, "marked anew"), "", ""},
		{"by another role", correct(staff(exam.Money), done, &was, &n, failed, "marked anew"), "not_allowed", ""},
		{"where there is none", correct(staff(exam.Results), done, nil, &n, failed, "marked anew"), exam.ErrCodeNotComplete.Reason, ""},
		{"where there is no session", correct(staff(exam.Results), done, &was, nil, failed, "marked anew"), exam.ErrCodeNotComplete.Reason, ""},
		{"before it is recorded", correct(staff(exam.Results), examtest.Registration(exam.SeatReserved), &was, &n, failed, "marked anew"), exam.ErrCodeNotComplete.Reason, ""},
		{"to the same", correct(staff(exam.Results), done, &was, &n, was, "marked anew"), exam.ErrResultSame.Reason, ""},
		{"without a reason", correct(staff(exam.Results), done, &was, &n, failed, ""), "reason_missing", "reason"},
		{"sat at the start", result(n.Starts), "", ""},
		{"sat before", result(n.Starts.Add(-1)), exam.ErrSatAt.Reason, "sat_at"},
		{"sat now", result(after), "", ""},
		{"sat later", result(after.Add(1)), exam.ErrSatAt.Reason, "sat_at"},
		{"a file of a megabyte", upload(staff(exam.Results), 1<<20), "", ""},
		{"a larger file", upload(staff(exam.Results), 1<<20+1), "result_file_too_large", "document"},
		{"a file by another role", upload(staff(exam.Audit), 1), "not_allowed", ""},
	})
}

// TestSubjectsRefused: subjects that nobody could sell or sit, to the last symbol.
func TestSubjectsRefused(t *testing.T) {
	as := func(f func(*exam.Subject)) error { return with(examtest.Subject(), f).Check() }
	retired := with(examtest.Subject(), func(s *exam.Subject) { s.Retired = examtest.Now })
	answers(t, []asked{
		{"a subject", as(func(*exam.Subject) {}), "", ""},
		{"a code in small letters", as(func(s *exam.Subject) { s.Code = "cloud" }), "subject_code_malformed", "code"},
		{"no English name", as(func(s *exam.Subject) { s.Name.EN = " " }), "name_missing", "name_en"},
		{"no Chinese name", as(func(s *exam.Subject) { s.Name.ZH = "" }), "name_missing", "name_zh"},
		{"an English name of 121", as(func(s *exam.Subject) { s.Name.EN = long(121) }), "text_too_long", "name_en"},
		{"a Chinese name of 121", as(func(s *exam.Subject) { s.Name.ZH = long(121) }), "text_too_long", "name_zh"},
		{"about it in 2000", as(func(s *exam.Subject) { s.About.EN, s.About.ZH = long(2000), long(2000) }), "", ""},
		{"about it in 2001", as(func(s *exam.Subject) { s.About.EN = long(2001) }), "text_too_long", "about_en"},
		{"about it in 2001 Chinese", as(func(s *exam.Subject) { s.About.ZH = long(2001) }), "text_too_long", "about_zh"},
		{"the least price", as(func(s *exam.Subject) { s.Price.Minor = 1 }), "", ""},
		{"for nothing", as(func(s *exam.Subject) { s.Price.Minor = 0 }), "price_malformed", "price"},
		{"the highest price", as(func(s *exam.Subject) { s.Price.Minor = 1e9 }), "", ""},
		{"a higher price", as(func(s *exam.Subject) { s.Price.Minor = 1e9 + 1 }), "price_malformed", "price"},
		{"in no currency", as(func(s *exam.Subject) { s.Price.Currency = "GOLD" }), "price_malformed", "price"},
		{"of no type", as(func(s *exam.Subject) { s.ExamTypes = nil }), "exam_type_unknown", "exam_types"},
		{"of a type that is none", as(func(s *exam.Subject) { s.ExamTypes = []exam.ExamType{"oral"} }), "exam_type_unknown", "exam_types"},
		{"with a policy that is none", as(func(s *exam.Subject) { s.NoShow = "shrug" }), "no_show_unknown", "no_show"},
		{"without a cut-off", as(func(s *exam.Subject) { s.CancelCutoff = 0 }), "", ""},
		{"with a cut-off behind", as(func(s *exam.Subject) { s.CancelCutoff = -time.Hour }), "cutoff_out_of_range", "cancel_cutoff_hours"},
		{"with a cut-off of a month", as(func(s *exam.Subject) { s.CancelCutoff = 720 * time.Hour }), "", ""},
		{"with a longer one", as(func(s *exam.Subject) { s.CancelCutoff = 721 * time.Hour }), "cutoff_out_of_range", "cancel_cutoff_hours"},
		{"a pass mark of 0", as(func(s *exam.Subject) { s.PassMark = 0 }), "", ""},
		{"a pass mark below", as(func(s *exam.Subject) { s.PassMark = -1 }), "pass_mark_out_of_range", "pass_mark"},
		{"the highest pass mark", as(func(s *exam.Subject) { s.PassMark = exam.MaxScore }), "", ""},
		{"a higher pass mark", as(func(s *exam.Subject) { s.PassMark = exam.MaxScore + 1 }), "pass_mark_out_of_range", "pass_mark"},
		{"the highest ceiling", as(func(s *exam.Subject) { s.MaxQuantity = exam.MaxQuantity }), "", ""},
		{"a higher ceiling", as(func(s *exam.Subject) { s.MaxQuantity = exam.MaxQuantity + 1 }), exam.ErrQuantity.Reason, "max_quantity"},
		{"a ceiling below", as(func(s *exam.Subject) { s.MaxQuantity = -1 }), exam.ErrQuantity.Reason, "max_quantity"},
		{"added by another role", of(exam.AddSubject(staff(exam.Money), examtest.Subject(), examtest.Now)), "not_allowed", ""},
		{"changed after another", of(examtest.Subject().Change(staff(exam.Admin), with(examtest.Subject(), func(s *exam.Subject) { s.Version = 0 }), examtest.Now)), "changed_meanwhile", ""},
		{"retired twice", of(retired.Retire(staff(exam.Admin), examtest.Now)), "subject_already_retired", ""},
		{"retired by another role", of(examtest.Subject().Retire(staff(exam.Review), examtest.Now)), "not_allowed", ""},
	})
	if retired.RetiredBy(at(-1)) || !retired.RetiredBy(at(0)) {
		t.Error("a subject is off sale from the instant on that is named")
	}
}

// TestTextsRefused: what nobody could read, or what a mail program would make a
// link of.
func TestTextsRefused(t *testing.T) {
	answers(t, []asked{
		{"lines", exam.CheckText("one\ntwo\r\n\tthree", 20), "", ""},
		{"a bell", exam.CheckText("\x07", 20), "text_control", ""},
		{"broken UTF-8", exam.CheckText("\xff", 20), "text_too_long", ""},
		{"a line", exam.CheckLine("李娜", 2), "", ""},
		{"two lines", exam.CheckLine("one\ntwo", 20), "text_control", ""},
		{"a line separator", exam.CheckLine("one\u2028two", 20), "text_control", ""},
		{"turned around", exam.CheckLine("one\u202etwo", 20), "text_control", ""},
		{"joined", exam.CheckLine("a\u200db", 20), "", ""},
		{"nothing to see", exam.CheckLine("\u200d", 20), "text_control", ""},
		{"an address", exam.CheckLine("see https://example.org", 40), "text_control", ""},
	})
}

// TestVerificationsAndLinksRefused: who is not believed, and links that are over.
func TestVerificationsAndLinksRefused(t *testing.T) {
	acc := exam.Account{ID: examtest.Company, Kind: exam.Enterprise, Verified: exam.NotStarted}
	v := exam.Verification{ID: 7, LegalName: "Company Ltd", RegNumber: "HRB 12345", Country: "DE", Document: 8}
	of6 := func(_ exam.Account, _ exam.Verification, _ exam.Event, err error) error { return err }
	send := func(a exam.Actor, state exam.VerificationState, f func(*exam.Verification)) error {
		return of6(exam.Submit(a, with(acc, func(a *exam.Account) { a.Verified = state }), with(v, f), examtest.Now))
	}
	as := func(f func(*exam.Verification)) error { return send(examtest.Root(), exam.NotStarted, f) }
	home := exam.Account{ID: examtest.Home, Kind: exam.Individual}
	person := func(f func(*exam.Verification)) error {
		return of6(exam.Submit(examtest.Examinee(), home, with(exam.Verification{LegalName: "Examinee", DocumentKind: "passport", DocumentNumber: "P123"}, f), examtest.Now))
	}
	same := func(*exam.Verification) {}
	waiting := with(v, func(v *exam.Verification) { v.State, v.Account = exam.Waiting, acc.ID })
	reject := func(a exam.Actor, reason, note string) error {
		return of6(waiting.Reject(a, acc, reason, note, examtest.Now))
	}
	link := exam.Ticket{State: exam.TicketOpen, Expires: at(time.Hour)}
	opened := func(state exam.TicketState, after time.Duration) error {
		return with(link, func(l *exam.Ticket) { l.State = state }).Open(at(after))
	}
	gone := exam.Person{ID: 1, Suspended: examtest.Now}
	answers(t, []asked{
		{"a company", as(same), "", ""},
		{"nobody", send(exam.Actor{Account: examtest.Company, Role: exam.Root}, exam.NotStarted, same), "not_signed_in", ""},
		{"another company", send(examtest.Stranger(), exam.NotStarted, same), "not_found", ""},
		{"a member", send(examtest.Member(exam.AllRights), exam.NotStarted, same), "not_allowed", ""},
		{"while one waits", send(examtest.Root(), exam.Waiting, same), "verification_waiting", ""},
		{"once verified", send(examtest.Root(), exam.Verified, same), "verification_done", ""},
		{"once rejected", send(examtest.Root(), exam.Rejected, same), "", ""},
		{"without a name", as(func(v *exam.Verification) { v.LegalName = " " }), "legal_name_missing", "legal_name"},
		{"with a name of 201", as(func(v *exam.Verification) { v.LegalName = long(201) }), "text_too_long", "legal_name"},
		{"with three digits", as(func(v *exam.Verification) { v.RegNumber = "123" }), "registration_number_malformed", "registration_number"},
		{"with 4 digits", as(func(v *exam.Verification) { v.RegNumber = "azAZ" }), "", ""},
		{"with 40 digits", as(func(v *exam.Verification) { v.RegNumber = "0123456789 123456789-123456789/123456789" }), "", ""},
		{"with 41 digits", as(func(v *exam.Verification) { v.RegNumber = "0123456789 123456789-123456789/1234567890" }), "registration_number_malformed", "registration_number"},
		{"with a symbol", as(func(v *exam.Verification) { v.RegNumber = "12345;" }), "registration_number_malformed", "registration_number"},
		{"with no country", as(func(v *exam.Verification) { v.Country = "D" }), "country_unknown", "country"},
		{"with a country in small letters", as(func(v *exam.Verification) { v.Country = "de" }), "country_unknown", "country"},
		{"without a document", as(func(v *exam.Verification) { v.Document = 0 }), "document_missing", "document"},
		{"a person", person(same), "", ""},
		{"a person with a library card", person(func(v *exam.Verification) { v.DocumentKind = "library_card" }), "document_kind_unknown", "document_kind"},
		{"a person without a number", person(func(v *exam.Verification) { v.DocumentNumber = "" }), "document_number_malformed", "document_number"},

		{"rejected", reject(staff(exam.Review), "unreadable", ""), "", ""},
		{"rejected for nothing", reject(staff(exam.Review), "", ""), "reject_reason_missing", "reason"},
		{"rejected for something else", reject(staff(exam.Review), "other", " "), "reject_reason_missing", "reason"},
		{"rejected at length", reject(staff(exam.Review), "other", long(501)), "text_too_long", "note"},
		{"rejected by another role", reject(staff(exam.Money), "unreadable", ""), "not_allowed", ""},
		{"approved twice", of6(with(waiting, func(v *exam.Verification) { v.State = exam.Verified }).Approve(staff(exam.Review), acc, examtest.Now)), "verification_decided", ""},
		{"approved by another role", of6(waiting.Approve(staff(exam.Results), acc, examtest.Now)), "not_allowed", ""},
		{"a document looked at by another role", of1(waiting.OpenDocument(staff(exam.Results), examtest.Now)), "not_allowed", ""},
		{"no document looked at", of1(with(waiting, func(v *exam.Verification) { v.Document = 0 }).OpenDocument(staff(exam.Review), examtest.Now)), "not_found", ""},

		{"a link in time", opened(exam.TicketOpen, time.Hour-1), "", ""},
		{"a link too late", opened(exam.TicketOpen, time.Hour), "link_ended", ""},
		{"a link used", opened(exam.TicketUsed, 0), "link_used", ""},
		{"a link replaced", opened(exam.TicketReplaced, 0), "link_replaced", ""},
		{"a removed person's password", of(gone.NewPassword(exam.Actor{}, examtest.Now)), "suspended", ""},
		{"a removed person's e-mail", of4(gone.ConfirmEmail(exam.Actor{}, examtest.Now)), "suspended", ""},
	})
}

// TestErasingRefused: who is not erased yet, and by whom nobody is.
func TestErasingRefused(t *testing.T) {
	who := examtest.Examinee()
	me := exam.Person{ID: who.Person, Account: who.Account, Role: exam.Root}
	root := exam.Person{ID: examtest.Root().Person, Account: examtest.Company, Role: exam.Root}
	colleague := exam.Person{ID: 402, Account: 400, Role: exam.Money}
	review, admin := staff(exam.Review), staff(exam.Admin)
	money := exam.Affairs{OpenPayments: 1}
	answers(t, []asked{
		{"by nobody", me.MayErase(exam.Actor{}, exam.Individual, exam.Affairs{}), "not_signed_in", ""},
		{"by oneself", me.MayErase(who, exam.Individual, exam.Affairs{}), "", ""},
		{"by the staff of verification", me.MayErase(review, exam.Individual, exam.Affairs{}), "", ""},
		{"by other staff", me.MayErase(staff(exam.Money), exam.Individual, exam.Affairs{}), "not_allowed", ""},
		{"by somebody else", me.MayErase(examtest.Root(), exam.Individual, exam.Affairs{}), "not_operator", ""},
		{"twice", with(me, func(p *exam.Person) { p.Erased = examtest.Now }).MayErase(review, exam.Individual, exam.Affairs{}), "erased", ""},
		{"with a seat", me.MayErase(who, exam.Individual, exam.Affairs{Reserved: 1}), "erase_reserved", ""},
		{"the last root with money open", root.MayErase(examtest.Root(), exam.Enterprise, money), "erase_money_open", ""},
		{"the last root with a refund open", root.MayErase(examtest.Root(), exam.Enterprise, exam.Affairs{OpenRefunds: 1}), "erase_money_open", ""},
		{"the last root without", root.MayErase(examtest.Root(), exam.Enterprise, exam.Affairs{}), "", ""},
		{"a root beside another", root.MayErase(examtest.Root(), exam.Enterprise, exam.Affairs{OpenPayments: 1, Roots: 1}), "", ""},
		{"a member with money open", with(root, func(p *exam.Person) { p.Role = exam.Member }).MayErase(examtest.Root(), exam.Enterprise, money), "", ""},
		{"staff by nobody", colleague.MayErase(exam.Actor{}, exam.Operator, exam.Affairs{}), "not_signed_in", ""},
		{"staff by an administrator", colleague.MayErase(admin, exam.Operator, exam.Affairs{}), "", ""},
		{"staff by the staff of verification", colleague.MayErase(review, exam.Operator, exam.Affairs{}), "erase_by_admin", ""},
		{"an administrator by themselves", with(colleague, func(p *exam.Person) { p.ID = admin.Person }).MayErase(admin, exam.Operator, exam.Affairs{}), "erase_by_admin", ""},
		{"staff by a company", colleague.MayErase(with(examtest.Root(), func(a *exam.Actor) { a.Role = exam.Admin }), exam.Operator, exam.Affairs{}), "erase_by_admin", ""},
		{"nobody's copy", of1(exam.CopyData(exam.Actor{}, examtest.Now)), "not_signed_in", ""},
	})
}
