package operator

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/a-h/templ"

	"examcode/internal/auth"
	"examcode/internal/codetext"
	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/lang"
	"examcode/internal/store"
	"examcode/internal/web/page"
	"examcode/internal/web/view"
)

// mostHits is how many things one search shows.
const mostHits = 50

type lookUpData struct {
	Query    string
	Code     string // outside id of the one code whose text was pasted; what is none finds nothing
	Earlier  bool   // that text is an earlier one of the code
	Mistyped bool   // meant as a whole text and is none; not repeated
	Now      time.Time
	Codes    []store.EndingRow
	Order    *store.OrderRow
	Payments []exam.Payment
	Person   *exam.Person
	Account  exam.Account
	Sittings []store.RegistrationRow // of an examinee
	Orders   []store.OrderRow        // of a company
	Reader   exam.Actor
}

// Nothing tells whether a search had no hit.
func (d lookUpData) Nothing() bool { return len(d.Codes) == 0 && d.Order == nil && d.Person == nil }

// unknown stands in an address for a text that no code has or had.
const unknown = "none"

func (c console) lookUp(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	text := strings.TrimSpace(q.Get("q"))
	if codetext.MeantWhole(text) { // worth money: it does not stay in the address
		to, err := c.whole(r, text)
		if err != nil {
			return err
		}
		http.Redirect(w, r, to, http.StatusSeeOther)
		return nil
	}
	d := lookUpData{Query: text, Code: q.Get("code_id"), Earlier: q.Get("earlier") != "", Mistyped: q.Get("mistyped") != "", Now: c.Now(), Reader: actor(r)}
	if err := c.find(r.Context(), &d); err != nil && !errors.Is(err, fault.ErrNotFound) {
		return err
	}
	p := c.Page(w, r, pathLookUp, t(r, "operator.nav.look_up"))
	p.Query = d.Query
	return c.Show(w, r, http.StatusOK, p, lookUpPage(d))
}

// whole is the address without the text: that of the code it belongs to.
func (c console) whole(r *http.Request, text string) (string, error) {
	id, earlier, err := c.Actions.FindAnyCode(r.Context(), actor(r), text)
	switch {
	case errors.Is(err, codetext.ErrMistyped):
		return at(pathLookUp, "mistyped", "1"), nil
	case errors.Is(err, fault.ErrNotFound):
		return at(pathLookUp, "code_id", unknown), nil
	case err != nil:
		return "", err
	case earlier:
		return at(pathLookUp, "code_id", id.String(), "earlier", "1"), nil
	}
	return at(pathLookUp, "code_id", id.String()), nil
}

// find fills in what the query names.
func (c console) find(ctx context.Context, d *lookUpData) (err error) {
	tail, isTail := codetext.ParseTail(d.Query)
	switch q := d.Query; {
	case d.Code != "":
		code, err := c.Store.AnyCode(ctx, exam.ParseID[exam.CodeID](d.Code))
		if err == nil {
			d.Codes = []store.EndingRow{code}
		}
		return err
	case q == "":
		return nil
	case strings.Contains(q, "@"):
		return c.findPerson(ctx, d)
	case isTail:
		d.Codes, err = c.Store.CodesEnding(ctx, tail, mostHits)
		return err
	}
	o, err := c.Store.OrderByNumber(ctx, strings.ToUpper(strings.Join(strings.Fields(d.Query), "")))
	if err != nil {
		return err
	}
	d.Order = &o
	d.Payments, err = c.Store.Payments(ctx, o.Account, o.ID)
	return err
}

func (c console) findPerson(ctx context.Context, d *lookUpData) error {
	email, err := auth.NormalEmail(d.Query)
	if err != nil {
		return fault.ErrNotFound
	}
	p, err := c.Store.PersonByEmail(ctx, email)
	if err != nil {
		return err
	}
	d.Person = &p
	if d.Account, err = c.Store.Account(ctx, p.Account); err != nil {
		return err
	}
	switch d.Account.Kind {
	case exam.Individual:
		rows, err := c.Store.RegistrationsOf(ctx, p.ID, store.Page{Limit: mostHits})
		d.Sittings = rows.Items
		return err
	case exam.Enterprise:
		rows, err := c.Store.Orders(ctx, p.Account, store.OrderFilter{}, d.Now, store.Page{Limit: mostHits})
		d.Orders = rows.Items
		return err
	}
	return nil
}

