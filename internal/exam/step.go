package exam

import "slices"

// codeSteps is where each event of a code leads, and from where: the picture of
// the life of a code that its trail is checked against.
var codeSteps = map[EventKind]struct {
	from []CodeState
	to   CodeState
}{
	EventCodeRedeemed:      {[]CodeState{Unused}, Bound},
	EventCodeReserved:      {[]CodeState{Bound}, Reserved},
	EventCodeRescheduled:   {[]CodeState{Reserved}, Reserved},
	EventCodeReleased:      {[]CodeState{Reserved}, Bound},
	EventCodeCompleted:     {[]CodeState{Reserved}, Completed},
	EventCodeReturned:      {[]CodeState{Reserved}, Bound},
	EventCodeSeatLost:      {[]CodeState{Reserved}, Bound},
	EventCodeCorrected:     {[]CodeState{Completed}, Completed},
	EventCodeWithdrawn:     {[]CodeState{Completed}, Bound},
	EventCodeUnbound:       {[]CodeState{Bound}, Unused},
	EventCodeRegenerated:   {[]CodeState{Unused}, Unused},
	EventCodeRefunding:     {[]CodeState{Unused}, Refunding},
	EventCodeRefunded:      {[]CodeState{Refunding}, Refunded},
	EventCodeRefundRefused: {[]CodeState{Refunding}, Unused},
	EventCodeExpired:       {[]CodeState{Unused, Bound}, Expired},
}

// StepTo is where an event takes a code; allowed is false when it cannot happen
// to a code in that state, or is no event that changes one.
func StepTo(from CodeState, kind EventKind) (to CodeState, allowed bool) {
	s, known := codeSteps[kind]
	if !known || !slices.Contains(s.from, from) {
		return from, false
	}
	return s.to, true
}
