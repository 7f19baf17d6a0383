package model

import (
	"context"
	"math/bits"
	"slices"
	"time"

	"pgregory.net/rapid"

	"examcode/internal/exam"
	"examcode/internal/fault"
)

// seq is one sequence of commands in a world.
type seq struct {
	t   *rapid.T
	w   *world
	m   *reference
	ctx context.Context

	staff     *person
	company   []*person // the root first
	examinees []*person // the last is not verified
	subject   exam.Subject
	other     exam.Subject

	n       int  // commands so far
	did     bool // something, since it was compared
	orders  []*order
	seats   []*session
	keys    []*keyed
	settled map[exam.OwedID]bool
}

var bit = rapid.Bool()

// dice are draws below a number, each as likely as the next.
var dice = func() []*rapid.Generator[int] {
	list := make([]*rapid.Generator[int], 257)
	for n := range list {
		list[n] = rapid.Custom(func(t *rapid.T) int {
			k := 0
			for range bits.Len(uint(max(n-1, 0))) {
				k <<= 1
				if bit.Draw(t, "bit") {
					k |= 1
				}
			}
			return k % max(n, 1)
		})
	}
	return list
}()

func (s *seq) below(n int) int {
	if n < 2 {
		return 0
	}
	return dice[min(n, 256)].Draw(s.t, "of")
}

// oneIn is true once in n draws; it shrinks to false.
func (s *seq) oneIn(n int) bool { return s.below(n) == n-1 }

// nothing is that a command has nothing to be about.
type nothing struct{}

// pick draws one of a list, whose newest is the simplest; the command is none
// when there is nothing to pick.
func pick[V any](s *seq, list []V) V {
	if len(list) == 0 {
		panic(nothing{})
	}
	return list[len(list)-1-s.below(min(len(list), 256))]
}

// start opens a company with members, examinees, a subject and sessions.
func (w *world) start(t *rapid.T) *seq {
	s := &seq{t: t, w: w, ctx: context.Background(), settled: map[exam.OwedID]bool{}}
	zones := []string{"UTC", "Europe/Berlin", "Asia/Shanghai", "America/New_York"}
	zone := zones[s.below(len(zones))]
	loc, err := time.LoadLocation(zone)
	w.Must(err)
	s.m = &reference{now: begin[s.below(len(begin))], zone: loc, returns: s.oneIn(2), most: 8, held: held, price: price, wrong: w.wrong}
	s.m.cutoff = []time.Duration{0, time.Hour, 24 * time.Hour}[s.below(3)]
	w.Clock.Set(s.m.now)
	w.queue.owed = nil
	root := &person{who: w.Open(exam.Enterprise, exam.Verified, zone), kind: "company", root: true, rights: exam.AllRights, verified: true}
	s.company = []*person{root}
	for _, rights := range []exam.Rights{exam.AllRights, exam.ViewCodes | exam.ManageCodes} {
		s.company = append(s.company, &person{who: w.Add(root.who, rights), kind: "company", rights: rights, version: 1})
	}
	for range 3 {
		s.examinees = append(s.examinees, &person{who: w.Open(exam.Individual, exam.Verified, zone), kind: "examinee", verified: true})
	}
	s.examinees = append(s.examinees, &person{who: w.Open(exam.Individual, exam.NotStarted, zone), kind: "examinee"})
	s.staff = &person{who: w.Admin, kind: "staff"}
	s.other = w.otherSubject()
	s.subject = w.Subject(func(x *exam.Subject) {
		x.CancelCutoff, x.NoShow, x.MaxQuantity = s.m.cutoff, exam.Forfeit, s.m.most
		if s.m.returns {
			x.NoShow = exam.GivenBack
		}
	})
	return s
}

func (w *world) otherSubject() exam.Subject {
	rows, err := w.Read.Subjects(context.Background())
	w.Must(err)
	return rows[0]
}

// reason is the word of an answer; what is no refusal fails the sequence.
func (s *seq) reason(err error) string {
	if err == nil {
		return ""
	}
	f := fault.Of(err)
	if f == nil || f.Kind == fault.Internal || f.Kind == fault.Unavailable {
		s.t.Fatalf("no answer but %v", err)
	}
	return f.Reason
}

// call runs a command of the program, which may die of its fuse; the program is
// started again then.
func (s *seq) call(do func(ctx context.Context) error) (word string, died string) {
	s.w.bank.said = ""
	err := func() (err error) {
		defer func() {
			if r := recover(); r != nil {
				c, ok := r.(crashed)
				if !ok {
					panic(r)
				}
				died = c.where
			}
		}()
		return do(s.ctx)
	}()
	wakes := s.w.fuse.wakes
	if died != "" {
		s.did = true
		s.w.count("restarts")
		s.w.restart()
		if died == "wake" && wakes > 1 {
			died = "later wake"
		}
		return "", died
	}
	s.w.fuse.point, s.w.fuse.wakes = "", 0
	return s.reason(err), ""
}

// same compares an answer with the reference's.
func (s *seq) same(what, got, want string) {
	s.t.Helper()
	if got != want {
		s.t.Fatalf("%s at %s: the program says %q, the reference %q", what, s.m.now.Format(time.RFC3339Nano), got, want)
	}
	if want == "" {
		s.did = true
		s.w.count("done")
	} else {
		s.w.count("refused")
	}
}

// touch marks what is compared after the command.
func (s *seq) touch(list ...*order) {
	for _, o := range list {
		if o != nil && !slices.Contains(s.orders, o) {
			s.orders = append(s.orders, o)
		}
	}
}

func (s *seq) touchSeat(list ...*session) {
	for _, n := range list {
		if n != nil && !slices.Contains(s.seats, n) {
			s.seats = append(s.seats, n)
		}
	}
}

// anybody is mostly somebody who may.
func (s *seq) buyer() *person {
	if s.oneIn(12) {
		return pick(s, s.examinees)
	}
	if s.oneIn(3) {
		return pick(s, s.company)
	}
	return s.company[0]
}

func (s *seq) clerk() *person {
	if s.oneIn(12) {
		return pick(s, s.examinees)
	}
	return s.staff
}

func (s *seq) examinee() *person {
	if s.oneIn(15) {
		return s.examinees[3]
	}
	return s.examinees[s.below(3)]
}

// codes are all of the company.
func (s *seq) codes() []*code {
	var all []*code
	for _, o := range s.m.orders {
		all = append(all, o.codes...)
	}
	return all
}

// textOf looks the text of a code up, once for each text it has.
func (s *seq) textOf(c *code) string {
	if c.text == "" || c.textGen != c.gen {
		sealed, err := s.w.Read.Sealed(s.ctx, s.company[0].who.Account, c.id)
		s.w.Must(err)
		text, err := s.w.Vault.OpenCode(int64(c.id), sealed)
		s.w.Must(err)
		c.text, c.textGen = text.Reveal(), c.gen
	}
	return c.text
}
