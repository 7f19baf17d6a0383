package account

import (
	"net/http"

	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/httpd"
	"examcode/internal/store"
	"examcode/internal/web/page"
	"examcode/internal/web/view"
)

// verification is the page on which an account proves who it is.
type verification struct {
	Kind      exam.AccountKind
	State     exam.VerificationState
	Last      *store.VerificationRow // what was sent last, nil before the first time
	MaySend   bool                   // the root of an account that is not verified and does not wait
	Roots     string                 // who sends it, for people who may not
	Form      *page.Form
	Countries []view.Option
}

func (c *console) verificationPage(w http.ResponseWriter, r *http.Request) error {
	return c.showVerification(w, r, nil)
}

// showVerification shows the page; without a form it starts from what was sent
// before.
func (c *console) showVerification(w http.ResponseWriter, r *http.Request, f *page.Form) error {
	req := httpd.From(r.Context())
	a := req.Actor()
	if a.Kind == exam.Operator {
		return fault.ErrNotFound
	}
	sent, err := c.Store.VerificationsOf(r.Context(), a.Account)
	if err != nil {
		return err
	}
	v := verification{Kind: a.Kind, State: a.Verified, Form: f}
	if len(sent) > 0 {
		v.Last = &sent[0]
	}
	open := v.State == exam.NotStarted || v.State == exam.Rejected
	v.MaySend = open && a.Role == exam.Root
	if v.Form == nil {
		v.Form = earlier(v.Last)
	}
	if v.MaySend && v.Kind == exam.Enterprise {
		v.Countries = countries(req.Locale.Lang)
	}
	if open && !v.MaySend {
		if v.Roots, err = c.roots(r, a.Account); err != nil {
			return err
		}
	}
	p := c.page(w, r, "/account/verification", "account.verification."+string(a.Kind))
	p.Badge = [2]string{"verification", string(v.State)}
	p.Errors = v.Form.Errors()
	return c.Show(w, r, v.Form.Status(), p, verificationContent(v))
}

// earlier offers again what was sent before, but for the document and its number.
func earlier(last *store.VerificationRow) *page.Form {
	if last == nil {
		return page.NewForm()
	}
	return page.NewForm("legal_name", last.LegalName, "registration_number", last.RegNumber, "country", last.Country, "document_kind", last.DocumentKind)
}

// roots names the people who may send a verification.
func (c *console) roots(r *http.Request, account exam.AccountID) (string, error) {
	people, err := c.Store.People(r.Context(), account)
	if err != nil {
		return "", err
	}
	var names []string
	for _, p := range people {
		if p.Role == exam.Root {
			names = append(names, p.Name)
		}
	}
	return httpd.From(r.Context()).Locale.List(names), nil
}

func (c *console) verification(w http.ResponseWriter, r *http.Request) error {
	f, err := page.ReadForm(r)
	if err != nil {
		return err
	}
	a := httpd.From(r.Context()).Actor()
	if a.Kind == exam.Operator {
		return fault.ErrNotFound
	}
	doc, err := f.File("document")
	if err != nil {
		return err
	}
	v := exam.Verification{LegalName: f.Text("legal_name")}
	if a.Kind == exam.Enterprise {
		v.RegNumber, v.Country = f.Text("registration_number"), f.Get("country")
	} else {
		v.DocumentKind, v.DocumentNumber = f.Get("document_kind"), f.Text("document_number")
	}
	if v.Country != "" && !known(v.Country) {
		err = exam.ErrCountry.On("country")
	} else {
		_, err = c.Actions.SubmitVerification(r.Context(), a, v, doc)
	}
	if err != nil {
		if !f.Refuse(r, err) {
			return err
		}
		return c.showVerification(w, r, f)
	}
	return c.Go(w, r, "/account/verification", view.Done, "account.verification.sent")
}
