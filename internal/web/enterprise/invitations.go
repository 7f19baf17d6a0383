package enterprise

import (
	"context"
	"net/http"

	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/store"
	"examcode/internal/web/page"
	"examcode/internal/web/view"
)

// invitationVerb is what can be done with an open invitation: the key of its
// texts, the lines of its page, and how it is done.
type invitationVerb struct {
	key           string
	happens, told []string
	stays         []string
	safe          bool
	do            func(context.Context, exam.Actor, exam.InvitationID) error
}

// verbOf is the verb of a path.
func (c console) verbOf(r *http.Request) (invitationVerb, error) {
	l := locale(r)
	switch r.PathValue("verb") {
	case "again":
		return invitationVerb{key: "members.again", happens: []string{l.T("members.again.new"), l.T("members.again.old")}, safe: true,
			do: func(ctx context.Context, who exam.Actor, id exam.InvitationID) error {
				_, err := c.Actions.SendInvitationAgain(ctx, who, id)
				return err
			}}, nil
	case "revoke":
		return invitationVerb{key: "members.revoke", happens: []string{l.T("members.revoke.dead")}, stays: []string{l.T("members.revoke.again")},
			told: []string{l.T("members.revoke.told")}, do: c.Actions.RevokeInvitation}, nil
	}
	return invitationVerb{}, fault.ErrNotFound
}

func (c console) invitation(r *http.Request) (store.InvitationRow, error) {
	i, err := c.Store.Invitation(r.Context(), actor(r).Account, exam.ParseID[exam.InvitationID](r.PathValue("id")))
	if err == nil && i.State != exam.InvitationOpen {
		err = exam.ErrInvitationClosed
	}
	return i, err
}

func invitationOf(id exam.InvitationID) string { return members + "/invitations/" + id.String() }

func (c console) invitationPage(w http.ResponseWriter, r *http.Request) error {
	v, err := c.verbOf(r)
	if err != nil {
		return err
	}
	i, err := c.invitation(r)
	if err != nil {
		return err
	}
	l := locale(r)
	p := c.memberPage(w, r, l.T(v.key+".title", "email", i.Email))
	return c.Show(w, r, http.StatusOK, p, view.ConfirmForm(view.Confirm{
		Action: r.URL.Path, Hidden: []view.Pair{version(i.Version), page.NewOnce()}, Happens: v.happens, Stays: v.stays, Told: v.told, Safe: v.safe,
		Verb: l.T(v.key + ".verb"), WayOut: view.Link{Label: l.T(v.key + ".keep"), Href: members}}))
}

func (c console) changeInvitation(w http.ResponseWriter, r *http.Request) error {
	f, err := page.ReadForm(r)
	if err != nil {
		return err
	}
	v, err := c.verbOf(r)
	if err != nil {
		return err
	}
	return c.Once(w, r, f, members, func(ctx context.Context) (page.Landing, error) {
		i, err := c.invitation(r)
		if err != nil {
			return page.Landing{}, err
		}
		if f.Get("version") != version(i.Version).Value {
			return page.Landing{}, exam.ErrChangedMeanwhile
		}
		return page.Landing{To: members, Kind: view.Done, Text: locale(r).T(v.key+".done", "email", i.Email)}, v.do(ctx, actor(r), i.ID)
	})
}
