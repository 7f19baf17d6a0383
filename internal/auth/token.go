package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
)

// Prefixes of the tokens we give out, so that people and secret scanners can
// tell what they have found.
const (
	SessionPrefix = "exs_"
	KeyPrefix     = "exk_"
)

// NewToken returns 256 random bits as a text with the prefix, and the hash to
// store. The clear text is shown once and never stored.
func NewToken(prefix string) (clear string, hash []byte) {
	var b [32]byte
	rand.Read(b[:])
	clear = prefix + base64.RawURLEncoding.EncodeToString(b[:])
	return clear, HashToken(clear)
}

// HashToken returns the SHA-256 of a token, prefix included, by which it is
// found. A token has too many bits to be guessed, so the hash need not be slow.
func HashToken(clear string) []byte {
	sum := sha256.Sum256([]byte(clear))
	return sum[:]
}
