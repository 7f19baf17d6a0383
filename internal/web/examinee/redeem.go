package examinee

import (
	"net/http"
	"net/url"
	"slices"
	"time"

	"examcode/internal/action"
	"examcode/internal/codetext"
	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/httpd"
	"examcode/internal/web/page"
	"examcode/internal/web/view"
)

// carried is the cookie that keeps a code's text between the link and the form;
// it never stands in an address of ours.
const (
	carried    = page.RedeemCookie
	carriedFor = time.Hour
)

// redemption is the form of a redemption, and the page that checks it.
type redemption struct {
	Form     *page.Form
	Subjects []view.Option
	Types    []view.Option
	Preset   *exam.Subject // the subject it came from
	Title    string        // of the subject
	Name     string        // the examinee's
	Text     codetext.Text
}

// redeemLink takes the text out of the address and keeps it for the form. It
// redeems nothing: mail scanners open links too.
func (c console) redeemLink(w http.ResponseWriter, r *http.Request) error {
	if r.URL.Query().Has("code") {
		text, err := codetext.Parse(r.URL.Query().Get("code"))
		c.Registry.SetCookie(w, carried, text.Plain(), carriedFor)
		if err != nil {
			http.Redirect(w, r, "/redeem?unreadable=1", http.StatusSeeOther)
			return nil
		}
		http.Redirect(w, r, "/redeem", http.StatusSeeOther)
		return nil
	}
	a, text := httpd.From(r.Context()).Actor(), c.carried(r)
	switch {
	case a.Kind == exam.Individual:
		http.Redirect(w, r, "/examinee/redeem", http.StatusSeeOther)
		return nil
	case a.Person != 0:
		return exam.ErrNotIndividual
	}
	p := (&page.Console{Kit: c.Kit, Name: "public"}).Page(w, r, "", view.T(r.Context(), "examinee.link"))
	p.Narrow = true
	return c.Show(w, r, http.StatusOK, p, linkContent(text))
}

// carried is the text a redeem link brought, or none.
func (c console) carried(r *http.Request) codetext.Text {
	text, _ := codetext.FromPlain(c.Registry.Cookie(r, carried))
	return text
}

func (c console) redeemPage(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	f := page.NewForm("subject_id", q.Get("subject_id"), "exam_type", q.Get("exam_type"), "code", c.carried(r).Reveal())
	return c.showRedeem(w, r, f)
}

func (c console) showRedeem(w http.ResponseWriter, r *http.Request, f *page.Form) error {
	a := httpd.From(r.Context()).Actor()
	p := c.Page(w, r, "/examinee/redeem", view.T(r.Context(), "examinee.redeem"))
	p.Narrow, p.Errors = true, f.Errors()
	turnBack(r, &p, "/examinee/redeem?subject_id="+url.QueryEscape(f.Get("subject_id")))
	if a.Verified != exam.Verified {
		return c.Show(w, r, http.StatusOK, p, unverifiedContent(*next(r.Context(), a, nil, c.Now())))
	}
	subjects, err := c.Store.Subjects(r.Context())
	if err != nil {
		return err
	}
	d := redemption{Form: f}
	types := exam.ExamTypes
	for _, s := range subjects {
		d.Subjects = append(d.Subjects, view.Option{Value: s.ID.String(), Label: page.SubjectName(r, s.Name)})
		if s.ID.String() == f.Get("subject_id") {
			d.Preset, types = &s, s.ExamTypes
		}
	}
	if len(types) == 1 {
		f.Set("exam_type", string(types[0]))
	}
	for _, t := range types {
		d.Types = append(d.Types, view.Option{Value: string(t), Label: examType(r.Context(), t), Hint: view.T(r.Context(), "examinee.type."+string(t)+".needs")})
	}
	return c.Show(w, r, f.Status(), p, redeemContent(d))
}

