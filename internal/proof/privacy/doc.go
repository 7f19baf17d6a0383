// Package privacy tries to find what is left of people. Random people with values
// that occur nowhere else in every field go through everything the program does:
// verification, invitations, codes, results and their correction, mails that
// fail, exports, keys. Each takes a copy, which must hold all of theirs and
// nothing of anybody else's; then they are erased, a year passes with its sweeps,
// and every column of every table, and the embedded database's file itself, is
// searched for them. Sealed values are opened first.
//
// It shows threat T35 and the invariants D-1, D-2 and D-3, with M, C and A still
// holding. Its control is the program with one part of the erasing left out.
package privacy
