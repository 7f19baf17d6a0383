// Package exam holds the domain: the nouns of a certification programme, their
// states, the rules of the guide (S1–S26) and the events that changes leave.
//
// It is pure. A verb gets everything it depends on as a parameter, the actor and
// the instant included, since who may act is part of each rule. It answers with
// the new value and its Event, or with a refusal. It never reads a clock, a file,
// a database or the network, and imports nothing from outside the standard
// library but this program's own leaves.
package exam
