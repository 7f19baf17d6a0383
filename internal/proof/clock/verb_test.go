package clock

import (
	"time"

	"examcode/internal/action"
	"examcode/internal/exam"
)

// The verbs of somebody whose clock jumps. Refusals are fine; defects are not.
type verb = func(*action.Service) error

func (w *world) seat(j *jumper) verb {
	return func(svc *action.Service) error {
		_, err := svc.Reserve(w.ctx, j.holder, j.bound.ID, j.last.ID)
		return err
	}
}

func (w *world) giveSeat(j *jumper) verb {
	return func(svc *action.Service) error {
		_, err := svc.CancelReservation(w.ctx, j.holder, j.bound.ID)
		return err
	}
}

// loseSeat calls the session off; another takes its place.
func (w *world) loseSeat(j *jumper) verb {
	return func(svc *action.Service) error {
		_, err := svc.CancelSession(w.ctx, w.Admin, j.last.ID, "the hall is closed")
		if err != nil {
			return err
		}
		n, err := svc.AddSession(w.ctx, w.Admin, exam.Session{Subject: w.sub.ID, ExamType: exam.Online, Starts: j.order.Expires.Add(-time.Microsecond),
			Duration: 90 * time.Minute, Zone: "UTC", Seats: 3})
		if err == nil {
			j.last = n
		}
		return err
	}
}

// record notes a no-show, or corrects what was noted to one.
func (w *world) record(j *jumper) verb {
	return func(svc *action.Service) error {
		r := exam.Result{Registration: j.bound.ID, Outcome: exam.Passed}
		out, err := svc.RecordResults(w.ctx, w.Admin, []exam.Result{r})
		if err != nil {
			return err
		}
		if w.reason(out[0].Err) == "result_already_recorded" {
			r.Outcome = exam.Absent
			_, err = svc.CorrectResult(w.ctx, w.Admin, r, "nobody came")
		}
		return err
	}
}

// refund asks for money back, which waits for review.
func (w *world) refund(j *jumper) verb {
	return func(svc *action.Service) error {
		_, err := svc.RefundOrder(w.ctx, j.root, j.order.ID, action.RefundRequest{Chosen: j.codes[3:4]})
		return err
	}
}

// decide ends the review of a refund.
func (w *world) decide(j *jumper) verb {
	return func(svc *action.Service) error {
		f, err := w.Read.RefundOf(w.ctx, j.root.Account, j.order.ID)
		if err != nil || f.ID == 0 {
			return err
		}
		if w.rand.IntN(5) == 0 {
			_, err = svc.ApproveRefund(w.ctx, w.Admin, f.ID)
		} else {
			_, err = svc.DeclineRefund(w.ctx, w.Admin, f.ID, "not plausible")
		}
		return err
	}
}

func (w *world) unbind(j *jumper) verb {
	return func(svc *action.Service) error { return one(svc.UnbindCodes(w.ctx, j.root, j.codes[:1], false)) }
}
