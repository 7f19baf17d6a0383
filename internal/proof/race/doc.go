// Package race sends many HTTP clients at one thing at one moment, through the
// built program: two processes over one PostgreSQL, or the one that a SQLite file
// can have.
//
// It shows that of those who want what only one can have exactly one gets it: a
// code, a refund, a seat, a payment, an invitation, the effect of an idempotency
// key; that a right has no effect once it was taken away; that every loser is
// refused with a word and nobody meets an error of ours; that no two transactions
// wait for each other; and that what is stored afterwards is as it must be, by
// the program's own verify.
package race
