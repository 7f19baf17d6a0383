package pay

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"examcode/internal/fault"
	"examcode/internal/money"
)

// About is what a notice is about.
type About string

const (
	AboutCharge About = "charge"
	AboutRefund About = "refund"
)

// Notice is what a provider tells us unasked. It is a reason to ask the provider
// and never an outcome: who holds the secret of its signature still cannot make
// an order paid.
type Notice struct {
	ID          string // the provider's, the same whenever the notice is repeated
	About       About  // "" for what does not concern us
	Reference   string // ours
	ProviderRef string // the provider's own number of the charge or refund; may be empty
	State       State
	Amount      money.Amount
	Created     time.Time
}

// Header reads the values of a header by its name, as http.Header.Values does.
type Header func(name string) []string

// Notifier is a provider that sends notices.
type Notifier interface {
	Provider
	// ReadNotice tells whether a notice comes from the provider, by its signature
	// over the bytes as they were sent, and reads it.
	// Refusals: notice_signature, notice_time, notice_mode, notice_malformed.
	ReadNotice(header Header, raw []byte, now time.Time) (Notice, error)
}

var (
	ErrNoticeSignature = fault.New(fault.Unauthenticated, "notice_signature", "the notice does not bear the provider's signature")
	ErrNoticeTime      = fault.New(fault.Unauthenticated, "notice_time", "the notice was signed too long ago, or in the future")
	ErrNoticeMode      = fault.New(fault.Unauthenticated, "notice_mode", "the notice is about test money where real money moves, or the other way round")
	ErrNoticeMalformed = fault.New(fault.Invalid, "notice_malformed", "the notice cannot be read")
)

// Tolerance is how far the instant of a signature may be from ours, either way.
const Tolerance = 5 * time.Minute

// Most a signature header may have; a rotation needs two signatures.
const (
	maxSignature  = 1024 // bytes
	maxSignatures = 8
)

// Sign makes the header of a notice: the instant and an HMAC-SHA256 of the
// instant and the bytes, as "t=1700000000,v1=hex".
func Sign(secret, raw []byte, at time.Time) string {
	t := strconv.FormatInt(at.Unix(), 10)
	return "t=" + t + ",v1=" + mac(secret, t, raw)
}

func mac(secret []byte, t string, raw []byte) string {
	h := hmac.New(sha256.New, secret)
	h.Write([]byte(t))
	h.Write([]byte("."))
	h.Write(raw)
	return hex.EncodeToString(h.Sum(nil))
}

// CheckSignature refuses a notice that nobody with one of the secrets has signed
// at about now. Several secrets, and several signatures of one notice, are there
// while a secret is replaced. Parts of the header with other names are of other
// schemes and prove nothing.
func CheckSignature(header []string, raw []byte, now time.Time, secrets ...[]byte) error {
	if len(header) != 1 || len(header[0]) > maxSignature {
		return ErrNoticeSignature
	}
	t, signatures, ok := readSignature(header[0])
	if !ok {
		return ErrNoticeSignature
	}
	good := false
	for _, secret := range secrets {
		if len(secret) == 0 {
			continue // nobody's
		}
		want := []byte(mac(secret, t, raw))
		for _, s := range signatures {
			good = hmac.Equal(want, []byte(s)) || good
		}
	}
	if !good {
		return ErrNoticeSignature
	}
	at, err := strconv.ParseInt(t, 10, 64)
	if err != nil {
		return ErrNoticeSignature
	}
	if d := now.Sub(time.Unix(at, 0)); d > Tolerance || d < -Tolerance {
		return ErrNoticeTime
	}
	return nil
}

// readSignature takes a header apart: one instant, and signatures.
func readSignature(header string) (t string, signatures []string, ok bool) {
	for part := range strings.SplitSeq(header, ",") {
		name, value, found := strings.Cut(part, "=")
		switch {
		case !found || name == "":
			return "", nil, false
		case name == "t" && (t != "" || !digits(value)):
			return "", nil, false
		case name == "t":
			t = value
		case name == "v1":
			signatures = append(signatures, value)
		}
	}
	return t, signatures, t != "" && len(signatures) > 0 && len(signatures) <= maxSignatures
}

func digits(s string) bool {
	return s != "" && len(s) <= 12 && strings.Trim(s, "0123456789") == ""
}
