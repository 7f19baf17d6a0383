// Package model tries to make the program do what a plain picture of it does
// not: random commands of companies, examinees, the staff and the clock, with
// crashes and repetitions between them, are given to the real service and to a
// reference that was written from the rules alone, in maps and lists. After each
// command the answers must be the same word, and so must what is stored of all it
// touched: states, versions, seats, money, counts.
//
// It is about every invariant of store.Verify in one replica's hands, one command
// at a time; what many do at once is for others. Sequences are rapid's, so that
// one that fails shrinks, and its file in testdata/rapid is tried again for ever.
//
// The reference shares no rule with the program: it may use its words for states,
// rights and ids, nothing else of package exam.
package model
