package enterprise

import (
	"context"
	"net/url"
	"testing"
	"time"

	"examcode/internal/exam"
	"examcode/internal/store"
	"examcode/internal/web/webtest"
)

// world is a company with codes in every state its examinees can bring about,
// and people who may see less of it.
type world struct {
	*webtest.World
	browsers map[exam.PersonID]*webtest.Browser

	root, viewer, bare     exam.Actor // of the company
	other, unverified      exam.Actor // roots of companies without codes
	anna, ben, cleo, dan   exam.Actor
	cloud, data            exam.Subject
	order                  exam.Order
	unused, bound          exam.CodeID
	reserved, passed       exam.CodeID
	failed, replaced       exam.CodeID
	texts                  map[exam.CodeID]string
	unpaid, transfer, late exam.Order
}

func build(on *webtest.World) *world {
	w := &world{World: on, browsers: map[exam.PersonID]*webtest.Browser{}, texts: map[exam.CodeID]string{}}
	Mount(w.Kit)
	h := w.House
	w.root, w.other, w.unverified = h.Company(true), h.Company(true), h.Company(false)
	w.viewer, w.bare = h.Member(w.root, exam.ViewCodes), h.Member(w.root, 0)
	w.anna, w.ben, w.cleo, w.dan = h.Examinee(true), h.Examinee(true), h.Examinee(true), h.Examinee(true)
	w.cloud = h.Subject()
	w.data = h.Subject(func(s *exam.Subject) {
		s.Name = exam.Names{EN: "Data Engineer", ZH: "数据工程师"}
		s.MaxQuantity, s.NoShow = 40, exam.GivenBack
	})
	w.history()
	return w
}

func (w *world) history() {
	ctx, h := context.Background(), w.House
	o, texts := h.Buy(w.root, w.cloud, 8)
	for i, c := range h.Codes(o) {
		w.texts[c.ID] = texts[i]
		*[]*exam.CodeID{&w.unused, &w.bound, &w.reserved, &w.passed, &w.failed, &w.replaced, new(exam.CodeID), new(exam.CodeID)}[i] = c.ID
	}
	w.order = o
	first := h.Session(w.cloud, 48*time.Hour, 10)
	redeem := func(who exam.Actor, id exam.CodeID, at *exam.Session) exam.Registration {
		g, err := h.Redeem(who, w.cloud, w.texts[id])
		w.Must(err)
		if at != nil {
			_, err = h.Actions.Reserve(ctx, who, g.ID, at.ID)
			w.Must(err)
		}
		return g
	}
	_, err := h.Redeem(w.dan, w.data, w.texts[w.unused])
	if err == nil {
		w.T.Fatal("a code of another subject was taken")
	}
	cleo, dan := redeem(w.cleo, w.passed, &first), redeem(w.dan, w.failed, &first)
	h.Clock.Move(50 * time.Hour)
	good, bad := 82, 41
	out, err := h.Actions.RecordResults(ctx, h.Admin, []exam.Result{{Registration: cleo.ID, Outcome: exam.Passed, Score: &good}, {Registration: dan.ID, Outcome: exam.Failed, Score: &bad}})
	w.Must(err)
	for _, one := range out {
		w.Must(one.Err)
	}
	second := h.Session(w.cloud, 72*time.Hour, 10)
	redeem(w.anna, w.bound, nil)
	redeem(w.ben, w.reserved, &second)
	_, err = h.Actions.RegenerateCodes(ctx, w.root, []exam.CodeID{w.replaced})
	w.Must(err)
	for _, x := range []struct {
		order         *exam.Order
		way, simulate string
	}{{&w.unpaid, "", ""}, {&w.transfer, "transfer", ""}, {&w.late, "sandbox", "late"}} {
		*x.order, err = h.Actions.BuyCodes(ctx, w.root, w.data.ID, 3)
		w.Must(err)
		if x.way != "" {
			_, err = h.Actions.PayOrder(ctx, w.root, x.order.ID, x.way, x.simulate, "")
			w.Must(err)
		}
	}
}

// each runs a test in a world of its own on both engines.
func each(t *testing.T, test func(t *testing.T, w *world)) {
	webtest.Each(t, func(t *testing.T, w *webtest.World) { test(t, build(w)) })
}

// browser is the one that somebody has signed in with.
func (w *world) browser(who exam.Actor) *webtest.Browser {
	w.T.Helper()
	if w.browsers[who.Person] == nil {
		w.browsers[who.Person] = w.As(who)
	}
	return w.browsers[who.Person]
}

// signInAgain makes everybody sign in anew, for when the clock has moved far.
func (w *world) signInAgain() { clear(w.browsers) }

func (w *world) get(who exam.Actor, address string) webtest.Answer {
	w.T.Helper()
	return w.browser(who).Get(address)
}

// send submits a form, or looks at the page when there is none.
func (w *world) send(who exam.Actor, address string, form url.Values) webtest.Answer {
	w.T.Helper()
	if form == nil {
		return w.browser(who).Get(address)
	}
	return w.browser(who).Submit(address, form)
}

func (w *world) state(t *testing.T, id exam.CodeID) store.CodeRow {
	t.Helper()
	c, err := w.Read.Code(context.Background(), w.root.Account, id)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