// read takes the form in: the subject, and what is wrong with the fields that
// can be told without asking for the code.
func (c console) read(r *http.Request) (f *page.Form, sub exam.Subject, text codetext.Text, err error) {
	if f, err = page.ReadForm(r); err != nil {
		return nil, sub, text, err
	}
	var wrong fault.Check
	sub, err = c.Store.Subject(r.Context(), exam.ParseID[exam.SubjectID](f.Get("subject_id")))
	switch {
	case err == nil && !sub.Offers(exam.ExamType(f.Get("exam_type"))):
		wrong.Add("exam_type", exam.ErrExamType)
	case err != nil && fault.Of(err).Kind == fault.NotFound:
		wrong.Add("subject_id", exam.ErrSubjectUnknown)
	case err != nil:
		return f, sub, text, err
	}
	text, err = codetext.Parse(f.Get("code"))
	wrong.Add("code", err)
	return f, sub, text, wrong.Err()
}

// checkRedemption shows what redeeming will do. It does not look the code up: a
// page that did would tell strangers which codes exist.
func (c console) checkRedemption(w http.ResponseWriter, r *http.Request) error {
	f, sub, text, err := c.read(r)
	if err != nil {
		if f == nil || !f.Refuse(r, err) {
			return err
		}
		return c.showRedeem(w, r, f)
	}
	a := httpd.From(r.Context()).Actor()
	if err := exam.NeedExaminee(a); err != nil {
		return err
	}
	c.Registry.SetCookie(w, carried, text.Plain(), carriedFor) // for the way back to the form
	d := redemption{Form: f, Preset: &sub, Title: page.SubjectName(r, sub.Name), Name: a.Name, Text: text}
	p := c.Page(w, r, "/examinee/redeem", view.T(r.Context(), "examinee.check.title", "subject", d.Title))
	p.Narrow, p.Back = true, "/examinee/redeem"
	p.Breadcrumb = []view.Link{{Label: view.T(r.Context(), "examinee.redeem"), Href: "/examinee/redeem"}}
	return c.Show(w, r, http.StatusOK, p, checkContent(d))
}

func (c console) redeem(w http.ResponseWriter, r *http.Request) error {
	f, sub, text, err := c.read(r)
	var done string
	if err == nil {
		done, err = c.redeemed(r, sub.ID, text)
	}
	if err == nil && done == "" {
		done, err = c.redeemNow(r, f, sub.ID, text)
	}
	if err != nil {
		if f == nil || !f.Refuse(r, err) {
			return err
		}
		return c.showRedeem(w, r, f)
	}
	c.Registry.SetCookie(w, carried, "", 0)
	return c.Go(w, r, done, "", "")
}

// redeemNow redeems and returns where the result is shown.
func (c console) redeemNow(r *http.Request, f *page.Form, sub exam.SubjectID, text codetext.Text) (string, error) {
	req := httpd.From(r.Context())
	reg, err := c.Actions.RedeemCode(r.Context(), req.Actor(), action.Redemption{Subject: sub, Text: f.Get("code"), ExamType: exam.ExamType(f.Get("exam_type")), Network: req.Network})
	if err == nil {
		return "/examinee/registrations/" + reg.ID.String() + "/registered", nil
	}
	if done, _ := c.redeemed(r, sub, text); done != "" { // the same form, sent twice at the same moment
		return done, nil
	}
	return "", err
}

// redeemed finds the registration that this very form has made before, so that a
// second click shows the first one's result and costs no try.
func (c console) redeemed(r *http.Request, sub exam.SubjectID, text codetext.Text) (string, error) {
	mine, err := c.living(r)
	if err != nil {
		return "", err
	}
	at := slices.IndexFunc(mine, func(g registration) bool {
		return g.Registration.Subject == sub && g.CodeTail == text.Tail() && c.Now().Sub(g.Created) < 10*time.Minute
	})
	if at < 0 {
		return "", nil
	}
	return mine[at].Path("/registered"), nil
}

// registeredPage is the result of a redemption; later it leads to the
// registration as it stands.
func (c console) registeredPage(w http.ResponseWriter, r *http.Request) error {
	g, err := c.registration(r)
	if err != nil {
		return err
	}
	if g.Shown != string(exam.Registered) {
		http.Redirect(w, r, g.Path(""), http.StatusSeeOther)
		return nil
	}
	p := c.page(w, r, g, "examinee.registered")
	return c.Show(w, r, http.StatusOK, p, registeredContent(g))
}
