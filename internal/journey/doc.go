// Package journey holds tests that use the program as people do: the built
// binary as a process of its own, its pages in a real browser, its API over the
// network, and two replicas on one database. It imports no rule and no table;
// what it knows it has from the command line, the pages and the API.
package journey
