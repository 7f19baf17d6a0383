package enterprise

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"examcode/internal/exam"
	"examcode/internal/httpd"
	"examcode/internal/lang"
	"examcode/internal/store"
	"examcode/internal/web/page"
	"examcode/internal/web/view"
)

// members is the address of the list of people.
const members = "/enterprise/members"

// managingPeople is for the root alone.
var managingPeople = httpd.Policy{Name: "enterprise: root", Need: exam.NeedRoot}

// mountMembers registers the pages about the company's people.
func (c console) mountMembers() {
	for _, r := range []struct {
		method, pattern string
		policy          httpd.Policy
		handler         httpd.Handler
	}{
		{"GET", members, httpd.Enterprise, c.members},
		{"GET", members + "/invite", managingPeople, c.invitePage},
		{"POST", members + "/invite", managingPeople, c.invite},
		{"GET", members + "/{id}/rights", managingPeople, c.rightsPage},
		{"GET", members + "/{id}/check", managingPeople, c.checkRights},
		{"POST", members + "/{id}/rights", managingPeople, c.changeRights},
		{"GET", members + "/{id}/remove", managingPeople, c.removePage},
		{"POST", members + "/{id}/remove", managingPeople, c.remove},
		{"GET", members + "/invitations/{id}/{verb}", managingPeople, c.invitationPage},
		{"POST", members + "/invitations/{id}/{verb}", managingPeople, c.changeInvitation},
	} {
		c.Handle(r.method, r.pattern, r.policy, r.handler)
	}
}

// people is the page of members.
type people struct {
	Members     []store.Colleague
	Invitations []store.InvitationRow
	Me          exam.Actor
	Unconfirmed bool // the root, who cannot invite before
}

func (c console) members(w http.ResponseWriter, r *http.Request) error {
	a := actor(r)
	d := people{Me: a, Unconfirmed: httpd.From(r.Context()).Identity.Person.Confirmed.IsZero()}
	var err error
	if d.Members, err = c.Store.Members(r.Context(), a.Account); err != nil {
		return err
	}
	p := c.Page(w, r, members, view.T(r.Context(), "members.title"))
	p.Count, p.Sub = locale(r).Number(int64(len(d.Members))), view.T(r.Context(), "members.about_member")
	if a.Role == exam.Root {
		rows, err := c.Store.Invitations(r.Context(), a.Account, exam.InvitationOpen, store.Page{Limit: store.MaxLimit})
		if err != nil {
			return err
		}
		d.Invitations, p.Sub = rows.Items, view.T(r.Context(), "members.about")
		if !d.alone() && !d.Unconfirmed {
			p.Actions = []view.Verb{{Label: view.T(r.Context(), "members.invite"), Href: members + "/invite", Icon: "plus", Primary: true}}
		}
	}
	return c.Show(w, r, http.StatusOK, p, membersPage(d, c.Now()))
}

// alone tells whether the reader is the only one, and nobody was invited.
func (d people) alone() bool { return len(d.Members) == 1 && len(d.Invitations) == 0 }

func (c console) memberPage(w http.ResponseWriter, r *http.Request, title string) view.Page {
	p := c.Page(w, r, members, title)
	p.Narrow = true
	p.Breadcrumb = []view.Link{{Label: view.T(r.Context(), "members.title"), Href: members}}
	return p
}

func (c console) invitePage(w http.ResponseWriter, r *http.Request) error {
	if httpd.From(r.Context()).Identity.Person.Confirmed.IsZero() {
		return exam.ErrEmailUnconfirmed
	}
	return c.showInvite(w, r, page.NewForm("rights", "view", "lang", string(locale(r).Lang), page.OnceField, page.NewOnce().Value))
}

func (c console) showInvite(w http.ResponseWriter, r *http.Request, f *page.Form) error {
	p := c.memberPage(w, r, view.T(r.Context(), "members.invite"))
	p.Errors, p.Back = f.Errors(), members+"/invite"
	return c.Show(w, r, f.Status(), p, inviteForm(f))
}

