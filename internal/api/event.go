package api

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"examcode/internal/exam"
	"examcode/internal/httpd"
	"examcode/internal/store"
)

// Event is the trace of one change.
type Event struct {
	ID             string         `json:"id"`
	Kind           string         `json:"kind" example:"code.redeemed"`
	At             time.Time      `json:"at"`
	Object         string         `json:"object" doc:"Id of what changed"`
	AccountID      string         `json:"account_id"`
	RegistrationID string         `json:"registration_id,omitempty"`
	Actor          *EventActor    `json:"actor,omitempty" doc:"Absent when time did it, or somebody whom you do not know"`
	Channel        string         `json:"channel" enum:"console,api,schedule,command,provider"`
	KeyName        string         `json:"key_name,omitempty"`
	RequestID      string         `json:"request_id,omitempty"`
	Data           map[string]any `json:"data"`
}

// EventActor is who did it.
type EventActor struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// objects write the id of what an event is about, by the noun of its kind.
var objects = map[string]func(int64) string{
	"account":      func(n int64) string { return exam.AccountID(n).String() },
	"person":       func(n int64) string { return exam.PersonID(n).String() },
	"invitation":   func(n int64) string { return exam.InvitationID(n).String() },
	"member":       func(n int64) string { return exam.PersonID(n).String() },
	"key":          func(n int64) string { return exam.KeyID(n).String() },
	"verification": func(n int64) string { return exam.VerificationID(n).String() },
	"subject":      func(n int64) string { return exam.SubjectID(n).String() },
	"session":      func(n int64) string { return exam.SessionID(n).String() },
	"order":        func(n int64) string { return exam.OrderID(n).String() },
	"payment":      func(n int64) string { return exam.PaymentID(n).String() },
	"code":         func(n int64) string { return exam.CodeID(n).String() },
	"refund":       func(n int64) string { return exam.RefundID(n).String() },
	"results":      func(n int64) string { return exam.ResultFileID(n).String() },
	"mail":         func(n int64) string { return exam.OwedID(n).String() },
	"bulk":         func(n int64) string { return exam.BulkID(n).String() },
	"export":       func(n int64) string { return exam.ExportID(n).String() },
	"receiver":     func(n int64) string { return exam.ReceiverID(n).String() },
}

// showEvent tells of an event what the reader may know.
func showEvent(who exam.Actor, e store.TrailEntry) Event {
	n := Event{ID: e.ID.String(), Kind: string(e.Kind), At: instant(e.At), AccountID: e.Account.String(), RegistrationID: e.Registration.String(),
		Channel: string(e.Channel), Data: e.Data}
	if n.Data == nil {
		n.Data = map[string]any{}
	}
	noun, _, _ := strings.Cut(n.Kind, ".")
	if e.Kind == exam.EventMemberInvited {
		noun = "invitation" // there is no member yet
	}
	if id, ok := objects[noun]; ok {
		n.Object = id(e.Object)
	}
	switch e.WhoDid(who, e.ActorAccount) {
	case exam.ByName:
		n.Actor = &EventActor{ID: e.Actor.String(), Name: e.ActorName}
		n.KeyName, n.RequestID = e.KeyName, e.Request
	case exam.NameOnly:
		n.Actor = &EventActor{ID: e.Actor.String(), Name: e.ActorName}
	}
	return n
}

func (s *server) trail() {
	type filter struct {
		Paging
		AccountID string `query:"account_id"`
		Kind      string `query:"kind" example:"code.redeemed"`
	}
	add(s, s.operation(httpd.Staff(exam.Audit), http.MethodGet, "/events", "What happened, newest first"),
		func(ctx context.Context, who exam.Actor, in *filter) (*body[List[Event]], error) {
			account, err := filterID[exam.AccountID]("account_id", in.AccountID)
			if err != nil {
				return nil, err
			}
			kind := exam.EventKind(in.Kind)
			if kind != "" && !slices.Contains(exam.EventKinds, kind) {
				return nil, malformed("kind")
			}
			return list(s, "trail", in.Paging, func(p store.Page) (store.Rows[store.TrailEntry], error) {
				return s.Store.Trail(ctx, account, kind, p)
			}, func(e store.TrailEntry) Event { return showEvent(who, e) })
		})
}
