package sandbox

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"
	"unicode/utf8"

	"examcode/internal/money"
	"examcode/internal/pay"
)

// SignatureHeader is the header that a notice is signed in.
const SignatureHeader = "Sandbox-Signature"

// soon is how long after a charge was placed its first notice is sent: as with
// real providers, mostly after the answer.
const soon = time.Second

// maxWord is the longest id or reference that a notice may have, in bytes.
const maxWord = 200

// wire is a notice as it is sent.
type wire struct {
	ID      string `json:"id"`
	Type    string `json:"type"` // "charge.succeeded"
	Live    bool   `json:"live"` // always false: the sandbox moves no money
	Created int64  `json:"created"`
	Data    struct {
		Reference string `json:"reference"`
		Object    string `json:"object"`
		Amount    int64  `json:"amount"`
		Currency  string `json:"currency"`
	} `json:"data"`
}

// Write makes the bytes of a notice.
func Write(n pay.Notice) []byte {
	w := wire{ID: n.ID, Type: string(n.About) + "." + string(n.State), Created: n.Created.Unix()}
	w.Data.Reference, w.Data.Object, w.Data.Amount, w.Data.Currency = n.Reference, n.ProviderRef, n.Amount.Minor, n.Amount.Currency
	raw, err := json.Marshal(w)
	if err != nil {
		panic("sandbox: a notice cannot be written: " + err.Error())
	}
	return raw
}

// ReadNotice is of pay.Notifier.
func (p Provider) ReadNotice(header pay.Header, raw []byte, now time.Time) (pay.Notice, error) {
	if err := pay.CheckSignature(header(SignatureHeader), raw, now, p.secrets...); err != nil {
		return pay.Notice{}, err
	}
	return Read(raw)
}

// Read reads the bytes of a notice, whoever sent it.
func Read(raw []byte) (pay.Notice, error) {
	var w wire
	if err := json.Unmarshal(raw, &w); err != nil {
		return pay.Notice{}, pay.ErrNoticeMalformed.Wrap(err)
	}
	if w.Live {
		return pay.Notice{}, pay.ErrNoticeMode
	}
	n := pay.Notice{ID: w.ID, Reference: w.Data.Reference, ProviderRef: w.Data.Object,
		Amount: money.Amount{Minor: w.Data.Amount, Currency: w.Data.Currency}, Created: time.Unix(w.Created, 0).UTC()}
	if !word(n.ID) {
		return pay.Notice{}, pay.ErrNoticeMalformed
	}
	about, state, _ := strings.Cut(w.Type, ".")
	n.About, n.State = pay.About(about), pay.State(state)
	switch {
	case n.About != pay.AboutCharge && n.About != pay.AboutRefund, n.State != pay.Pending && !n.State.Final():
		return pay.Notice{ID: n.ID}, nil // of a kind that is not known here
	case !word(n.Reference), !word(n.ProviderRef), n.Amount.Minor <= 0, !money.ValidCurrency(n.Amount.Currency), w.Created < 0, w.Created > maxCreated:
		return pay.Notice{}, pay.ErrNoticeMalformed
	}
	return n, nil
}

// maxCreated is the last instant that a notice may be of: the end of the year 9999.
const maxCreated = 253402300799

// word tells whether a text can be kept as an id or a reference.
func word(s string) bool {
	return s != "" && len(s) <= maxWord && utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' })
}

// tell sends what became of a charge or refund, now and when it settles late.
func (p Provider) tell(n pay.Notice, o pay.Outcome, placed, now time.Time) {
	if p.sender == nil || o.State == pay.Unknown {
		return
	}
	n.ProviderRef = o.ProviderRef
	p.sender.send(Told(n, o.State, placed), soon)
	if o.State == pay.Pending {
		p.sender.send(Told(n, pay.Succeeded, placed.Add(Late)), placed.Add(Late).Sub(now)+soon)
	}
}

// Told is a notice about one state of a charge or refund, with its id: the same
// state of the same thing has one id, however often it is sent.
func Told(n pay.Notice, s pay.State, at time.Time) pay.Notice {
	sum := sha256.Sum256([]byte(string(n.About) + "." + string(s) + " " + n.Reference))
	n.ID, n.State, n.Created = "evt_"+hex.EncodeToString(sum[:12]), s, at
	if n.ProviderRef == "" {
		n.ProviderRef = Number(n.About, n.Reference)
	}
	return n
}