func (d lookUpData) codes(ctx context.Context) view.Listing {
	l := view.Listing{Caption: view.T(ctx, "operator.look_up.codes"), Columns: []view.Column{
		{Label: view.T(ctx, "operator.code")}, {Label: view.T(ctx, "operator.state")}, {Label: view.T(ctx, "operator.company")}, {Label: view.T(ctx, "operator.money.order")},
		{Label: view.T(ctx, "operator.subject")}, {Label: view.T(ctx, "operator.holder")}, {Label: view.T(ctx, "operator.look_up.valid")}, {Label: view.T(ctx, "operator.look_up.note")},
	}}
	for _, e := range d.Codes {
		var note templ.Component
		switch {
		case e.Replaced:
			note = view.Text(view.T(ctx, "operator.look_up.replaced", "tail", d.Query))
		case d.Earlier:
			note = view.Text(view.T(ctx, "operator.look_up.earlier"))
		}
		l.Rows = append(l.Rows, view.Row{Cells: cells{view.Code(e.Tail, ""), view.Badge("code", string(e.Effective(d.Now))), view.Text(e.AccountName),
			view.Mono(e.OrderNumber, at(pathLookUp, "q", e.OrderNumber)), view.Text(name(ctx, e.SubjectName)), optional(e.HolderName), view.Until(e.Expires, lang.Zone(e.Zone)), note}})
	}
	return l
}

func (d lookUpData) order(ctx context.Context) []view.Fact {
	o := d.Order
	f := []view.Fact{
		{Label: view.T(ctx, "operator.company"), Value: view.Text(o.AccountName)},
		{Label: view.T(ctx, "operator.state"), Value: view.Badge("order", o.Shown(d.Now))},
		{Label: view.T(ctx, "operator.subject"), Value: view.Anchor(view.Link{Label: name(ctx, o.SubjectName), Href: subjectPath(o.Subject)})},
		{Label: view.T(ctx, "operator.money.quantity"), Value: view.Count(int64(o.Quantity))},
		{Label: view.T(ctx, "operator.look_up.unused"), Value: view.Count(int64(o.Unused))},
		{Label: view.T(ctx, "operator.look_up.total"), Value: view.Price(o.Total)},
		{Label: view.T(ctx, "operator.look_up.placed"), Value: view.Past(o.Created, lang.Zone(o.Zone))},
	}
	if !o.PaidAt.IsZero() {
		f = append(f, view.Fact{Label: view.T(ctx, "operator.look_up.paid"), Value: view.Past(o.PaidAt, lang.Zone(o.Zone))},
			view.Fact{Label: view.T(ctx, "operator.look_up.valid"), Value: view.Until(o.Expires, lang.Zone(o.Zone))})
	}
	if o.Refund != "" {
		f = append(f, view.Fact{Label: view.T(ctx, "operator.look_up.refund"), Value: view.Badge("refund", string(o.Refund))})
	}
	return f
}

func (d lookUpData) payments(ctx context.Context) view.Listing {
	l := view.Listing{Caption: view.T(ctx, "operator.look_up.payments"), Columns: []view.Column{
		{Label: view.T(ctx, "operator.money.reference")}, {Label: view.T(ctx, "operator.money.way")}, {Label: view.T(ctx, "operator.money.amount_due"), Num: true},
		{Label: view.T(ctx, "operator.state")}, {Label: view.T(ctx, "operator.money.started")},
	}}
	for _, p := range d.Payments {
		href := ""
		if d.Reader.Staff(exam.Money) {
			href = paymentPath(p.ID)
		}
		l.Rows = append(l.Rows, view.Row{Cells: cells{view.Mono(p.Reference, href), view.Text(wayName(ctx, p.Provider)), view.Price(p.Amount),
			view.Badge("payment", string(p.State)), view.Past(p.Created, nil)}})
	}
	return l
}

