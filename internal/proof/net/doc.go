// Package net spoils the network between the program and what it leans on:
// PostgreSQL, the mail server and a payment provider.
//
// The program runs whole, its API, its worker and its pools, over proxies that
// delay, trickle, fall silent, reset, cut after some bytes, cut inside a COMMIT
// before or after it counts, or refuse. Clients buy, pay and give back with
// idempotency keys; the provider declines, takes its time, does the work without
// an answer, answers twice and contradicts itself. While it lasts no answer may
// say success without effect, and no failure may be anything but 503 or 504 with
// a reason. When it is over every call without an answer must be resolved by its
// key, every payment and refund settled, money moved at most once for an order
// each way, the pool well again within a minute, and no goroutine left behind.
//
// Control: the same with the keys taken off the calls must order twice.
package net
