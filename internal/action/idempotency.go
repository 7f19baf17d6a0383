package action

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/store"
)

var (
	ErrKeyReused   = fault.New(fault.Invalid, "idempotency_key_reused", "this Idempotency-Key was used for another request")
	ErrKeyRunning  = fault.New(fault.Conflict, "idempotency_key_running", "the first request with this Idempotency-Key is still running")
	ErrKeyLost     = fault.New(fault.Conflict, "idempotency_answer_lost", "the request was carried out but its answer was lost; look at the list")
	ErrKeyOverlong = fault.New(fault.Invalid, "idempotency_key_malformed", "an Idempotency-Key has 1 to 255 visible characters")
)

// ofKeys are the refusals that a key gets and not its request.
var ofKeys = []error{ErrKeyReused, ErrKeyRunning, ErrKeyLost, ErrKeyOverlong}

// runningFor is how long a claimed key without any effect is left alone.
const runningFor = time.Minute

// KeptFor is how long an answer is remembered at least.
const KeptFor = 48 * time.Hour

type onceKey struct{}

// once is the idempotency key of the request that a context belongs to.
type once struct {
	person exam.PersonID
	key    string
	since  time.Time // of the claim: a later one has taken over when it differs
}

// Once is the Idempotency-Key of a request whose claim, change and answer are one
// transaction; only what was done is kept.
type Once[T any] struct {
	Key     string
	Request []byte // hash of what is asked
	// Answer is what a repetition of the request gets. It may be asked again.
	Answer func(T) (status int, answer []byte, err error)
}

// Answered says that the same request was answered before.
type Answered struct{ store.Remembered }

func (Answered) Error() string { return "the same request was answered before" }

// claimedBefore is what an earlier claim of its key means for a request: Answered, a
// refusal, or nothing when that was cut off before it had any effect.
func claimedBefore(known store.Remembered, request []byte, now time.Time) error {
	switch {
	case !bytes.Equal(known.Request, request):
		return ErrKeyReused
	case known.Status != 0:
		return Answered{known}
	case now.Sub(known.Created) < runningFor:
		return ErrKeyRunning
	case known.Effect:
		return ErrKeyLost
	}
	return nil
}

// Remember claims an Idempotency-Key for a request of the actor; request is the
// hash of what is asked. Either an earlier answer comes back (its status is not
// 0), or a context with which the request's change is tied to the key.
// Refusals: idempotency_key_malformed, _reused, _running, _answer_lost.
func (s *Service) Remember(ctx context.Context, who exam.Actor, key string, request []byte) (context.Context, store.Remembered, error) {
	if err := checkKey(key); err != nil {
		return ctx, store.Remembered{}, err
	}
	var (
		answer store.Remembered
		since  time.Time
	)
	err := s.store.Transact(ctx, func(ctx context.Context, tx *store.Tx) error {
		now := s.now()
		since = now
		known, err := tx.Remember(ctx, who.Person, key, request, now)
		if err != nil || known == nil {
			return err
		}
		if err := claimedBefore(*known, request, now); err != nil {
			return err
		}
		return tx.Retake(ctx, who.Person, key, known.Created, now)
	})
	if earlier := (Answered{}); errors.As(err, &earlier) {
		answer, err = earlier.Remembered, nil
	}
	return context.WithValue(ctx, onceKey{}, &once{person: who.Person, key: key, since: since}), answer, err
}

// checkKey refuses a key that is empty, too long, or not in plain characters.
func checkKey(key string) error {
	if len(key) > 255 || strings.Trim(key, " ") == "" {
		return ErrKeyOverlong
	}
	for i := range len(key) {
		if key[i] < ' ' || key[i] > '~' {
			return ErrKeyOverlong
		}
	}
	return nil
}

// KeepAnswer stores the answer of a request that Remember let through.
func (s *Service) KeepAnswer(ctx context.Context, who exam.Actor, key string, status int, answer []byte) error {
	return s.store.Transact(ctx, func(ctx context.Context, tx *store.Tx) error {
		return tx.KeepAnswer(ctx, who.Person, key, status, answer)
	})
}

// Lasting tells whether a refusal is remembered like an answer; one that may
// pass by itself (who asks, too many tries, our own trouble) is not, nor is what
// is said of a key.
func Lasting(err error) bool {
	if slices.ContainsFunc(ofKeys, func(refusal error) bool { return errors.Is(err, refusal) }) {
		return false
	}
	switch fault.Of(err).Kind {
	case fault.Invalid, fault.NotFound, fault.Conflict:
		return true
	}
	return false
}

// ReleaseKey lets go of a key whose request was refused for a reason that may
// pass, so that the same request can be tried again at once. After an effect it
// does nothing.
func (s *Service) ReleaseKey(ctx context.Context, who exam.Actor, key string) error {
	return s.store.Transact(ctx, func(ctx context.Context, tx *store.Tx) error {
		now := s.now()
		known, err := tx.Remember(ctx, who.Person, key, []byte{}, now)
		if err != nil || known == nil || known.Effect || known.Status != 0 {
			return err
		}
		return tx.Retake(ctx, who.Person, key, known.Created, known.Created.Add(-runningFor))
	})
}

// markEffect ties a change of a request to its idempotency key. A closure that
// runs again marks again.
func markEffect(ctx context.Context, tx *store.Tx) error {
	o, ok := ctx.Value(onceKey{}).(*once)
	if !ok {
		return nil
	}
	return tx.MarkEffect(ctx, o.person, o.key, o.since)
}
