package exam

// Seen is the version of a thing that somebody had before their eyes when they
// decided about it. The zero Seen is nobody's and agrees with every version: it
// is for callers that name what they want without having looked.
type Seen struct {
	version int64
	asked   bool
}

// SeenAt is for somebody who looked at a version.
func SeenAt(version int64) Seen { return Seen{version, true} }

// Still refuses, with ErrChangedMeanwhile, when the thing has another version
// by now. Ask it under the thing's lock: before, the answer says nothing.
func (s Seen) Still(version int64) error {
	if s.asked && s.version != version {
		return ErrChangedMeanwhile
	}
	return nil
}

// FirstSeen is the first of some, or the zero Seen: verbs take it last and
// optionally.
func FirstSeen(seen []Seen) Seen {
	if len(seen) == 0 {
		return Seen{}
	}
	return seen[0]
}
