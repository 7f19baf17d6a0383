// Package webhook holds the harness that speaks to us as a payment provider would
// not: it forges, alters, replays, delays and reorders the provider's notices, and
// sends them through the real handler to the real service.
//
// It shows that no altered or forged notice is accepted (T11), that a genuine one
// has its effect once however often it comes (T10, P-3), that one whose signature
// is good and whose words are false changes nothing, that every effect rests on an
// answer of the provider to a question of ours (T13, M-7), that any order of
// notices ends in the same state, and that the payer's way back grants nothing
// (T12). The control is a provider that does not look at signatures.
package webhook
