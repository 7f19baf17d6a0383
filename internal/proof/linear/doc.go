// Package linear asks whether the verbs on exam codes behave as if each took
// place at one instant between its call and its answer. Many clients redeem,
// unbind, regenerate, reserve, give seats back, refund and look, by two services
// over one store; what each was told and when is held against a small model of
// one order (its codes' states, generations, holders and seats, and its refund).
//
// It shows double redemption and double refund, a refund of what is in use, a
// text that works after it was replaced, a last seat given twice, and stale
// answers. An order's codes are one object, because a refund takes many of them
// at once and its sessions are its own. A client that gives up, and an answer
// that is lost, are unknown outcomes: their change may be anywhere after the
// call, or nowhere.
package linear
