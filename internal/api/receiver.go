package api

import (
	"context"
	"net/http"
	"time"

	"examcode/internal/exam"
	"examcode/internal/httpd"
)

// Receiver is somebody besides the root who is told about a company's affairs.
type Receiver struct {
	ID          string     `json:"id"`
	PersonID    *string    `json:"person_id" doc:"A member; null for an address"`
	Email       string     `json:"email" doc:"An address without an account; empty for a member"`
	Label       string     `json:"label" doc:"What the address is, such as Finance"`
	Lang        string     `json:"lang" enum:"en,zh," doc:"Of the mails to an address"`
	Categories  []string   `json:"categories" nullable:"false" doc:"Of orders, expiry, codes, results"`
	State       string     `json:"state" enum:"waiting,active,removed" doc:"An address waits until its reader agrees; nothing is sent before"`
	ConfirmedAt *time.Time `json:"confirmed_at"`
}

func showReceiver(v exam.Receiver) Receiver {
	r := Receiver{ID: v.ID.String(), Email: v.Email, Label: v.Label, Lang: v.Lang, Categories: v.Categories, State: string(v.State), ConfirmedAt: maybe(v.Confirmed)}
	if v.Person != 0 {
		person := v.Person.String()
		r.PersonID = &person
	}
	if r.Categories == nil {
		r.Categories = []string{}
	}
	return r
}

func (s *server) receivers() {
	type add1 struct {
		Body struct {
			PersonID   string   `json:"person_id,omitempty" doc:"A member of the company; or email"`
			Email      string   `json:"email,omitempty" doc:"An address; it is asked first"`
			Label      string   `json:"label,omitempty"`
			Lang       string   `json:"lang,omitempty" enum:"en,zh," doc:"Needed for an address"`
			Categories []string `json:"categories" nullable:"false" maxItems:"10"`
		} `nameHint:"ReceiverRequest"`
	}
	type change struct {
		Item
		Body struct {
			Label      *string  `json:"label,omitempty"`
			Lang       *string  `json:"lang,omitempty" enum:"en,zh,"`
			Categories []string `json:"categories,omitempty" nullable:"false" maxItems:"10"`
		} `nameHint:"ReceiverChange"`
	}
	add(s, s.operation(httpd.Enterprise, http.MethodGet, "/receivers", "Who else is told about the company's affairs"),
		func(ctx context.Context, who exam.Actor, _ *nothing) (*body[List[Receiver]], error) {
			list, err := s.Store.Receivers(ctx, who.Account)
			out := &body[List[Receiver]]{List[Receiver]{Items: []Receiver{}}}
			for _, v := range list {
				out.Body.Items = append(out.Body.Items, showReceiver(v))
			}
			return out, err
		})
	op := s.operation(httpd.Enterprise, http.MethodPost, "/receivers", "Name a member or an address to be told; root only")
	op.DefaultStatus = http.StatusCreated
	add(s, op, func(ctx context.Context, who exam.Actor, in *add1) (*created[Receiver], error) {
		v, err := s.Actions.AddReceiver(ctx, who, exam.Receiver{Person: exam.ParseID[exam.PersonID](in.Body.PersonID), Email: in.Body.Email,
			Label: in.Body.Label, Lang: in.Body.Lang, Categories: in.Body.Categories})
		return made("/receivers/"+v.ID.String(), showReceiver(v)), err
	})
	add(s, s.operation(httpd.Enterprise, http.MethodGet, "/receivers/{id}", "One receiver"),
		func(ctx context.Context, who exam.Actor, in *Item) (*body[Receiver], error) {
			id, err := pathID[exam.ReceiverID](in.ID)
			if err != nil {
				return nil, err
			}
			v, err := s.Store.Receiver(ctx, who.Account, id)
			return &body[Receiver]{showReceiver(v)}, err
		})
	add(s, s.operation(httpd.Enterprise, http.MethodPatch, "/receivers/{id}", "Change what a receiver is told about; root only"),
		func(ctx context.Context, who exam.Actor, in *change) (*body[Receiver], error) {
			id, err := pathID[exam.ReceiverID](in.ID)
			if err != nil {
				return nil, err
			}
			to, err := s.Store.Receiver(ctx, who.Account, id)
			if err != nil {
				return nil, err
			}
			seen := to.Version
			if in.Body.Label != nil {
				to.Label = *in.Body.Label
			}
			if in.Body.Lang != nil {
				to.Lang = *in.Body.Lang
			}
			if in.Body.Categories != nil {
				to.Categories = in.Body.Categories
			}
			v, err := s.Actions.ChangeReceiver(ctx, who, id, seen, to)
			return &body[Receiver]{showReceiver(v)}, err
		})
	add(s, s.operation(httpd.Enterprise, http.MethodDelete, "/receivers/{id}", "Remove a receiver; root only"),
		func(ctx context.Context, who exam.Actor, in *Item) (*nothing, error) {
			id, err := pathID[exam.ReceiverID](in.ID)
			if err == nil {
				_, err = s.Actions.RemoveReceiver(ctx, who, id, 0)
			}
			return &nothing{}, err
		})
	add(s, s.operation(httpd.Enterprise, http.MethodPost, "/receivers/{id}/ask", "Ask an address once more; root only"),
		func(ctx context.Context, who exam.Actor, in *Item) (*body[Receiver], error) {
			id, err := pathID[exam.ReceiverID](in.ID)
			if err != nil {
				return nil, err
			}
			v, err := s.Actions.AskReceiver(ctx, who, id)
			return &body[Receiver]{showReceiver(v)}, err
		})
}
