// Package operator is the console of the programme's staff: what waits, who is
// verified, which money has come, the subjects and sessions on offer, the
// results, and the trail. Which role opens which page is said once, where the
// routes are registered.
//
// It reads through store.Reader and changes through action alone, and decides no
// rule. Texts of companies' codes are never shown here.
package operator

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"github.com/a-h/templ"

	"examcode/internal/exam"
	"examcode/internal/httpd"
	"examcode/internal/lang"
	"examcode/internal/store"
	"examcode/internal/web/page"
	"examcode/internal/web/view"
)

// Addresses of the menu's entries.
const (
	pathWork          = "/operator/"
	pathVerifications = "/operator/verifications"
	pathMoney         = "/operator/money"
	pathSubjects      = "/operator/subjects"
	pathSessions      = "/operator/sessions"
	pathResults       = "/operator/results"
	pathLookUp        = "/operator/look-up"
	pathAudit         = "/operator/audit"
)

type console struct{ *page.Console }

// Mount registers the console's pages.
func Mount(k *page.Kit) {
	only := func(roles ...exam.Role) func(exam.Actor) bool {
		return func(a exam.Actor) bool { return a.Staff(roles...) }
	}
	c := console{&page.Console{Kit: k, Name: "operator", Search: pathLookUp, Nav: []page.NavItem{
		{Key: "operator.nav.work", Href: pathWork},
		{Key: "operator.nav.verifications", Href: pathVerifications, For: only(exam.Review)},
		{Key: "operator.nav.money", Href: pathMoney, For: only(exam.Money)},
		{Key: "operator.nav.subjects", Href: pathSubjects},
		{Key: "operator.nav.sessions", Href: pathSessions, For: only(exam.Results)},
		{Key: "operator.nav.results", Href: pathResults, For: only(exam.Results)},
		{Key: "operator.nav.look_up", Href: pathLookUp},
		{Key: "operator.nav.audit", Href: pathAudit, For: only(exam.Audit)},
	}}}
	var (
		admin   = httpd.Staff(exam.Admin)
		review  = httpd.Staff(exam.Review)
		money   = httpd.Staff(exam.Money)
		results = httpd.Staff(exam.Results)
		audit   = httpd.Staff(exam.Audit)
	)
	step := c.refundSteps()
	for _, r := range []struct {
		method, pattern string
		policy          httpd.Policy
		handler         httpd.Handler
	}{
		{"GET", pathWork + "{$}", httpd.AnyStaff, c.work},

		{"GET", pathVerifications, review, c.verifications},
		{"GET", pathVerifications + "/{id}", review, c.verification},
		{"GET", pathVerifications + "/{id}/document", review, c.document},
		{"POST", pathVerifications + "/{id}/approve", review, k.SendOnce(c.approve)},
		{"GET", pathVerifications + "/{id}/reject", review, c.askReject},
		{"POST", pathVerifications + "/{id}/reject", review, k.SendOnce(c.reject)},

		{"GET", pathMoney, money, c.payments},
		{"GET", pathRefunds, money, c.refunds},
		{"GET", pathRefunds + "/{id}", money, c.refund},
		{"POST", pathRefunds + "/{id}/ask", money, c.askAboutRefund},
		{"GET", pathRefunds + "/{id}/approve", money, c.askRefundStep(step["approve"])},
		{"POST", pathRefunds + "/{id}/approve", money, c.doRefundStep(step["approve"])},
		{"GET", pathRefunds + "/{id}/decline", money, c.askRefundStep(step["decline"])},
		{"POST", pathRefunds + "/{id}/decline", money, c.doRefundStep(step["decline"])},
		{"GET", pathRefunds + "/{id}/sent", money, c.askRefundStep(step["sent"])},
		{"POST", pathRefunds + "/{id}/sent", money, c.doRefundStep(step["sent"])},
		{"GET", pathRefunds + "/{id}/not-sent", money, c.askRefundStep(step["not-sent"])},
		{"POST", pathRefunds + "/{id}/not-sent", money, c.doRefundStep(step["not-sent"])},
		{"GET", pathMoney + "/{id}", money, c.payment},
		{"POST", pathMoney + "/{id}/ask", money, k.SendOnce(c.askProvider)},
		{"GET", pathMoney + "/{id}/confirm", money, c.askConfirm},
		{"POST", pathMoney + "/{id}/confirm", money, k.SendOnce(c.confirm)},

		{"GET", pathSubjects, httpd.AnyStaff, c.subjects},
		{"GET", pathSubjects + "/new", admin, c.newSubject},
		{"POST", pathSubjects, admin, k.SendOnce(c.addSubject)},
		{"GET", pathSubjects + "/{id}", httpd.AnyStaff, c.subject},
		{"GET", pathSubjects + "/{id}/edit", admin, c.editSubject},
		{"POST", pathSubjects + "/{id}/edit", admin, k.SendOnce(c.changeSubject)},
		{"GET", pathSubjects + "/{id}/retire", admin, c.askRetire},
		{"POST", pathSubjects + "/{id}/retire", admin, k.SendOnce(c.retire)},

		{"GET", pathSessions, results, c.sessions},
		{"GET", pathSessions + "/new", results, c.newSession},
		{"POST", pathSessions, results, k.SendOnce(c.addSession)},
		{"GET", pathSessions + "/{id}", results, c.session},
		{"GET", pathSessions + "/{id}/cancel", results, c.askCancelSession},
		{"POST", pathSessions + "/{id}/cancel", results, c.cancelSession},
		{"POST", pathSessions + "/{id}/close", results, c.closeSession},
		{"POST", pathSessions + "/{id}/reopen", results, c.reopenSession},

		{"GET", pathResults, results, c.results},
		{"GET", pathImport, results, c.importPage},
		{"POST", pathImport, results, c.upload},
		{"GET", pathImport + "/template", results, c.template},
		{"GET", pathResults + "/files/{id}", results, c.filePage},
		{"POST", pathResults + "/files/{id}", results, c.importFile},
		{"GET", pathResults + "/files/{id}/problems", results, c.problemsFile},
		{"GET", pathResults + "/{id}", results, c.roster},
		{"POST", pathResults + "/{id}", results, k.SendOnce(c.record)},
		{"GET", pathCorrections + "/{id}", results, c.correctionPage},
		{"POST", pathCorrections + "/{id}/check", results, c.checkCorrection},
		{"POST", pathCorrections + "/{id}", results, c.correct},

		{"GET", pathDeliveries, httpd.AnyStaff, c.deliveries},
		{"POST", pathDeliveries + "/{id}/send", httpd.Staff(exam.Review, exam.Money, exam.Results), k.SendOnce(c.sendAgain)},
		{"GET", pathDeliveries + "/send-all", httpd.Staff(exam.Review, exam.Money, exam.Results), c.askSendAll},
		{"POST", pathDeliveries + "/send-all", httpd.Staff(exam.Review, exam.Money, exam.Results), k.SendOnce(c.sendAll)},

		{"GET", pathLookUp, httpd.AnyStaff, c.lookUp},
		{"GET", "/operator/people/{id}/erase", httpd.Staff(exam.Review), c.erasePage},
		{"POST", "/operator/people/{id}/erase", httpd.Staff(exam.Review), c.erase},
		{"GET", pathAudit, audit, c.audit},
	} {
		c.Handle(r.method, r.pattern, r.policy, r.handler)
	}
}

