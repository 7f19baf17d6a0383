// Package vault keeps secrets that a stolen database must not give away: the
// texts of exam codes and the numbers of personal documents. It seals them with
// keys from a key ring file that lives outside the database, makes the keyed
// lookup value by which a code is found, and signs cursors and links.
//
// It never writes keys anywhere but into that file, never logs a secret, and
// opens a sealed value only for the row it was sealed for.
package vault

import (
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strconv"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/prf"
	"github.com/tink-crypto/tink-go/v2/tink"

	"examcode/internal/codetext"
)

// LookupSize is the length of a lookup value in bytes.
const LookupSize = 16

// ErrOpen is returned for a sealed value that was altered, belongs to another
// row or was sealed under keys this ring does not hold. Which of them it was
// cannot be told.
var ErrOpen = errors.New("vault: the sealed value does not open: it was altered, belongs to another row, or needs a key that is not in this key ring")

// errAbout catches a caller that forgot to bind a value to its row.
var errAbout = errors.New("vault: a sealed value must say what it is about")

// Vault is an open key ring. It is safe for concurrent use.
type Vault struct {
	fingerprint string
	aead        tink.AEAD
	lookup      []prf.PRF // the primary key first
	sign        []prf.PRF // the primary key first
}

func open(r *ring) (*Vault, error) {
	a, err := aead.New(r.handles[Sealing])
	if err != nil {
		return nil, err
	}
	v := &Vault{fingerprint: r.Fingerprint, aead: a}
	if v.lookup, err = primaryFirst(r.handles[Lookup]); err != nil {
		return nil, err
	}
	if v.sign, err = primaryFirst(r.handles[Signing]); err != nil {
		return nil, err
	}
	return v, nil
}

// Fingerprint names the ring. It is not secret, it survives rotation, and no
// two rings share it: a database that remembers it notices a foreign ring.
func (v *Vault) Fingerprint() string { return v.fingerprint }

// Seal encrypts plain for one row; about names the row and what the value is,
// as in "person:123:document".
func (v *Vault) Seal(plain, about string) ([]byte, error) {
	return v.SealBytes([]byte(plain), about)
}

// SealBytes is Seal of what may be large.
func (v *Vault) SealBytes(plain []byte, about string) ([]byte, error) {
	if about == "" {
		return nil, errAbout
	}
	return v.aead.Encrypt(plain, []byte(about))
}

// Open decrypts what Seal made for the same about, or returns ErrOpen.
func (v *Vault) Open(sealed []byte, about string) (string, error) {
	plain, err := v.OpenBytes(sealed, about)
	return string(plain), err
}

// OpenBytes is Open of what may be large.
func (v *Vault) OpenBytes(sealed []byte, about string) ([]byte, error) {
	if about == "" {
		return nil, errAbout
	}
	plain, err := v.aead.Decrypt(sealed, []byte(about))
	if err != nil {
		return nil, ErrOpen
	}
	return plain, nil
}

// SealCode encrypts the text of the code with this id.
func (v *Vault) SealCode(id int64, t codetext.Text) ([]byte, error) {
	if t.Zero() {
		return nil, errors.New("vault: no text to seal")
	}
	return v.Seal(t.Plain(), string(codeAbout(id)))
}

// OpenCode decrypts the text of the code with this id, or returns ErrOpen.
func (v *Vault) OpenCode(id int64, sealed []byte) (codetext.Text, error) {
	plain, err := v.Open(sealed, string(codeAbout(id)))
	if err != nil {
		return codetext.Text{}, err
	}
	return codetext.FromPlain(plain)
}

// RevealCode is OpenCode and Reveal in one, for files of many codes.
func (v *Vault) RevealCode(id int64, sealed []byte) (string, error) {
	plain, err := v.aead.Decrypt(sealed, codeAbout(id))
	if err != nil {
		return "", ErrOpen
	}
	return codetext.RevealPlain(string(plain))
}

func codeAbout(id int64) []byte {
	return strconv.AppendInt(append(make([]byte, 0, 24), "code:"...), id, 10)
}

// Lookup returns the value under which a text is stored and found: the same
// text always gives the same LookupSize bytes, and nobody without the ring can
// try texts against a stolen database.
func (v *Vault) Lookup(t codetext.Text) []byte { return v.lookups(t, 1)[0] }

// Lookups returns the value of every lookup key, that of Lookup first. Rows
// written before a new lookup key was promoted are found by the others.
func (v *Vault) Lookups(t codetext.Text) [][]byte { return v.lookups(t, len(v.lookup)) }

func (v *Vault) lookups(t codetext.Text, n int) [][]byte {
	if t.Zero() {
		panic("vault: lookup of no text")
	}
	values := make([][]byte, n)
	for i, key := range v.lookup[:n] {
		values[i] = compute(key, t.Plain(), LookupSize)
	}
	return values
}

// Sign returns an HMAC of data under a key of the purpose's own ("cursor",
// "mail link"): a signature for one purpose proves nothing for another.
func (v *Vault) Sign(purpose string, data []byte) []byte { return sign(v.sign[0], purpose, data) }

// Verify tells whether signature was made by Sign for the same purpose and
// data, under any key of the ring.
func (v *Vault) Verify(purpose string, data, signature []byte) bool {
	good := false
	for _, key := range v.sign {
		good = hmac.Equal(sign(key, purpose, data), signature) || good
	}
	return good
}

// Secrets are bytes for a purpose, for protocols that bring their own signatures:
// one for each signing key, that of the primary first.
func (v *Vault) Secrets(purpose string) [][]byte {
	secrets := make([][]byte, len(v.sign))
	for i, key := range v.sign {
		secrets[i] = compute(key, "secret: "+purpose, sha256.Size)
	}
	return secrets
}

func sign(key prf.PRF, purpose string, data []byte) []byte {
	mac := hmac.New(sha256.New, compute(key, purpose, sha256.Size))
	mac.Write(data)
	return mac.Sum(nil)
}

// compute cannot fail: every key was tried with the largest length on opening.
func compute(key prf.PRF, input string, size uint32) []byte {
	out, err := key.ComputePRF([]byte(input), size)
	if err != nil {
		panic("vault: " + err.Error())
	}
	return out
}

// String names the ring and shows nothing of it.
func (v *Vault) String() string { return "vault " + v.fingerprint }

// Format writes String for every verb, so that no verb reaches the keys.
func (v *Vault) Format(f fmt.State, _ rune) { io.WriteString(f, v.String()) }

// LogValue is String.
func (v *Vault) LogValue() slog.Value { return slog.StringValue(v.String()) }
