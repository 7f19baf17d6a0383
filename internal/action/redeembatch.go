package action

import (
	"context"
	"slices"
	"time"

	"examcode/internal/db"
	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/store"
)

// redemption is one call of RedeemCode.
type redemption struct {
	Redemption
	who     exam.Actor
	id      exam.RegistrationID
	lookups [][]byte // of the text, under each key of the ring
	person  string   // the name its tries are counted under
	network string   // likewise; "" is not limited
}

// keys are what two redemptions of one batch must not share.
func (r redemption) keys() []string { return []string{r.person, string(r.lookups[0])} }

// lockPatience is how long a batch waits for a lock before its members go on
// alone, so that one code that is held does not hold them all.
const lockPatience = 100 * time.Millisecond

// redeeming is a batch at work. Its steps ask the same of every text, unknown or
// dead, so that the time of the answer tells a stranger nothing.
type redeeming struct {
	tx    *store.Tx
	clock func() time.Time
	now   time.Time // read again under the last lock, which may have been waited for
	list  []*attempt
	debts map[string]time.Time // of the people and networks, see store.Debts
}

// attempt is one redemption with what is known of it so far.
type attempt struct {
	redemption
	subject exam.Subject
	found   store.Found // its ID is zero for an unknown text
	reg     exam.Registration
	code    exam.Code
	event   exam.Event
	err     error // refused: the steps that follow pass over it
	over    bool  // one unknown text more than the network had tries left
}

func (a *attempt) whose() exam.PersonID { return a.who.Person }

func (a *attempt) what() exam.SubjectID { return a.Subject }

func (a *attempt) enrolled() store.Enrolled {
	return store.Enrolled{Person: a.whose(), Subject: a.what()}
}

// redeemTogether redeems a batch in one transaction.
func (s *Service) redeemTogether(ctx context.Context, batch []redemption) ([]answer[exam.Registration], error) {
	answers := make([]answer[exam.Registration], len(batch))
	err := s.store.Transact(ctx, func(ctx context.Context, tx *store.Tx) error {
		if len(batch) > 1 {
			if err := tx.Hurry(ctx, lockPatience); err != nil {
				return err
			}
		}
		b := &redeeming{tx: tx, clock: s.now, now: s.now()}
		for _, r := range batch {
			b.list = append(b.list, &attempt{redemption: r})
		}
		for _, step := range []func(context.Context) error{b.people, b.claims, b.tries, b.subjects, b.texts, b.bind, b.write, b.refuse} {
			if err := step(ctx); err != nil {
				return err
			}
		}
		for i, a := range b.list {
			answers[i] = answer[exam.Registration]{a.reg, a.err}
		}
		return s.wake(ctx, tx)
	})
	return answers, err
}

// live are the attempts that nothing has refused yet.
func (b *redeeming) live() []*attempt {
	return slices.DeleteFunc(slices.Clone(b.list), func(a *attempt) bool { return a.err != nil })
}

// each lists something of attempts, without repetition.
func each[T comparable](list []*attempt, what func(*attempt) T) []T {
	var all []T
	seen := map[T]bool{}
	for _, a := range list {
		if v := what(a); !seen[v] {
			seen[v] = true
			all = append(all, v)
		}
	}
	return all
}

// people reads who they are now. They are locked so that each of them redeems
// one text after another, wherever they come in: their tries are counted.
func (b *redeeming) people(ctx context.Context) error {
	tx, ids := b.tx, each(b.list, (*attempt).whose)
	if err := tx.LockPeople(ctx, db.Sole, ids...); err != nil {
		return err
	}
	known, err := tx.IdentitiesOf(ctx, ids...)
	if err != nil {
		return err
	}
	now := make(map[exam.PersonID]store.Identity, len(known))
	for _, i := range known {
		now[i.Person.ID] = i
	}
	for _, a := range b.list {
		if i, found := now[a.who.Person]; found && !i.Suspended {
			a.who = actingAs(i, a.who)
		} else {
			a.err = exam.ErrNotSignedIn
		}
	}
	return nil
}

