// Package examinee is the console of the people who sit exams: redeem a code,
// choose a session, change or give it back, read the result. It is made for the
// phone first.
//
// It decides no rule: whether a seat may be taken or a code used is asked of
// action, and what the pages say beforehand is computed by exam.
package examinee

import (
	"context"
	"net/http"
	"time"

	"examcode/internal/exam"
	"examcode/internal/httpd"
	"examcode/internal/lang"
	"examcode/internal/store"
	"examcode/internal/web/page"
	"examcode/internal/web/view"
)

type console struct{ *page.Console }

// Mount registers the console's pages, and the redeem link that works for
// anybody.
func Mount(k *page.Kit) {
	c := console{&page.Console{Kit: k, Name: "examinee", Nav: []page.NavItem{
		{Key: "examinee.exams", Href: "/examinee/"},
		{Key: "examinee.subjects", Href: "/examinee/subjects"},
		{Key: "examinee.redeem", Href: "/examinee/redeem"},
		{Key: "examinee.results", Href: "/examinee/results"},
		{Key: "examinee.profile", Href: "/account"},
	}}}
	k.Handle("GET", "/redeem", httpd.Public, c.redeemLink)

	k.Handle("GET", "/examinee/{$}", httpd.Examinee, c.examsPage)
	k.Handle("GET", "/examinee/subjects", httpd.Examinee, c.subjectsPage)
	k.Handle("GET", "/examinee/redeem", httpd.Examinee, c.redeemPage)
	k.Handle("POST", "/examinee/redeem", httpd.Examinee, c.checkRedemption)
	k.Handle("POST", "/examinee/registrations", httpd.Examinee, c.redeem)
	k.Handle("GET", "/examinee/registrations/{id}", httpd.Examinee, c.registrationPage)
	k.Handle("GET", "/examinee/registrations/{id}/registered", httpd.Examinee, c.registeredPage)
	k.Handle("GET", "/examinee/registrations/{id}/sessions", httpd.Examinee, c.sessionsPage)
	k.Handle("GET", "/examinee/registrations/{id}/reserve", httpd.Examinee, c.reservePage)
	k.Handle("POST", "/examinee/registrations/{id}/reserve", httpd.Examinee, k.SendOnce(c.reserve))
	k.Handle("GET", "/examinee/registrations/{id}/reserved", httpd.Examinee, c.reservedPage)
	k.Handle("GET", "/examinee/registrations/{id}/calendar", httpd.Examinee, c.calendar)
	k.Handle("GET", "/examinee/registrations/{id}/cancel", httpd.Examinee, c.cancelPage)
	k.Handle("POST", "/examinee/registrations/{id}/cancel", httpd.Examinee, k.SendOnce(c.cancel))
	k.Handle("GET", "/examinee/registrations/{id}/result", httpd.Examinee, c.resultPage)
	k.Handle("GET", "/examinee/results", httpd.Examinee, c.resultsPage)
}

// registration is a registration of the reader with what its pages say.
type registration struct {
	store.RegistrationRow
	Title   string         // the subject in the reader's language
	Shown   string         // its state, as people read it
	Over    bool           // nothing can be done with it any more
	EndZone *time.Location // in which the order ends
}

// known fills in what pages say about a row at an instant. A registration whose
// order has ended is over from that instant, whether or not it is written down.
func known(ctx context.Context, row store.RegistrationRow, now time.Time) registration {
	g := registration{RegistrationRow: row, Title: row.SubjectName.In(string(lang.From(ctx).Lang)), EndZone: lang.Zone(row.Zone)}
	g.Shown = g.Registration.Shown(g.Session, now)
	if g.State == exam.Registered && !now.Before(g.Expires) {
		g.Shown, g.Why = string(exam.RegCancelled), exam.WhyOrderExpiry
	}
	g.Over = g.Shown == string(exam.RegCancelled) || g.State == exam.Sat
	return g
}

// registration reads the registration of the address; other people's are not
// found.
func (c console) registration(r *http.Request) (registration, error) {
	id := exam.ParseID[exam.RegistrationID](r.PathValue("id"))
	row, err := c.Store.Registration(r.Context(), httpd.From(r.Context()).Actor().Person, id)
	if err != nil {
		return registration{}, err
	}
	return known(r.Context(), row, c.Now()), nil
}

// Path is the registration's address, or a page below it.
func (g registration) Path(below string) string {
	return "/examinee/registrations/" + g.ID.String() + below
}

// page starts a narrow page below a registration.
func (c console) page(w http.ResponseWriter, r *http.Request, g registration, key string, pairs ...any) view.Page {
	p := c.Page(w, r, "/examinee/", view.T(r.Context(), key, pairs...))
	p.Narrow = true
	p.Breadcrumb = []view.Link{{Label: view.T(r.Context(), "examinee.exams"), Href: "/examinee/"}, {Label: g.Title, Href: g.Path("")}}
	return p
}

// turnBack makes the switches of a page that answers a form return to an address
// that can be read; a page that was read returns to itself.
func turnBack(r *http.Request, p *view.Page, to string) {
	if r.Method == http.MethodPost {
		p.Back = to
	}
}

// when is a session's day and hours in its own zone.
func when(ctx context.Context, s exam.Session) string {
	return lang.From(ctx).SessionTime(s.Starts, int(s.Duration/time.Minute), lang.Zone(s.Zone))
}

// yours is when a session is in the reader's zone; "" where that is the same.
func yours(ctx context.Context, s exam.Session) string {
	l := lang.From(ctx)
	if l.Zone == nil {
		l.Zone = time.UTC
	}
	_, there := s.Starts.In(lang.Zone(s.Zone)).Zone()
	_, here := s.Starts.In(l.Zone).Zone()
	if there == here {
		return ""
	}
	return l.T("examinee.your_zone", "when", l.SessionTime(s.Starts, int(s.Duration/time.Minute), l.Zone))
}

// where is a session's place, or its type where there is none.
func where(ctx context.Context, s exam.Session) string {
	if s.Place == "" {
		return examType(ctx, s.ExamType)
	}
	return s.Place
}

func examType(ctx context.Context, t exam.ExamType) string {
	return view.T(ctx, "examinee.type."+string(t))
}

// until is the last moment to change a session, in the session's zone.
func until(ctx context.Context, s exam.Session, sub exam.Subject) string {
	return lang.From(ctx).Instant(s.Cutoff(sub), lang.Zone(s.Zone))
}

// sessionZone is the zone of the registration's session, the order's without one.
func (g registration) sessionZone() *time.Location {
	if g.Session == nil {
		return g.EndZone
	}
	return lang.Zone(g.Session.Zone)
}
