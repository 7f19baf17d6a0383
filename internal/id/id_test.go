package id

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestTextRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(1, 1<<63-1).Draw(t, "n")
		got, err := Parse("cod", Format("cod", n))
		if err != nil || got != n {
			t.Fatalf("%d came back as %d, %v", n, got, err)
		}
	})
	for _, bad := range []string{"", "cod_", "ord_0000000000001", "cod_000000000000i", "cod_0000000000000", "cod_00000000000001", "cod_z000000000000", "COD_0000000000001"} {
		if _, err := Parse("cod", bad); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}

func TestIdsRiseAlsoWhenTheClockDoesNot(t *testing.T) {
	now := Epoch.Add(time.Hour)
	s := NewSource(3, func() time.Time { return now })
	last := int64(0)
	for i := range 300_000 {
		if i == 150_000 {
			now = now.Add(-time.Minute)
		}
		n := s.Next()
		if n <= last {
			t.Fatalf("id %d after %d", n, last)
		}
		last = n
	}
}

func TestBlocksDoNotMeet(t *testing.T) {
	now := time.Now
	a, b := NewSource(0, now), NewSource(1, now)
	type span struct{ from, to int64 }
	var spans []span
	for range 50 {
		for _, s := range []*Source{a, b} {
			f := s.Block(100_000)
			spans = append(spans, span{f, f + 100_000})
			n := s.Next()
			spans = append(spans, span{n, n + 1})
		}
	}
	for i, x := range spans {
		for _, y := range spans[i+1:] {
			if x.from < y.to && y.from < x.to {
				t.Fatalf("%v meets %v", x, y)
			}
		}
	}
}
