package api

import (
	"context"
	"net/http"
	"time"

	"examcode/internal/exam"
	"examcode/internal/httpd"
)

// Key is an API key of the one who asks.
type Key struct {
	ID        string     `json:"id"`
	Name      string     `json:"name"`
	Tail      string     `json:"tail" doc:"The last four symbols"`
	CreatedAt time.Time  `json:"created_at"`
	UsedAt    *time.Time `json:"used_at"`
	RevokedAt *time.Time `json:"revoked_at"`
}

// NewKey is a key with its text, which is shown this once.
type NewKey struct {
	Key
	Text string `json:"key" doc:"Shown once; send it as Authorization: Bearer KEY"`
}

func showKey(k exam.Key) Key {
	return Key{ID: k.ID.String(), Name: k.Name, Tail: k.Tail, CreatedAt: instant(k.Created), UsedAt: maybe(k.Used), RevokedAt: maybe(k.Revoked)}
}

func (s *server) keys() {
	add(s, s.operation(httpd.SignedIn, http.MethodGet, "/keys", "One's API keys"),
		func(ctx context.Context, who exam.Actor, _ *nothing) (*body[List[Key]], error) {
			keys, err := s.Store.Keys(ctx, who.Person)
			out := &body[List[Key]]{List[Key]{Items: []Key{}}}
			for _, k := range keys {
				out.Body.Items = append(out.Body.Items, showKey(k))
			}
			return out, err
		})
	add(s, s.operation(httpd.SignedIn, http.MethodGet, "/keys/{id}", "One API key"),
		func(ctx context.Context, who exam.Actor, in *Item) (*body[Key], error) {
			id, err := pathID[exam.KeyID](in.ID)
			if err != nil {
				return nil, err
			}
			k, err := s.Store.Key(ctx, who.Person, id)
			return &body[Key]{showKey(k)}, err
		})
	type input struct {
		Body struct {
			Name string `json:"name"`
		} `nameHint:"KeyRequest"`
	}
	op := s.operation(httpd.SignedIn, http.MethodPost, "/keys", "Create an API key")
	op.DefaultStatus = http.StatusCreated
	add(s, op, func(ctx context.Context, who exam.Actor, in *input) (*created[NewKey], error) {
		k, text, err := s.Actions.CreateKey(ctx, who, in.Body.Name)
		return made("/keys/"+k.ID.String(), NewKey{showKey(k), text}), err
	})
	add(s, s.operation(httpd.SignedIn, http.MethodDelete, "/keys/{id}", "Revoke an API key"),
		func(ctx context.Context, who exam.Actor, in *Item) (*nothing, error) {
			id, err := pathID[exam.KeyID](in.ID)
			if err == nil {
				err = s.Actions.RevokeKey(ctx, who, id)
			}
			return &nothing{}, err
		})
}
