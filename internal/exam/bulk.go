package exam

import (
	"time"

	"examcode/internal/fault"
)

// BulkVerb is what is done to many codes at once.
type BulkVerb string

const (
	BulkUnbind     BulkVerb = "unbind"     // S24
	BulkRegenerate BulkVerb = "regenerate" // S25
)

// Needs is the state a code must be in for the verb; others stay as they are.
func (v BulkVerb) Needs() CodeState {
	if v == BulkUnbind {
		return Bound
	}
	return Unused
}

// BulkState is how far a bulk has come.
type BulkState string

const (
	BulkDraft   BulkState = "draft" // its codes are frozen, nothing is done to them
	BulkRunning BulkState = "running"
	BulkDone    BulkState = "done"
)

// MaxBulk is the most codes one bulk has: the largest order.
const MaxBulk = 100_000

// BulkKept is how long a draft can be confirmed.
const BulkKept = 24 * time.Hour

// The most drafts that wait for a confirmation at a time; the oldest beyond are
// dropped. Each may have MaxBulk codes.
const (
	DraftsOfPerson  = 3
	DraftsOfAccount = 20
)

var (
	ErrBulkVerb  = fault.New(fault.Invalid, "bulk_verb_unknown", "choose unbind or regenerate")
	ErrBulkEmpty = fault.New(fault.Invalid, "bulk_empty", "name at least one code")
	ErrBulkOld   = fault.New(fault.Conflict, "bulk_expired", "this was prepared too long ago, or newer ones have taken its place; choose the codes again")
	ErrBulkLarge = fault.New(fault.Invalid, "bulk_too_large", "at most 100000 codes at once; narrow the filter")
)

// Bulk is a verb on many codes of a company. Its codes, with the versions they
// had, are written down before anybody confirms it; what changed since is left
// alone. Each code has its own outcome.
type Bulk struct {
	ID       BulkID
	Account  AccountID
	Person   PersonID // who asked; the verb is done under the rights they have then
	Verb     BulkVerb
	NewText  bool // of unbind: each code also gets a new text
	State    BulkState
	Total    int64 // codes
	Settled  int64 // codes with an outcome
	Channel  Channel
	Key      KeyID
	Request  string
	Created  time.Time
	Begun    time.Time
	Finished time.Time
	Version  int64
}

// DraftBulk prepares a verb; it changes nothing.
func DraftBulk(a Actor, b Bulk, now time.Time) (Bulk, error) {
	if err := NeedRight(a, ManageCodes); err != nil {
		return b, err
	}
	switch {
	case b.Verb != BulkUnbind && b.Verb != BulkRegenerate:
		return b, ErrBulkVerb
	case b.Total == 0:
		return b, ErrBulkEmpty
	case b.Total > MaxBulk:
		return b, ErrBulkLarge.With("max", MaxBulk)
	}
	b.Account, b.Person, b.Channel, b.Key, b.Request = a.Account, a.Person, a.Channel, a.Key, a.Request
	b.State, b.Created, b.Version = BulkDraft, now, 1
	return b, nil
}

// Begin confirms a draft. begun is false for one that is confirmed already:
// asking again changes nothing. Refusals: not_allowed, bulk_expired.
func (b Bulk) Begin(a Actor, newText bool, now time.Time) (_ Bulk, e Event, begun bool, err error) {
	if err := NeedRight(a, ManageCodes); err != nil {
		return b, e, false, err
	}
	if b.State != BulkDraft {
		return b, e, false, nil
	}
	if now.Sub(b.Created) >= BulkKept {
		return b, e, false, ErrBulkOld
	}
	b.Person, b.Channel, b.Key, b.Request = a.Person, a.Channel, a.Key, a.Request
	b.NewText = newText && b.Verb == BulkUnbind
	b.State, b.Begun = BulkRunning, now
	b.Version++
	e = a.event(EventBulkStarted, int64(b.ID), now)
	e.Version, e.Data = b.Version, Data{"verb": string(b.Verb), "count": b.Total}
	return b, e, true, nil
}

// Finish ends a bulk all of whose codes have their outcome; done of them were
// changed.
func (b Bulk) Finish(a Actor, done int64, now time.Time) (Bulk, Event) {
	b.State, b.Finished = BulkDone, now
	b.Version++
	e := a.event(EventBulkFinished, int64(b.ID), now)
	e.Account, e.Version, e.Data = b.Account, b.Version, Data{"verb": string(b.Verb), "count": done}
	return b, e
}

// Actor is who a bulk acts as: the person as they are now, by the way they asked.
func (b Bulk) Actor(now Actor) Actor {
	now.Channel, now.Key, now.Request = b.Channel, b.Key, b.Request
	return now
}
