package cli

import (
	"bytes"
	"container/heap"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"sync"
	"time"

	"examcode/internal/action"
	"examcode/internal/exam"
	"examcode/internal/money"
	"examcode/internal/store"
)

// demoPassword is everybody's, in the demo only.
const demoPassword = "try-exam-codes"

// seeder makes the sample data. Steps run in the order of their time.
type seeder struct {
	*system
	clock *time.Time
	end   time.Time // the present
	dice  *rand.Rand
	steps steps
	file  demoFile

	admin, reviewer, cashier, registrar exam.Actor
	subjects                            []exam.Subject
	companies                           []exam.Actor
	examinees                           []exam.Actor
	sessions                            []exam.Session
	texts                               map[exam.OrderID][]string // codes not given out yet
	result                              map[exam.RegistrationID]bool
}

// step is something that happens at an instant.
type step struct {
	at time.Time
	n  int // order of making, for equal instants
	do func(ctx context.Context) error
}

type steps struct {
	list []step
	made int
}

func (s steps) Len() int { return len(s.list) }
func (s steps) Less(i, j int) bool {
	a, b := s.list[i], s.list[j]
	return a.at.Before(b.at) || (a.at.Equal(b.at) && a.n < b.n)
}
func (s steps) Swap(i, j int) { s.list[i], s.list[j] = s.list[j], s.list[i] }
func (s *steps) Push(x any)   { s.list = append(s.list, x.(step)) }
func (s *steps) Pop() any {
	last := s.list[len(s.list)-1]
	s.list = s.list[:len(s.list)-1]
	return last
}

// at plans a step; steps in the future never happen.
func (s *seeder) at(t time.Time, do func(ctx context.Context) error) {
	if t.After(s.end) {
		return
	}
	s.steps.made++
	heap.Push(&s.steps, step{t, s.steps.made, do})
}

// daysAgo is a working hour some days before the present.
func (s *seeder) daysAgo(days float64) time.Time {
	t := s.end.Add(-time.Duration(days * 24 * float64(time.Hour)))
	return t.Truncate(time.Minute)
}

func (s *seeder) run(ctx context.Context) error {
	for s.steps.Len() > 0 {
		next := heap.Pop(&s.steps).(step)
		*s.clock = next.at
		if err := next.do(ctx); err != nil {
			return fmt.Errorf("on %s: %w", next.at.Format(time.DateTime), err)
		}
	}
	return nil
}

// all makes everything; without history only accounts and subjects.
func (s *seeder) all(ctx context.Context, history bool) error {
	s.dice = rand.New(rand.NewPCG(2026, 11))
	s.texts, s.result = map[exam.OrderID][]string{}, map[exam.RegistrationID]bool{}
	*s.clock = s.daysAgo(420)
	if err := s.staff(ctx); err != nil {
		return err
	}
	if err := s.people(ctx); err != nil {
		return err
	}
	if err := s.catalogue(ctx); err != nil {
		return err
	}
	if history {
		s.planSessions()
		s.planOrders()
		s.planQueues()
		s.planDays()
		if err := s.run(ctx); err != nil {
			return err
		}
	}
	*s.clock = s.end
	if err := s.settleMail(ctx); err != nil {
		return err
	}
	return s.keys(ctx)
}

// planDays does what the clock alone brings, on every day of the history: unpaid
// orders close, orders end, people are reminded.
func (s *seeder) planDays() {
	for day := 400; day >= 0; day-- {
		s.at(s.daysAgo(float64(day)), s.actions.PassTime)
	}
}

// keys makes an API key for everybody and fills in what demo.json says of subjects.
func (s *seeder) keys(ctx context.Context) error {
	for i, a := range s.file.Accounts {
		key, err := s.keyFor(ctx, a.Email, "demo")
		if err != nil {
			return err
		}
		s.file.Accounts[i].APIKey, s.file.Accounts[i].AboutZH = key, aboutZH[a.About]
	}
	subjects, err := s.store.Reader().Subjects(ctx)
	for _, x := range subjects {
		s.file.Subjects = append(s.file.Subjects, demoSubject{x.ID, x.Code, x.Name, !x.RetiredBy(s.end), x.Price.Currency, x.Price.Minor})
	}
	return err
}

