// Package exam is the dictionary everyone speaks: the nouns of the programme,
// their states, the rules of the guide (S1–S26) and the events they leave.
//
// Every rule is a pure function. A verb takes all it needs, the actor and the
// instant included (who may is part of the rule), and returns the new value
// with its Event, or a refusal. Nothing here reads a clock, a database or the
// network, and nothing imports a third-party module.
package exam
