package model

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// mutantEnv is set in the runs of a program with one rule taken away, and says which.
const mutantEnv = "PROVE_MUTANT"

// forMutants is the shortest run that has time for them: a program is built.
const forMutants = 2 * time.Minute

// mutants are rules of the program that are taken away, one at a time. The rule
// is given by the beginning of its condition.
var mutants = []struct{ what, file, rule string }{
	{"an order is refunded twice", "refundplan.go", "\tcase had != \"\" && had != RefundRefused:\n\t\treturn ErrRefundAlreadyMade\n"},
	{"a session after the order's end is reserved", "session.go", "\tcase !s.Starts.Before(r.Expires):\n\t\treturn ErrSessionAfterEnd\n"},
	{"a seat is given back too late", "registration.go", "\tif !now.Before(held.Cutoff(s)) {\n\t\treturn r, c, Event{}, ErrPastCutoff.With(\"until\", held.Cutoff(s))\n\t}\n"},
}

// mutated tells whether this is such a run.
func mutated() bool { return os.Getenv(mutantEnv) != "" }

// killMutants runs the harness against programs with a rule less: each must be
// seen. They are one program that is told which rule to pass over.
func killMutants(t *testing.T) {
	t.Helper()
	program := filepath.Join(t.TempDir(), "model.test")
	build := exec.Command("go", "test", "-c", "-overlay="+overlay(t), "-o", program, ".")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for i, m := range mutants {
		c := exec.Command(program, "-test.run=^TestModel$/^sqlite$")
		for _, e := range os.Environ() {
			if !strings.HasPrefix(e, "PROVE_") {
				c.Env = append(c.Env, e)
			}
		}
		c.Env = append(c.Env, mutantEnv+"="+without(i))
		if out, err := c.CombinedOutput(); err == nil || !strings.Contains(string(out), "the program says") {
			t.Fatalf("%s: it was not seen (%v):\n%s", m.what, err, out)
		}
	}
}

func without(i int) string { return fmt.Sprintf("without %d", i) }

// overlay writes package exam anew, with every rule of the mutants asked for.
func overlay(t *testing.T) string {
	t.Helper()
	dir, exam := t.TempDir(), "../../exam/"
	files := map[string]string{"asked.go": fmt.Sprintf("package exam\n\nimport \"os\"\n\nfunc asked(less string) bool { return os.Getenv(%q) != less }\n", mutantEnv)}
	for i, m := range mutants {
		text, err := os.ReadFile(exam + m.file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Count(string(text), m.rule) != 1 {
			t.Fatalf("%s: the rule is not there once:\n%s", m.file, m.rule)
		}
		head, condition, _ := strings.Cut(m.rule, " ")
		files[m.file] = strings.Replace(string(text), m.rule, fmt.Sprintf("%s asked(%q) && %s", head, without(i), condition), 1)
	}
	replace := map[string]string{}
	for name, text := range files {
		path, err := filepath.Abs(exam + name)
		if err != nil {
			t.Fatal(err)
		}
		replace[path] = filepath.Join(dir, name)
		if err := os.WriteFile(replace[path], []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	list, err := json.Marshal(map[string]map[string]string{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(path, list, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
