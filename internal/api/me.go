package api

import (
	"context"
	"net/http"

	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/httpd"
	"examcode/internal/store"
)

// Me is who asks, and what decides what they may do (S3).
type Me struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"`
	Email   string   `json:"email"`
	Role    string   `json:"role" doc:"root or member; for staff admin, review, money, results or audit"`
	Rights  []string `json:"rights" nullable:"false" doc:"Of a company: view, manage, buy, refund, reveal"`
	Lang    string   `json:"lang" enum:"en,zh," doc:"Empty: as the request asks"`
	Theme   string   `json:"theme" enum:"auto,light,dark"`
	Account Account  `json:"account"`
	Buy     MayBuy   `json:"buy"`
	Unread  int      `json:"unread" doc:"Unread messages, counted up to 100"`
}

// Account is the account somebody belongs to.
type Account struct {
	ID           string `json:"id"`
	Kind         string `json:"kind" enum:"enterprise,individual,operator"`
	Name         string `json:"name"`
	Zone         string `json:"zone" doc:"IANA time zone; decides the day on which orders end"`
	Verification string `json:"verification" enum:"none,waiting,verified,rejected"`
}

// MayBuy tells whether the conditions for buying hold, and which do not (S1).
type MayBuy struct {
	Allowed bool     `json:"allowed"`
	Reasons []string `json:"reasons" nullable:"false"`
}

func showMe(i store.Identity, unread int) Me {
	p, a := i.Person, i.Account
	rights := p.Rights.Names()
	if a.Kind == exam.Enterprise && p.Role == exam.Root {
		rights = exam.AllRights.Names()
	}
	if a.Kind != exam.Enterprise {
		rights = []string{}
	}
	theme := p.Theme
	if theme == "" {
		theme = "auto"
	}
	return Me{ID: p.ID.String(), Name: p.Name, Email: p.Email, Role: string(p.Role), Rights: rights, Lang: p.Lang, Theme: theme, Unread: unread,
		Account: Account{ID: a.ID.String(), Kind: string(a.Kind), Name: a.Name, Zone: a.Zone, Verification: string(a.Verified)},
		Buy:     showMayBuy(i.Actor)}
}

func showMayBuy(a exam.Actor) MayBuy {
	e := fault.Of(exam.MayBuy(a))
	if e == nil {
		return MayBuy{Allowed: true, Reasons: []string{}}
	}
	m := MayBuy{Reasons: []string{}}
	for _, f := range e.Fields {
		m.Reasons = append(m.Reasons, f.Reason)
	}
	if len(m.Reasons) == 0 {
		m.Reasons = append(m.Reasons, e.Reason)
	}
	return m
}

func (s *server) me() {
	add(s, s.operation(httpd.SignedIn, http.MethodGet, "/me", "Who asks"),
		func(ctx context.Context, who exam.Actor, _ *nothing) (*body[Me], error) {
			unread, err := s.Store.Unread(ctx, who.Person)
			return &body[Me]{showMe(httpd.From(ctx).Identity, unread)}, err
		})
	type input struct {
		Body struct {
			Lang  *string `json:"lang,omitempty" enum:"en,zh,"`
			Theme *string `json:"theme,omitempty" enum:"auto,light,dark"`
		} `nameHint:"Settings"`
	}
	add(s, s.operation(httpd.SignedIn, http.MethodPatch, "/me", "Change language or theme"),
		func(ctx context.Context, who exam.Actor, in *input) (*body[Me], error) {
			i := httpd.From(ctx).Identity
			if in.Body.Lang != nil {
				i.Person.Lang = *in.Body.Lang
			}
			if in.Body.Theme != nil {
				i.Person.Theme = *in.Body.Theme
			}
			if err := s.Actions.ChangeSettings(ctx, who, i.Person.Lang, i.Person.Theme); err != nil {
				return nil, err
			}
			unread, err := s.Store.Unread(ctx, who.Person)
			return &body[Me]{showMe(i, unread)}, err
		})
}
