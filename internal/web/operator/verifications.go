package operator

import (
	"context"
	"errors"
	"mime"
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/lang"
	"examcode/internal/store"
	"examcode/internal/web/page"
	"examcode/internal/web/view"
)

// mostWaiting is how many waiting things a queue shows: the oldest, which are
// the next to be done.
const mostWaiting = 100

// verificationStates are the tabs; "" is all.
var verificationStates = []exam.VerificationState{exam.Waiting, exam.Verified, exam.Rejected, ""}

type verificationsData struct {
	State   exam.VerificationState // "" is all
	Waiting int
	Queue   []store.WaitingRow      // of the waiting tab
	Rows    []store.VerificationRow // of the others
	Pager   view.Pager
}

func verificationPath(v exam.VerificationID) string { return pathVerifications + "/" + v.String() }

func (c console) verifications(w http.ResponseWriter, r *http.Request) error {
	d := verificationsData{State: exam.Waiting}
	switch s := r.URL.Query().Get("state"); s {
	case string(exam.Verified), string(exam.Rejected):
		d.State = exam.VerificationState(s)
	case "all":
		d.State = ""
	}
	waits, err := c.Store.Work(r.Context(), c.Now())
	if err != nil {
		return err
	}
	d.Waiting = waits.Verifications.Count
	p := c.Page(w, r, pathVerifications, t(r, "operator.nav.verifications"))
	if d.State == exam.Waiting {
		if d.Queue, err = c.Store.WaitingVerifications(r.Context(), mostWaiting); err != nil {
			return err
		}
		if len(d.Queue) > 0 {
			p.Actions = []view.Verb{{Label: t(r, "operator.verifications.start"), Href: verificationPath(d.Queue[0].ID), Primary: true}}
		}
		return c.Show(w, r, http.StatusOK, p, verificationsPage(d))
	}
	rows, err := c.Store.Verifications(r.Context(), d.State, page.ListPage(r))
	if err != nil {
		return err
	}
	d.Rows, d.Pager = rows.Items, page.Pager(r, rows, "")
	return c.Show(w, r, http.StatusOK, p, verificationsPage(d))
}

func (d verificationsData) tabs(ctx context.Context) []view.Tab {
	tabs := make([]view.Tab, len(verificationStates))
	for i, s := range verificationStates {
		tabs[i] = view.Tab{Label: view.T(ctx, "operator.all"), Href: at(pathVerifications, "state", "all"), Current: s == d.State}
		if s != "" {
			tabs[i].Label, tabs[i].Href = view.T(ctx, "state.verification."+string(s)), at(pathVerifications, "state", string(s))
		}
		if s == exam.Waiting {
			tabs[i].Href, tabs[i].Count = pathVerifications, number(ctx, d.Waiting)
		}
	}
	return tabs
}

// applicant is the link to a case.
func applicant(v store.VerificationRow) templ.Component {
	below := v.AccountName
	if below == v.LegalName {
		below = v.Email
	}
	return linked(v.LegalName, verificationPath(v.ID), below)
}

// sign is what a reviewer should look at first, "" when nothing stands out.
func sign(ctx context.Context, v store.VerificationRow) string {
	if strings.EqualFold(strings.Join(strings.Fields(v.LegalName), " "), strings.Join(strings.Fields(v.AccountName), " ")) {
		return ""
	}
	return view.T(ctx, "operator.verifications.sign_name")
}

func (d verificationsData) queue(ctx context.Context) view.Listing {
	l := view.Listing{Caption: view.T(ctx, "operator.nav.verifications"), Columns: []view.Column{
		{Label: view.T(ctx, "operator.verifications.applicant")}, {Label: view.T(ctx, "operator.verifications.kind")},
		{Label: view.T(ctx, "operator.verifications.sent_at")}, {Label: view.T(ctx, "operator.verifications.earlier"), Num: true},
		{Label: view.T(ctx, "operator.verifications.signs")},
	}}
	for _, v := range d.Queue {
		var signs templ.Component
		if s := sign(ctx, v.VerificationRow); s != "" {
			signs = view.Text(s)
		}
		l.Rows = append(l.Rows, view.Row{Cells: cells{applicant(v.VerificationRow), view.Text(view.T(ctx, "operator.account."+string(v.Kind))),
			view.Past(v.Submitted, nil), view.Count(int64(v.Earlier)), signs}})
	}
	return l
}

func (d verificationsData) listing(ctx context.Context) view.Listing {
	l := view.Listing{Caption: view.T(ctx, "operator.nav.verifications"), Columns: []view.Column{
		{Label: view.T(ctx, "operator.verifications.applicant")}, {Label: view.T(ctx, "operator.verifications.kind")},
		{Label: view.T(ctx, "operator.state")}, {Label: view.T(ctx, "operator.verifications.sent_at")}, {Label: view.T(ctx, "operator.verifications.decided_at")},
	}}
	for _, v := range d.Rows {
		var decided templ.Component
		if !v.Decided.IsZero() {
			decided = view.Past(v.Decided, nil)
		}
		l.Rows = append(l.Rows, view.Row{Cells: cells{applicant(v), view.Text(view.T(ctx, "operator.account."+string(v.Kind))),
			view.Badge("verification", string(v.State)), view.Past(v.Submitted, nil), decided}})
	}
	return l
}

