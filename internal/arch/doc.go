// Package arch holds the tests that keep promises no single package can keep:
// they look at the whole program. It has no code of its own.
package arch
