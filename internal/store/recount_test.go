package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"examcode/internal/action/actiontest"
	"examcode/internal/exam"
	"examcode/internal/store"
	"examcode/internal/store/storetest"
)

// fate is a company whose people do things at random.
type fate struct {
	*actiontest.House
	t        *testing.T
	dice     *rand.Rand
	root     exam.Actor
	other    exam.Actor
	subjects []exam.Subject
	people   []exam.Actor
	done     map[string]int
}

// TestS6_NumbersEqualARecount: after each of many things that people do, and as
// time passes, every number is what counting the lists row by row gives.
func TestS6_NumbersEqualARecount(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h := actiontest.New(t, s)
		f := &fate{House: h, t: t, dice: rand.New(rand.NewPCG(7, 26)), root: h.Company(true), other: h.Company(true), done: map[string]int{}}
		f.subjects = []exam.Subject{h.Subject(), h.Subject(func(s *exam.Subject) { s.NoShow = exam.GivenBack }), h.Subject()}
		for range 6 {
			f.people = append(f.people, h.Examinee(true))
		}
		f.elsewhere()
		h.Buy(f.root, f.subjects[0], 5)
		for step := range 70 {
			what := f.step()
			f.recount(fmt.Sprintf("step %d, %s", step, what))
		}
		h.Clock.Move(300 * 24 * time.Hour)
		f.recount("when orders have ended")
		for _, what := range []string{"buy", "redeem", "unbind", "reserve", "cancel", "result", "wait"} {
			if f.done[what] == 0 {
				t.Errorf("nobody came to %s: %v", what, f.done)
			}
		}
	})
}

// elsewhere is what happens with another company's codes of the same subject.
func (f *fate) elsewhere() {
	ctx := context.Background()
	_, texts := f.Buy(f.other, f.subjects[0], 3)
	stranger := f.Examinee(true)
	g, err := f.Redeem(stranger, f.subjects[0], texts[0])
	f.Must(err)
	n := f.Session(f.subjects[0], 48*time.Hour, 1)
	_, err = f.Actions.Reserve(ctx, stranger, g.ID, n.ID)
	f.Must(err)
	f.Clock.Set(n.Ends())
	_, err = f.Actions.RecordResults(ctx, f.Admin, []exam.Result{{Registration: g.ID, Outcome: exam.Passed}})
	f.Must(err)
}

func pick[T any](f *fate, list []T) (v T, ok bool) {
	if len(list) == 0 {
		return v, false
	}
	return list[f.dice.IntN(len(list))], true
}

// living lists the registrations in a state, of everybody.
func (f *fate) living(state exam.RegistrationState) (list []store.RegistrationRow) {
	for _, p := range f.people {
		rows, err := f.Read.RegistrationsOf(context.Background(), p.Person, store.Page{})
		f.Must(err)
		for _, g := range rows.Items {
			if g.State == state {
				list = append(list, g)
			}
		}
	}
	return list
}

// step does one thing; what the rules refuse is as good as what they allow.
func (f *fate) step() string {
	ctx := context.Background()
	try := func(what string, err error) string {
		if err == nil {
			f.done[what]++
			return what
		}
		return what + ", refused: " + err.Error()
	}
	subject, _ := pick(f, f.subjects)
	switch n := f.dice.IntN(100); {
	case n < 6:
		f.Buy(f.root, subject, 1+f.dice.IntN(4))
		return try("buy", nil)
	case n < 36:
		who, _ := pick(f, f.people)
		codes, err := f.Read.Codes(ctx, f.root.Account, store.CodeFilter{Subject: subject.ID, State: exam.Unused}, f.Clock.Now(), store.Page{})
		f.Must(err)
		c, ok := pick(f, codes.Items)
		if !ok {
			return "redeem nothing"
		}
		sealed, err := f.Read.Sealed(ctx, f.root.Account, c.ID)
		f.Must(err)
		text, err := f.Vault.OpenCode(int64(c.ID), sealed)
		f.Must(err)
		_, err = f.Redeem(who, subject, text.Reveal())
		return try("redeem", err)
	case n < 44:
		if g, ok := pick(f, f.living(exam.Registered)); ok {
			out, err := f.Actions.UnbindCodes(ctx, f.root, []exam.CodeID{g.Code}, f.dice.IntN(2) == 0)
			f.Must(err)
			return try("unbind", out[0].Err)
		}
	case n < 62:
		if g, ok := pick(f, f.living(exam.Registered)); ok {
			to := f.Session(exam.Subject{ID: g.Subject}, time.Duration(30+f.dice.IntN(300))*time.Hour, 3)
			_, err := f.Actions.Reserve(ctx, f.Who(g.Person), g.ID, to.ID)
			return try("reserve", err)
		}
	case n < 66:
		if g, ok := pick(f, f.living(exam.SeatReserved)); ok {
			_, err := f.Actions.CancelReservation(ctx, f.Who(g.Person), g.ID)
			return try("cancel", err)
		}
	case n < 84:
		if g, ok := pick(f, f.living(exam.SeatReserved)); ok {
			if end := g.Session.Ends(); f.Clock.Now().Before(end) {
				f.Clock.Set(end)
			}
			outcome, _ := pick(f, []exam.Outcome{exam.Passed, exam.Passed, exam.Failed, exam.Absent})
			out, err := f.Actions.RecordResults(ctx, f.Admin, []exam.Result{{Registration: g.ID, Outcome: outcome}})
			f.Must(err)
			return try("result", out[0].Err)
		}
	default:
		f.Clock.Move(time.Duration(1+f.dice.IntN(24*9)) * time.Hour)
		return try("wait", nil)
	}
	return "nothing to do"
}

