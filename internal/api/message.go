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
		Unread   bool   `query:"unread" doc:"Only unread ones"`
		Category string `query:"category" doc:"orders, expiry, codes, results, account or files; without, all"`
	}
	add(s, s.operation(httpd.SignedIn, http.MethodGet, "/messages", "The message centre, newest first"),
		func(ctx context.Context, who exam.Actor, in *input) (*body[List[Message]], error) {
			return list(s, "messages", in.Paging, func(p store.Page) (store.Rows[exam.Notice], error) {
				return s.Store.NoticesBy(ctx, who.Person, store.NoticeFilter{Unread: in.Unread, Category: in.Category}, p)
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
	type some struct {
		Body *struct {
			IDs      []string `json:"ids,omitempty" maxItems:"500" nullable:"false" doc:"These; those that are not yours are passed over"`
			Category string   `json:"category,omitempty" doc:"All of this category; without ids and category, all"`
		} `nameHint:"ReadRequest"`
	}
	add(s, s.operation(httpd.SignedIn, http.MethodPost, "/messages/read", "Note that messages were read"),
		func(ctx context.Context, who exam.Actor, in *some) (*nothing, error) {
			if in.Body == nil || len(in.Body.IDs) == 0 {
				category := ""
				if in.Body != nil {
					category = in.Body.Category
				}
				return &nothing{}, s.Actions.ReadCategory(ctx, who, category)
			}
			ids := make([]exam.MessageID, len(in.Body.IDs))
			for i, id := range in.Body.IDs {
				ids[i] = exam.ParseID[exam.MessageID](id)
			}
			return &nothing{}, s.Actions.ReadMessages(ctx, who, ids)
		})
	type choice struct {
		Body MailChoice
	}
	add(s, s.operation(httpd.SignedIn, http.MethodGet, "/me/mail", "Which mails one gets"),
		func(ctx context.Context, who exam.Actor, _ *nothing) (*body[MailChoice], error) {
			off, err := s.Store.MailOff(ctx, who.Person)
			return &body[MailChoice]{MailChoice{Off: off}}, err
		})
	add(s, s.operation(httpd.SignedIn, http.MethodPut, "/me/mail", "Choose which mails one gets"),
		func(ctx context.Context, who exam.Actor, in *choice) (*body[MailChoice], error) {
			if err := s.Actions.ChooseMail(ctx, who, in.Body.Off); err != nil {
				return nil, err
			}
			off, err := s.Store.MailOff(ctx, who.Person)
			return &body[MailChoice]{MailChoice{Off: off}}, err
		})
}

// MailChoice is what somebody wants no mail about; the message centre has it all
// the same.
type MailChoice struct {
	Off []string `json:"off" maxItems:"10" nullable:"false" doc:"Of codes, results and files; mail about everything else always comes"`
}
