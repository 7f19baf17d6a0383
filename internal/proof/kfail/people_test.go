package kfail

import (
	"context"
	"errors"
	"time"

	"examcode/internal/action"
	"examcode/internal/action/actiontest"
	"examcode/internal/exam"
	"examcode/internal/store"
)

// people is what everybody does: with their account, and examinees with a code.
func people() []command {
	ctx, console := context.Background(), exam.Actor{Channel: exam.Console}
	email := func(w *world, who exam.Actor) string {
		p, err := w.Read.Person(ctx, who.Person)
		w.Must(err)
		return p.Email
	}
	signedIn := func(w *world, who exam.Actor) string {
		token, _, err := w.Actions.OpenSession(ctx, who.Person, "test")
		w.Must(err)
		return token
	}
	// read readies unread messages of the company's root.
	read := func(do func(w *world, ctx context.Context, ids []exam.MessageID) error) func(w *world) run {
		return func(w *world) run {
			w.Must(w.Actions.ReadAllMessages(ctx, w.root))
			w.bought(1)
			w.bought(1)
			rows, err := w.Read.Notices(ctx, w.root.Person, true, store.Page{Limit: 2})
			w.Must(err)
			ids := []exam.MessageID{rows.Items[0].ID, rows.Items[1].ID}
			return func(ctx context.Context) error { return do(w, ctx, ids) }
		}
	}
	return []command{
		{name: "SignUp", keyed: true, prepare: func(w *world) run {
			in := action.SignUp{Kind: exam.Individual, Name: "Examinee", Email: w.fresh("e") + "@people.example", Password: actiontest.Password, Zone: "UTC"}
			return func(ctx context.Context) error { return fails(w.do.SignUp(ctx, console, in, "")) }
		}},
		{name: "SignIn", loose: true, prepare: func(w *world) run {
			to := email(w, w.root)
			return func(ctx context.Context) error {
				_, _, err := w.do.SignIn(ctx, to, actiontest.Password, "", "test")
				return err
			}
		}},
		{name: "OpenSession", loose: true, prepare: func(w *world) run {
			return func(ctx context.Context) error {
				_, _, err := w.do.OpenSession(ctx, w.root.Person, "test")
				return err
			}
		}},
		{name: "SignOut", prepare: func(w *world) run {
			token := signedIn(w, w.root)
			return func(ctx context.Context) error { return w.do.SignOut(ctx, token) }
		}},
		{name: "BySession", prepare: func(w *world) run {
			token := signedIn(w, w.root)
			w.Clock.Move(10 * time.Minute)
			return func(ctx context.Context) error { return fails(w.do.BySession(ctx, token)) }
		}},
		{name: "ByKey", prepare: func(w *world) run {
			_, clear, err := w.Actions.CreateKey(ctx, w.root, "HR")
			w.Must(err)
			return func(ctx context.Context) error { return fails(w.do.ByKey(ctx, clear)) }
		}},
		{name: "ConfirmPassword", loose: true, prepare: func(w *world) run {
			token := signedIn(w, w.root)
			return func(ctx context.Context) error {
				return fails(w.do.ConfirmPassword(ctx, w.root, token, actiontest.Password, ""))
			}
		}},
		{name: "ChangePassword", keyed: true, prepare: func(w *world) run {
			who := w.Examinee(false)
			token := signedIn(w, who)
			signedIn(w, who)
			return func(ctx context.Context) error { return w.do.ChangePassword(ctx, who, token, "another-horse-9") }
		}},
		{name: "EndSignIn", prepare: func(w *world) run {
			who := w.Examinee(false)
			token := signedIn(w, who)
			signedIn(w, who)
			all, this, err := w.Actions.SignIns(ctx, who, token)
			w.Must(err)
			other := all[0]
			if string(other.Token) == string(this.Token) {
				other = all[1]
			}
			return func(ctx context.Context) error { return w.do.EndSignIn(ctx, who, other.Token) }
		}},
		{name: "EndOtherSignIns", prepare: func(w *world) run {
			who := w.Examinee(false)
			token := signedIn(w, who)
			signedIn(w, who)
			return func(ctx context.Context) error { return w.do.EndOtherSignIns(ctx, who, token) }
		}},
		{name: "CopyData", loose: true, prepare: func(w *world) run {
			who := w.Examinee(true)
			return func(ctx context.Context) error {
				return w.do.CopyData(ctx, who, func(read action.ReadCopy) error { return read(func(store.Copied) error { return nil }) })
			}
		}},
		{name: "ErasePerson", keyed: true, prepare: func(w *world) run {
			who := w.Examinee(true)
			_, texts := w.Buy(w.root, w.subject, 1)
			_, err := w.Redeem(who, w.subject, texts[0])
			w.Must(err)
			return func(ctx context.Context) error { return w.do.ErasePerson(ctx, who, who.Person, 0) }
		}},
		{name: "ForgotPassword", loose: true, prepare: func(w *world) run {
			to := email(w, w.Examinee(false))
			return func(ctx context.Context) error { return w.do.ForgotPassword(ctx, to, "") }
		}},
		{name: "RenewPassword", prepare: func(w *world) run {
			to := email(w, w.Examinee(false))
			w.Must(w.do.ForgotPassword(ctx, to, ""))
			token := w.link(to, "/password")
			return func(ctx context.Context) error { return w.do.RenewPassword(ctx, console, token, "another-horse-9") }
		}},
		{name: "SendConfirmation", loose: true, prepare: func(w *world) run {
			who := w.Examinee(false)
			w.Clock.Move(time.Hour)
			return func(ctx context.Context) error { return w.do.SendConfirmation(ctx, who) }
		}},
		{name: "ConfirmEmail", prepare: func(w *world) run {
			who := w.Examinee(false)
			w.Clock.Move(time.Hour)
			w.Must(w.do.SendConfirmation(ctx, who))
			token := w.link(email(w, who), "/confirm-email")
			return func(ctx context.Context) error { return w.do.ConfirmEmail(ctx, console, token) }
		}},
		{name: "ChangeSettings", prepare: func(w *world) run {
			who := w.Examinee(false)
			return func(ctx context.Context) error { return w.do.ChangeSettings(ctx, who, "zh", "dark") }
		}},
		{name: "ChooseMail", prepare: func(w *world) run {
			who := w.Examinee(false)
			return func(ctx context.Context) error { return w.do.ChooseMail(ctx, who, exam.OptionalMail[:1]) }
		}},
		{name: "ReadMessage", prepare: read(func(w *world, ctx context.Context, ids []exam.MessageID) error {
			return w.do.ReadMessage(ctx, w.root, ids[0])
		})},
		{name: "ReadMessages", prepare: read(func(w *world, ctx context.Context, ids []exam.MessageID) error {
			return w.do.ReadMessages(ctx, w.root, ids)
		})},
		{name: "ReadAllMessages", prepare: read(func(w *world, ctx context.Context, _ []exam.MessageID) error {
			return w.do.ReadAllMessages(ctx, w.root)
		})},
		{name: "ReadCategory", prepare: read(func(w *world, ctx context.Context, _ []exam.MessageID) error {
			return w.do.ReadCategory(ctx, w.root, "orders")
		})},
		{name: "RedeemCode", prepare: func(w *world) run {
			_, sub, texts := w.bought(1)
			in := action.Redemption{Subject: sub.ID, Text: texts[0], ExamType: exam.Online, Once: &action.Once[exam.Registration]{
				Key: w.fresh("key"), Request: request, Answer: func(g exam.Registration) (int, []byte, error) { return 201, []byte(g.ID.String()), nil }}}
			return func(ctx context.Context) error {
				err := fails(w.do.RedeemCode(ctx, w.examinee, in))
				if earlier := (action.Answered{}); errors.As(err, &earlier) {
					return nil
				}
				return err
			}
		}},
		{name: "Reserve", prepare: func(w *world) run {
			g, sub, _ := w.bound()
			n := w.Session(sub, 5*24*time.Hour, 1)
			return func(ctx context.Context) error { return fails(w.do.Reserve(ctx, w.examinee, g.ID, n.ID)) }
		}},
		{name: "Reserve", keyed: true, prepare: func(w *world) run { // another session
			g, n := w.seated()
			s, err := w.Read.Subject(ctx, n.Subject)
			w.Must(err)
			to := w.Session(s, 9*24*time.Hour, 1)
			return func(ctx context.Context) error { return fails(w.do.Reserve(ctx, w.examinee, g.ID, to.ID)) }
		}},
		{name: "CancelReservation", prepare: func(w *world) run {
			g, _ := w.seated()
			return func(ctx context.Context) error { return fails(w.do.CancelReservation(ctx, w.examinee, g.ID)) }
		}},
		{name: "FindCode", prepare: func(w *world) run {
			_, _, texts := w.bought(1)
			return func(ctx context.Context) error { _, _, err := w.do.FindCode(ctx, w.root, texts[0]); return err }
		}},
		{name: "SendMails", prepare: func(w *world) run {
			w.heal()
			w.bought(1)
			return func(ctx context.Context) error { return w.do.SendMails(ctx, time.Minute) }
		}},
		{name: "SendOwed", prepare: func(w *world) run {
			w.heal()
			w.bought(1)
			id := w.owedMail("owed")
			return func(ctx context.Context) error { return w.do.SendOwed(ctx, id) }
		}},
		{name: "SweepOwed", prepare: func(w *world) run {
			w.heal()
			w.bought(1)
			w.Clock.Move(2 * time.Minute)
			return w.settleAll
		}},
		{name: "SendAgain", keyed: true, prepare: func(w *world) run {
			w.heal()
			w.bought(1)
			id := w.owedMail("owed")
			return func(ctx context.Context) error { return fails(w.do.SendAgain(ctx, w.staff, id)) }
		}},
		{name: "SendAllAgain", loose: true, prepare: func(w *world) run {
			w.heal()
			w.bought(1)
			return func(ctx context.Context) error { return fails(w.do.SendAllAgain(ctx, w.staff, true)) }
		}},
	}
}

// owedMail is the newest promise in a state.
func (w *world) owedMail(state exam.OwedState) exam.OwedID {
	var id exam.OwedID
	w.Must(w.db.Read().QueryRow(context.Background(), "SELECT MAX(id) FROM owed WHERE state = $1", state).Scan(&id))
	return id
}