// every reads a list to its end by pages of three.
func every[T any](f *fate, read func(store.Page) (store.Rows[T], error)) (list []T) {
	at := store.Page{Limit: 3}
	for {
		rows, err := read(at)
		f.Must(err)
		list = append(list, rows.Items...)
		if rows.Older == 0 {
			return list
		}
		at.Older = rows.Older
	}
}

// counted are the numbers as rows give them.
type counted struct {
	Codes    map[string]int
	Stats    map[exam.SubjectID][4]int // registrations, sat, passed, absent
	Unused   map[exam.OrderID]int
	Outcomes [3]int
}

// byRows counts row by row.
func (f *fate) byRows() counted {
	f.t.Helper()
	ctx, now, account := context.Background(), f.Clock.Now(), f.root.Account
	want := counted{map[string]int{}, map[exam.SubjectID][4]int{}, map[exam.OrderID]int{}, [3]int{}}
	for _, c := range every(f, func(p store.Page) (store.Rows[store.CodeRow], error) {
		return f.Read.Codes(ctx, account, store.CodeFilter{}, now, p)
	}) {
		want.Codes[string(c.Effective(now))]++
		want.Stats[c.Subject] = want.Stats[c.Subject]
		if c.State == exam.Unused {
			want.Unused[c.Order]++
		}
	}
	for _, g := range every(f, func(p store.Page) (store.Rows[store.RegistrationRow], error) {
		return f.Read.Examinees(ctx, account, store.ExamineeFilter{}, now, p)
	}) {
		n := want.Stats[g.Subject]
		n[0]++
		if g.Result != nil {
			switch g.Result.Outcome {
			case exam.Passed:
				n[1], n[2] = n[1]+1, n[2]+1
				want.Outcomes[0]++
			case exam.Failed:
				n[1]++
				want.Outcomes[1]++
			case exam.Absent:
				n[3]++
				want.Outcomes[2]++
			}
		}
		want.Stats[g.Subject] = n
	}
	return want
}

// numbers are what pages of numbers show.
func (f *fate) numbers() (counted, store.Overview) {
	f.t.Helper()
	ctx, now, account := context.Background(), f.Clock.Now(), f.root.Account
	o, err := f.Read.Overview(ctx, account, now, exam.CourseBack(now, 3, time.UTC))
	f.Must(err)
	got := counted{o.Codes, stats(o.Subjects), map[exam.OrderID]int{}, [3]int{}}
	for _, r := range every(f, func(p store.Page) (store.Rows[store.OrderRow], error) {
		return f.Read.Orders(ctx, account, store.OrderFilter{}, now, p)
	}) {
		if r.Unused > 0 {
			got.Unused[r.ID] = r.Unused
		}
	}
	outcomes, err := f.Read.OutcomesBetween(ctx, account, store.ExamineeFilter{}, now, []time.Time{actiontest.Start.AddDate(-1, 0, 0), actiontest.Start.AddDate(0, 0, 20), now.AddDate(1, 0, 0)})
	f.Must(err)
	for _, x := range outcomes {
		got.Outcomes[0], got.Outcomes[1], got.Outcomes[2] = got.Outcomes[0]+x.Passed, got.Outcomes[1]+x.Failed, got.Outcomes[2]+x.Absent
	}
	return got, o
}

