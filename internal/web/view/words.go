package view

import (
	"context"
	"strings"
	"time"

	"examcode/internal/lang"
)

// spell puts a space between symbols so that they are read one by one.
func spell(s string) string { return strings.Join(strings.Split(s, ""), " ") }

func zoneOr(ctx context.Context, zone *time.Location) *time.Location {
	if zone != nil {
		return zone
	}
	return lang.From(ctx).Zone
}
