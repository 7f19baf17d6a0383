package story

type kindStates struct {
	kind   string
	states []string
}

// states lists every state people can see, in the order of life.
func states() []kindStates {
	return []kindStates{
		{"code", []string{"unused", "bound", "reserved", "completed", "refunding", "refunded", "expired"}},
		{"order", []string{"pending", "paid", "ended", "closed"}},
		{"payment", []string{"succeeded", "pending", "unknown", "failed"}},
		{"refund", []string{"review", "refunding", "checking", "refunded", "failed"}},
		{"registration", []string{"registered", "reserved", "awaiting", "completed", "cancelled"}},
		{"session", []string{"open", "closed", "cancelled"}},
		{"result", []string{"passed", "failed", "absent"}},
		{"export", []string{"waiting", "running", "ready", "failed", "stopped", "deleted"}},
		{"verification", []string{"none", "waiting", "verified", "rejected"}},
	}
}
