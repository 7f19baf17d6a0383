// Package webtest puts a console in front of a real service and looks at it as a
// browser does. What must hold for every page of every console is checked here,
// at every answer, so that no test can forget it. It knows no console: whoever
// tests one mounts it on World.Kit.
package webtest

import (
	"context"
	"log/slog"
	"testing"

	"examcode/internal/action/actiontest"
	"examcode/internal/exam"
	"examcode/internal/httpd"
	"examcode/internal/lang"
	"examcode/internal/store"
	"examcode/internal/store/storetest"
	"examcode/internal/web/page"
)

// BaseURL is where the world's pages live.
const BaseURL = "http://exams.example"

// World is a service with a registry that waits for a console.
type World struct {
	*actiontest.House
	Registry *httpd.Registry
	Kit      *page.Kit
}

// New builds a world over an empty store.
func New(t testing.TB, s *store.Store) *World {
	t.Helper()
	h := actiontest.New(t, s)
	g := httpd.NewRegistry(httpd.Config{Actions: h.Actions, Now: h.Clock.Now, Log: slog.New(slog.DiscardHandler), BaseURL: BaseURL})
	return &World{House: h, Registry: g,
		Kit: &page.Kit{Registry: g, Actions: h.Actions, Store: h.Read, Now: h.Clock.Now, Programme: "Northwind", Seller: []string{"Northwind Certification Ltd", "1 Harbour Road", "VAT NW-1"}, BaseURL: BaseURL, Version: "1"}}
}

// Each runs a test in a world of its own on each engine.
func Each(t *testing.T, test func(t *testing.T, w *World)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, s *store.Store) { test(t, New(t, s)) })
}

// Browser is the browser of somebody who is not signed in.
func (w *World) Browser() *Browser {
	return &Browser{w: w, Lang: string(lang.EN), jar: &jar{cookies: map[string]string{}}}
}

// As is a browser in which somebody signed in just now.
func (w *World) As(who exam.Actor) *Browser {
	w.T.Helper()
	token, _, err := w.Actions.OpenSession(context.Background(), who.Person, "test")
	w.Must(err)
	b := w.Browser()
	b.SetCookie(SessionCookie, token)
	return b
}
