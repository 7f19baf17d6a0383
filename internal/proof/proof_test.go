package proof

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestQuickRoundsAreCounted(t *testing.T) {
	t.Setenv("PROVE_SECONDS", "")
	t.Setenv("PROVE_SEED", "7")
	report := filepath.Join(t.TempDir(), "report")
	t.Setenv("PROVE_REPORT", report)
	t.Run("run", func(t *testing.T) {
		r := Begin(t, "sample", "sqlite", 3)
		for r.Next() {
			r.Count("commands", 2)
		}
		r.Set("control", "caught")
		if a, b := r.Rand(1).Uint64(), r.Rand(1).Uint64(); a != b || a == r.Rand(2).Uint64() {
			t.Error("a stream does not repeat, or is another's")
		}
	})
	text, err := os.ReadFile(report)
	if err != nil {
		t.Fatal(err)
	}
	if want := "sample of=sqlite rounds=3 commands=6 control=caught seconds="; !strings.Contains(string(text), want) || !strings.Contains(string(text), "seed=7 result=ok") {
		t.Errorf("the report says %s", text)
	}
}

func TestALongRunEndsByTime(t *testing.T) {
	t.Setenv("PROVE_SECONDS", "1")
	r := Begin(t, "sample", "", 3)
	for r.Next() {
		r.Count("commands", 1)
	}
	if !r.Long() || r.value("commands") < 1000 {
		t.Errorf("only %d rounds in a second", r.value("commands"))
	}
}
