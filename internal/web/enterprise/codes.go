package enterprise

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

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
	Code     string // as it was asked for
	State    string
	Filter   store.CodeFilter
	Replaced bool // the text that was asked for is an earlier one
	Form     *page.Form
	Subjects []exam.Subject
	Counts   map[string]int
	Rows     []store.CodeRow
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
	return d.Code != "" || d.Filter.Subject != 0 || d.Filter.Number != ""
}

// nobody is an id that no row has.
const nobody = -1

func (c console) codes(w http.ResponseWriter, r *http.Request) error {
	ctx, a, now := r.Context(), actor(r), c.Now()
	d, err := c.readCodeFilter(r)
	if err != nil {
		return err
	}
	if d.Subjects, err = c.Store.Subjects(ctx); err != nil {
		return err
	}
	if d.Counts, err = c.Store.CodeCounts(ctx, a.Account, d.Filter, now); err != nil {
		return err
	}
	rows, err := c.Store.Codes(ctx, a.Account, d.Filter, now, page.ListPage(r))
	if err != nil {
		return err
	}
	p := c.Page(w, r, codes, view.T(ctx, "enterprise.nav.codes"))
	d.Rows, d.May, d.Now = rows.Items, rightsOf(a), now
	d.Pager, p.PageNumber = pager(r, rows, d.total())
	p.Count, p.Errors = locale(r).Number(int64(d.total())), d.Form.Errors()
	return c.Show(w, r, d.Form.Status(), p, codesPage(d))
}

// readCodeFilter reads S19's filters. A text that cannot be a code's is refused
// on its field; one that belongs to no code of the company finds nothing.
func (c console) readCodeFilter(r *http.Request) (codesData, error) {
	q := r.URL.Query()
	d := codesData{Asked: r.URL, Code: strings.TrimSpace(q.Get("code")), Form: page.NewForm("code", q.Get("code")), Filter: store.CodeFilter{
		Subject: filtered(exam.ParseID[exam.SubjectID](q.Get("subject_id")), q.Get("subject_id")),
		Number:  strings.ToUpper(strings.TrimSpace(q.Get("order_number"))),
	}}
	switch s := q.Get("state"); {
	case s == stateUsed:
		d.State, d.Filter.Used = s, true
	case slices.Contains(exam.CodeStates, exam.CodeState(s)):
		d.State, d.Filter.State = s, exam.CodeState(s)
	}
	if d.Code == "" {
		return d, nil
	}
	if t, ok := tail(d.Code); ok {
		d.Filter.Tail = t
		return d, nil
	}
	id, replaced, err := c.Actions.FindCode(r.Context(), actor(r), d.Code)
	switch {
	case errors.Is(err, fault.ErrNotFound):
		id = nobody
	case errors.Is(err, codetext.ErrMistyped):
		d.Form.Refuse(r, err)
		id = nobody
	case err != nil:
		return d, err
	}
	d.Filter.Code, d.Replaced = id, replaced
	return d, nil
}

// tail reads the last four symbols of a code as people type them, also behind
// the mask of a list.
func tail(s string) (string, bool) {
	s = strings.TrimLeft(strings.ToUpper(s), "•-* ")
	s = strings.Map(func(r rune) rune {
		switch {
		case r >= 'Ａ' && r <= 'Ｚ':
			r = r - 'Ａ' + 'A'
		case r >= '０' && r <= '９':
			r = r - '０' + '0'
		}
		switch r {
		case 'O':
			return '0'
		case 'I', 'L':
			return '1'
		}
		return r
	}, s)
	if len(s) != 4 || strings.Trim(s, "0123456789ABCDEFGHJKMNPQRSTVWXYZ") != "" {
		return "", false
	}
	return s, true
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
	d := codeData{Code: code, State: code.Effective(c.Now()), Zone: zoneOf(code.Zone), Now: c.Now()}
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
		z, pairs := zoneOf(s.Zone), []any{"at", l.SessionTime(s.Starts, int(s.Duration/time.Minute), zoneOf(s.Zone)), "name", d.Registration.Name}
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