// t is the text of a key in the reader's language.
func t(r *http.Request, key string, pairs ...any) string { return view.T(r.Context(), key, pairs...) }

// actor is who asks.
func actor(r *http.Request) exam.Actor { return httpd.From(r.Context()).Actor() }

// version is the version of the thing that the person looked at.
func version(f *page.Form) int64 {
	n, _ := strconv.ParseInt(f.Get("version"), 10, 64)
	return n
}

// versionField is what a form carries about a thing it changes, with its once-key.
func versionField(n int64) []view.Pair {
	return []view.Pair{{Name: "version", Value: strconv.FormatInt(n, 10)}, page.NewOnce()}
}

// changed says who changed a thing last, for people who looked at an older one.
func (c console) changed(r *http.Request, object int64) string {
	trail, err := c.Store.TrailOf(r.Context(), store.Page{Limit: 1}, object)
	if err != nil || len(trail.Items) == 0 || trail.Items[0].ActorName == "" {
		return t(r, "operator.changed")
	}
	return t(r, "operator.changed_by", "who", trail.Items[0].ActorName, "at", trail.Items[0].At)
}

// changedNotice is the same for pages without a confirmation.
func (c console) changedNotice(r *http.Request, object int64) *view.Notice {
	return &view.Notice{Kind: view.Attention, Text: t(r, "confirm.changed", "what", c.changed(r, object))}
}

// timeline is what happened to things, newest first, a page at a time.
func (c console) timeline(r *http.Request, objects ...int64) (timeline, error) {
	p := page.ListPage(r)
	p.Limit = 20
	rows, err := c.Store.TrailOf(r.Context(), p, objects...)
	if err != nil {
		return timeline{}, err
	}
	return timeline{Entries: page.Entries(r, rows.Items, nil), Older: page.Pager(r, rows, "").Older}, nil
}

type timeline struct {
	Entries []view.Entry
	Older   string
}

// at is a path of this console with a query.
func at(path string, pairs ...string) string {
	return page.With(&url.URL{Path: path}, pairs...)
}

// cells of a table.
type cells = []templ.Component

// typeName and attemptName are the words of an exam type and an attempt.
func typeName(ctx context.Context, e exam.ExamType) string {
	return view.T(ctx, "operator.exam_type."+string(e))
}

func attemptName(ctx context.Context, attempt string) string {
	return view.T(ctx, "operator.attempt."+attempt)
}

// name is a text of the programme in the reader's language.
func name(ctx context.Context, n exam.Names) string { return n.In(string(lang.From(ctx).Lang)) }

// number is how a number is written.
func number(ctx context.Context, n int) string { return lang.From(ctx).Number(int64(n)) }
