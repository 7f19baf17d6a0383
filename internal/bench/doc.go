// Package bench measures how fast the program is, against what the machine can
// do at best: every work runs beside its floor (the same rows written or read by
// bare statements on the same database, or net/http without us) in one run, by
// turns, and what counts is the ratio of the two. A machine that is busy slows
// both; a floor that is itself unsteady gives no ratio.
//
// The program is the real one, put together by the command line: handlers over
// loopback with API keys and Idempotency-Keys, codes sealed and found as ever.
// Only the worker does not run, so that nothing works beside what is measured.
package bench
