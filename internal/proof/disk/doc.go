// Package disk fills the disk under the database while the program works: a file
// system of a few megabytes of its own for the file of SQLite, and one for the
// tables of PostgreSQL.
//
// It tries to find an acknowledged write that is not there, a refused one that
// is told as a success or as a defect, reads that stop, and a program that does
// not go on by itself when there is space again or when writes are allowed again.
package disk
