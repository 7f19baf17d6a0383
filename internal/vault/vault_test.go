package vault

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"examcode/internal/codetext"
)

func fresh(t testing.TB) (*Vault, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "keyring.json")
	v, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	return v, path
}

func text(t testing.TB) codetext.Text {
	t.Helper()
	x, err := codetext.New(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func load(t *testing.T, path string) *Vault {
	t.Helper()
	v, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestSealedValuesOpenForTheirRowOnly(t *testing.T) {
	v, path := fresh(t)
	sealed, err := v.Seal("P1234567 号", "person:7:document")
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(sealed, []byte("P1234567")) {
		t.Fatal("sealed in clear")
	}
	for _, reader := range []*Vault{v, load(t, path)} {
		if got, err := reader.Open(sealed, "person:7:document"); err != nil || got != "P1234567 号" {
			t.Fatalf("got %q, %v", got, err)
		}
	}
	for _, about := range []string{"person:8:document", "person:7:name", "person:7:document "} {
		if got, err := v.Open(sealed, about); !errors.Is(err, ErrOpen) || got != "" {
			t.Errorf("opened for %q: %q, %v", about, got, err)
		}
	}
	for i := range sealed {
		bad := bytes.Clone(sealed)
		bad[i] ^= 1
		if _, err := v.Open(bad, "person:7:document"); !errors.Is(err, ErrOpen) {
			t.Fatalf("byte %d altered: %v", i, err)
		}
	}
	for _, bad := range [][]byte{nil, {}, sealed[:4], sealed[:len(sealed)-1]} {
		if _, err := v.Open(bad, "person:7:document"); !errors.Is(err, ErrOpen) {
			t.Errorf("%d bytes opened: %v", len(bad), err)
		}
	}
	again, _ := v.Seal("P1234567 号", "person:7:document")
	if bytes.Equal(again, sealed) {
		t.Error("two seals of one value are equal")
	}
	if _, err := v.Seal("x", ""); err == nil {
		t.Error("sealed about nothing")
	}
	if _, err := v.Open(sealed, ""); err == nil {
		t.Error("opened about nothing")
	}
}

func TestCodes(t *testing.T) {
	v, path := fresh(t)
	x, y := text(t), text(t)
	sealed, err := v.SealCode(41, x)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := load(t, path).OpenCode(41, sealed); err != nil || got != x {
		t.Fatalf("got %v, %v", got, err)
	}
	if _, err := v.OpenCode(42, sealed); !errors.Is(err, ErrOpen) {
		t.Fatalf("opened for another code: %v", err)
	}
	if got, err := v.RevealCode(41, sealed); err != nil || got != x.Reveal() {
		t.Fatalf("revealed %v, %v", got == x.Reveal(), err)
	}
	if got, err := v.RevealCode(42, sealed); !errors.Is(err, ErrOpen) || got != "" {
		t.Fatalf("revealed for another code: %v", err)
	}
	if _, err := v.SealCode(1, codetext.Text{}); err == nil {
		t.Fatal("sealed no text")
	}
	a := v.Lookup(x)
	if len(a) != LookupSize || !bytes.Equal(a, v.Lookup(x)) || !bytes.Equal(a, load(t, path).Lookup(x)) {
		t.Fatal("the lookup value is not stable")
	}
	if bytes.Equal(a, v.Lookup(y)) {
		t.Fatal("two texts, one lookup value")
	}
}

func TestAForeignRing(t *testing.T) {
	v, _ := fresh(t)
	w, _ := fresh(t)
	x := text(t)
	sealed, _ := v.SealCode(1, x)
	if _, err := w.OpenCode(1, sealed); !errors.Is(err, ErrOpen) {
		t.Errorf("a foreign ring opens: %v", err)
	}
	if bytes.Equal(v.Lookup(x), w.Lookup(x)) {
		t.Error("two rings look up alike")
	}
	if w.Verify("cursor", []byte("d"), v.Sign("cursor", []byte("d"))) {
		t.Error("a foreign signature is accepted")
	}
	if v.Fingerprint() == w.Fingerprint() || len(v.Fingerprint()) != 16 {
		t.Errorf("fingerprints %q and %q", v.Fingerprint(), w.Fingerprint())
	}
}

func TestSignatures(t *testing.T) {
	v, path := fresh(t)
	s := v.Sign("cursor", []byte("data"))
	if !v.Verify("cursor", []byte("data"), s) || !load(t, path).Verify("cursor", []byte("data"), s) {
		t.Fatal("a good signature is refused")
	}
	for _, c := range []struct {
		purpose, data string
		signature     []byte
	}{
		{"link", "data", s}, {"cursor", "Data", s}, {"cursor", "data", s[:31]}, {"cursor", "data", nil}, {"cursord", "ata", s},
	} {
		if v.Verify(c.purpose, []byte(c.data), c.signature) {
			t.Errorf("accepted for %q %q", c.purpose, c.data)
		}
	}
}

func TestRotationKeepsOldValues(t *testing.T) {
	before, path := fresh(t)
	x := text(t)
	sealed, _ := before.SealCode(1, x)
	signature := before.Sign("link", []byte("d"))
	for range 2 {
		for _, use := range []Use{Sealing, Lookup, Signing} {
			if err := Rotate(path, use); err != nil {
				t.Fatal(err)
			}
		}
	}
	after := load(t, path)
	if got, err := after.OpenCode(1, sealed); err != nil || got != x {
		t.Errorf("the old sealed text: %v, %v", got, err)
	}
	if !after.Verify("link", []byte("d"), signature) {
		t.Error("the old signature is refused")
	}
	if bytes.Equal(after.Sign("link", []byte("d")), signature) {
		t.Error("still signs with the old key")
	}
	resealed, _ := after.SealCode(1, x)
	if _, err := before.OpenCode(1, resealed); !errors.Is(err, ErrOpen) {
		t.Errorf("still seals with the old key: %v", err)
	}
	values := after.Lookups(x)
	if len(values) != 3 || !bytes.Equal(values[0], after.Lookup(x)) || bytes.Equal(values[0], before.Lookup(x)) {
		t.Fatal("the new lookup key is not the first")
	}
	if !bytes.Equal(values[1], before.Lookup(x)) && !bytes.Equal(values[2], before.Lookup(x)) {
		t.Error("the old lookup value is lost")
	}
	if after.Fingerprint() != before.Fingerprint() {
		t.Error("rotation made it another ring")
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Errorf("rotated into mode %v", info.Mode())
	}
}

// Two replicas, the second still holding the old file, between Add and Promote.
func TestAddedKeysReadBeforeTheyWrite(t *testing.T) {
	old, path := fresh(t)
	if err := Add(path, Sealing); err != nil {
		t.Fatal(err)
	}
	added := load(t, path)
	sealed, _ := added.Seal("s", "a")
	if got, err := old.Open(sealed, "a"); err != nil || got != "s" {
		t.Fatalf("an added key writes already: %v", err)
	}
	if err := Promote(path, Sealing); err != nil {
		t.Fatal(err)
	}
	sealed, _ = load(t, path).Seal("s", "a")
	if got, err := added.Open(sealed, "a"); err != nil || got != "s" {
		t.Fatalf("an added key does not read: %v", err)
	}
	if _, err := old.Open(sealed, "a"); !errors.Is(err, ErrOpen) {
		t.Fatalf("the promoted key does not write: %v", err)
	}
	if Add(path, "coffee") == nil || Promote(path, "coffee") == nil {
		t.Error("a key for an unknown use")
	}
}

func TestFilesThatAreRefused(t *testing.T) {
	_, path := fresh(t)
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Errorf("created with mode %v", info.Mode())
	}
	if _, err := Create(path); !errors.Is(err, fs.ErrExist) {
		t.Errorf("created over a ring: %v", err)
	}
	for _, mode := range []os.FileMode{0o640, 0o604, 0o620, 0o644, 0o666, 0o610} {
		os.Chmod(path, mode)
		if _, err := Load(path); err == nil || !strings.Contains(err.Error(), "chmod 600") {
			t.Errorf("mode %v: %v", mode, err)
		}
		if _, err := LoadOrCreate(path); err == nil {
			t.Errorf("mode %v passes LoadOrCreate", mode)
		}
	}
	os.Chmod(path, 0o600)
	missing := filepath.Join(t.TempDir(), "none")
	if _, err := Load(missing); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "backup") {
		t.Errorf("missing: %v", err)
	}
	if _, err := Load(t.TempDir()); err == nil {
		t.Error("a folder was loaded")
	}
	edit := func(change func(map[string]any)) []byte {
		var m map[string]any
		if err := json.Unmarshal(good, &m); err != nil {
			t.Fatal(err)
		}
		change(m)
		b, _ := json.Marshal(m)
		return b
	}
	sets := func(m map[string]any) map[string]any { return m["keysets"].(map[string]any) }
	for name, content := range map[string][]byte{
		"empty":         {},
		"not JSON":      []byte("hello"),
		"cut":           good[:len(good)/2],
		"twice":         append(bytes.Clone(good), good...),
		"later version": edit(func(m map[string]any) { m["version"] = 2 }),
		"more fields":   edit(func(m map[string]any) { m["extra"] = 1 }),
		"no name":       edit(func(m map[string]any) { delete(m, "fingerprint") }),
		"unknown use":   edit(func(m map[string]any) { sets(m)["coffee"] = sets(m)["lookup"] }),
		"no lookup":     edit(func(m map[string]any) { delete(sets(m), "lookup") }),
		"swapped":       edit(func(m map[string]any) { sets(m)["lookup"] = sets(m)["sealing"] }),
		"unknown key":   bytes.ReplaceAll(good, []byte("AesGcmKey"), []byte("AesNewKey")),
		"null keyset":   edit(func(m map[string]any) { sets(m)["sealing"] = nil }),
		"huge":          bytes.Repeat([]byte(" "), maxRing+2),
	} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if v, err := Load(path); err == nil {
			t.Errorf("%s: loaded as %v", name, v)
		} else if strings.Contains(err.Error(), `"value"`) {
			t.Errorf("%s: the error shows keys: %v", name, err)
		}
		if _, err := LoadOrCreate(path); err == nil {
			t.Errorf("%s: replaced by a new ring", name)
		}
	}
}

