package model

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// mutantEnv is set in the runs of a program with one rule taken away.
const mutantEnv = "PROVE_MUTANT"

// mutants are rules of the program that are taken away, one in each.
var mutants = []struct{ what, file, rule string }{
	{"an order is refunded twice", "refundplan.go", "\tcase had != \"\" && had != RefundRefused:\n\t\treturn ErrRefundAlreadyMade\n"},
	{"a session after the order's end is reserved", "session.go", "\tcase !s.Starts.Before(r.Expires):\n\t\treturn ErrSessionAfterEnd\n"},
	{"a seat is given back too late", "registration.go", "\tif !now.Before(held.Cutoff(s)) {\n\t\treturn r, c, Event{}, ErrPastCutoff.With(\"until\", held.Cutoff(s))\n\t}\n"},
}

// mutated tells whether this is such a run.
func mutated() bool { return os.Getenv(mutantEnv) != "" }

// killMutants runs the harness against programs with a rule less: each must be
// seen.
func killMutants(t *testing.T) {
	t.Helper()
	for _, m := range mutants {
		path, err := filepath.Abs(filepath.Join("../../exam", m.file))
		if err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Count(string(text), m.rule) != 1 {
			t.Fatalf("%s: the rule is not there once:\n%s", m.file, m.rule)
		}
		dir := t.TempDir()
		less, overlay := filepath.Join(dir, m.file), filepath.Join(dir, "overlay.json")
		replaced, err := json.Marshal(map[string]map[string]string{"Replace": {path: less}})
		if err != nil {
			t.Fatal(err)
		}
		for name, text := range map[string]string{less: strings.Replace(string(text), m.rule, "", 1), overlay: string(replaced)} {
			if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if out, err := withOverlay(overlay); err == nil || !strings.Contains(out, "the program says") {
			t.Fatalf("%s: it was not seen (%v):\n%s", m.what, err, out)
		}
	}
}

func withOverlay(overlay string) (string, error) {
	c := exec.Command("go", "test", "-count=1", "-overlay="+overlay, "-run=^TestModel$/^sqlite$", ".")
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "PROVE_") {
			c.Env = append(c.Env, e)
		}
	}
	c.Env = append(c.Env, mutantEnv+"=1")
	out, err := c.CombinedOutput()
	return string(out), err
}
