package privacy

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"examcode/internal/action"
	"examcode/internal/action/actiontest"
	"examcode/internal/exam"
	"examcode/internal/export"
	"examcode/internal/mail"
	"examcode/internal/store"
)

// person is somebody whose token is in every value of theirs, and nowhere else.
type person struct {
	who      exam.Actor
	token    string
	name     string
	email    string
	own      map[string]string // what a copy must hold: field → value
	unerased bool              // stays, to show that only what was asked for goes
}

// town is people of two companies with what they did.
type town struct {
	*actiontest.House
	chance   *rand.Rand
	people   []*person
	refusing map[string]bool // addresses whose mails fail
	sending  *action.Service // says so
	subject  exam.Subject
}

const letters = "abcdefghjkmnpqrstvwxyz0123456789"

func (w *town) person(kind string) *person {
	b := make([]byte, 14)
	for i := range b {
		b[i] = letters[w.chance.IntN(len(letters))]
	}
	p := &person{token: "q" + string(b), own: map[string]string{}}
	p.name, p.email = "Name "+p.token+" "+kind, "mail."+p.token+"@canary.example"
	p.own["person.name"], p.own["person.email"] = p.name, p.email
	w.people = append(w.people, p)
	return p
}

// Send fails for the addresses that refuse, naming them, as mail servers do.
func (w *town) Send(ctx context.Context, m mail.Message) error {
	if w.refusing[m.To] {
		return fmt.Errorf("450 4.2.2 <%s>: mailbox of %s is full", m.To, m.ToName)
	}
	return w.Outbox.Send(ctx, m)
}

func newTown(h *actiontest.House, chance *rand.Rand) *town {
	w := &town{House: h, chance: chance, refusing: map[string]bool{}, subject: h.Subject()}
	w.sending = h.Service(func(c *action.Config) { c.Mail = w })
	return w
}

// join signs somebody up and verifies them at the second try, the first with a
// note of the reviewer.
func (w *town) join(p *person, kind exam.AccountKind) {
	ctx := context.Background()
	in := action.SignUp{Kind: kind, Name: p.name, Email: p.email, AccountName: "Company " + fmt.Sprint(w.Store.IDs().Next())}
	p.who = w.Confirm(w.Join(in))
	v := exam.Verification{LegalName: "Legal " + p.token, DocumentKind: "passport", DocumentNumber: "DN" + p.token}
	if kind == exam.Enterprise {
		v = exam.Verification{LegalName: in.AccountName, RegNumber: "HRB 12345", Country: "DE"}
	} else {
		p.own["verification.legal_name"], p.own["verification.document_number"] = v.LegalName, v.DocumentNumber
	}
	p.own["verification.note"], p.own["blob.name"] = "Note "+p.token, "scan-"+p.token+".pdf"
	for _, decide := range []func(exam.VerificationID) error{
		func(id exam.VerificationID) error {
			return w.Actions.RejectVerification(ctx, w.Admin, id, "other", "Note "+p.token)
		},
		func(id exam.VerificationID) error { return w.Actions.ApproveVerification(ctx, w.Admin, id) },
	} {
		sent, err := w.Actions.SubmitVerification(ctx, p.who, v, &action.Upload{Name: "scan-" + p.token + ".pdf", Content: []byte("%PDF-1.4 scan of " + p.token)})
		w.Must(err)
		w.Must(decide(sent.ID))
	}
	p.who = w.Who(p.who.Person)
}

// live lets somebody sign in, make keys, forget a password, fail to sign in, and
// send a request with a key of its own.
func (w *town) live(p *person) {
	ctx := context.Background()
	_, _, err := w.Actions.OpenSession(ctx, p.who.Person, "Browser "+p.token)
	w.Must(err)
	key, _, err := w.Actions.CreateKey(ctx, p.who, "Key "+p.token)
	w.Must(err)
	old, _, err := w.Actions.CreateKey(ctx, p.who, "Old "+p.token)
	w.Must(err)
	w.Must(w.Actions.RevokeKey(ctx, p.who, old.ID))
	p.own["login.agent"], p.own["api_key.name"], p.own["revoked key"] = "Browser "+p.token, key.Name, old.Name
	_, _, err = w.Actions.Remember(ctx, p.who, "Request "+p.token, []byte{1})
	w.Must(err)
	w.Must(w.Actions.KeepAnswer(ctx, p.who, "Request "+p.token, 200, []byte("answer about "+p.token)))
	p.own["idempotency.name"] = "Request " + p.token
	w.Must(w.Actions.ForgotPassword(ctx, p.email, "192.0.2.1"))
	if _, _, err := w.Actions.SignIn(ctx, p.email, "wrong-horse-9", "192.0.2.1", "x"); !errors.Is(err, exam.ErrWrongPassword) {
		w.T.Fatalf("a wrong password: %v", err)
	}
	_, _, err = w.Actions.Remember(ctx, w.Admin, "About "+p.who.Person.String(), []byte{1})
	w.Must(err)
	w.Must(w.Actions.KeepAnswer(ctx, w.Admin, "About "+p.who.Person.String(), 200, []byte("found "+p.email)))
}