// settleMail sends the newest mails to the outbox; what is older would have been
// read and thrown away long ago.
func (s *seeder) settleMail(ctx context.Context) error {
	var all []exam.OwedID
	for after := exam.OwedID(0); ; after = all[len(all)-1] {
		ids, err := s.store.Reader().OpenOwed(ctx, s.end, after, 1000)
		if err != nil {
			return err
		}
		if len(ids) == 0 {
			break
		}
		all = append(all, ids...)
	}
	newest := max(0, len(all)-30)
	err := s.store.Transact(ctx, func(ctx context.Context, tx *store.Tx) error {
		for _, id := range all[:newest] {
			if err := tx.SettleOwed(ctx, exam.Owed{ID: id, State: exam.OwedSuperseded, Settled: s.end, Detail: "sample data"}); err != nil {
				return err
			}
		}
		return nil
	})
	for _, id := range all[newest:] {
		if err == nil {
			err = s.actions.Settle(ctx, id)
		}
	}
	return err
}

// identity is a person as an actor, as the database knows them now.
func (s *seeder) identity(ctx context.Context, id exam.PersonID) (exam.Actor, error) {
	i, err := s.store.Reader().IdentityOf(ctx, id)
	i.Actor.Channel = exam.Console
	return i.Actor, err
}

func (s *seeder) staff(ctx context.Context) error {
	people := []struct {
		role        exam.Role
		name, email string
		about       string
		actor       *exam.Actor
	}{
		{exam.Admin, "Morgan Reyes", "morgan@northwind.example", "operator, admin: everything", &s.admin},
		{exam.Review, "Ines Costa", "ines@northwind.example", "operator, reviews verifications", &s.reviewer},
		{exam.Money, "Victor Lang", "victor@northwind.example", "operator, confirms transfers", &s.cashier},
		{exam.Results, "Sana Malik", "sana@northwind.example", "operator, sessions and results", &s.registrar},
		{exam.Audit, "Peter Holm", "peter@northwind.example", "operator, reads the trail", new(exam.Actor)},
	}
	for _, p := range people {
		added, err := s.addUser(ctx, exam.Operator, exam.Person{Email: p.email, Name: p.name, Role: p.role}, "", demoPassword)
		if err != nil {
			return err
		}
		if *p.actor, err = s.identity(ctx, added.ID); err != nil {
			return err
		}
		s.file.Accounts = append(s.file.Accounts, demoAccount{Kind: exam.Operator, Role: p.role, Email: p.email, Password: demoPassword, Name: p.name, Account: "Northwind Certification", Verified: true, About: p.about})
	}
	return nil
}

// signUp opens accounts, several at a time because passwords are slow on purpose.
func (s *seeder) signUp(ctx context.Context, list []action.SignUp) ([]exam.Person, error) {
	people, errs := make([]exam.Person, len(list)), make([]error, len(list))
	var all sync.WaitGroup
	for i, in := range list {
		all.Go(func() {
			in.Password = demoPassword
			people[i], errs[i] = s.actions.SignUp(ctx, exam.Actor{Channel: exam.Command}, in, "") // their e-mails count as confirmed
		})
	}
	all.Wait()
	for i, err := range errs {
		if err != nil {
			return nil, fmt.Errorf("%s: %w", list[i].Email, err)
		}
	}
	return people, nil
}

// verify sends an account's verification; approved says whether it goes through
// at once or waits in the queue.
func (s *seeder) verify(ctx context.Context, p exam.PersonID, v exam.Verification, approved bool) error {
	a, err := s.identity(ctx, p)
	if err != nil {
		return err
	}
	var doc *action.Upload
	if a.Kind == exam.Enterprise {
		doc = &action.Upload{Name: "registration.png", Content: sampleDocument()}
	}
	sent, err := s.actions.SubmitVerification(ctx, a, v, doc)
	if err != nil || !approved {
		return err
	}
	return s.actions.ApproveVerification(ctx, s.reviewer, sent.ID)
}

// sampleDocument is a picture that stands for a scanned certificate.
var sampleDocument = sync.OnceValue(func() []byte {
	m := image.NewRGBA(image.Rect(0, 0, 640, 420))
	fill := func(r image.Rectangle, c color.Color) {
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				m.Set(x, y, c)
			}
		}
	}
	fill(m.Bounds(), color.RGBA{250, 248, 240, 255})
	fill(image.Rect(0, 0, 640, 64), color.RGBA{40, 70, 120, 255})
	for i := range 7 {
		fill(image.Rect(48, 110+i*36, 48+(7-i%3)*70, 122+i*36), color.RGBA{190, 190, 195, 255})
	}
	fill(image.Rect(500, 300, 590, 390), color.RGBA{190, 60, 60, 255})
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		panic(err)
	}
	return b.Bytes()
})

func usd(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: "USD"} }
func cny(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: "CNY"} }