func TestProcessesThatStartTogetherShareARing(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "ring")
	names := make([]string, 8)
	var wg sync.WaitGroup
	for i := range names {
		wg.Go(func() {
			v, err := LoadOrCreate(path)
			if err != nil {
				t.Error(err)
				return
			}
			names[i] = v.Fingerprint()
		})
	}
	wg.Wait()
	for _, n := range names {
		if n != names[0] || n == "" {
			t.Fatalf("several rings: %q", names)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}

func TestConcurrentUse(t *testing.T) {
	v, _ := fresh(t)
	x := text(t)
	want := v.Lookup(x)
	var wg sync.WaitGroup
	for id := range int64(8) {
		wg.Go(func() {
			for range 50 {
				sealed, err := v.SealCode(id, x)
				if err != nil {
					t.Error(err)
					return
				}
				if got, err := v.OpenCode(id, sealed); err != nil || got != x || !bytes.Equal(v.Lookup(x), want) {
					t.Errorf("got %v, %v", got, err)
					return
				}
			}
		})
	}
	wg.Wait()
}

func TestAVaultShowsNoKeys(t *testing.T) {
	v, _ := fresh(t)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d", "%x"} {
		if got := fmt.Sprintf(verb, v); got != "vault "+v.Fingerprint() {
			t.Errorf("%s shows %s", verb, got)
		}
	}
}

func BenchmarkSealAndLookup(b *testing.B) {
	v, _ := fresh(b)
	x := text(b)
	for b.Loop() {
		v.Lookup(x)
		if _, err := v.SealCode(1, x); err != nil {
			b.Fatal(err)
		}
	}
}

func TestSecrets(t *testing.T) {
	v, path := fresh(t)
	a := v.Secrets("webhook")
	if len(a) != 1 || len(a[0]) != 32 || !bytes.Equal(a[0], load(t, path).Secrets("webhook")[0]) {
		t.Fatal("a secret is not stable")
	}
	if bytes.Equal(a[0], v.Secrets("webhooks")[0]) {
		t.Error("two purposes, one secret")
	}
	if err := Rotate(path, Signing); err != nil {
		t.Fatal(err)
	}
	b := load(t, path).Secrets("webhook")
	if len(b) != 2 || bytes.Equal(a[0], b[0]) || !bytes.Equal(a[0], b[1]) {
		t.Error("a rotation does not keep the old secret behind a new one")
	}
}
