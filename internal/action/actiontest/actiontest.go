// Package actiontest gives tests a service over a real store, with people who
// have been through the real actions, a clock that moves when told, and a queue
// and an outbox that remember.
package actiontest

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"examcode/internal/action"
	"examcode/internal/db"
	"examcode/internal/exam"
	"examcode/internal/mail"
	"examcode/internal/money"
	"examcode/internal/pay"
	"examcode/internal/pay/sandbox"
	"examcode/internal/pay/transfer"
	"examcode/internal/store"
	"examcode/internal/vault"
)

// Password is everybody's.
const Password = "correct-horse-9"

// Secret is what the sandbox's notices are signed with.
var Secret = []byte("the sandbox's secret of tests")

// House is a service with all it needs.
type House struct {
	T       testing.TB
	Actions *action.Service
	Store   *store.Store
	Read    store.Reader
	Vault   *vault.Vault
	Queue   *Queue
	Outbox  *mail.Outbox
	Clock   *Clock

	Admin exam.Actor
	// Spoiled is set by tests that write past the program: what must hold is not
	// asked for at their end.
	Spoiled bool
	config  action.Config
}

// Service is another service over the same house, configured a little otherwise.
func (h *House) Service(change func(c *action.Config)) *action.Service {
	c := h.config
	change(&c)
	return action.New(c)
}

// Clock stands still until it is moved.
type Clock struct {
	mu   sync.Mutex
	now  time.Time
	tick time.Duration
}

// Start is where every clock begins.
var Start = time.Date(2026, time.March, 4, 10, 0, 0, 0, time.UTC)

// Now is the instant the clock shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(c.tick)
	return c.now
}

// Tick lets the clock go on by d whenever it is looked at, so that what was
// written in one transaction can be told from the next.
func (c *Clock) Tick(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tick = d
}

// Move moves the clock.
func (c *Clock) Move(d time.Duration) { c.Set(c.Now().Add(d)) }

// Set sets the clock.
func (c *Clock) Set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = t
}

// Queue remembers what it was asked to wake.
type Queue struct {
	mu         sync.Mutex
	owed       []exam.OwedID
	statements int
}

// Wake remembers.
func (q *Queue) Wake(_ context.Context, tx *db.Tx, owed []exam.Owed) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.statements = tx.Statements()
	for _, o := range owed {
		q.owed = append(q.owed, o.ID)
	}
	return nil
}

// Note remembers what another process was asked to wake.
func (q *Queue) Note(owed ...exam.OwedID) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.owed = append(q.owed, owed...)
}

// Owed lists what was asked for so far.
func (q *Queue) Owed() []exam.OwedID {
	q.mu.Lock()
	defer q.mu.Unlock()
	return append([]exam.OwedID{}, q.owed...)
}

// Statements is how many statements the last transaction that promised something
// had run by then.
func (q *Queue) Statements() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.statements
}

// New builds a house over an empty store, with an admin.
func New(t testing.TB, s *store.Store) *House {
	t.Helper()
	dir := t.TempDir()
	v, err := vault.Create(filepath.Join(dir, "keyring.json"))
	if err != nil {
		t.Fatal(err)
	}
	return NewWith(t, s, v)
}

// NewWith is New with a key ring that exists, for a second replica.
func NewWith(t testing.TB, s *store.Store, v *vault.Vault) *House {
	t.Helper()
	out, err := mail.NewOutbox(filepath.Join(t.TempDir(), "outbox"), "exams@programme.example", "Programme")
	if err != nil {
		t.Fatal(err)
	}
	h := &House{T: t, Store: s, Read: s.Reader(), Vault: v, Queue: &Queue{}, Outbox: out, Clock: &Clock{now: Start}}
	h.config = action.Config{Store: s, Vault: v, Providers: []pay.Provider{sandbox.New(Secret), transfer.New()}, Mail: out, Queue: h.Queue,
		Compose: mail.Composer(mail.ComposeConfig{BaseURL: "http://127.0.0.1:8080", Programme: "Programme", Now: h.Clock.Now}),
		Now:     h.Clock.Now, Random: rand.Reader, Log: slog.New(slog.DiscardHandler)}
	h.Actions = action.New(h.config)
	t.Cleanup(h.verify)
	return h
}

