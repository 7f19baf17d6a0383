package mail

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"examcode/internal/action"
	"examcode/internal/action/actiontest"
	"examcode/internal/exam"
	"examcode/internal/mail"
	"examcode/internal/mail/mailtest"
	"examcode/internal/proof"
	"examcode/internal/store"
)

// world is a programme whose mails go to a server with moods.
type world struct {
	*actiontest.House
	t       *testing.T
	run     *proof.Run
	db      *store.Store
	server  *mailtest.Server
	sender  *mail.SMTP
	subject exam.Subject
	roots   []exam.Actor
	members []exam.Actor
	emails  []string
	dice    *rand.Rand
	cuts    int // lines that the server was told to drop after it took a mail
}

func newWorld(t *testing.T, run *proof.Run, s *store.Store, companies int) *world {
	t.Helper()
	w := &world{House: actiontest.New(t, s), t: t, run: run, db: s, server: mailtest.Start(t, mailtest.Options{}), dice: run.Rand(1)}
	var err error
	w.sender, err = mail.NewSMTP(mail.SMTPConfig{Host: w.server.Host, Port: w.server.Port, From: "exams@programme.example", FromName: "Programme", TLS: "none"})
	w.Must(err)
	w.through(w.sender)
	w.subject = w.Subject()
	for range companies {
		root := w.Company(true)
		p, err := w.Read.Person(context.Background(), root.Person)
		w.Must(err)
		w.roots, w.emails = append(w.roots, root), append(w.emails, p.Email)
		w.members = append(w.members, w.Member(root, exam.ViewCodes))
	}
	return w
}

// through makes the service send by a sender.
func (w *world) through(sender mail.Sender) {
	w.Actions = w.Service(func(c *action.Config) {
		c.Mail, c.Log = sender, slog.New(slog.DiscardHandler)
	})
}

// weather gives the server a mood for the next mails.
func (w *world) weather() {
	w.server.Down(false)
	for range w.dice.IntN(4) {
		switch w.dice.IntN(7) {
		case 0:
			w.server.Down(true)
		case 1:
			w.server.Script(mailtest.Reply{At: "rcpt", Code: 550, Message: "no such person"})
		case 2:
			w.server.Script(mailtest.Reply{At: "rcpt", Code: 451, Message: "greylisted, come again"})
		case 3:
			w.server.Script(mailtest.Reply{At: "data", Code: 452, Message: "no room"})
		case 4:
			w.server.Script(mailtest.Reply{At: "mail", Code: 451, Message: "not now"})
		case 5:
			w.server.Script(mailtest.Reply{At: "answer", Code: 421, Message: "gone"})
			w.cuts++
		case 6:
			w.server.Script(mailtest.Reply{At: "quit", Code: 421, Message: "gone"})
		}
		w.run.Count("moods", 1)
	}
}

// happen owes some mails.
func (w *world) happen() {
	w.t.Helper()
	ctx := context.Background()
	for range 1 + w.dice.IntN(4) {
		n := w.dice.IntN(len(w.roots))
		switch w.dice.IntN(7) {
		case 0:
			if err := w.Actions.ForgotPassword(ctx, w.emails[n], "net"); err != nil && !strings.Contains(err.Error(), "too many") {
				w.t.Fatal(err)
			}
		case 1:
			var off []string
			if w.dice.IntN(2) == 0 {
				off = exam.OptionalMail
			}
			w.Must(w.Actions.ChooseMail(ctx, w.roots[n], off))
		case 2:
			w.forget(n)
		case 3:
			w.export(n)
		default:
			w.Buy(w.roots[n], w.subject, 1)
		}
	}
}

// export writes a file, of which people may want no mail.
func (w *world) export(n int) {
	w.t.Helper()
	ctx := context.Background()
	w.Buy(w.roots[n], w.subject, 1)
	e, err := w.Actions.AskExport(ctx, w.roots[n], action.ExportRequest{Kind: exam.ExportCodes, Format: exam.CSV, Lang: "en"})
	w.Must(err)
	for _, id := range w.Queue.Owed() {
		if o, err := w.Actions.Promise(ctx, id); err == nil && o.Channel == exam.ByExport && o.Target == int64(e.ID) {
			w.Must(w.Actions.Settle(ctx, id))
		}
	}
}

// forget removes a company's member, to whom mails may be owed, and adds another.
func (w *world) forget(n int) {
	w.t.Helper()
	ctx, was := context.Background(), w.members[n]
	o, _ := w.Buy(w.roots[n], w.subject, 1)
	w.tell(was, o, 1)
	p, err := w.Read.Person(ctx, was.Person)
	w.Must(err)
	w.Must(w.Actions.RemoveMember(ctx, w.roots[n], was.Person, p.Version))
	w.members[n] = w.Member(w.roots[n], exam.ViewCodes)
}

// tell tells somebody of an order so many times.
func (w *world) tell(who exam.Actor, o exam.Order, times int) {
	w.t.Helper()
	notices := make([]exam.Notice, times)
	now := w.Clock.Now()
	for i := range notices {
		notices[i] = exam.Notice{Person: who.Person, Account: who.Account, Kind: exam.NoticeOrderPaid, About: int64(o.ID), Version: int64(1000 + i), Created: now,
			Link: "/enterprise/orders/" + o.ID.String(), Data: exam.Data{"number": o.Number, "quantity": o.Quantity, "subject_en": w.subject.Name.EN, "subject_zh": w.subject.Name.ZH,
				"minor": o.Total.Minor, "currency": o.Total.Currency, "expires_at": o.Expires.UTC().Format(time.RFC3339), "zone": o.Zone}}
	}
	w.Must(w.db.Transact(context.Background(), func(ctx context.Context, tx *store.Tx) error { return tx.Tell(ctx, notices...) }))
}

// send lets some workers send at once what is due.
func (w *world) send(workers int) {
	w.t.Helper()
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			if err := w.Actions.SendMails(context.Background(), time.Minute); err != nil {
				w.t.Error(err)
			}
		})
	}
	all.Wait()
}

// arrived counts what the server took, by the promise it keeps, in order.
func (w *world) arrived() (copies map[string]int, order []string) {
	copies = map[string]int{}
	for _, m := range w.server.Messages() {
		id := ""
		for line := range strings.Lines(string(m.Data)) {
			if name, value, _ := strings.Cut(line, ":"); strings.EqualFold(name, "Message-Id") {
				id = strings.TrimSuffix(strings.Trim(strings.TrimSpace(value), "<>"), "@examcode")
				break
			}
		}
		copies[id]++
		order = append(order, id)
	}
	return copies, order
}
