// Package auth holds the pure parts of signing in: password hashes, what a
// password and an e-mail address must look like, tokens, and the arithmetic of
// rate limits. It keeps no state but the number of hashes that run at the
// moment, and it knows neither the database nor HTTP nor the clock.
package auth
