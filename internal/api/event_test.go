package api

import (
	"testing"

	"examcode/internal/exam"
	"examcode/internal/store"
)

// The trail names what each kind of event is about, in the id's outside form.
func TestEveryEventNamesItsThing(t *testing.T) {
	for _, kind := range exam.EventKinds {
		e := store.TrailEntry{Event: exam.Event{Kind: kind, Object: 4711}}
		if showEvent(exam.Actor{}, e).Object == "" {
			t.Errorf("%s: what it is about has no id", kind)
		}
	}
}