func (c console) invite(w http.ResponseWriter, r *http.Request) error {
	f, err := page.ReadForm(r)
	if err != nil {
		return err
	}
	l := locale(r)
	err = c.Once(w, r, f, members, func(ctx context.Context) (page.Landing, error) {
		rights, err := exam.RightsNamed(f.Values["rights"])
		if err != nil {
			return page.Landing{}, err
		}
		i, err := c.Actions.InviteMember(ctx, actor(r), f.Text("email"), rights, f.Get("lang"))
		return page.Landing{To: members, Kind: view.Done, Text: l.T("members.invite.done", "email", i.Email, "until", l.Instant(i.Expires, l.Zone))}, err
	})
	if err == nil || !f.Refuse(r, err) {
		return err
	}
	f.Set(page.OnceField, page.NewOnce().Value)
	return c.showInvite(w, r, f)
}

// member reads the member of a path.
func (c console) member(r *http.Request) (store.Colleague, error) {
	m, err := c.Store.Member(r.Context(), actor(r).Account, exam.ParseID[exam.PersonID](r.PathValue("id")))
	if err == nil && m.Role == exam.Root {
		err = exam.ErrRootStays
	}
	return m, err
}

func memberOf(id exam.PersonID) string { return members + "/" + id.String() }

func (c console) rightsPage(w http.ResponseWriter, r *http.Request) error {
	m, err := c.member(r)
	if err != nil {
		return err
	}
	f := page.NewForm()
	f.Values["rights"] = m.Rights.Names()
	return c.showRights(w, r, m, f)
}

func (c console) showRights(w http.ResponseWriter, r *http.Request, m store.Colleague, f *page.Form) error {
	p := c.memberPage(w, r, locale(r).T("members.rights.title", "name", m.Name))
	p.Sub, p.Errors, p.Back = m.Email, f.Errors(), memberOf(m.ID)+"/rights"
	return c.Show(w, r, f.Status(), p, rightsForm(m, f))
}

// checkRights shows what a change of rights gives and takes.
func (c console) checkRights(w http.ResponseWriter, r *http.Request) error {
	m, err := c.member(r)
	if err != nil {
		return err
	}
	f := &page.Form{Values: url.Values{"rights": r.URL.Query()["rights"]}}
	to, err := exam.RightsNamed(f.Values["rights"])
	if err == nil {
		_, _, err = m.ChangeRights(actor(r), to, c.Now())
	}
	if err != nil {
		if !f.Refuse(r, err) {
			return err
		}
		return c.showRights(w, r, m, f)
	}
	return c.showChange(w, r, m, to, "")
}

func (c console) showChange(w http.ResponseWriter, r *http.Request, m store.Colleague, to exam.Rights, changed string) error {
	l := locale(r)
	confirm := view.Confirm{Safe: true, Changed: changed, Action: memberOf(m.ID) + "/rights",
		Hidden: []view.Pair{version(m.Version), {Name: "rights", Value: strings.Join(to.Names(), " ")}, page.NewOnce()},
		Told:   []string{l.T("members.change.told", "name", m.Name)},
		Verb:   l.T("members.change.verb"), WayOut: view.Link{Label: l.T("members.rights.keep"), Href: members}}
	for _, right := range (to &^ m.Rights).Names() {
		confirm.Happens = append(confirm.Happens, l.T("members.change.gains", "name", m.Name, "right", l.T("right."+right)))
	}
	for _, right := range (m.Rights &^ to).Names() {
		confirm.Happens = append(confirm.Happens, l.T("members.change.loses", "name", m.Name, "right", l.T("right."+right)))
	}
	confirm.Happens = append(confirm.Happens, l.T("members.change.now"))
	if same := to & m.Rights; same != 0 {
		confirm.Stays = []string{l.T("members.change.keeps", "name", m.Name, "rights", rightsInWords(l, same))}
	}
	p := c.memberPage(w, r, l.T("members.change.title", "name", m.Name))
	return c.Show(w, r, statusOf(changed), p, view.ConfirmForm(confirm))
}

