// Package interleave runs two commands on one thing through every way in which
// their statements can follow one another: one is stopped before its k-th
// statement, the other runs until its own stop, until it ends, or until it waits
// for a lock of the first, and so on.
//
// Whatever the way, what both were told and what is stored afterwards must be
// what one after the other would have made: one winner where there can be but
// one, no refund of what is in use, no right that works after it was taken away,
// no seat, text or order that two have. Nobody may wait for each other, and
// every transaction takes its locks in the one order: people, orders, codes,
// registrations, sessions.
//
// On PostgreSQL both transactions are open at once. SQLite has one writer: there
// the stops between two transactions of a command are all that is left, and the
// members of one group.
package interleave
