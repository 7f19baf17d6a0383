package api

import (
	"context"
	"net/http"
	"time"

	"examcode/internal/exam"
	"examcode/internal/httpd"
	"examcode/internal/store"
)

// Message is an entry of the message centre.
type Message struct {
	ID        string         `json:"id"`
	Kind      string         `json:"kind"`
	Category  string         `json:"category"`
	Data      map[string]any `json:"data" doc:"The facts of the message, by name"`
	Link      string         `json:"link" doc:"Path of the page that matters"`
	CreatedAt time.Time      `json:"created_at"`
	ReadAt    *time.Time     `json:"read_at"`
}

func showMessage(n exam.Notice) Message {
	data := map[string]any(n.Data)
	if data == nil {
		data = map[string]any{}
	}
	return Message{ID: n.ID.String(), Kind: string(n.Kind), Category: exam.NoticeKinds[n.Kind], Data: data, Link: n.Link,
		CreatedAt: instant(n.Created), ReadAt: maybe(n.Read)}
}

func (s *server) messages() {
	type input struct {
		Paging
		Unread bool `query:"unread" doc:"Only unread ones"`
	}
	add(s, s.operation(httpd.SignedIn, http.MethodGet, "/messages", "The message centre, newest first"),
		func(ctx context.Context, who exam.Actor, in *input) (*body[List[Message]], error) {
			return list(s, "messages", in.Paging, func(p store.Page) (store.Rows[exam.Notice], error) {
				return s.Store.Notices(ctx, who.Person, in.Unread, p)
			}, showMessage)
		})
	add(s, s.operation(httpd.SignedIn, http.MethodPost, "/messages/{id}/read", "Note that a message was read"),
		func(ctx context.Context, who exam.Actor, in *Item) (*body[Message], error) {
			id, err := pathID[exam.MessageID](in.ID)
			if err != nil {
				return nil, err
			}
			if err := s.Actions.ReadMessage(ctx, who, id); err != nil {
				return nil, err
			}
			n, err := s.Store.Notice(ctx, who.Person, id)
			return &body[Message]{showMessage(n)}, err
		})
	add(s, s.operation(httpd.SignedIn, http.MethodPost, "/messages/read", "Note that all messages were read"),
		func(ctx context.Context, who exam.Actor, _ *nothing) (*nothing, error) {
			return &nothing{}, s.Actions.ReadAllMessages(ctx, who)
		})
}