type caseData struct {
	V         store.VerificationRow
	Number    string // of the document, in clear
	Document  *store.Blob
	DecidedBy string
	Earlier   []store.VerificationRow // other rounds of the account, newest first
	timeline
}

// readCase reads a case with all that its page shows.
func (c console) readCase(r *http.Request) (d caseData, err error) {
	ctx := r.Context()
	if d.V, err = c.Store.Verification(ctx, exam.ParseID[exam.VerificationID](r.PathValue("id"))); err != nil {
		return d, err
	}
	if d.Number, err = c.Actions.DocumentNumber(actor(r), d.V); err != nil {
		return d, err
	}
	if d.V.Document != 0 {
		b, err := c.Store.Blob(ctx, 0, d.V.Document)
		if err != nil {
			return d, err
		}
		d.Document = &b
	}
	if d.V.DecidedBy != 0 {
		p, err := c.Store.Person(ctx, d.V.DecidedBy)
		if err != nil {
			return d, err
		}
		d.DecidedBy = p.Name
	}
	rounds, err := c.Store.VerificationsOf(ctx, d.V.Account)
	if err != nil {
		return d, err
	}
	for _, v := range rounds {
		if v.ID != d.V.ID {
			d.Earlier = append(d.Earlier, v)
		}
	}
	d.timeline, err = c.timeline(r, int64(d.V.ID))
	return d, err
}

func (c console) verification(w http.ResponseWriter, r *http.Request) error {
	d, err := c.readCase(r)
	if err != nil {
		return err
	}
	return c.showCase(w, r, http.StatusOK, d, nil)
}

func (c console) showCase(w http.ResponseWriter, r *http.Request, status int, d caseData, notice *view.Notice) error {
	p := c.Page(w, r, pathVerifications, d.V.LegalName)
	p.Sub = t(r, "operator.account."+string(d.V.Kind))
	p.Badge = [2]string{"verification", string(d.V.State)}
	p.Breadcrumb = []view.Link{{Label: t(r, "operator.nav.verifications"), Href: pathVerifications}}
	if notice != nil {
		p.Notice = notice
	}
	return c.Show(w, r, status, p, casePage(d))
}

// facts are what was typed.
func (d caseData) facts(ctx context.Context) []view.Fact {
	v := d.V
	f := []view.Fact{
		{Label: view.T(ctx, "operator.verifications.legal_name"), Value: view.Text(v.LegalName)},
		{Label: view.T(ctx, "operator.verifications.account_name"), Value: view.Text(v.AccountName)},
	}
	if v.Kind == exam.Enterprise {
		f = append(f, view.Fact{Label: view.T(ctx, "operator.verifications.registration_number"), Value: view.Mono(v.RegNumber, "")},
			view.Fact{Label: view.T(ctx, "operator.verifications.country"), Value: view.Text(lang.From(ctx).Country(v.Country))})
	} else {
		f = append(f, view.Fact{Label: view.T(ctx, "operator.verifications.document_kind"), Value: view.Text(view.T(ctx, "operator.document."+v.DocumentKind))},
			view.Fact{Label: view.T(ctx, "operator.verifications.document_number"), Value: view.Mono(d.Number, "")})
	}
	f = append(f, view.Fact{Label: view.T(ctx, "operator.verifications.sent_by"), Value: view.Two(v.PersonName, v.Email)},
		view.Fact{Label: view.T(ctx, "operator.verifications.sent_at"), Value: view.Past(v.Submitted, nil)})
	if s := sign(ctx, v); s != "" {
		f = append(f, view.Fact{Label: view.T(ctx, "operator.verifications.signs"), Value: view.Text(s)})
	}
	if v.State == exam.Waiting {
		return f
	}
	f = append(f, view.Fact{Label: view.T(ctx, "operator.verifications.decided_at"), Value: view.Past(v.Decided, nil)},
		view.Fact{Label: view.T(ctx, "operator.verifications.decided_by"), Value: view.Text(d.DecidedBy)})
	if v.State == exam.Rejected {
		f = append(f, view.Fact{Label: view.T(ctx, "operator.verifications.reason"), Value: view.Two(view.T(ctx, "operator.reject."+v.Reason), v.Note)})
	}
	return f
}

func (d caseData) rounds(ctx context.Context) view.Listing {
	return verificationsData{Rows: d.Earlier}.listing(ctx)
}

// Picture tells whether the document can be looked at within the page.
func (d caseData) Picture() bool {
	return d.Document != nil && strings.HasPrefix(d.Document.Mime, "image/")
}

func (d caseData) documentPath() string { return verificationPath(d.V.ID) + "/document" }

