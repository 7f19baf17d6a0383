package kfail

import (
	"context"
	"time"

	"examcode/internal/action/actiontest"
	"examcode/internal/exam"
	"examcode/internal/store"
)

// company is what a company does with its codes and its members.
func company() []command {
	ctx := context.Background()
	receiver := func(w *world) exam.Receiver {
		v, err := w.do.AddReceiver(ctx, w.root, exam.Receiver{Email: w.fresh("r") + "@people.example", Label: "Finance", Lang: "en", Categories: []string{"orders"}})
		w.Must(err)
		return v
	}
	invited := func(w *world) exam.Invitation {
		i, err := w.do.InviteMember(ctx, w.root, w.fresh("i")+"@people.example", exam.ViewCodes, "en")
		w.Must(err)
		return i
	}
	member := func(w *world) exam.Person {
		p, err := w.Read.Person(ctx, w.Member(w.root, exam.ViewCodes).Person)
		w.Must(err)
		return p
	}
	return []command{
		{name: "BuyCodes", keyed: true, prepare: func(w *world) run {
			s := w.Subject()
			return func(ctx context.Context) error { return fails(w.do.BuyCodes(ctx, w.root, s.ID, 3)) }
		}},
		{name: "IssueCodes", prepare: func(w *world) run {
			o, err := w.do.BuyCodes(ctx, w.root, w.Subject().ID, 5)
			w.Must(err)
			w.Must(fails(w.do.PayOrder(ctx, w.root, o.ID, "sandbox", "", "")))
			return func(ctx context.Context) error { return w.do.IssueCodes(ctx, o.ID) }
		}},
		{name: "CancelOrder", prepare: func(w *world) run {
			o := w.ordered()
			return func(ctx context.Context) error { return fails(w.do.CancelOrder(ctx, w.root, o.ID)) }
		}},
		{name: "RevealCode", loose: true, prepare: func(w *world) run {
			o, _, _ := w.bought(1)
			id := w.codesOf(o)[0]
			return func(ctx context.Context) error { return fails(w.do.RevealCode(ctx, w.root, id)) }
		}},
		{name: "RegenerateCodes", keyed: true, prepare: func(w *world) run {
			o, _, _ := w.bought(3)
			ids := w.codesOf(o)
			return func(ctx context.Context) error { return each(w.do.RegenerateCodes(ctx, w.root, ids)) }
		}},
		{name: "UnbindCodes", keyed: true, prepare: func(w *world) run {
			_, _, o := w.bound()
			ids := w.codesOf(o)
			return func(ctx context.Context) error { return each(w.do.UnbindCodes(ctx, w.root, ids, true)) }
		}},
		{name: "DraftBulk", keyed: true, before: (*world).undraft, prepare: func(w *world) run {
			o, _, _ := w.bought(3)
			return func(ctx context.Context) error {
				return fails(w.do.DraftBulk(ctx, w.root, exam.BulkRegenerate, store.CodeFilter{Order: o.ID}, nil))
			}
		}},
		{name: "StartBulk", keyed: true, before: (*world).undraft, prepare: func(w *world) run {
			o, _, _ := w.bought(3)
			return func(ctx context.Context) error {
				return fails(w.do.StartBulk(ctx, w.root, exam.BulkRegenerate, store.CodeFilter{Order: o.ID}, true))
			}
		}},
		{name: "BeginBulk", before: (*world).undraft, prepare: func(w *world) run {
			b := w.drafted()
			return func(ctx context.Context) error { return fails(w.do.BeginBulk(ctx, w.root, b.ID, true)) }
		}},
		{name: "RunBulk", before: (*world).undraft, prepare: func(w *world) run {
			b := w.drafted()
			w.Must(fails(w.do.BeginBulk(ctx, w.root, b.ID, true)))
			return func(ctx context.Context) error { return w.do.RunBulk(ctx, b.ID, 9) }
		}},
		{name: "RunBulks", before: (*world).undraft, prepare: func(w *world) run {
			b := w.drafted()
			w.Must(fails(w.do.BeginBulk(ctx, w.root, b.ID, true)))
			return func(ctx context.Context) error { return fails(w.do.RunBulks(ctx)) }
		}},
		{name: "AskExport", keyed: true, prepare: func(w *world) run {
			o, _, _ := w.bought(2)
			return func(ctx context.Context) error { return fails(w.do.AskExport(ctx, w.root, codesAsked(o))) }
		}},
		{name: "RepeatExport", keyed: true, prepare: func(w *world) run {
			e := w.exported()
			return func(ctx context.Context) error { return fails(w.do.RepeatExport(ctx, w.root, e.ID, "en")) }
		}},
		{name: "StopExport", prepare: func(w *world) run {
			o, _, _ := w.bought(2)
			e, err := w.do.AskExport(ctx, w.root, codesAsked(o))
			w.Must(err)
			return func(ctx context.Context) error { return fails(w.do.StopExport(ctx, w.root, e.ID)) }
		}},
		{name: "Settle", prepare: func(w *world) run {
			o, _, _ := w.bought(2)
			w.heal()
			w.Must(fails(w.do.AskExport(ctx, w.root, codesAsked(o))))
			return w.settleAll
		}},
		{name: "CreateKey", keyed: true, prepare: func(w *world) run {
			return func(ctx context.Context) error { _, _, err := w.do.CreateKey(ctx, w.root, "HR"); return err }
		}},
		{name: "RevokeKey", prepare: func(w *world) run {
			k, _, err := w.Actions.CreateKey(ctx, w.root, "HR")
			w.Must(err)
			return func(ctx context.Context) error { return w.do.RevokeKey(ctx, w.root, k.ID) }
		}},
		{name: "InviteMember", keyed: true, prepare: func(w *world) run {
			to := w.fresh("i") + "@people.example"
			return func(ctx context.Context) error {
				return fails(w.do.InviteMember(ctx, w.root, to, exam.ViewCodes, "en"))
			}
		}},
		{name: "SendInvitationAgain", keyed: true, prepare: func(w *world) run {
			i := invited(w)
			w.Clock.Move(2 * time.Hour)
			return func(ctx context.Context) error { return fails(w.do.SendInvitationAgain(ctx, w.root, i.ID)) }
		}},
		{name: "RevokeInvitation", prepare: func(w *world) run {
			i := invited(w)
			return func(ctx context.Context) error { return w.do.RevokeInvitation(ctx, w.root, i.ID) }
		}},
		{name: "AcceptInvitation", prepare: func(w *world) run {
			token := w.link(invited(w).Email, "/invitation")
			return func(ctx context.Context) error {
				return fails(w.do.AcceptInvitation(ctx, exam.Actor{Channel: exam.Console}, token, "Wang", actiontest.Password))
			}
		}},
		{name: "ChangeRights", keyed: true, prepare: func(w *world) run {
			p := member(w)
			return func(ctx context.Context) error {
				return w.do.ChangeRights(ctx, w.root, p.ID, exam.AllRights, p.Version)
			}
		}},
		{name: "RemoveMember", keyed: true, prepare: func(w *world) run {
			p := member(w)
			return func(ctx context.Context) error { return w.do.RemoveMember(ctx, w.root, p.ID, p.Version) }
		}},
		{name: "AddReceiver", keyed: true, before: (*world).clear, prepare: func(w *world) run {
			v := exam.Receiver{Email: w.fresh("r") + "@people.example", Label: "Finance", Lang: "en", Categories: []string{"orders"}}
			return func(ctx context.Context) error { return fails(w.do.AddReceiver(ctx, w.root, v)) }
		}},
		{name: "ChangeReceiver", keyed: true, before: (*world).clear, prepare: func(w *world) run {
			v := receiver(w)
			to := v
			to.Label, to.Categories = "Accounts", []string{"codes"}
			return func(ctx context.Context) error { return fails(w.do.ChangeReceiver(ctx, w.root, v.ID, v.Version, to)) }
		}},
		{name: "RemoveReceiver", keyed: true, before: (*world).clear, prepare: func(w *world) run {
			v := receiver(w)
			return func(ctx context.Context) error { return fails(w.do.RemoveReceiver(ctx, w.root, v.ID, v.Version)) }
		}},
		{name: "AskReceiver", keyed: true, before: (*world).clear, prepare: func(w *world) run {
			v := receiver(w)
			w.Clock.Move(30 * time.Hour)
			return func(ctx context.Context) error { return fails(w.do.AskReceiver(ctx, w.root, v.ID)) }
		}},
		{name: "Agree", before: (*world).clear, prepare: func(w *world) run {
			token := w.link(receiver(w).Email, "/mail/agree/")
			return func(ctx context.Context) error { _, _, err := w.do.Agree(ctx, token); return err }
		}},
		{name: "StopMail", before: (*world).clear, prepare: func(w *world) run {
			v := receiver(w)
			_, _, err := w.do.Agree(ctx, w.link(v.Email, "/mail/agree/"))
			w.Must(err)
			w.bought(1)
			token := w.link(v.Email, "/mail/stop/")
			return func(ctx context.Context) error { return fails(w.do.StopMail(ctx, token)) }
		}},
	}
}

// clear removes the receivers of the company, which may have only so many.
func (w *world) clear() {
	ctx := context.Background()
	all, err := w.Read.Receivers(ctx, w.root.Account)
	w.Must(err)
	w.Clock.Move(30 * time.Hour)
	for _, v := range all {
		w.Must(fails(w.Actions.RemoveReceiver(ctx, w.root, v.ID, v.Version)))
	}
}

// undraft lets time pass until what nobody has confirmed is forgotten.
func (w *world) undraft() {
	w.Clock.Move(50 * time.Hour)
	w.Must(w.do.Tidy(context.Background()))
}

func (w *world) drafted() exam.Bulk {
	o, _, _ := w.bought(3)
	b, err := w.do.DraftBulk(context.Background(), w.root, exam.BulkRegenerate, store.CodeFilter{Order: o.ID}, nil)
	w.Must(err)
	return b
}

// settleAll settles every promise there is.
func (w *world) settleAll(ctx context.Context) error {
	return w.do.SweepOwed(ctx, func(ctx context.Context, ids []exam.OwedID) error {
		for _, id := range ids {
			if err := w.do.Settle(ctx, id); err != nil {
				return err
			}
		}
		return nil
	})
}
