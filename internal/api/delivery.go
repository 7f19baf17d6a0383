package api

import (
	"context"
	"net/http"
	"time"

	"examcode/internal/exam"
	"examcode/internal/httpd"
	"examcode/internal/store"
)

// Delivery is an owed mail, for staff.
type Delivery struct {
	ID        string     `json:"id"`
	Email     string     `json:"email"`
	PersonID  *string    `json:"person_id" doc:"null for an address without an account"`
	Kind      string     `json:"kind" doc:"Of the message; link for a link to sign in or join"`
	State     string     `json:"state" enum:"owed,failing,dead,sent,superseded,cancelled"`
	Tries     int        `json:"tries"`
	Said      string     `json:"said" doc:"What the mail server said last"`
	CreatedAt time.Time  `json:"created_at"`
	FailingAt *time.Time `json:"failing_since"`
	NextAt    *time.Time `json:"next_try_at" doc:"null when it is not tried again"`
	SettledAt *time.Time `json:"settled_at"`
}

func showDelivery(d store.DeliveryRow) Delivery {
	out := Delivery{ID: d.ID.String(), Email: d.Email, Kind: string(d.Kind), State: string(d.State), Tries: d.Tries, Said: d.Detail,
		CreatedAt: instant(d.Created), FailingAt: maybe(d.Failing), SettledAt: maybe(d.Settled)}
	if d.State == exam.OwedOpen {
		out.NextAt = maybe(d.Next)
		if !d.Failing.IsZero() {
			out.State = string(store.DeliveryFailing)
		}
	}
	if d.Person != 0 {
		person := d.Person.String()
		out.PersonID = &person
	}
	return out
}

func (s *server) deliveries() {
	sends := httpd.Staff(exam.Review, exam.Money, exam.Results)
	type input struct {
		Paging
		State string `query:"state" enum:"owed,failing,dead,sent," doc:"Without, all"`
		Email string `query:"email" doc:"Only those to this address"`
	}
	add(s, s.operation(httpd.AnyStaff, http.MethodGet, "/deliveries", "Mails that are owed, newest first"),
		func(ctx context.Context, who exam.Actor, in *input) (*body[List[Delivery]], error) {
			return list(s, "deliveries", in.Paging, func(p store.Page) (store.Rows[store.DeliveryRow], error) {
				return s.Store.Deliveries(ctx, store.Deliveries(in.State), in.Email, p)
			}, showDelivery)
		})
	add(s, s.operation(sends, http.MethodPost, "/deliveries/{id}/send", "Try a mail again now that failed or was given up"),
		func(ctx context.Context, who exam.Actor, in *Item) (*body[Delivery], error) {
			id, err := pathID[exam.OwedID](in.ID)
			if err != nil {
				return nil, err
			}
			if _, err := s.Actions.SendAgain(ctx, who, id); err != nil {
				return nil, err
			}
			d, err := s.Store.Delivery(ctx, id)
			return &body[Delivery]{showDelivery(d)}, err
		})
	type all struct {
		Body struct {
			State string `json:"state" enum:"failing,dead"`
		} `nameHint:"SendRequest"`
	}
	type sent struct {
		Count int `json:"count"`
	}
	add(s, s.operation(sends, http.MethodPost, "/deliveries/send", "Try all mails again now that fail or were given up"),
		func(ctx context.Context, who exam.Actor, in *all) (*body[sent], error) {
			n, err := s.Actions.SendAllAgain(ctx, who, in.Body.State == string(store.DeliveryDead))
			return &body[sent]{sent{n}}, err
		})
}