// verify asks at a test's end whether what must always hold still does.
func (h *House) verify() {
	if h.Spoiled {
		return
	}
	_, err := h.Store.Verify(context.Background(), func(v store.Verified) {
		if v.Violations > 0 {
			h.T.Errorf("%s: %d of %d break it, the first is %d: %s", v.ID, v.Violations, v.Checked, v.First, v.Says)
		}
	})
	if err != nil {
		h.T.Errorf("the data cannot be verified: %v", err)
	}
}

// Staff adds an operator in a role; the first one opens the programme.
func (h *House) Staff(r exam.Role) exam.Actor {
	h.T.Helper()
	ctx, who := context.Background(), exam.Actor{Channel: exam.Command}
	p := exam.Person{Name: "Staff " + string(r), Email: h.mail(string(r)), Role: r}
	rows, err := h.Read.Accounts(ctx, exam.Operator, store.Page{Limit: 1})
	h.Must(err)
	if len(rows.Items) == 0 {
		p, err = h.Actions.OpenProgramme(ctx, who, "Programme", p, Password)
	} else {
		p, err = h.Actions.AddPerson(ctx, who, rows.Items[0].ID, p, Password)
	}
	h.Must(err)
	return h.Who(p.ID)
}

func (h *House) admin() exam.Actor {
	if h.Admin.Person == 0 {
		h.Admin = h.Staff(exam.Admin)
	}
	return h.Admin
}

func (h *House) mail(name string) string {
	return fmt.Sprintf("%s.%d@people.example", name, h.Store.IDs().Next())
}

// Who is a person as an actor, as the database knows them now.
func (h *House) Who(p exam.PersonID) exam.Actor {
	h.T.Helper()
	i, err := h.Read.IdentityOf(context.Background(), p)
	h.Must(err)
	i.Actor.Channel = exam.Console
	return i.Actor
}

// Company signs up a company's root; verified goes through the review.
func (h *House) Company(verified bool) exam.Actor {
	h.T.Helper()
	return h.account(action.SignUp{Kind: exam.Enterprise, AccountName: "Company", Name: "Root", Email: h.mail("root")}, verified,
		exam.Verification{LegalName: "Company Ltd", RegNumber: "HRB 12345", Country: "DE"})
}

// Confirm lets somebody confirm their e-mail.
func (h *House) Confirm(who exam.Actor) exam.Actor {
	h.T.Helper()
	h.Must(h.Store.Transact(context.Background(), func(ctx context.Context, tx *store.Tx) error {
		p, err := tx.Person(ctx, who.Person)
		if err != nil {
			return err
		}
		p, e, done, err := p.ConfirmEmail(who, h.Clock.Now())
		if err != nil || !done {
			return err
		}
		return tx.SavePerson(ctx, p, e)
	}))
	return h.Who(who.Person)
}

// Member adds a member with rights to a company.
func (h *House) Member(root exam.Actor, r exam.Rights) exam.Actor {
	h.T.Helper()
	p, err := h.Actions.AddPerson(context.Background(), root, root.Account, exam.Person{Name: "Member", Email: h.mail("member"), Role: exam.Member, Rights: r}, Password)
	h.Must(err)
	return h.Who(p.ID)
}

// Examinee signs up an individual; verified goes through the review.
func (h *House) Examinee(verified bool) exam.Actor {
	h.T.Helper()
	return h.account(action.SignUp{Kind: exam.Individual, Name: "Examinee", Email: h.mail("examinee")}, verified,
		exam.Verification{LegalName: "Examinee", DocumentKind: "passport", DocumentNumber: "P1234567"})
}

func (h *House) account(in action.SignUp, verified bool, v exam.Verification) exam.Actor {
	h.T.Helper()
	who := h.Join(in)
	if !verified {
		return who
	}
	return h.Verify(who, v)
}

// Join signs up an account's root with Password; without a zone it lives in UTC.
func (h *House) Join(in action.SignUp) exam.Actor {
	h.T.Helper()
	in.Password = Password
	if in.Zone == "" {
		in.Zone = "UTC"
	}
	p, err := h.Actions.SignUp(context.Background(), exam.Actor{Channel: exam.Console}, in, "")
	h.Must(err)
	return h.Who(p.ID)
}

