// Package mutant takes the guards of the program away one at a time, to show
// that a test misses each: refusals, locks, conditions of statements, limits of
// comparisons, constraints of the schema.
//
// A mutant is the program with one guard changed, built by go's overlay, so that
// no file is touched. testdata/killers.txt names for each mutant the test that
// fails; a guard that is new needs its line, which make mutants finds.
//
// It refuses to be clever: a mutant changes one expression by a fixed rule, and
// those that change nothing that can be seen are listed with their reason.
package mutant
