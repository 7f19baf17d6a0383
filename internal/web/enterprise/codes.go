package enterprise

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"examcode/internal/codetext"
	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/lang"
	"examcode/internal/store"
	"examcode/internal/web/page"
	"examcode/internal/web/view"
)

func codeOf(id exam.CodeID) string { return codes + "/" + id.String() }

// stateUsed is the state filter for every code that has a registration (S6).
const stateUsed = "used"

// codesData is what E7 shows.
type codesData struct {
	State    string
	Filter   store.CodeFilter
	Form     *page.Form // the filters as they were asked for
	Tail     string     // of the one code that was found by its text
	Ends     ends
	Subjects []exam.Subject
	Counts   map[string]int
	Rows     []store.CodeRow
	Issuing  exam.Order // that the filters name, while it is; or the zero Order
	Ticked   bool       // all rows of the page
	Pager    view.Pager
	Asked    *url.URL
	May      may
	Now      time.Time
}

func (d codesData) total() int {
	switch d.State {
	case "":
		return sum(d.Counts)
	case stateUsed:
		return used(d.Counts)
	}
	return d.Counts[d.State]
}

// narrowed tells whether a filter besides the state is in use.
func (d codesData) narrowed() bool {
	f := d.Filter
	f.State, f.Used = "", false
	return f != store.CodeFilter{}
}

// unknown stands in an address for a text that is not one of the company's.
const unknown = "none"

func (c console) codes(w http.ResponseWriter, r *http.Request) error {
	f := page.NewForm()
	f.Values = r.URL.Query()
	if codetext.MeantWhole(f.Text("code")) {
		return c.findText(w, r, f)
	}
	return c.listCodes(w, r, f)
}

// searchCodes takes the filters in from a form, so that a whole text is in no
// address, and leads to the list they make.
func (c console) searchCodes(w http.ResponseWriter, r *http.Request) error {
	f, err := page.ReadForm(r)
	if err != nil {
		return err
	}
	if codetext.MeantWhole(f.Text("code")) {
		return c.findText(w, r, f)
	}
	http.Redirect(w, r, listOf(f), http.StatusSeeOther)
	return nil
}

// codeFilters are the names of the filters, the API's own.
var codeFilters = []string{"code", "code_id", "subject_id", "order_number", "state", "holder", "ends_within", "bulk_id", "outcome"}

// listOf is the address of the list that a form of filters makes.
func listOf(f *page.Form) string {
	var pairs []string
	for _, name := range append(codeFilters, "rows") {
		pairs = append(pairs, name, f.Text(name))
	}
	return page.With(&url.URL{Path: codes}, pairs...)
}

// findText leads to the list of the one code that a whole text belongs to. The
// text itself is worth money and stays in no address.
func (c console) findText(w http.ResponseWriter, r *http.Request, f *page.Form) error {
	id, replaced, err := c.Actions.FindCode(r.Context(), actor(r), f.Text("code"))
	switch {
	case errors.Is(err, codetext.ErrMistyped):
		f.Refuse(r, err)
		return c.listCodes(w, r, f)
	case errors.Is(err, fault.ErrNotFound):
		f.Set("code_id", unknown)
	case err != nil:
		return err
	default:
		f.Set("code_id", id.String())
	}
	f.Del("code")
	to := page.Landing{To: listOf(f)}
	if replaced {
		to.Kind, to.Text = view.Attention, locale(r).T("enterprise.codes.replaced")
	}
	return c.Land(w, r, to)
}

// listCodes shows the list that filters make, or the form with what is wrong.
func (c console) listCodes(w http.ResponseWriter, r *http.Request, f *page.Form) error {
	ctx, a, now := r.Context(), actor(r), c.Now()
	d, err := c.readCodeFilter(r, f)
	if err != nil {
		return err
	}
	if d.Subjects, err = c.Store.Subjects(ctx); err != nil {
		return err
	}
	if d.Counts, err = c.Store.CodeCounts(ctx, a.Account, d.Filter, now); err != nil {
		return err
	}
	if d.Issuing, err = c.Store.IssuingOf(ctx, a.Account, d.Filter); err != nil {
		return err
	}
	rows, err := c.Store.Codes(ctx, a.Account, d.Filter, now, page.ListPage(r))
	if err != nil {
		return err
	}
	p := c.Page(w, r, codes, view.T(ctx, "enterprise.nav.codes"))
	d.Rows, d.May, d.Now, d.Ticked = rows.Items, rightsOf(a), now, f.Get("tick") == "page"
	d.Pager, p.PageNumber = pager(r, rows, d.total())
	p.Count, p.Errors = locale(r).Number(int64(d.total())), d.Form.Errors()
	if d.total() > 0 && !d.Issuing.Issuing() {
		p.Actions = append(p.Actions, exportVerb(r, d.Asked, d.total()))
	}
	looking(w, r, &p, d.Issuing)
	return c.Show(w, r, d.Form.Status(), p, codesPage(d))
}

