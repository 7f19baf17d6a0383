package pay

import "examcode/internal/fault"

// ErrSimulate refuses a simulation the provider does not know; providers that
// move real money know none.
var ErrSimulate = fault.New(fault.Invalid, "simulate_unknown",
	"this provider does not know that simulation")