// claims refuses requests that were made before, by their keys.
func (b *redeeming) claims(ctx context.Context) error {
	var asked []store.Claim
	for _, a := range b.live() {
		if a.Once != nil {
			asked = append(asked, a.claim())
		}
	}
	known, err := b.tx.RememberedAmong(ctx, asked)
	if err != nil {
		return err
	}
	for _, a := range b.live() {
		if a.Once == nil {
			continue
		}
		earlier, ok := known[a.claim()]
		if !ok {
			continue
		}
		if a.err = claimedBefore(earlier, a.Once.Request, b.now); a.err == nil {
			if err := b.tx.DropClaim(ctx, a.claim(), earlier.Created); err != nil {
				return err
			}
		}
	}
	return nil
}

func (a *attempt) claim() store.Claim { return store.Claim{Person: a.who.Person, Key: a.Once.Key} }

// tries refuses people and networks that have no try left.
func (b *redeeming) tries(ctx context.Context) (err error) {
	names := each(b.list, func(a *attempt) string { return a.person })
	for _, n := range each(b.list, func(a *attempt) string { return a.network }) {
		if n != "" {
			names = append(names, n)
		}
	}
	if b.debts, err = b.tx.Debts(ctx, names); err != nil {
		return err
	}
	for _, a := range b.live() {
		if opens := limitRedeemNetwork.Opens(b.debts[a.network]); opens.After(b.now) {
			a.err = tooMany(b.now, opens)
		} else if opens := limitRedeemPerson.Opens(b.debts[a.person]); opens.After(b.now) {
			a.err = tooMany(b.now, opens)
		}
	}
	return nil
}

// subjects refuses what does not depend on the text, before that is looked at, so
// that it tells nobody whether a text lives.
func (b *redeeming) subjects(ctx context.Context) error {
	live := b.live()
	list, err := b.tx.SubjectsByID(ctx, each(live, (*attempt).what)...)
	if err != nil {
		return err
	}
	for _, a := range live {
		i := slices.IndexFunc(list, func(s exam.Subject) bool { return s.ID == a.Subject })
		switch {
		case i < 0:
			a.err = exam.ErrSubjectUnknown.On("subject_id")
		case !list[i].Offers(a.ExamType):
			a.err = exam.ErrExamType.On("exam_type")
		default:
			a.subject = list[i]
		}
	}
	return nil
}

// texts finds the codes and refuses, without a lock, what cannot be redeemed.
// Whoever is registered for the subject hears that alone, unless by this code.
func (b *redeeming) texts(ctx context.Context) error {
	live := b.live()
	if len(live) == 0 {
		return nil
	}
	enrolled, err := b.tx.Enrolments(ctx, each(live, (*attempt).whose), each(live, (*attempt).what))
	if err != nil {
		return err
	}
	if err := b.find(ctx, live); err != nil {
		return err
	}
	for _, a := range live {
		if enrolled[a.enrolled()] && (a.found.ID == 0 || a.found.Holder != a.who.Person) {
			a.err = exam.ErrAlreadyRegistered
		} else {
			a.redeem(b.now)
		}
	}
	return nil
}

// find looks the texts up, under any key of the ring.
func (b *redeeming) find(ctx context.Context, list []*attempt) error {
	var lookups [][]byte
	for _, a := range list {
		lookups = append(lookups, a.lookups...)
	}
	found, err := b.tx.FindTexts(ctx, lookups)
	if err != nil {
		return err
	}
	for _, a := range list {
		a.found = first(found, a.lookups)
	}
	return nil
}

// redeem applies the rule; the refusal is exact.
func (a *attempt) redeem(now time.Time) {
	switch {
	case a.found.ID == 0:
		a.err = exam.ErrCodeNotUsable
	case a.found.Replaced:
		a.err = exam.ErrCodeReplaced
	default:
		a.code, a.event, a.err = a.found.Redeem(a.who, a.id, a.Subject, now)
	}
}

