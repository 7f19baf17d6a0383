package vault

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/prf"
	tinkpb "github.com/tink-crypto/tink-go/v2/proto/tink_go_proto"
)

// Use is what a set of keys in the ring is for.
type Use string

const (
	Sealing Use = "sealing"
	Lookup  Use = "lookup"
	Signing Use = "signing"
)

// templates also is the list of all uses.
var templates = map[Use]func() *tinkpb.KeyTemplate{
	Sealing: aead.AES256GCMKeyTemplate,
	Lookup:  prf.HMACSHA256PRFKeyTemplate,
	Signing: prf.HMACSHA256PRFKeyTemplate,
}

// ring is the content of a key ring file: one Tink keyset for each use.
type ring struct {
	Version     int                     `json:"version"`
	Fingerprint string                  `json:"fingerprint"`
	Keysets     map[Use]json.RawMessage `json:"keysets"`

	handles map[Use]*keyset.Handle
}

const ringVersion = 1

func newRing() (*ring, error) {
	var name [8]byte
	rand.Read(name[:])
	r := &ring{Version: ringVersion, Fingerprint: hex.EncodeToString(name[:]), handles: map[Use]*keyset.Handle{}}
	for use, template := range templates {
		h, err := keyset.NewHandle(template())
		if err != nil {
			return nil, err
		}
		r.handles[use] = h
	}
	return r, nil
}

// encode writes the keys in clear; the file's mode is what guards them.
func (r *ring) encode() ([]byte, error) {
	r.Keysets = map[Use]json.RawMessage{}
	for use, h := range r.handles {
		var b bytes.Buffer
		if err := insecurecleartextkeyset.Write(h, keyset.NewJSONWriter(&b)); err != nil {
			return nil, err
		}
		r.Keysets[use] = b.Bytes()
	}
	return json.MarshalIndent(r, "", "  ")
}

// decode refuses whatever it does not know: a ring of a later version may hold
// keys without which this program would write what it cannot read.
func decode(b []byte) (*ring, error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	r := &ring{handles: map[Use]*keyset.Handle{}}
	if err := d.Decode(r); err != nil {
		return nil, errors.New("it is not a key ring")
	}
	if d.More() {
		return nil, errors.New("something follows the key ring")
	}
	if r.Version != ringVersion {
		return nil, fmt.Errorf("it has version %d, this program knows version %d", r.Version, ringVersion)
	}
	if len(r.Fingerprint) != 16 {
		return nil, errors.New("it has no fingerprint")
	}
	for use, raw := range r.Keysets {
		if templates[use] == nil {
			return nil, fmt.Errorf("it holds keys for %q, which this program does not know", use)
		}
		h, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(raw)))
		if err != nil {
			return nil, fmt.Errorf("its keys for %s cannot be read", use)
		}
		r.handles[use] = h
	}
	for use := range templates {
		if r.handles[use] == nil {
			return nil, fmt.Errorf("it holds no keys for %s", use)
		}
	}
	return r, nil
}

// add puts a fresh key into the set, not yet in use for writing.
func (r *ring) add(use Use) error {
	template := templates[use]
	if template == nil {
		return fmt.Errorf("no keys for %q", use)
	}
	m := keyset.NewManagerFromHandle(r.handles[use])
	if _, err := m.Add(template()); err != nil {
		return err
	}
	h, err := m.Handle()
	if err != nil {
		return err
	}
	r.handles[use] = h
	return nil
}

// promote makes the key added last the one that writes.
func (r *ring) promote(use Use) error {
	h := r.handles[use]
	if h == nil {
		return fmt.Errorf("no keys for %q", use)
	}
	last, err := h.Entry(h.Len() - 1)
	if err != nil {
		return err
	}
	m := keyset.NewManagerFromHandle(h)
	if err := m.SetPrimary(last.KeyID()); err != nil {
		return err
	}
	r.handles[use], err = m.Handle()
	return err
}

// primaryFirst returns the functions of a set and proves that each computes.
func primaryFirst(h *keyset.Handle) ([]prf.PRF, error) {
	set, err := prf.NewPRFSet(h)
	if err != nil {
		return nil, err
	}
	primary, ok := set.PRFs[set.PrimaryID]
	if !ok {
		return nil, errors.New("no primary key")
	}
	all := []prf.PRF{primary}
	for id, p := range set.PRFs {
		if id != set.PrimaryID {
			all = append(all, p)
		}
	}
	for _, p := range all {
		if _, err := p.ComputePRF(nil, sha256.Size); err != nil {
			return nil, err
		}
	}
	return all, nil
}
