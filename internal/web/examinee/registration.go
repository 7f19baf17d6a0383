package examinee

import (
	"context"
	"net/http"

	"examcode/internal/exam"
	"examcode/internal/lang"
	"examcode/internal/store"
	"examcode/internal/web/page"
	"examcode/internal/web/view"
)

// detail is the page of one registration.
type detail struct {
	registration
	Subject exam.Subject
	Verbs   []view.Verb
	Story   []view.Entry
}

func (c console) registrationPage(w http.ResponseWriter, r *http.Request) error {
	g, err := c.registration(r)
	if err != nil {
		return err
	}
	d := detail{registration: g}
	if d.Subject, err = c.Store.Subject(r.Context(), g.Registration.Subject); err != nil {
		return err
	}
	trail, err := c.Store.TrailOfRegistration(r.Context(), g.Registration, store.Page{Limit: store.MaxLimit})
	if err != nil {
		return err
	}
	d.Story = page.Entries(r, trail.Items, lang.From(r.Context()).Zone)
	d.Verbs = c.verbs(r.Context(), g, d.Subject)
	p := c.Page(w, r, "/examinee/", g.Title)
	p.Breadcrumb = []view.Link{{Label: view.T(r.Context(), "examinee.exams"), Href: "/examinee/"}}
	p.Badge = [2]string{"registration", g.Shown}
	for _, v := range d.Verbs {
		if v.Primary && v.Href != "" {
			p.Actions = []view.Verb{v}
		}
	}
	return c.Show(w, r, http.StatusOK, p, detailContent(d))
}

// verbs lists what can be done with a registration, and why the rest cannot. One
// of those offered is the primary one.
func (c console) verbs(ctx context.Context, g registration, sub exam.Subject) []view.Verb {
	t := func(key string, pairs ...any) string { return view.T(ctx, key, pairs...) }
	result := view.Verb{Label: t("examinee.view_result"), Href: g.Path("/result"), About: t("examinee.view_result.about"), Primary: true}
	switch g.Shown {
	case string(exam.Registered):
		return []view.Verb{{Label: t("examinee.choose"), Href: g.Path("/sessions"), About: t("examinee.choose.about"), Primary: true}}
	case string(exam.SeatReserved):
		move := view.Verb{Label: t("examinee.move"), Href: g.Path("/sessions"), About: t("examinee.move.about", "until", until(ctx, *g.Session, sub)), Primary: true}
		give := view.Verb{Label: t("examinee.cancel"), Href: g.Path("/cancel"), About: t("examinee.cancel.about")}
		if !c.Now().Before(g.Session.Cutoff(sub)) {
			why := t("examinee.late."+string(sub.NoShow), "until", until(ctx, *g.Session, sub))
			move.Href, give.Href, move.Why, give.Why = "", "", why, why
		}
		return []view.Verb{move, give}
	case "awaiting":
		result.Href, result.Why = "", t("examinee.result.waiting")
		return []view.Verb{result}
	case string(exam.Sat):
		return []view.Verb{result}
	}
	return []view.Verb{{Label: t("examinee.redeem"), Href: "/examinee/redeem?subject_id=" + sub.ID.String(), About: t("examinee.again.about"), Primary: true}}
}

// steps is the way of a registration that is not cancelled.
func (g registration) steps(ctx context.Context) []view.Step {
	l := lang.From(ctx)
	all := []view.Step{{Label: l.T("examinee.step.registered"), About: l.Day(g.Created, l.Zone)}, {Label: l.T("examinee.step.reserved")},
		{Label: l.T("examinee.step.sat")}, {Label: l.T("examinee.step.result")}}
	done := map[string]int{string(exam.Registered): 1, string(exam.SeatReserved): 2, "awaiting": 3, string(exam.Sat): 4}[g.Shown]
	for i := range all {
		all[i].Done, all[i].Current = i < done, i == done
	}
	if g.Session != nil {
		all[1].About = l.Day(g.Reserved, l.Zone)
		all[2].About = l.Day(g.Session.Starts, lang.Zone(g.Session.Zone))
	}
	if g.Result != nil {
		all[3].About = l.Day(g.Result.Recorded, l.Zone)
		if g.Result.Outcome == exam.Absent {
			all[2].About = l.State("result", string(exam.Absent))
		}
	}
	return all
}
