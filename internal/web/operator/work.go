package operator

import (
	"context"
	"net/http"
	"time"

	"github.com/a-h/templ"

	"examcode/internal/exam"
	"examcode/internal/store"
	"examcode/internal/web/view"
)

// queue is something that waits. Href is empty for who may not open it.
type queue struct {
	Key  string // of its name
	Href string
	store.Queue
}

type workData struct {
	Queues  []queue
	Checked time.Time
}

func (c console) work(w http.ResponseWriter, r *http.Request) error {
	now, a := c.Now(), actor(r)
	waits, err := c.Store.Work(r.Context(), now)
	if err != nil {
		return err
	}
	open := func(href string, role exam.Role) string {
		if a.Staff(role) {
			return href
		}
		return ""
	}
	d := workData{Checked: now, Queues: []queue{
		{"operator.work.verifications", open(pathVerifications, exam.Review), waits.Verifications},
		{"operator.work.transfers", open(pathMoney, exam.Money), waits.Transfers},
		{"operator.work.checks", open(at(pathMoney, "tab", tabChecks), exam.Money), waits.Checks},
		{"operator.work.refund_reviews", open(pathRefunds, exam.Money), waits.RefundReviews},
		{"operator.work.refund_checks", open(pathRefunds, exam.Money), waits.RefundChecks},
		{"operator.work.refunds_to_send", open(pathRefunds, exam.Money), waits.RefundsToSend},
		{"operator.work.results", open(pathResults, exam.Results), waits.Results},
		{"operator.work.mail_owed", deliveriesAt(store.DeliveryWaiting, ""), waits.MailOwed},
		{"operator.work.mail_failing", deliveriesAt(store.DeliveryFailing, ""), waits.MailFailing},
		{"operator.work.mail_dead", deliveriesAt(store.DeliveryDead, ""), waits.MailDead},
	}}
	return c.Show(w, r, http.StatusOK, c.Page(w, r, pathWork, t(r, "operator.nav.work")), workPage(d))
}

// Nothing tells whether no queue holds anything.
func (d workData) Nothing() bool {
	for _, q := range d.Queues {
		if q.Count > 0 {
			return false
		}
	}
	return true
}

func (d workData) listing(ctx context.Context) view.Listing {
	l := view.Listing{Caption: view.T(ctx, "operator.nav.work"), Columns: []view.Column{
		{Label: view.T(ctx, "operator.work.queue")}, {Label: view.T(ctx, "operator.work.waiting"), Num: true}, {Label: view.T(ctx, "operator.work.oldest")},
	}}
	for _, q := range d.Queues {
		var label, oldest templ.Component = view.Text(view.T(ctx, q.Key)), nil
		if q.Href != "" {
			label = view.Anchor(view.Link{Label: view.T(ctx, q.Key), Href: q.Href})
		}
		if !q.Oldest.IsZero() {
			oldest = view.Past(q.Oldest, nil)
		}
		l.Rows = append(l.Rows, view.Row{Cells: cells{label, view.Count(int64(q.Count)), oldest}})
	}
	return l
}
