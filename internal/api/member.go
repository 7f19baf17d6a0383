package api

import (
	"context"
	"net/http"
	"time"

	"examcode/internal/exam"
	"examcode/internal/httpd"
	"examcode/internal/store"
)

// Member is one of the people of a company account.
type Member struct {
	ID       string     `json:"id"`
	Name     string     `json:"name"`
	Email    string     `json:"email"`
	Role     string     `json:"role" enum:"root,member"`
	Rights   []string   `json:"rights" nullable:"false" doc:"Of view, manage, buy, refund, reveal"`
	Keys     int        `json:"keys" doc:"Living API keys"`
	JoinedAt time.Time  `json:"joined_at"`
	SeenAt   *time.Time `json:"seen_at"`
}

// Invitation asks somebody to become a member.
type Invitation struct {
	ID        string    `json:"id"`
	Email     string    `json:"email"`
	Rights    []string  `json:"rights" nullable:"false"`
	Lang      string    `json:"lang" enum:"en,zh"`
	State     string    `json:"state" enum:"open,expired,accepted,revoked"`
	SentAt    time.Time `json:"sent_at"`
	ExpiresAt time.Time `json:"expires_at"`
}

// SignIn is a browser that is signed in as the one who asks.
type SignIn struct {
	Agent      string    `json:"agent"`
	SignedInAt time.Time `json:"signed_in_at"`
	SeenAt     time.Time `json:"seen_at"`
}

func showMember(m store.Colleague) Member {
	rights := m.Rights
	if m.Role == exam.Root {
		rights = exam.AllRights
	}
	return Member{ID: m.ID.String(), Name: m.Name, Email: m.Email, Role: string(m.Role), Rights: rights.Names(), Keys: m.Keys,
		JoinedAt: instant(m.Created), SeenAt: maybe(m.Seen)}
}

func (s *server) showInvitation(i exam.Invitation) Invitation {
	return Invitation{ID: i.ID.String(), Email: i.Email, Rights: i.Rights.Names(), Lang: i.Lang, State: string(i.StateAt(s.Now())),
		SentAt: instant(i.Sent), ExpiresAt: instant(i.Expires)}
}

// managing is for the root of a company alone.
var managing = httpd.Policy{Name: "enterprise: root", Need: exam.NeedRoot}

func (s *server) members() {
	add(s, s.operation(httpd.Enterprise, http.MethodGet, "/members", "The people of the account, oldest first"),
		func(ctx context.Context, who exam.Actor, _ *nothing) (*body[List[Member]], error) {
			all, err := s.Store.Members(ctx, who.Account)
			out := &body[List[Member]]{List[Member]{Items: []Member{}}}
			for _, m := range all {
				out.Body.Items = append(out.Body.Items, showMember(m))
			}
			return out, err
		})
	add(s, s.operation(httpd.Enterprise, http.MethodGet, "/members/{id}", "One of the people of the account"),
		func(ctx context.Context, who exam.Actor, in *Item) (*body[Member], error) {
			return s.member(ctx, who, in.ID)
		})
	type invite struct {
		Body struct {
			Email  string   `json:"email"`
			Rights []string `json:"rights" nullable:"false" maxItems:"20" doc:"Of view, manage, buy, refund, reveal"`
			Lang   string   `json:"lang,omitempty" enum:"en,zh" default:"en" doc:"Of the e-mail"`
		} `nameHint:"MemberRequest"`
	}
	op := s.operation(managing, http.MethodPost, "/members", "Invite a member by e-mail; they join by the link in it")
	op.DefaultStatus = http.StatusCreated
	add(s, op, func(ctx context.Context, who exam.Actor, in *invite) (*created[Invitation], error) {
		rights, err := exam.RightsNamed(in.Body.Rights)
		if err != nil {
			return nil, err
		}
		i, err := s.Actions.InviteMember(ctx, who, in.Body.Email, rights, in.Body.Lang)
		return made("/invitations/"+i.ID.String(), s.showInvitation(i)), err
	})
	type change struct {
		Item
		Body struct {
			Rights []string `json:"rights" nullable:"false" maxItems:"20" doc:"All rights from now on; of view, manage, buy, refund, reveal"`
		} `nameHint:"RightsRequest"`
	}
	add(s, s.operation(managing, http.MethodPatch, "/members/{id}", "Change the rights of a member, from their next request on"),
		func(ctx context.Context, who exam.Actor, in *change) (*body[Member], error) {
			id, err := pathID[exam.PersonID](in.ID)
			if err != nil {
				return nil, err
			}
			rights, err := exam.RightsNamed(in.Body.Rights)
			if err == nil {
				err = s.Actions.ChangeRights(ctx, who, id, rights, 0)
			}
			if err != nil {
				return nil, err
			}
			return s.member(ctx, who, in.ID)
		})
	add(s, s.operation(managing, http.MethodDelete, "/members/{id}", "Remove a member; their sessions and API keys end at once"),
		func(ctx context.Context, who exam.Actor, in *Item) (*nothing, error) {
			id, err := pathID[exam.PersonID](in.ID)
			if err == nil {
				err = s.Actions.RemoveMember(ctx, who, id, 0)
			}
			return &nothing{}, err
		})
	s.invitations()
	s.signIns()
}

