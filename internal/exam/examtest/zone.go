package examtest

import (
	"archive/zip"
	"crypto/sha256"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Zones are all IANA zones that Go carries along, each behaviour once.
func Zones(t testing.TB) []*time.Location {
	t.Helper()
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	z, err := zip.OpenReader(filepath.Join(strings.TrimSpace(string(root)), "lib", "time", "zoneinfo.zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	seen := map[[32]byte]bool{}
	var list []*time.Location
	for _, f := range z.File {
		if strings.HasSuffix(f.Name, "/") {
			continue
		}
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		r.Close()
		if err != nil {
			t.Fatal(err)
		}
		if sum := sha256.Sum256(b); seen[sum] {
			continue // another name of a zone we have
		} else {
			seen[sum] = true
		}
		loc, err := time.LoadLocationFromTZData(f.Name, b)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, loc)
	}
	if len(list) < 300 {
		t.Fatalf("only %d zones", len(list))
	}
	return list
}
