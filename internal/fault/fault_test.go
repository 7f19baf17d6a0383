package fault

import (
	"errors"
	"fmt"
	"testing"
)

var errTest = New(Conflict, "test_reason", "for the test")

func TestRefusalSurvivesWrapping(t *testing.T) {
	err := fmt.Errorf("saving: %w", errTest.With("n", 3).Wrap(errors.New("cause")))
	if !errors.Is(err, errTest) {
		t.Fatal("the reason is lost by wrapping")
	}
	got := Of(err)
	if got.Kind != Conflict || got.Args["n"] != 3 {
		t.Fatalf("got %+v", got)
	}
	if errTest.Args != nil {
		t.Fatal("With changed the declared value")
	}
}

func TestUnknownErrorsAreInternal(t *testing.T) {
	if got := Of(errors.New("disk on fire")); got.Kind != Internal || got.Reason != "internal" {
		t.Fatalf("got %+v", got)
	}
	if Of(nil) != nil {
		t.Fatal("nil must stay nil")
	}
}

func TestDeclaringTwicePanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Fatal("a second declaration passed")
		}
	}()
	New(Invalid, "test_reason", "again")
}

func TestCheck(t *testing.T) {
	var c Check
	c.Add("a", nil)
	if c.Err() != nil {
		t.Fatal("no refused field must be nil")
	}
	c.Add("a", errTest)
	if e := Of(c.Err()); e.Reason != "test_reason" || e.Kind != Conflict || e.Fields[0].Name != "a" {
		t.Fatalf("one field keeps its reason, got %+v", e)
	}
	c.Add("b", errTest)
	if e := Of(c.Err()); e.Reason != "invalid_input" || len(e.Fields) != 2 {
		t.Fatalf("got %+v", e)
	}
}
