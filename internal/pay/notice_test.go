package pay_test

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"examcode/internal/fault"
	"examcode/internal/money"
	"examcode/internal/pay"
	"examcode/internal/pay/sandbox"
)

var (
	now       = time.Date(2026, 3, 4, 10, 0, 0, 0, time.UTC)
	secret    = []byte("secret")
	oldSecret = []byte("the one before")
)

func TestSignatures(t *testing.T) {
	raw := []byte(`{"id":"evt_1"}`)
	good := pay.Sign(secret, raw, now)
	_, v1, _ := strings.Cut(good, ",")
	other := pay.Sign([]byte("other"), raw, now)
	_, v1Other, _ := strings.Cut(other, ",")
	t0, _, _ := strings.Cut(good, ",")
	many := t0 + strings.Repeat(","+v1Other, 8)
	for _, c := range []struct {
		name   string
		header []string
		raw    string
		at     time.Duration
		want   *fault.Error
	}{
		{"good", []string{good}, "", 0, nil},
		{"the secret before", []string{pay.Sign(oldSecret, raw, now)}, "", 0, nil},
		{"both of a rotation", []string{good + "," + v1Other}, "", 0, nil},
		{"the good one last", []string{other + "," + v1}, "", 0, nil},
		{"of another scheme besides", []string{good + ",v0=ab"}, "", 0, nil},
		{"five minutes late", []string{good}, "", pay.Tolerance, nil},
		{"five minutes early", []string{good}, "", -pay.Tolerance, nil},
		{"later", []string{good}, "", pay.Tolerance + time.Second, pay.ErrNoticeTime},
		{"earlier", []string{good}, "", -pay.Tolerance - time.Second, pay.ErrNoticeTime},
		{"none", nil, "", 0, pay.ErrNoticeSignature},
		{"twice", []string{good, good}, "", 0, pay.ErrNoticeSignature},
		{"empty", []string{""}, "", 0, pay.ErrNoticeSignature},
		{"another secret", []string{other}, "", 0, pay.ErrNoticeSignature},
		{"no instant", []string{v1}, "", 0, pay.ErrNoticeSignature},
		{"two instants", []string{t0 + "," + good}, "", 0, pay.ErrNoticeSignature},
		{"no signature", []string{t0}, "", 0, pay.ErrNoticeSignature},
		{"another scheme only", []string{strings.Replace(good, "v1", "v0", 1)}, "", 0, pay.ErrNoticeSignature},
		{"capital letters", []string{t0 + "," + "v1=" + strings.ToUpper(v1[3:])}, "", 0, pay.ErrNoticeSignature},
		{"another instant", []string{fmt.Sprintf("t=%d,%s", now.Unix()+1, v1)}, "", 0, pay.ErrNoticeSignature},
		{"a signed instant", []string{"t=+1" + good[2:]}, "", 0, pay.ErrNoticeSignature},
		{"too many", []string{many + "," + v1}, "", 0, pay.ErrNoticeSignature},
		{"too long", []string{good + ",v0=" + strings.Repeat("a", 1024)}, "", 0, pay.ErrNoticeSignature},
		{"another body", []string{good}, `{"id":"evt_2"}`, 0, pay.ErrNoticeSignature},
		{"a longer body", []string{good}, string(raw) + " ", 0, pay.ErrNoticeSignature},
	} {
		b := raw
		if c.raw != "" {
			b = []byte(c.raw)
		}
		err := pay.CheckSignature(c.header, b, now.Add(c.at), secret, oldSecret)
		if c.want == nil && err != nil || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if pay.CheckSignature([]string{pay.Sign(nil, raw, now)}, raw, now) == nil || pay.CheckSignature([]string{pay.Sign(nil, raw, now)}, raw, now, nil) == nil {
		t.Error("without a secret something is believed")
	}
}

func notice() pay.Notice {
	return sandbox.Told(pay.Notice{About: pay.AboutCharge, Reference: "pay_0000000000001", Amount: money.Amount{Minor: 12000, Currency: "USD"}}, pay.Succeeded, now)
}

func header(values ...string) pay.Header {
	return func(name string) []string {
		if name != sandbox.SignatureHeader {
			return nil
		}
		return values
	}
}

func TestReadNotice(t *testing.T) {
	p := sandbox.New(secret)
	read := func(raw string) (pay.Notice, error) {
		return p.ReadNotice(header(pay.Sign(secret, []byte(raw), now)), []byte(raw), now)
	}
	good := string(sandbox.Write(notice()))
	if n, err := read(good); err != nil || n != notice() {
		t.Fatalf("%+v, %v", n, err)
	}
	for change, want := range map[[2]string]error{
		{"charge.succeeded", "customer.created"}: nil, // of no concern
		{"charge.succeeded", "charge.unknown"}:   nil,
		{`"live":false`, `"live":true`}:          pay.ErrNoticeMode,
		{`"amount":12000`, `"amount":-1`}:        pay.ErrNoticeMalformed,
		{`"amount":12000`, `"amount":1e3`}:       pay.ErrNoticeMalformed,
		{`"USD"`, `"usd"`}:                       pay.ErrNoticeMalformed,
		{"evt_", "evt\\u0000"}:                   pay.ErrNoticeMalformed,
		{"pay_0000000000001", ""}:                pay.ErrNoticeMalformed,
		{"pay_", strings.Repeat("p", 200)}:       pay.ErrNoticeMalformed,
		{`"created":`, `"created":-`}:            pay.ErrNoticeMalformed,
		{`}}`, `}`}:                              pay.ErrNoticeMalformed,
	} {
		n, err := read(strings.Replace(good, change[0], change[1], 1))
		if want == nil && (err != nil || n.About != "") || want != nil && !errors.Is(err, want) {
			t.Errorf("%q for %q: %+v, %v", change[1], change[0], n, err)
		}
	}
	if _, err := sandbox.New().ReadNotice(header(pay.Sign(nil, []byte(good), now)), []byte(good), now); !errors.Is(err, pay.ErrNoticeSignature) {
		t.Errorf("a sandbox without a secret: %v", err)
	}
}

// FuzzNotice tries headers and bodies: nothing breaks, what is believed bears a
// signature of these very bytes, and what is read can be kept.
func FuzzNotice(f *testing.F) {
	raw := sandbox.Write(notice())
	good := pay.Sign(secret, raw, now)
	for _, h := range []string{good, "", "t=1", "t=1,v1=ab", "v1=,t=", "t=99999999999999999999,v1=00", good + "," + good, good + ",v1=00", strings.ToUpper(good)} {
		f.Add(h, raw, false)
	}
	for _, b := range []string{string(raw), "", "{}", "[]", "null", `{"id":1}`, `{"id":"e","type":"refund.failed","created":9e9,"data":{"amount":1,"currency":"EUR","reference":"r","object":"o"}}`} {
		f.Add("", []byte(b), true)
	}
	p := sandbox.New(secret, oldSecret)
	f.Fuzz(func(t *testing.T, h string, raw []byte, signed bool) {
		if signed {
			h = pay.Sign(secret, raw, now)
		}
		n, err := p.ReadNotice(header(h), raw, now)
		if err != nil {
			if e := fault.Of(err); e.Kind == fault.Internal {
				t.Fatalf("no refusal: %v", err)
			}
			return
		}
		found := false
		for part := range strings.SplitSeq(h, ",") {
			seconds, err := strconv.ParseInt(strings.TrimPrefix(part, "t="), 10, 64)
			if at := time.Unix(seconds, 0); err == nil && at.Sub(now).Abs() <= pay.Tolerance {
				for _, s := range [][]byte{secret, oldSecret} {
					_, v1, _ := strings.Cut(pay.Sign(s, raw, at), ",")
					found = found || strings.Contains(h, v1)
				}
			}
		}
		if !found {
			t.Fatalf("believed without a signature: %q", h)
		}
		if n.About == "" {
			return
		}
		if n.ID == "" || n.Reference == "" || n.Amount.Minor <= 0 || !money.ValidCurrency(n.Amount.Currency) || n.State != pay.Pending && !n.State.Final() {
			t.Fatalf("read as %+v", n)
		}
		if again, err := sandbox.Read(sandbox.Write(n)); err != nil || again != n {
			t.Fatalf("%+v is written and read as %+v, %v", n, again, err)
		}
		if bytes.ContainsRune([]byte(n.ID+n.Reference+n.ProviderRef), 0) {
			t.Fatal("a text that no database takes")
		}
	})
}
