package lang

import (
	"sync"
	"time"
)

// zones are those that were asked for: each is a file to read and parse, and a
// page asks for the zone of each of its rows.
var zones sync.Map // name → *time.Location

// Zone is the time zone that a stored IANA name means; UTC when it means none
// here any more.
func Zone(name string) *time.Location {
	if z, ok := zones.Load(name); ok {
		return z.(*time.Location)
	}
	z, err := time.LoadLocation(name)
	if err != nil {
		return time.UTC
	}
	zones.Store(name, z)
	return z
}
