package enterprise

import (
	"net/http"
	"strconv"
	"time"

	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/httpd"
	"examcode/internal/lang"
	"examcode/internal/web/page"
	"examcode/internal/web/view"
)

// verification is the page where an account is verified.
const verification = "/account/verification"

// conditions are the two of S1, as this actor meets them, and who can mend the
// second.
type conditions struct {
	Verified exam.VerificationState
	Role     exam.Role
	Granted  bool // the actor may buy by their user type
	Roots    []string
}

// Met tells whether the actor may buy.
func (s conditions) Met() bool { return s.Verified == exam.Verified && s.Granted }

func (c console) conditions(r *http.Request) (conditions, error) {
	a := actor(r)
	s := conditions{Verified: a.Verified, Role: a.Role, Granted: a.Has(exam.BuyCodes)}
	if s.Granted {
		return s, nil
	}
	people, err := c.Store.People(r.Context(), a.Account)
	for _, p := range people {
		if p.Role == exam.Root {
			s.Roots = append(s.Roots, p.Name)
		}
	}
	return s, err
}

// subjectsData is what E2 shows.
type subjectsData struct {
	Conditions conditions
	Subjects   []exam.Subject
}

func (c console) subjects(w http.ResponseWriter, r *http.Request) error {
	return c.showSubjects(w, r, http.StatusOK)
}

// showSubjects is also the answer to who wants to buy and may not: it says which
// condition fails and where it is mended.
func (c console) showSubjects(w http.ResponseWriter, r *http.Request, status int) error {
	s, err := c.conditions(r)
	if err != nil {
		return err
	}
	list, err := c.Store.SubjectsOnSale(r.Context(), c.Now())
	if err != nil {
		return err
	}
	p := c.Page(w, r, "", view.T(r.Context(), "enterprise.buy.title"))
	p.Primary, p.Error = nil, status != http.StatusOK
	return c.Show(w, r, status, p, subjectsPage(subjectsData{s, list}))
}

// offer is a subject a company is about to buy codes of.
type offer struct {
	Subject exam.Subject
	Zone    *time.Location
	Ends    time.Time // of an order paid now
	Form    *page.Form
}

// offer reads the subject of the address; nil when the actor may not buy, and
// the answer is written.
func (c console) offer(w http.ResponseWriter, r *http.Request) (*offer, error) {
	if err := exam.MayBuy(actor(r)); err != nil {
		return nil, c.showSubjects(w, r, httpd.Status(fault.Of(err)))
	}
	s, err := c.Store.Subject(r.Context(), exam.ParseID[exam.SubjectID](r.PathValue("id")))
	if err != nil {
		return nil, err
	}
	if s.RetiredBy(c.Now()) {
		return nil, exam.ErrSubjectRetired
	}
	z := lang.Zone(httpd.From(r.Context()).Identity.Account.Zone)
	return &offer{Subject: s, Zone: z, Ends: exam.EndOfOrder(c.Now(), z), Form: page.NewForm()}, nil
}

// quantity is E3.
func (c console) quantity(w http.ResponseWriter, r *http.Request) error {
	o, err := c.offer(w, r)
	if o == nil {
		return err
	}
	o.Form.Set("quantity", r.URL.Query().Get("quantity"))
	return c.showQuantity(w, r, *o)
}

func (c console) showQuantity(w http.ResponseWriter, r *http.Request, o offer) error {
	ctx := r.Context()
	p := c.Page(w, r, "", view.T(ctx, "enterprise.buy.quantity_title", "subject", nameIn(ctx, o.Subject.Name)))
	p.Narrow, p.Primary, p.Errors = true, nil, o.Form.Errors()
	p.Breadcrumb = []view.Link{{Label: view.T(ctx, "enterprise.buy.title"), Href: subjects}}
	return c.Show(w, r, o.Form.Status(), p, quantityPage(o))
}

// presets are the quantities that are one click away.
func (o offer) presets() []int {
	var fit []int
	for _, n := range []int{10, 50, 100, 500} {
		if n <= o.Subject.Ceiling() {
			fit = append(fit, n)
		}
	}
	return fit
}

func checkOf(s exam.SubjectID, quantity int) string {
	return subjects + "/" + s.String() + "/check?quantity=" + strconv.Itoa(quantity)
}
