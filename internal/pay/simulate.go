package pay

import "examcode/internal/fault"

// ErrSimulate refuses a simulation the provider does not know; providers that
// move real money know none.
var ErrSimulate = fault.New(fault.Invalid, "simulate_unknown",
	"this provider does not know that simulation")

// Simulates tells whether a provider knows a simulation, without asking it for
// anything.
func Simulates(p Provider, word string) bool {
	s, ok := p.(interface{ Simulates(word string) bool })
	return ok && s.Simulates(word)
}
