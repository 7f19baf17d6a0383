package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"examcode/internal/action"
	"examcode/internal/exam"
	"examcode/internal/export"
	"examcode/internal/fault"
	"examcode/internal/httpd"
	"examcode/internal/store"
)

// PersonalData is a copy of all that is kept about whoever asks.
type PersonalData struct {
	MadeAt time.Time                   `json:"made_at"`
	Parts  map[string][]map[string]any `json:"parts" doc:"By what they are: profile, verifications, registrations, earlier_results, notices, unwanted_mail, sign_ins, api_keys, requests, links, invitations, told_about, letters, orders, exports, result_files, events; a part without anything is missing"`
}

// Erasure is what erasing a person would do, in numbers, and whether it may be.
type Erasure struct {
	Allowed       bool   `json:"allowed"`
	Reason        string `json:"reason,omitempty"`
	Registrations int    `json:"registrations" doc:"They stay, with their results, under a pseudonym"`
	Bound         int    `json:"bound" doc:"Registrations that are cancelled; their codes go back to the company, unused"`
	Reserved      int    `json:"reserved" doc:"Seats; none may be held"`
	Results       int    `json:"results"`
	Notices       int    `json:"notices"`
	Keys          int    `json:"keys"`
	SignIns       int    `json:"sign_ins"`
	Verifications int    `json:"verifications"`
	Documents     int    `json:"documents"`
	Orders        int    `json:"orders" doc:"They stay, with payments and refunds"`
	Files         int    `json:"files" doc:"Kept files of companies that may name the person"`
}

func showErasure(e action.Erasing) Erasure {
	f, reason := e.Affairs, ""
	if e.Refused != nil {
		reason = fault.Of(e.Refused).Reason
	}
	return Erasure{Allowed: e.Refused == nil, Reason: reason, Registrations: f.Registrations, Bound: f.Bound, Reserved: f.Reserved, Results: f.Results,
		Notices: f.Notices, Keys: f.Keys, SignIns: f.SignIns, Verifications: f.Submissions, Documents: f.Documents, Orders: f.Orders, Files: f.Files}
}

func (s *server) privacy() {
	add(s, s.operation(httpd.SignedIn, http.MethodGet, "/me/data", "A copy of all that is kept about you; taking it is recorded"),
		func(ctx context.Context, who exam.Actor, _ *nothing) (*body[PersonalData], error) {
			out := &body[PersonalData]{PersonalData{MadeAt: instant(s.Now()), Parts: map[string][]map[string]any{}}}
			err := s.Actions.CopyData(ctx, who, func(read action.ReadCopy) error {
				return read(func(c store.Copied) error {
					out.Body.Parts[c.Section] = append(out.Body.Parts[c.Section], export.RowOf(c))
					return nil
				})
			})
			return out, err
		})
	add(s, s.operation(httpd.SignedIn, http.MethodGet, "/me/erasure", "What erasing your data would do now"),
		func(ctx context.Context, who exam.Actor, _ *nothing) (*body[Erasure], error) {
			e, err := s.Actions.Erasing(ctx, who, who.Person)
			return &body[Erasure]{showErasure(e)}, err
		})
	type confirm struct {
		Body struct {
			Email string `json:"email" doc:"The address of the account, to confirm"`
		} `nameHint:"ErasureRequest"`
	}
	add(s, s.operation(httpd.SignedIn, http.MethodPost, "/me/erasure", "Erase your data for good; the key that asks ends with them"),
		func(ctx context.Context, who exam.Actor, in *confirm) (*nothing, error) {
			return &nothing{}, s.erase(ctx, who, who.Person, in.Body.Email)
		})
	reviewing := httpd.Staff(exam.Review)
	add(s, s.operation(reviewing, http.MethodGet, "/people/{id}/erasure", "What erasing a person would do now"),
		func(ctx context.Context, who exam.Actor, in *Item) (*body[Erasure], error) {
			id, err := pathID[exam.PersonID](in.ID)
			if err != nil {
				return nil, err
			}
			e, err := s.Actions.Erasing(ctx, who, id)
			return &body[Erasure]{showErasure(e)}, err
		})
	type confirmOf struct {
		Item
		confirm
	}
	add(s, s.operation(reviewing, http.MethodPost, "/people/{id}/erasure", "Erase a person's data for good, on their request"),
		func(ctx context.Context, who exam.Actor, in *confirmOf) (*nothing, error) {
			id, err := pathID[exam.PersonID](in.ID)
			if err != nil {
				return nil, err
			}
			return &nothing{}, s.erase(ctx, who, id, in.Body.Email)
		})
}

// erase needs the address of whoever is erased, so that no slip of a program can.
func (s *server) erase(ctx context.Context, who exam.Actor, id exam.PersonID, email string) error {
	p, err := s.Store.Person(ctx, id)
	if err != nil {
		return err
	}
	if !strings.EqualFold(strings.TrimSpace(email), p.Email) {
		return exam.ErrEraseConfirmed.On("email")
	}
	return s.Actions.ErasePerson(ctx, who, id, p.Version)
}
