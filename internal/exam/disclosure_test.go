package exam_test

import (
	"testing"

	"examcode/internal/exam"
	"examcode/internal/exam/examtest"
)

// TestWhoDid: what each reader learns of who caused an event.
func TestWhoDid(t *testing.T) {
	root, examinee, staff, stranger := examtest.Root(), examtest.Examinee(), examtest.Staff(exam.Results), examtest.Stranger()
	of := func(kind exam.EventKind, by exam.Actor) exam.Event {
		return exam.Event{Kind: kind, Account: root.Account, Actor: by.Person, Channel: by.Channel, Registration: 800}
	}
	refused := of(exam.EventCodeRedeemRefused, stranger)
	refused.Registration = 0
	for _, c := range []struct {
		what   string
		e      exam.Event
		by     exam.Actor
		reader exam.Actor
		want   exam.Teller
	}{
		{"a colleague", of(exam.EventCodeUnbound, root), root, examtest.Member(exam.ViewCodes), exam.ByName},
		{"oneself", of(exam.EventCodeRedeemed, examinee), examinee, examinee, exam.ByName},
		{"staff look", of(exam.EventCodeRedeemRefused, stranger), stranger, staff, exam.ByName},
		{"the company sees its examinee", of(exam.EventCodeReserved, examinee), examinee, root, exam.NameOnly},
		{"the company and a failed try", refused, stranger, root, exam.Outsider},
		{"the company and staff", of(exam.EventCodeCompleted, staff), staff, root, exam.Programme},
		{"a confirmed transfer", of(exam.EventOrderPaid, staff), staff, root, exam.Programme},
		{"the examinee and the company", of(exam.EventCodeUnbound, root), root, examinee, exam.Outsider},
		{"the examinee and staff", of(exam.EventCodeCompleted, staff), staff, examinee, exam.Programme},
		{"the clock", of(exam.EventCodeExpired, exam.TheSchedule()), exam.TheSchedule(), root, exam.ByClock},
		{"nobody", exam.Event{Kind: exam.EventOrderPaid, Account: root.Account}, exam.Actor{}, root, exam.ByNobody},
	} {
		if got := c.e.WhoDid(c.reader, c.by.Account); got != c.want {
			t.Errorf("%s: %s, want %s", c.what, got, c.want)
		}
	}
}
