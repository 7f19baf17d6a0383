package auth

import "time"

// Limit allows Burst tries at once and then one for each Per. Burst is at
// least 1 and Per above zero.
type Limit struct {
	Burst int
	Per   time.Duration
}

// Next decides one try by the generic cell rate algorithm. tat, the theoretical
// arrival time, is all there is to remember for a key; zero for a new one. A
// refused try changes nothing, and retryAt is when the next is allowed.
func (l Limit) Next(now, tat time.Time) (newTAT time.Time, allowed bool, retryAt time.Time) {
	next := tat
	if now.After(next) {
		next = now
	}
	next = next.Add(l.Per)
	retryAt = next.Add(-time.Duration(l.Burst) * l.Per)
	if now.Before(retryAt) {
		return tat, false, retryAt
	}
	return next, true, now
}