// Verify takes an account through the review, a company with a document, and
// returns its root as known then.
func (h *House) Verify(who exam.Actor, v exam.Verification) exam.Actor {
	h.T.Helper()
	ctx := context.Background()
	var doc *action.Upload
	if who.Kind == exam.Enterprise {
		doc = &action.Upload{Name: "register.pdf", Content: []byte("%PDF-1.4 sample")}
	}
	v, err := h.Actions.SubmitVerification(ctx, who, v, doc)
	h.Must(err)
	h.Must(h.Actions.ApproveVerification(ctx, h.admin(), v.ID))
	return h.Who(who.Person)
}

// Subject puts a subject on sale: USD 120.00, both types, cut-off 24 hours, pass
// mark 60; change may alter it before.
func (h *House) Subject(change ...func(*exam.Subject)) exam.Subject {
	h.T.Helper()
	s := exam.Subject{Code: fmt.Sprintf("SUB-%d", h.Store.IDs().Next()), Name: exam.Names{EN: "Cloud Associate", ZH: "云计算工程师"},
		Price: money.Amount{Minor: 12000, Currency: "USD"}, ExamTypes: exam.ExamTypes, CancelCutoff: 24 * time.Hour, NoShow: exam.Forfeit, PassMark: 60}
	for _, c := range change {
		c(&s)
	}
	s, err := h.Actions.AddSubject(context.Background(), h.admin(), s)
	h.Must(err)
	return s
}

// Session opens an online session of a subject some time from now.
func (h *House) Session(s exam.Subject, in time.Duration, seats int) exam.Session {
	h.T.Helper()
	n, err := h.Actions.AddSession(context.Background(), h.admin(), exam.Session{Subject: s.ID, ExamType: exam.Online, Starts: h.Clock.Now().Add(in), Duration: 90 * time.Minute, Zone: "UTC", Seats: seats})
	h.Must(err)
	return n
}

// Buy buys codes by the sandbox and returns the order and its texts.
func (h *House) Buy(root exam.Actor, s exam.Subject, n int) (exam.Order, []string) {
	h.T.Helper()
	ctx := context.Background()
	o, err := h.Actions.BuyCodes(ctx, root, s.ID, n)
	h.Must(err)
	p, err := h.Actions.PayOrder(ctx, root, o.ID, "sandbox", "", "")
	h.Must(err)
	if p.State != exam.PaymentSucceeded {
		h.T.Fatalf("payment is %s", p.State)
	}
	h.Must(h.Actions.IssueCodes(ctx, o.ID))
	o, err = h.Read.Order(ctx, root.Account, o.ID)
	h.Must(err)
	return o, h.Texts(o)
}

// Hear lets the service hear a notice of the sandbox, signed just now.
func (h *House) Hear(n pay.Notice) exam.ProviderNotice {
	h.T.Helper()
	raw := sandbox.Write(n)
	kept, err := h.Actions.HearProvider(context.Background(), "sandbox", Signed(pay.Sign(Secret, raw, h.Clock.Now())), raw)
	h.Must(err)
	return kept
}

// Signed is the header of a notice of the sandbox.
func Signed(signature string) pay.Header {
	return func(name string) []string {
		if name != sandbox.SignatureHeader {
			return nil
		}
		return []string{signature}
	}
}

// Codes lists an order's codes, newest first, up to 200.
func (h *House) Codes(o exam.Order) []store.CodeRow {
	h.T.Helper()
	rows, err := h.Read.Codes(context.Background(), o.Account, store.CodeFilter{Order: o.ID}, h.Clock.Now(), store.Page{Limit: store.MaxLimit})
	h.Must(err)
	return rows.Items
}

// Texts opens the texts of an order's codes, in the order of Codes, without a trace.
func (h *House) Texts(o exam.Order) []string {
	h.T.Helper()
	var texts []string
	for _, c := range h.Codes(o) {
		sealed, err := h.Read.Sealed(context.Background(), o.Account, c.ID)
		h.Must(err)
		text, err := h.Vault.OpenCode(int64(c.ID), sealed)
		h.Must(err)
		texts = append(texts, text.Reveal())
	}
	return texts
}

// Redeem registers an examinee online with a text.
func (h *House) Redeem(who exam.Actor, s exam.Subject, text string) (exam.Registration, error) {
	return h.Actions.RedeemCode(context.Background(), who, action.Redemption{Subject: s.ID, Text: text, ExamType: exam.Online})
}

// Must ends the test unless err is nil.
func (h *House) Must(err error) {
	h.T.Helper()
	if err != nil {
		h.T.Fatal(err)
	}
}