// bind does it under lock, to the codes as they are then.
func (b *redeeming) bind(ctx context.Context) error {
	tx, live := b.tx, b.live()
	if len(live) == 0 {
		return nil
	}
	if err := tx.LockOrders(ctx, db.Shared, each(live, func(a *attempt) exam.OrderID { return a.found.Order })...); err != nil {
		return err
	}
	if err := tx.LockCodes(ctx, each(live, func(a *attempt) exam.CodeID { return a.found.ID })...); err != nil {
		return err
	}
	b.now = b.clock()
	if !tx.Alone() {
		if err := b.find(ctx, live); err != nil {
			return err
		}
	}
	sat, err := tx.SatEarlier(ctx, each(live, (*attempt).whose), each(live, (*attempt).what))
	if err != nil {
		return err
	}
	for _, a := range live {
		if a.redeem(b.now); a.err == nil {
			a.reg, a.err = exam.Register(a.who, exam.Registration{ID: a.id}, a.code, a.subject, a.ExamType, sat[a.enrolled()], b.now)
		}
	}
	return nil
}

// write stores what was bound, with its events, notices and answers.
func (b *redeeming) write(ctx context.Context) error {
	var (
		regs    []exam.Registration
		codes   []exam.Code
		events  []exam.Event
		notices []exam.Notice
		kept    []store.Kept
	)
	for _, a := range b.live() {
		regs, codes, events = append(regs, a.reg), append(codes, a.code), append(events, a.event)
		notices = append(notices, noticeOf(a.reg, exam.NoticeRegistered, a.subject, nil, nil, b.now))
		if a.Once != nil {
			status, answer, err := a.Once.Answer(a.reg)
			if err != nil {
				return err
			}
			kept = append(kept, store.Kept{Claim: a.claim(), Request: a.Once.Request, Status: status, Answer: answer})
		}
	}
	if err := b.tx.AddRegistrations(ctx, regs); err != nil {
		return err
	}
	if err := b.tx.SaveCodes(ctx, codes, events); err != nil {
		return err
	}
	if err := b.tx.Tell(ctx, notices...); err != nil {
		return err
	}
	return b.tx.KeepAnswers(ctx, kept, b.now)
}

// refuse records and counts the tries that failed by their text, and hides from
// strangers what only people with a tie to the code may know. An unknown text is
// held against the network as well; a dead one is not, but costs the same time.
func (b *redeeming) refuse(ctx context.Context) error {
	var (
		failed           []*attempt
		events           []exam.Event
		held             []store.Held
		people, networks = map[string]int{}, map[string]int{}
	)
	for _, a := range b.list {
		if a.err == nil || !guessable[fault.Of(a.err).Reason] {
			continue
		}
		failed = append(failed, a)
		events = append(events, a.refusal(b.now))
		held = append(held, store.Held{Code: a.found.ID, Person: a.who.Person})
		people[a.person] = 1
		if a.network != "" {
			networks[a.network] += a.costs(limitRedeemNetwork.Left(b.debts[a.network], b.now) - networks[a.network])
		}
	}
	if len(failed) == 0 {
		return nil
	}
	if err := b.tx.AddEvents(ctx, events...); err != nil {
		return err
	}
	paid, err := b.tx.TakeTries(ctx, limitRedeemPerson, people, b.now)
	if err != nil {
		return err
	}
	through, err := b.tx.TakeTries(ctx, limitRedeemNetwork, networks, b.now)
	if err != nil {
		return err
	}
	ties, err := b.tx.HeldAmong(ctx, held)
	if err != nil {
		return err
	}
	for i, a := range failed {
		switch {
		case !paid[a.person]:
			a.err = tooMany(b.now, b.now.Add(limitRedeemPerson.Per))
		case a.over || (a.found.ID == 0 && a.network != "" && !through[a.network]):
			a.err = tooMany(b.now, b.now.Add(limitRedeemNetwork.Per))
		default:
			tied := ties[held[i]] || (a.found.ID != 0 && a.found.Account == a.who.Account)
			a.err = fault.Of(exam.Tell(a.err, tied)).On("code")
		}
	}
	return nil
}

// refusal is what the trail says of a failed try: the code's, for its company, or
// the person's own when nobody has the text.
func (a *attempt) refusal(now time.Time) exam.Event {
	if a.found.ID == 0 {
		return exam.TextRefused(a.who, now)
	}
	return a.found.RedeemRefused(a.who, fault.Of(a.err).Reason, now)
}

// costs is how many of the tries that its network has left a failed attempt takes.
func (a *attempt) costs(left int) int {
	if a.found.ID != 0 {
		return 0
	}
	a.over = left <= 0
	return min(1, max(0, left))
}