// readCodeFilter reads S19's filters. What cannot be the end of a text is
// refused on its field.
func (c console) readCodeFilter(r *http.Request, f *page.Form) (codesData, error) {
	d := codesData{Form: f, Filter: store.CodeFilter{
		Code:    filtered(exam.ParseID[exam.CodeID](f.Get("code_id")), f.Get("code_id")),
		Subject: filtered(exam.ParseID[exam.SubjectID](f.Get("subject_id")), f.Get("subject_id")),
		Number:  orderNumber(f.Text("order_number")),
		Holder:  f.Text("holder"),
		Bulk:    filtered(exam.ParseID[exam.BulkID](f.Get("bulk_id")), f.Get("bulk_id")),
	}}
	d.Ends = readEnds(r, f, c.Now())
	d.Filter.EndsBy = d.Ends.By
	if d.Filter.Bulk != 0 {
		d.Filter.Outcome = f.Text("outcome")
	}
	switch s := f.Get("state"); {
	case s == stateUsed:
		d.State, d.Filter.Used = s, true
	case slices.Contains(exam.CodeStates, exam.CodeState(s)):
		d.State, d.Filter.State = s, exam.CodeState(s)
	}
	if text := f.Text("code"); text != "" {
		tail, ok := codetext.ParseTail(text)
		if !ok {
			f.Refuse(r, codetext.ErrMistyped.On("code"))
			tail = text
		}
		d.Filter.Tail = tail
	}
	to := r.URL
	if r.Method == http.MethodPost { // the list's own address, for its links
		clean := page.NewForm()
		clean.Values = maps.Clone(f.Values)
		clean.Del("code")
		to, _ = url.Parse(listOf(clean))
	}
	d.Asked = to
	if d.Filter.Code <= 0 {
		return d, nil
	}
	code, err := c.Store.Code(r.Context(), actor(r).Account, d.Filter.Code)
	if errors.Is(err, fault.ErrNotFound) {
		return d, nil
	}
	d.Tail = code.Tail
	return d, err
}

// orderNumber is an order's number as it is kept, however it was typed.
func orderNumber(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '！' && r <= '～':
			r = r - '！' + '!'
		case unicode.IsSpace(r):
			return -1
		}
		return unicode.ToUpper(r)
	}, s)
}

// codeData is what E8 shows. Registration is nil for a code without one.
type codeData struct {
	Code         store.CodeRow
	State        exam.CodeState
	Registration *store.RegistrationRow
	Retired      []store.RetiredText
	Verbs        []view.Verb
	Trail        []view.Entry
	Older        string
	Zone         *time.Location
	Now          time.Time
}

// readCode reads the code of the address with its registration.
func (c console) readCode(r *http.Request) (codeData, error) {
	ctx, a := r.Context(), actor(r)
	code, err := c.Store.Code(ctx, a.Account, exam.ParseID[exam.CodeID](r.PathValue("id")))
	if err != nil {
		return codeData{}, err
	}
	d := codeData{Code: code, State: code.Effective(c.Now()), Zone: lang.Zone(code.Zone), Now: c.Now()}
	if code.Registration == 0 || d.State == exam.Expired {
		return d, nil
	}
	reg, err := c.Store.RegistrationOfCode(ctx, a.Account, code.ID)
	if errors.Is(err, fault.ErrNotFound) {
		return d, nil
	}
	d.Registration = &reg
	return d, err
}