func (d lookUpData) person(ctx context.Context) []view.Fact {
	p := d.Person
	f := []view.Fact{
		{Label: view.T(ctx, "operator.look_up.person"), Value: view.Two(p.Name, p.Email)},
		{Label: view.T(ctx, "operator.look_up.account"), Value: view.Two(d.Account.Name, view.T(ctx, "operator.account."+string(d.Account.Kind)))},
		{Label: view.T(ctx, "operator.look_up.role"), Value: view.Text(view.T(ctx, "role."+string(d.Account.Kind)+"."+string(p.Role)))},
	}
	if d.Account.Kind != exam.Operator {
		f = append(f, view.Fact{Label: view.T(ctx, "operator.look_up.verification"), Value: view.Badge("verification", string(d.Account.Verified))})
	}
	f = append(f, view.Fact{Label: view.T(ctx, "operator.look_up.since"), Value: view.Past(p.Created, nil)})
	data := view.Fact{Label: view.T(ctx, "operator.look_up.data"), Value: view.Text(view.T(ctx, "operator.look_up.data.about"))}
	if !p.Erased.IsZero() {
		data.Value = view.Text(view.T(ctx, "operator.look_up.erased"))
	} else if d.Reader.Staff(exam.Review) && (d.Account.Kind != exam.Operator || d.Reader.Role == exam.Admin && d.Reader.Person != p.ID) {
		data.Action = &view.Link{Label: view.T(ctx, "operator.look_up.erase"), Href: erasePath(p.ID)}
	}
	return append(f, data)
}

func (d lookUpData) sittings(ctx context.Context) view.Listing {
	l := view.Listing{Caption: view.T(ctx, "operator.look_up.sittings"), Columns: []view.Column{
		{Label: view.T(ctx, "operator.subject")}, {Label: view.T(ctx, "operator.state")}, {Label: view.T(ctx, "operator.code")}, {Label: view.T(ctx, "operator.company")},
		{Label: view.T(ctx, "operator.session")}, {Label: view.T(ctx, "operator.result")}, {Label: view.T(ctx, "operator.look_up.valid")},
	}}
	for _, g := range d.Sittings {
		var session, result templ.Component
		if g.Session != nil {
			href := ""
			if d.Reader.Staff(exam.Results) {
				href = sessionPath(g.Session.ID)
			}
			session = sessionTime(*g.Session, href)
		}
		if g.Result != nil {
			result = view.Badge("result", string(g.Result.Outcome))
		}
		l.Rows = append(l.Rows, view.Row{Cells: cells{view.Text(name(ctx, g.SubjectName)), view.Badge("registration", g.Registration.Shown(g.Session, d.Now)), view.Code(g.CodeTail, at(pathLookUp, "q", g.CodeTail)),
			view.Text(g.AccountName), session, result, view.Until(g.Expires, lang.Zone(g.Zone))}})
	}
	return l
}

func (d lookUpData) orders(ctx context.Context) view.Listing {
	l := view.Listing{Caption: view.T(ctx, "operator.look_up.orders"), Columns: []view.Column{
		{Label: view.T(ctx, "operator.money.order")}, {Label: view.T(ctx, "operator.subject")}, {Label: view.T(ctx, "operator.money.quantity"), Num: true},
		{Label: view.T(ctx, "operator.look_up.total"), Num: true}, {Label: view.T(ctx, "operator.state")}, {Label: view.T(ctx, "operator.look_up.placed")},
	}}
	for _, o := range d.Orders {
		l.Rows = append(l.Rows, view.Row{Cells: cells{view.Mono(o.Number, at(pathLookUp, "q", o.Number)), view.Text(name(ctx, o.SubjectName)), view.Count(int64(o.Quantity)),
			view.Price(o.Total), view.Badge("order", o.Shown(d.Now)), view.Past(o.Created, lang.Zone(o.Zone))}})
	}
	return l
}

// form is the search itself, larger than the one in the frame.
func (d lookUpData) form(ctx context.Context) view.Field {
	return page.NewForm("q", d.Query).Field(view.Field{Name: "q", Label: view.T(ctx, "operator.look_up.field"), Hint: view.T(ctx, "operator.look_up.hint"), Autocomplete: "off"})
}
