package vault

import (
	"bytes"
	"errors"
	"path/filepath"
	"testing"
)

// A sealed value opens as what it is, for its own row; changed, cut, lengthened or
// for another row it does not open. A signature is good for its data and purpose.
func FuzzOpen(f *testing.F) {
	v, err := Create(filepath.Join(f.TempDir(), "ring.json"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add("P1234567", "person:1:document", 3, byte(1), []byte("made up"))
	f.Add("", "a", 0, byte(0x80), []byte{})
	f.Fuzz(func(t *testing.T, plain, about string, at int, by byte, made []byte) {
		if about == "" {
			return
		}
		sealed, err := v.Seal(plain, about)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := v.Open(sealed, about); err != nil || got != plain {
			t.Fatalf("%q opens as %q, %v", plain, got, err)
		}
		closed := func(what string, sealed []byte, about string) {
			if got, err := v.Open(sealed, about); !errors.Is(err, ErrOpen) || got != "" {
				t.Fatalf("%s: opens as %q, %v", what, got, err)
			}
		}
		closed("another row's", sealed, about+"0")
		closed("made up", made, about)
		closed("cut", sealed[:len(sealed)-1], about)
		closed("longer", append(bytes.Clone(sealed), by), about)
		if by != 0 {
			changed := bytes.Clone(sealed)
			changed[max(at, -(at+1))%len(changed)] ^= by
			closed("changed", changed, about)
		}
		mac := v.Sign(about, []byte(plain))
		if !v.Verify(about, []byte(plain), mac) || v.Verify(about+"0", []byte(plain), mac) || v.Verify(about, []byte(plain+"0"), mac) || v.Verify(about, []byte(plain), made) {
			t.Fatal("a signature is good for something else")
		}
	})
}

// A key ring file that is taken holds all keys and is written as it was meant;
// everything else is refused.
func FuzzRing(f *testing.F) {
	r, err := newRing()
	if err != nil {
		f.Fatal(err)
	}
	whole, err := r.encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	f.Add(append(bytes.Clone(whole), "{}"...))
	f.Add(bytes.Replace(whole, []byte(`"version": 1`), []byte(`"version": 2`), 1))
	f.Add(bytes.Replace(whole, []byte(`"lookup"`), []byte(`"Lookup"`), 1))
	f.Add([]byte(`{"version":1,"fingerprint":"0123456789abcdef","keysets":{}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := decode(b)
		if err != nil {
			if r != nil {
				t.Fatalf("refused with a ring: %v", err)
			}
			return
		}
		if len(r.handles) != len(templates) || len(r.Fingerprint) != 16 {
			t.Fatalf("a ring with %d uses, named %q", len(r.handles), r.Fingerprint)
		}
		if _, err := open(r); err != nil {
			return // told when it is loaded
		}
		again, err := r.encode()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := decode(again); err != nil {
			t.Fatalf("%q is written as %q: %v", b, again, err)
		}
	})
}