// document sends the uploaded file by itself, where nothing in it can act: a
// picture is shown, all else is saved.
func (c console) document(w http.ResponseWriter, r *http.Request) error {
	b, content, err := c.Actions.Document(r.Context(), actor(r), exam.ParseID[exam.VerificationID](r.PathValue("id")))
	if err != nil {
		return err
	}
	how := "attachment"
	if strings.HasPrefix(b.Mime, "image/") {
		how = "inline"
	}
	h := w.Header()
	h.Set("Content-Type", b.Mime)
	h.Set("Content-Disposition", mime.FormatMediaType(how, map[string]string{"filename": b.Name}))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox; frame-ancestors 'none'")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	_, err = w.Write(content)
	return err
}

// stale shows the case as it is now, to somebody who decided on an older one.
func (c console) staleCase(w http.ResponseWriter, r *http.Request, d caseData) error {
	return c.showCase(w, r, http.StatusConflict, d, c.changedNotice(r, int64(d.V.ID)))
}

func (c console) approve(w http.ResponseWriter, r *http.Request) error {
	form, err := page.ReadForm(r)
	if err != nil {
		return err
	}
	d, err := c.readCase(r)
	if err != nil {
		return err
	}
	if version(form) != d.V.Version || d.V.State != exam.Waiting {
		return c.staleCase(w, r, d)
	}
	err = c.Actions.ApproveVerification(r.Context(), actor(r), d.V.ID)
	if f := fault.Of(err); f != nil && f.Kind == fault.Conflict {
		return c.decidedMeanwhile(w, r, err)
	}
	if err != nil {
		return err
	}
	return c.next(w, r, d.V, "operator.verifications.approved")
}

// decidedMeanwhile shows the case again after a colleague was faster.
func (c console) decidedMeanwhile(w http.ResponseWriter, r *http.Request, err error) error {
	d, again := c.readCase(r)
	if again != nil {
		return errors.Join(err, again)
	}
	return c.staleCase(w, r, d)
}

// next goes on with the case that waits longest.
func (c console) next(w http.ResponseWriter, r *http.Request, done store.VerificationRow, key string) error {
	to := pathVerifications
	v, err := c.Store.OldestWaiting(r.Context(), done.ID)
	switch {
	case err == nil:
		to = verificationPath(v.ID)
	case !errors.Is(err, fault.ErrNotFound):
		return err
	}
	return c.Go(w, r, to, view.Done, key, "name", done.AccountName)
}

type rejectData struct {
	Confirm view.Confirm
	Reason  view.Choice
	Note    view.Field
}

func (c console) askReject(w http.ResponseWriter, r *http.Request) error {
	d, err := c.readCase(r)
	if err != nil {
		return err
	}
	if d.V.State != exam.Waiting {
		return c.Go(w, r, verificationPath(d.V.ID), view.Attention, "operator.verifications.decided")
	}
	return c.showReject(w, r, http.StatusOK, d, page.NewForm())
}

func (c console) showReject(w http.ResponseWriter, r *http.Request, status int, d caseData, form *page.Form) error {
	v := d.V
	key := "operator.reject.individual"
	if v.Kind == exam.Enterprise {
		key = "operator.reject.enterprise"
	}
	question := t(r, key+".question", "name", v.AccountName)
	p := c.Page(w, r, pathVerifications, question)
	p.Narrow, p.Errors = true, form.Errors()
	p.Breadcrumb = []view.Link{{Label: t(r, "operator.nav.verifications"), Href: pathVerifications}, {Label: v.LegalName, Href: verificationPath(v.ID)}}
	reasons := view.Choice{Name: "reason", Label: t(r, "operator.verifications.reason")}
	for _, word := range exam.RejectReasons {
		reasons.Options = append(reasons.Options, view.Option{Value: word, Label: t(r, "operator.reject."+word)})
	}
	return c.Show(w, r, status, p, rejectPage(rejectData{
		Confirm: view.Confirm{
			Happens: []string{t(r, key+".happens"), t(r, "operator.reject.again")},
			Stays:   []string{t(r, key+".stays")},
			Told:    []string{t(r, "operator.reject.told", "name", v.PersonName)},
			Action:  verificationPath(v.ID) + "/reject", Hidden: versionField(v.Version),
			Verb: t(r, "operator.reject.verb"), WayOut: view.Link{Label: t(r, "operator.reject.way_out"), Href: verificationPath(v.ID)},
		},
		Reason: form.Choice(reasons),
		Note:   form.Field(view.Field{Name: "note", Label: t(r, "operator.reject.note"), Hint: t(r, "operator.reject.note_hint"), Optional: true}),
	}))
}

func (c console) reject(w http.ResponseWriter, r *http.Request) error {
	form, err := page.ReadForm(r)
	if err != nil {
		return err
	}
	d, err := c.readCase(r)
	if err != nil {
		return err
	}
	if version(form) != d.V.Version || d.V.State != exam.Waiting {
		return c.staleCase(w, r, d)
	}
	err = c.Actions.RejectVerification(r.Context(), actor(r), d.V.ID, form.Get("reason"), form.Text("note"))
	switch f := fault.Of(err); {
	case f == nil:
		return c.next(w, r, d.V, "operator.verifications.rejected")
	case f.Kind == fault.Conflict:
		return c.decidedMeanwhile(w, r, err)
	case form.Refuse(r, err):
		return c.showReject(w, r, form.Status(), d, form)
	}
	return err
}