func (f *fate) recount(when string) {
	f.t.Helper()
	ctx, now, account := context.Background(), f.Clock.Now(), f.root.Account
	want := f.byRows()
	got, o := f.numbers()
	if d := cmp.Diff(want, got); d != "" {
		f.t.Fatalf("%s: numbers (+) are not what rows say (-):\n%s", when, d)
	}

	// Each way of counting agrees with the others.
	tabs, err := f.Read.CodeCounts(ctx, account, store.CodeFilter{}, now)
	f.Must(err)
	if d := cmp.Diff(want.Codes, tabs); d != "" {
		f.t.Fatalf("%s: tabs of the codes: %s", when, d)
	}
	used, err := f.Read.Codes(ctx, account, store.CodeFilter{Used: true}, now, store.Page{Limit: store.MaxLimit})
	f.Must(err)
	if all := o.All(); all.Registrations != len(used.Items) {
		f.t.Fatalf("%s: %d registrations, %d used codes", when, all.Registrations, len(used.Items))
	}
	for _, narrow := range []store.ExamineeFilter{{Attempt: exam.FirstAttempt}, {Attempt: exam.RetakeAttempt}} {
		list, err := f.Read.ExamineeStats(ctx, account, narrow, now)
		f.Must(err)
		for s, n := range stats(list) {
			rest := want.Stats[s]
			for i := range n {
				rest[i] -= n[i]
			}
			want.Stats[s] = rest
		}
	}
	for s, rest := range want.Stats {
		if rest != [4]int{} {
			f.t.Fatalf("%s: subject %s: first attempts and retakes leave %v", when, s, rest)
		}
	}
	f.course(when, o, now)
}

func stats(list []store.SubjectStats) map[exam.SubjectID][4]int {
	m := map[exam.SubjectID][4]int{}
	for _, s := range list {
		m[s.Subject] = [4]int{s.Registrations, s.Sat, s.Passed, s.Absent}
	}
	return m
}

// course checks what is said of the past against what was counted then.
func (f *fate) course(when string, o store.Overview, now time.Time) {
	points, _ := exam.UnusedCourse(o.Stock, o.Flows, o.Pace, now, 3, 13, time.UTC)
	for _, p := range points {
		if p.At.Equal(now) && (p.Left != o.Codes["unused"] || p.Most != p.Left) {
			f.t.Fatalf("%s: the course says %+v unused now, there are %d", when, p, o.Codes["unused"])
		}
	}
	f.days(when, now)
}

// days checks what is said of each of the last days, and the pace, against what
// registrations say.
func (f *fate) days(when string, now time.Time) {
	var regs []exam.Registration
	for _, who := range f.people {
		for _, g := range every(f, func(p store.Page) (store.Rows[store.RegistrationRow], error) {
			return f.Read.RegistrationsOf(context.Background(), who.Person, p)
		}) {
			if g.Account == f.root.Account {
				regs = append(regs, g.Registration)
			}
		}
	}
	var days []time.Time
	for n := 40; n >= 0; n-- {
		days = append(days, now.Truncate(24*time.Hour).AddDate(0, 0, -n))
	}
	daily, err := f.Read.Overview(context.Background(), f.root.Account, now, days)
	f.Must(err)
	for _, at := range days {
		if got, want := exam.UnusedAt(daily.Stock, daily.Flows, at), unusedThen(daily.Stock, regs, at); got != want {
			f.t.Fatalf("%s: at %v %d were unused, it says %d", when, at, want, got)
		}
	}
	pace := map[exam.SubjectID]int{}
	for _, g := range regs {
		if !g.Created.Before(exam.PaceSince(now)) {
			pace[g.Subject]++
		}
		if !g.Cancelled.Before(exam.PaceSince(now)) && g.Cancelled.Before(g.Expires) {
			pace[g.Subject]--
		}
	}
	for _, subject := range f.subjects {
		if pace[subject.ID] != daily.Pace[subject.ID] {
			f.t.Fatalf("%s: the pace of %s is %d, not %d", when, subject.Code, daily.Pace[subject.ID], pace[subject.ID])
		}
	}
}

// unusedThen counts codes that were unused before an instant from what
// registrations, all that there ever were, say of it.
func unusedThen(stocks []exam.Stock, regs []exam.Registration, t time.Time) (n int) {
	for _, s := range stocks {
		if t.Before(s.Paid) || !t.Before(s.Ends) {
			continue
		}
		n += s.Quantity
		for _, g := range regs {
			if g.Order == s.Order && g.Created.Before(t) {
				n--
			}
			if g.Order == s.Order && !g.Cancelled.IsZero() && g.Cancelled.Before(t) {
				n++
			}
		}
	}
	return n
}