func statusOf(changed string) int {
	if changed != "" {
		return http.StatusConflict
	}
	return http.StatusOK
}

func rightsInWords(l lang.Locale, r exam.Rights) string { return page.RightsInWords(l, r.Names()) }

func (c console) changeRights(w http.ResponseWriter, r *http.Request) error {
	f, err := page.ReadForm(r)
	if err != nil {
		return err
	}
	to, err := exam.RightsNamed(strings.Fields(f.Get("rights")))
	if err != nil {
		return err
	}
	return c.onMember(w, r, f, "members.change.done", func(ctx context.Context, m store.Colleague, version int64) error {
		return c.Actions.ChangeRights(ctx, actor(r), m.ID, to, version)
	}, func(m store.Colleague, changed string) error {
		if to == m.Rights {
			return exam.ErrRightsAsBefore
		}
		return c.showChange(w, r, m, to, changed)
	})
}

// onMember does what a confirmation page about a member announced; when they
// changed meanwhile, the page comes again with the new facts.
func (c console) onMember(w http.ResponseWriter, r *http.Request, f *page.Form, done string,
	do func(context.Context, store.Colleague, int64) error, again func(m store.Colleague, changed string) error) error {
	l := locale(r)
	err := c.Once(w, r, f, members, func(ctx context.Context) (page.Landing, error) {
		m, err := c.member(r)
		if err != nil {
			return page.Landing{}, err
		}
		seen, err := strconv.ParseInt(f.Get("version"), 10, 64)
		if err != nil || seen < 1 {
			return page.Landing{}, exam.ErrChangedMeanwhile
		}
		return page.Landing{To: members, Kind: view.Done, Text: l.T(done, "name", m.Name)}, do(ctx, m, seen)
	})
	if !errors.Is(err, exam.ErrChangedMeanwhile) {
		return err
	}
	m, err := c.member(r)
	if err != nil {
		return err
	}
	return again(m, l.T("members.changed", "name", m.Name, "rights", rightsInWords(l, m.Rights)))
}

func (c console) removePage(w http.ResponseWriter, r *http.Request) error {
	m, err := c.member(r)
	if err != nil {
		return err
	}
	return c.showRemove(w, r, m, "")
}

func (c console) showRemove(w http.ResponseWriter, r *http.Request, m store.Colleague, changed string) error {
	l := locale(r)
	keys := l.T("members.remove.no_keys", "name", m.Name)
	if m.Keys > 0 {
		keys = l.T("members.remove.keys", "n", m.Keys)
	}
	p := c.memberPage(w, r, l.T("members.remove.title", "name", m.Name))
	p.Sub = m.Email
	return c.Show(w, r, statusOf(changed), p, view.ConfirmForm(view.Confirm{
		Changed: changed, Action: memberOf(m.ID) + "/remove", Hidden: []view.Pair{version(m.Version), page.NewOnce()},
		Happens: []string{l.T("members.remove.out", "name", m.Name), keys},
		Stays:   []string{l.T("members.remove.stays", "name", m.Name), l.T("members.remove.again")},
		Told:    []string{l.T("members.remove.told", "name", m.Name)},
		Verb:    l.T("members.remove.verb"), WayOut: view.Link{Label: l.T("members.remove.keep"), Href: members}}))
}

func (c console) remove(w http.ResponseWriter, r *http.Request) error {
	f, err := page.ReadForm(r)
	if err != nil {
		return err
	}
	return c.onMember(w, r, f, "members.remove.done", func(ctx context.Context, m store.Colleague, version int64) error {
		return c.Actions.RemoveMember(ctx, actor(r), m.ID, version)
	}, func(m store.Colleague, changed string) error { return c.showRemove(w, r, m, changed) })
}
