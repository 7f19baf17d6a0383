package action

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strconv"
	"time"

	"examcode/internal/exam"
	"examcode/internal/store"
)

// ending is what people are told about the end of one order: the codes that are
// left (or ended), and the threshold that was reached, zero for the end itself.
type ending struct {
	order exam.Order
	left  store.Left
	days  int
}

// linesTold is how many orders one notice names; the others it counts.
const linesTold = 20

// tellEndings tells the people of the orders' one account, each in one notice
// about all the orders that concern them, the most urgent first.
func (s *Service) tellEndings(ctx context.Context, tx *store.Tx, kind exam.NoticeKind, endings []ending, now time.Time) error {
	if len(endings) == 0 {
		return nil
	}
	slices.SortFunc(endings, func(a, b ending) int {
		return cmp.Or(a.order.Expires.Compare(b.order.Expires), cmp.Compare(a.order.Number, b.order.Number))
	})
	var (
		account = endings[0].order.Account
		byBuyer = map[exam.PersonID][]exam.PersonID{}
		people  []exam.PersonID
		theirs  = map[exam.PersonID][]ending{}
	)
	for _, e := range endings {
		buyer := e.order.Buyer
		if _, asked := byBuyer[buyer]; !asked {
			to, err := s.receiversOf(ctx, tx, account, exam.NoticeKinds[kind], buyer)
			if err != nil {
				return err
			}
			byBuyer[buyer] = to
		}
		for _, p := range byBuyer[buyer] {
			if theirs[p] == nil {
				people = append(people, p)
			}
			theirs[p] = append(theirs[p], e)
		}
	}
	notices := make([]exam.Notice, len(people))
	for i, p := range people {
		data, err := endingData(ctx, tx, theirs[p])
		if err != nil {
			return err
		}
		first := theirs[p][0]
		notices[i] = exam.Notice{Person: p, Account: account, Kind: kind, About: int64(first.order.ID), Created: now, Data: data,
			Version: first.order.Expires.Unix()*100 + int64(first.days), Link: endingLink(kind, theirs[p])}
	}
	if err := tx.Tell(ctx, notices...); err != nil {
		return err
	}
	data, err := endingData(ctx, tx, endings)
	if err != nil {
		return err
	}
	first := endings[0]
	return s.writeToAddresses(ctx, tx, exam.Notice{Account: account, Kind: kind, About: int64(first.order.ID), Created: now, Data: data,
		Version: first.order.Expires.Unix()*100 + int64(first.days)}, exam.NoticeKinds[kind])
}

// endingLink leads to the list of the codes that the notice is about.
func endingLink(kind exam.NoticeKind, list []ending) string {
	q, state := url.Values{}, exam.Unused
	if kind == exam.NoticeOrderEnded {
		state = exam.Expired
	} else if !slices.ContainsFunc(list, func(e ending) bool { return e.left.Unused > 0 }) {
		state = exam.Bound
	}
	q.Set("state", string(state))
	switch {
	case len(list) == 1:
		q.Set("order_number", list[0].order.Number)
	case kind == exam.NoticeOrderEnding:
		q.Set("ends_within", strconv.Itoa(slices.MaxFunc(list, func(a, b ending) int { return cmp.Compare(a.days, b.days) }).days))
	}
	return "/enterprise/codes?" + q.Encode()
}

// endingData are the facts: the totals, and a line for each of the first orders.
func endingData(ctx context.Context, tx *store.Tx, list []ending) (exam.Data, error) {
	var (
		all   store.Left
		lines []any
		names = map[exam.SubjectID]exam.Names{}
	)
	for i, e := range list {
		all.Unused, all.Bound = all.Unused+e.left.Unused, all.Bound+e.left.Bound
		if i >= linesTold {
			continue
		}
		name, known := names[e.order.Subject]
		if !known {
			sub, err := tx.Subject(ctx, e.order.Subject)
			if err != nil {
				return nil, err
			}
			name = sub.Name
			names[sub.ID] = name
		}
		lines = append(lines, exam.Data{"number": e.order.Number, "subject_en": name.EN, "subject_zh": name.ZH, "unused": e.left.Unused, "bound": e.left.Bound,
			"expires_at": e.order.Expires.UTC().Format(time.RFC3339), "zone": e.order.Zone, "days": e.days})
	}
	return exam.Data{"orders": len(list), "unused": all.Unused, "bound": all.Bound, "lines": lines}, nil
}