func (s *server) member(ctx context.Context, who exam.Actor, text string) (*body[Member], error) {
	id, err := pathID[exam.PersonID](text)
	if err != nil {
		return nil, err
	}
	m, err := s.Store.Member(ctx, who.Account, id)
	return &body[Member]{showMember(m)}, err
}

func (s *server) invitations() {
	add(s, s.operation(managing, http.MethodGet, "/invitations", "The invitations of the account, newest first"),
		func(ctx context.Context, who exam.Actor, in *Paging) (*body[List[Invitation]], error) {
			return list(s, "invitations", *in, func(p store.Page) (store.Rows[store.InvitationRow], error) {
				return s.Store.Invitations(ctx, who.Account, "", p)
			}, func(i store.InvitationRow) Invitation { return s.showInvitation(i.Invitation) })
		})
	add(s, s.operation(managing, http.MethodGet, "/invitations/{id}", "One invitation"),
		func(ctx context.Context, who exam.Actor, in *Item) (*body[Invitation], error) {
			id, err := pathID[exam.InvitationID](in.ID)
			if err != nil {
				return nil, err
			}
			i, err := s.Store.Invitation(ctx, who.Account, id)
			return &body[Invitation]{s.showInvitation(i.Invitation)}, err
		})
	add(s, s.operation(managing, http.MethodPost, "/invitations/{id}/send", "Send an open invitation again, good for seven days; the former link ends"),
		func(ctx context.Context, who exam.Actor, in *Item) (*body[Invitation], error) {
			id, err := pathID[exam.InvitationID](in.ID)
			if err != nil {
				return nil, err
			}
			i, err := s.Actions.SendInvitationAgain(ctx, who, id)
			return &body[Invitation]{s.showInvitation(i)}, err
		})
	add(s, s.operation(managing, http.MethodDelete, "/invitations/{id}", "Take an open invitation back"),
		func(ctx context.Context, who exam.Actor, in *Item) (*nothing, error) {
			id, err := pathID[exam.InvitationID](in.ID)
			if err == nil {
				err = s.Actions.RevokeInvitation(ctx, who, id)
			}
			return &nothing{}, err
		})
}

// signIns are the browsers that are signed in; a program may end them all.
func (s *server) signIns() {
	add(s, s.operation(httpd.SignedIn, http.MethodGet, "/sign-ins", "The browsers that are signed in as you, last used first"),
		func(ctx context.Context, who exam.Actor, _ *nothing) (*body[List[SignIn]], error) {
			all, _, err := s.Actions.SignIns(ctx, who, "")
			out := &body[List[SignIn]]{List[SignIn]{Items: []SignIn{}}}
			for _, l := range all {
				out.Body.Items = append(out.Body.Items, SignIn{Agent: l.Agent, SignedInAt: instant(l.Created), SeenAt: instant(l.Seen)})
			}
			return out, err
		})
	add(s, s.operation(httpd.SignedIn, http.MethodDelete, "/sign-ins", "Sign all your browsers out"),
		func(ctx context.Context, who exam.Actor, _ *nothing) (*nothing, error) {
			return &nothing{}, s.Actions.EndOtherSignIns(ctx, who, "")
		})
}
