package bench

import (
	"context"
	"fmt"

	"examcode/internal/bench/floor"
	"examcode/internal/codetext"
	"examcode/internal/exam"
	"examcode/internal/store"
)

// crowd is how many people come together: that many follow each other before one
// of them comes again, for another subject.
const crowd = 512

// stock gives out codes to be redeemed, each once, from all over the table.
type stock struct {
	house    *House
	subjects []exam.SubjectID
	orders   [][]exam.Order // by subject
	taken    []int          // codes given out, by subject
	given    int
	crowd    []examinee
}

type examinee struct {
	exam.Actor        // with the id of the key
	bearer     string // its text
}

// ticket is a code to be redeemed, for both ways of doing it.
type ticket struct {
	floor.Ticket
	text    codetext.Text
	subject exam.SubjectID
	bearer  string
}

func (s *stock) add(subject int, o exam.Order) {
	if s.orders == nil {
		s.orders, s.taken = make([][]exam.Order, subjects), make([]int, subjects)
	}
	s.orders[subject] = append(s.orders[subject], o)
}

// take gives out n codes with people who may redeem them. More are bought when
// they run out.
func (s *stock) take(ctx context.Context, n int) ([]ticket, error) {
	list, seen := make([]ticket, 0, n), map[exam.PersonID]exam.KeyID{}
	for len(list) < n {
		if s.given%(crowd*subjects) == 0 {
			if err := s.gather(ctx); err != nil {
				return nil, err
			}
		}
		subject, who := s.given/crowd%subjects, s.crowd[s.given%crowd]
		s.given++
		t, err := s.next(ctx, subject, who)
		if err != nil {
			return nil, err
		}
		list = append(list, t)
		seen[who.Person] = who.Key
	}
	return list, s.touch(ctx, seen)
}

// next takes a code of a subject, far from the one before.
func (s *stock) next(ctx context.Context, subject int, who examinee) (ticket, error) {
	h, total := s.house, 0
	for _, o := range s.orders[subject] {
		total += o.Quantity
	}
	if s.taken[subject] == total {
		o, err := h.buy(ctx, h.company, s.subjects[subject], min(exam.MaxQuantity, 1000))
		if err != nil {
			return ticket{}, err
		}
		s.orders[subject], s.taken[subject] = append([]exam.Order(nil), o), 0
		total = o.Quantity
	}
	at := s.taken[subject] * stride(total) % total
	s.taken[subject]++
	for _, o := range s.orders[subject] {
		if at >= o.Quantity {
			at -= o.Quantity
			continue
		}
		return s.ticket(ctx, o, at, who)
	}
	panic("bench: no such code")
}

// stride is a step that comes by each of n places once, about the golden section.
func stride(n int) int {
	for s := n * 618 / 1000; s > 1; s-- {
		if gcd(s, n) == 1 {
			return s
		}
	}
	return 1
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// ticket is the code at a place of an order, with its text.
func (s *stock) ticket(ctx context.Context, o exam.Order, at int, who examinee) (t ticket, err error) {
	h := s.house
	id := int64(o.FirstCode) + int64(at)
	sealed, err := h.Store.Reader().Sealed(ctx, o.Account, exam.CodeID(id))
	if err != nil {
		return t, fmt.Errorf("code %d of %s: %w", at, o.Number, err)
	}
	if t.text, err = h.Vault.OpenCode(id, sealed); err != nil {
		return t, err
	}
	ids := h.Store.IDs().Block(4)
	t.Ticket = floor.Ticket{Lookup: h.Vault.Lookup(t.text), Code: id, Order: int64(o.ID), Account: int64(o.Account), Subject: int64(o.Subject), Person: int64(who.Person),
		Registration: ids, Event: ids + 1, Message: ids + 2, Owed: ids + 3, Expires: floor.Micros(o.Expires), Name: who.Name, Tail: t.text.Tail(),
		Key: fmt.Sprintf("bench-%016x", ids)}
	t.subject, t.bearer = o.Subject, who.bearer
	return t, nil
}

// gather makes the next crowd: people with keys, as if just signed in.
func (s *stock) gather(ctx context.Context) error {
	h := s.house
	var people []examinee
	err := h.Store.Transact(ctx, func(ctx context.Context, tx *store.Tx) error {
		people = people[:0]
		for range crowd {
			who, err := h.open(ctx, tx, exam.Individual)
			if err != nil {
				return err
			}
			bearer, key, err := h.keyOf(ctx, tx, who)
			if err != nil {
				return err
			}
			who.Key = key
			people = append(people, examinee{who, bearer})
		}
		return nil
	})
	s.crowd = people
	return err
}

// touch notes that people were just here, so that no request has to.
func (s *stock) touch(ctx context.Context, seen map[exam.PersonID]exam.KeyID) error {
	uses := make([]store.Use, 0, len(seen))
	for person, key := range seen {
		uses = append(uses, store.Use{Person: person, Key: key})
	}
	return s.house.Store.Transact(ctx, func(ctx context.Context, tx *store.Tx) error { return tx.Touch(ctx, uses, s.house.b.now()) })
}
