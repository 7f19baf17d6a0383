package mutant

import (
	"testing"
)

const root = "../../.."

func TestMutantsAreFound(t *testing.T) {
	p, err := Read(root)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, m := range p.Mutants {
		if seen[m.ID] {
			t.Errorf("twice: %s", m.ID)
		}
		seen[m.ID] = true
		t.Log(m.ID)
	}
}