// company is a root with a member, and an address of somebody else that is told.
func (w *town) company() (root, member *person) {
	ctx := context.Background()
	root, member = w.person("root"), w.person("member")
	w.join(root, exam.Enterprise)
	_, err := w.Actions.InviteMember(ctx, root.who, member.email, exam.ViewCodes|exam.ManageCodes, "en")
	w.Must(err)
	p, err := w.Actions.AcceptInvitation(ctx, exam.Actor{Channel: exam.Console}, w.linkTo(member.email, "/invitation?token="), member.name, actiontest.Password)
	w.Must(err)
	member.who = w.Who(p.ID)
	_, err = w.Actions.AddReceiver(ctx, root.who, exam.Receiver{Person: p.ID, Categories: []string{"orders", "results"}})
	w.Must(err)
	w.Must(w.Actions.ChangeRights(ctx, root.who, p.ID, exam.ViewCodes, 0))
	member.who = w.Who(p.ID)
	w.live(root)
	w.live(member)
	return root, member
}

// linkTo sends what is owed and finds the token behind a link's beginning in the
// newest mail to an address that has one.
func (w *town) linkTo(email, begin string) string {
	for _, id := range w.Queue.Owed() {
		w.Must(w.Actions.SendOwed(context.Background(), id))
	}
	kept, err := w.Outbox.List(2000)
	w.Must(err)
	for _, k := range kept {
		if k.To != email {
			continue
		}
		k, err := w.Outbox.Read(k.File)
		w.Must(err)
		if _, rest, found := strings.Cut(k.Text, begin); found {
			return strings.Fields(rest)[0]
		}
	}
	w.T.Fatalf("%s was sent no link to %s", email, begin)
	return ""
}

// examinees redeem a company's codes: one sits and gets a result that is then
// corrected, one stays bound, one is unbound, one keeps a seat to the end.
func (w *town) examinees(root *person, n int) {
	ctx, results := context.Background(), w.Staff(exam.Results)
	_, texts := w.Buy(root.who, w.subject, n+1)
	session := w.Session(w.subject, 48*time.Hour, n)
	sat := []exam.RegistrationID{}
	for i := range n {
		p := w.person("examinee")
		w.join(p, exam.Individual)
		w.live(p)
		v, err := w.Actions.AddReceiver(ctx, root.who, exam.Receiver{Email: p.email, Label: "Label " + p.token, Lang: "en", Categories: []string{"orders", "results"}})
		w.Must(err)
		p.own["receiver.label"] = v.Label
		if i < 2 { // these two are told about the company, the others were asked
			_, _, err = w.Actions.Agree(ctx, w.linkTo(p.email, "/mail/agree/"))
			w.Must(err)
		}
		_, err = w.Actions.InviteMember(ctx, root.who, p.email, exam.ViewCodes, "en")
		w.Must(err)
		if _, err := w.Redeem(p.who, w.subject, "0000-0000-0000-0000"); err == nil {
			w.T.Fatal("a code of noughts was redeemed")
		}
		g, err := w.Redeem(p.who, w.subject, texts[i])
		w.Must(err)
		p.own["registration.name"] = p.name
		switch i % 3 {
		case 0:
			_, err = w.Actions.Reserve(ctx, p.who, g.ID, session.ID)
			sat = append(sat, g.ID)
		case 1:
			_, err = w.Actions.UnbindCodes(ctx, root.who, []exam.CodeID{g.Code}, false)
		}
		w.Must(err)
		if i%3 == 0 {
			if err := w.Actions.ErasePerson(ctx, p.who, p.who.Person, 0); !errors.Is(err, exam.ErrEraseReserved) {
				w.T.Fatalf("somebody with a seat is erased: %v", err)
			}
		}
		if i%3 != 1 { // there is nothing to export of who was unbound
			_, err := w.Actions.AskExport(ctx, root.who, action.ExportRequest{Kind: exam.ExportExaminees, Format: exam.CSV, Lang: "en", Filter: export.Filter{Examinees: store.ExamineeFilter{Name: p.name}}})
			w.Must(err)
			w.settle()
		}
		_, err = w.Actions.UploadResults(ctx, results, exam.ResultFile{Name: "results.csv", Content: []byte("email,outcome\n" + p.email + ",passed\n")}, 1)
		w.Must(err)
		w.refusing[p.email] = i%2 == 0
	}
	w.Clock.Move(49 * time.Hour)
	for _, id := range sat {
		_, err := w.Actions.RecordResults(ctx, results, []exam.Result{{Registration: id, Outcome: exam.Failed}})
		w.Must(err)
		_, err = w.Actions.CorrectResult(ctx, results, exam.Result{Registration: id, Outcome: exam.Passed}, "read wrongly")
		w.Must(err)
	}
	w.settle()
}

// settle tries everything that is owed, once.
func (w *town) settle() {
	for _, id := range w.Queue.Owed() {
		o, err := w.Read.Promise(context.Background(), id)
		w.Must(err)
		if o.State != exam.OwedOpen {
			continue
		}
		if o.Channel == exam.ByExport {
			w.Must(w.sending.Settle(context.Background(), id))
			continue
		}
		_ = w.sending.SendOwed(context.Background(), id) // a mail that fails is owed on
	}
}
