// Package clock tries to make time do what it must not: codes that live after
// their order's end or die before it, reminders told twice or never, a trail that
// runs backwards. The service is asked at the last microsecond before an end, at
// it and after it, with the sweep run before, after or never, in every zone and
// through leap days and changes of the clock; its clock then jumps to and fro by
// up to four hundred days, and two replicas whose clocks differ share one store.
//
// Shown are the invariants Z-1 to Z-4 and N-1, and that what waited behind a lock
// across the end is refused when its turn comes.
package clock