func (c console) code(w http.ResponseWriter, r *http.Request) error {
	ctx, a := r.Context(), actor(r)
	d, err := c.readCode(r)
	if err != nil {
		return err
	}
	sub, err := c.Store.Subject(ctx, d.Code.Subject)
	if err != nil {
		return err
	}
	if d.Retired, err = c.Store.RetiredTexts(ctx, d.Code.ID); err != nil {
		return err
	}
	if d.Trail, d.Older, err = c.trail(r, d.Zone, int64(d.Code.ID), int64(d.Code.Order)); err != nil {
		return err
	}
	d.Verbs = codeVerbs(ctx, d, sub, rightsOf(a))
	p := c.Page(w, r, codes, view.T(ctx, "enterprise.codes.one", "tail", d.Code.Tail))
	p.Heading, p.Mono, p.Badge = codetext.Mask(d.Code.Tail), true, [2]string{"code", string(d.State)}
	p.Sub = nameIn(ctx, d.Code.SubjectName)
	if d.Registration != nil {
		p.Sub = view.T(ctx, "enterprise.codes.held", "subject", p.Sub, "name", d.Registration.Name)
	}
	p.Breadcrumb = []view.Link{{Label: view.T(ctx, "enterprise.nav.codes"), Href: codes}}
	p.Actions = offered(d.Verbs)
	return c.Show(w, r, http.StatusOK, p, codePage(d))
}

// codePageOf starts a page below a code.
func (c console) codePageOf(w http.ResponseWriter, r *http.Request, d codeData, title string) view.Page {
	ctx := r.Context()
	p := c.Page(w, r, codes, title)
	p.Narrow, p.Primary = true, nil
	p.Breadcrumb = []view.Link{{Label: view.T(ctx, "enterprise.nav.codes"), Href: codes}, {Label: view.T(ctx, "enterprise.codes.one", "tail", d.Code.Tail), Href: codeOf(d.Code.ID)}}
	return p
}

// codeVerbs says what can be done with a code, and why the rest cannot
// (S23–S25).
func codeVerbs(ctx context.Context, d codeData, sub exam.Subject, m may) []view.Verb {
	verb := func(name string, want exam.CodeState, right bool) view.Verb {
		v := view.Verb{Label: view.T(ctx, "enterprise.codes."+name)}
		switch {
		case !right:
			v.Why = view.T(ctx, "enterprise.codes."+name+"_right")
		case d.State != want:
			v.Why = why(ctx, name, d, sub)
		default:
			v.Href, v.About = codeOf(d.Code.ID)+"/"+name, view.T(ctx, "enterprise.codes."+name+"_about")
		}
		return v
	}
	results := verb("result", exam.Completed, true)
	results.Primary = results.Href != ""
	reveal := verb("reveal", d.State, m.Reveal)
	return []view.Verb{results, verb("unbind", exam.Bound, m.Manage), verb("regenerate", exam.Unused, m.Manage), reveal}
}

// why says what stands in the way of a verb and what to do about it.
func why(ctx context.Context, name string, d codeData, sub exam.Subject) string {
	l := lang.From(ctx)
	if name == "unbind" && d.State == exam.Reserved && d.Registration != nil && d.Registration.Session != nil {
		s := d.Registration.Session
		z, pairs := lang.Zone(s.Zone), []any{"at", l.SessionTime(s.Starts, int(s.Duration/time.Minute), lang.Zone(s.Zone)), "name", d.Registration.Name}
		if cut := s.Cutoff(sub); d.Now.Before(cut) {
			return view.T(ctx, "enterprise.codes.unbind_reserved", append(pairs, "until", l.Instant(cut, z))...)
		}
		return view.T(ctx, "enterprise.codes.unbind_too_late", pairs...)
	}
	if d.State == exam.Expired && name != "result" {
		return view.T(ctx, "enterprise.codes.why_expired", "at", l.Instant(d.Code.Expires, d.Zone))
	}
	return view.T(ctx, "enterprise.codes."+name+"_why", "state", l.State("code", string(d.State)))
}

// codeResult shows the result of a completed code (S23).
func (c console) codeResult(w http.ResponseWriter, r *http.Request) error {
	d, err := c.readCode(r)
	if err != nil {
		return err
	}
	if d.State != exam.Completed || d.Registration == nil || d.Registration.Result == nil {
		return exam.ErrCodeNotComplete
	}
	sub, err := c.Store.Subject(r.Context(), d.Code.Subject)
	if err != nil {
		return err
	}
	p := c.codePageOf(w, r, d, view.T(r.Context(), "enterprise.codes.result_title", "name", d.Registration.Name))
	p.Badge = [2]string{"result", string(d.Registration.Result.Outcome)}
	return c.Show(w, r, http.StatusOK, p, codeResultPage(d, sub))
}
