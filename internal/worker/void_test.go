package worker

import (
	"context"
	"crypto/rand"
	"path/filepath"
	"testing"
	"time"

	"examcode/internal/action"
	"examcode/internal/db"
	"examcode/internal/exam"
	"examcode/internal/mail"
	"examcode/internal/mail/mailtest"
	"examcode/internal/vault"
)

// void leaves three companies' password links owed to a server that is away,
// and a purchase behind them; then the server is well, and the links ran out.
func (h *house) void() (links []exam.OwedID, bought exam.OwedID) {
	h.t.Helper()
	ctx, server := context.Background(), mailtest.Start(h.t, mailtest.Options{})
	h.over(server)
	var emails []string
	for range 3 {
		p, err := h.Read.Person(ctx, h.Company(true).Person)
		if err != nil {
			h.t.Fatal(err)
		}
		emails = append(emails, p.Email)
	}
	h.send()
	for _, email := range emails {
		if err := h.actions.ForgotPassword(ctx, email, "net"); err != nil {
			h.t.Fatal(err)
		}
		links = append(links, exam.OwedID(h.number("SELECT MAX(id) FROM owed")))
	}
	bought = h.buy()[0]
	server.Down(true)
	h.send()
	server.Down(false)
	h.Clock.Move(2 * time.Hour)
	return links, bought
}

// A mail that is void asks the server nothing and costs no time: the next one
// asks at once.
func TestVoidMailsDoNotKeepOthersWaiting(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		links, bought := h.void()
		h.send()
		for _, id := range links {
			if o := h.owed(id); o.State != exam.OwedCancelled {
				t.Errorf("a link that ran out: %+v", o)
			}
		}
		if o := h.owed(bought); o.State != exam.OwedSent {
			t.Errorf("the purchase behind: %+v", o)
		}
	})
}

// A promise whose link is forgotten is settled, though staff make it due again.
func TestAMailAboutAForgottenLinkIsSettled(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := context.Background()
		links, bought := h.void()
		err := h.db.Transact(ctx, func(ctx context.Context, tx *db.Tx) error {
			if _, err := tx.Exec(ctx, "UPDATE owed SET state = 'dead', settled_at = 1 WHERE channel = 'link' AND state = 'owed'"); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, "DELETE FROM ticket WHERE kind = 'password'")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if n, err := h.actions.SendAllAgain(ctx, h.Staff(exam.Money), true); err != nil || n != 3 {
			t.Fatalf("%d made due, %v", n, err)
		}
		h.send()
		for _, id := range links {
			if o, err := h.Read.Promise(ctx, id); err != nil || o.State != exam.OwedCancelled {
				t.Errorf("%+v, %v", o, err)
			}
		}
		if o := h.owed(bought); o.State != exam.OwedSent {
			t.Errorf("the purchase behind: %+v", o)
		}
	})
}

// A mail that cannot be written waits for its own next time, later each time;
// the others go.
func TestAMailThatCannotBeWrittenBacksOff(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := context.Background()
		h.send()
		p, err := h.Read.Person(ctx, h.root.Person)
		if err != nil {
			t.Fatal(err)
		}
		if err := h.actions.ForgotPassword(ctx, p.Email, "net"); err != nil {
			t.Fatal(err)
		}
		link := exam.OwedID(h.number("SELECT MAX(id) FROM owed"))
		bought := h.buy()[0]
		other, err := vault.Create(filepath.Join(t.TempDir(), "keyring.json"))
		if err != nil {
			t.Fatal(err)
		}
		elsewhere := action.New(action.Config{Store: h.Store, Vault: other, Mail: h.post, Queue: h.queue,
			Compose: mail.Composer(mail.ComposeConfig{BaseURL: "http://exams.example", Programme: "Programme", Now: h.Clock.Now}),
			Now:     h.Clock.Now, Random: rand.Reader, Log: h.log})
		for tries := 1; tries <= 2; tries++ {
			h.Clock.Move(5 * time.Minute)
			if err := elsewhere.SendMails(ctx, time.Minute); err != nil {
				t.Fatal(err)
			}
			if o := h.owed(link); o.State != exam.OwedOpen || o.Tries != tries || !o.Next.After(h.Clock.Now()) || o.Failing.IsZero() || o.Detail == "" {
				t.Errorf("after %d tries: %+v", tries, o)
			}
		}
		if o := h.owed(bought); o.State != exam.OwedSent {
			t.Errorf("the other: %+v", o)
		}
	})
}
