// Package kfail lets the k-th call of every command fail, for each k until the
// command has no further call: a step of the database, a word with the payment
// provider or the mail server, the waking of the worker. A call fails before its
// effect, after it with its answer lost, by a panic, or by the end of its caller.
//
// It tries to find half of a command done, a command that cannot be repeated, an
// effect that happens twice, a promise that is never kept, money a provider moved
// that nobody here knows of, a database trouble that is told as a defect, and a
// connection or a goroutine that stays behind. After each failure the command is
// said again as its caller would, everything due is done, and the data must then
// have changed exactly as by an undisturbed run.
package kfail
