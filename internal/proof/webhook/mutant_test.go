package webhook

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"examcode/internal/pay"
	"examcode/internal/pay/sandbox"
)

// same tells whether an altered letter is what it was, by chance.
func same(a, b letter) bool {
	return bytes.Equal(a.raw, b.raw) && slices.Equal(a.headers, b.headers)
}

// edits calls yield with every text that one small step makes of another: each
// bit turned, each byte left out or doubled, each pair of neighbours swapped, each
// beginning alone.
func edits(text []byte, yield func([]byte)) {
	for i := range text {
		for bit := range 8 {
			m := bytes.Clone(text)
			m[i] ^= 1 << bit
			yield(m)
		}
		yield(slices.Delete(bytes.Clone(text), i, i+1))
		yield(slices.Insert(bytes.Clone(text), i, text[i]))
		yield(bytes.Clone(text[:i]))
		if i > 0 {
			m := bytes.Clone(text)
			m[i-1], m[i] = m[i], m[i-1]
			yield(m)
		}
	}
	for _, tail := range []string{" ", "\n", "\x00", "}", "{}", strings.Repeat(" ", 70_000)} {
		yield(append(bytes.Clone(text), tail...))
	}
}

// mutants calls yield with letters made of a genuine one that nobody may believe.
func (w *world) mutants(n pay.Notice, yield func(letter)) {
	g := w.sign(n, secret)
	alter := func(m letter) {
		if !same(m, g) {
			yield(m)
		}
	}
	edits(g.raw, func(raw []byte) { alter(letter{raw, g.headers}) })
	edits([]byte(g.headers[0]), func(h []byte) {
		if !bytes.HasSuffix(h, []byte(" ")) { // no server hands on a blank at a header's end
			alter(letter{g.raw, []string{string(h)}})
		}
	})
	for _, m := range w.otherwise(g) {
		alter(m)
	}
	// What was signed for one notice is no signature of another, nor of what
	// somebody would rather have been told.
	for _, change := range []func(*pay.Notice){
		func(n *pay.Notice) { n.ID += "x" },
		func(n *pay.Notice) { n.State = pay.Succeeded; n.ID = "evt_better" },
		func(n *pay.Notice) { n.Amount.Minor++ },
		func(n *pay.Notice) { n.Amount.Minor /= 100 },
		func(n *pay.Notice) { n.Amount.Currency = "JPY" },
		func(n *pay.Notice) { n.Reference = "pay_0000000000001" },
		func(n *pay.Notice) { n.Created = n.Created.Add(time.Second) },
	} {
		other := n
		change(&other)
		alter(letter{sandbox.Write(other), g.headers})
	}
}

// otherwise are letters with the right words and signatures of the wrong kind.
func (w *world) otherwise(g letter) []letter {
	at := w.Clock.Now()
	stamp := fmt.Sprint(at.Unix())
	sum := func(make func() hash.Hash, key []byte, text string) string {
		h := hmac.New(make, key)
		h.Write([]byte(text))
		return hex.EncodeToString(h.Sum(nil))
	}
	signed := stamp + "." + string(g.raw)
	_, v1, _ := strings.Cut(g.headers[0], ",")
	binary, _ := hex.DecodeString(v1[3:])
	plain := sha256.Sum256([]byte(signed))
	appended := sha256.Sum256(append(bytes.Clone(secret), signed...))
	list := []letter{{g.raw, nil}, {g.raw, []string{""}}, {g.raw, []string{g.headers[0], g.headers[0]}}, {g.raw, []string{"", g.headers[0]}}}
	for _, header := range []string{
		pay.Sign(secretLive, g.raw, at), pay.Sign(nil, g.raw, at), pay.Sign([]byte("guessed"), g.raw, at), pay.Sign(bytes.ToUpper(secret), g.raw, at),
		pay.Sign(secret, g.raw, at.Add(-pay.Tolerance-time.Second)), pay.Sign(secret, g.raw, at.Add(pay.Tolerance+time.Second)),
		pay.Sign(secretOld, g.raw, at.Add(-72*time.Hour)), pay.Sign(secret, g.raw, at.Add(72*time.Hour)), pay.Sign(secret, g.raw, time.Unix(0, 0)),
		pay.Sign(secret, g.raw, at.Add(-24*365*time.Hour)), pay.Sign(secret, nil, at), pay.Sign(secret, append([]byte(stamp+"."), g.raw...), at),
		"t=" + stamp + ",v0=" + v1[3:], "t=" + stamp + ",V1=" + v1[3:], "t=" + stamp + ",v1=" + strings.ToUpper(v1[3:]), "t=" + stamp + ";" + v1, v1, "t=" + stamp, "v1=,t=" + stamp,
		"t=" + stamp + "," + v1 + ",t=" + stamp, "t=0" + stamp + "," + v1, "t=+" + stamp + "," + v1, "t=" + stamp + ".0," + v1, "t=," + v1,
		"t=" + stamp + ",v1=" + sum(sha1.New, secret, signed), "t=" + stamp + ",v1=" + sum(md5.New, secret, signed), "t=" + stamp + ",v1=" + sum(sha512.New, secret, signed),
		"t=" + stamp + ",v1=" + sum(sha512.New512_256, secret, signed), "t=" + stamp + ",v1=" + sum(sha256.New, secret, string(g.raw)), "t=" + stamp + ",v1=" + sum(sha256.New, secret, stamp+string(g.raw)),
		"t=" + stamp + ",v1=" + hex.EncodeToString(plain[:]), "t=" + stamp + ",v1=" + hex.EncodeToString(appended[:]), "t=" + stamp + ",v1=" + base64.StdEncoding.EncodeToString(binary),
		"t=" + stamp + ",v1=" + string(binary), "t=" + stamp + ",v1=" + strings.Repeat("0", 64), "t=" + stamp + strings.Repeat(",v1="+strings.Repeat("0", 64), 20) + "," + v1,
		"t=" + stamp + ",v1=" + v1[3:35], "t=" + stamp + ",v1=" + v1[3:] + v1[3:], "none", "null", "t=" + stamp + ",v1=*",
	} {
		list = append(list, letter{g.raw, []string{header}})
	}
	return list
}

// random is a genuine letter after a few random accidents, or halves of two.
func random(r *rand.Rand, all []letter) letter {
	g := all[r.IntN(len(all))]
	m := letter{bytes.Clone(g.raw), slices.Clone(g.headers)}
	if r.IntN(4) == 0 {
		m.headers = all[r.IntN(len(all))].headers
	}
	for range r.IntN(4) {
		if r.IntN(3) == 0 {
			m.headers = []string{string(accident(r, []byte(m.headers[0])))}
		} else {
			m.raw = accident(r, m.raw)
		}
	}
	return m
}

func accident(r *rand.Rand, text []byte) []byte {
	if len(text) == 0 {
		return []byte{byte(r.IntN(256))}
	}
	text, i := bytes.Clone(text), r.IntN(len(text))
	switch r.IntN(5) {
	case 0:
		text[i] = byte(r.IntN(256))
	case 1:
		return slices.Insert(text, i, byte(r.IntN(256)))
	case 2:
		return slices.Delete(text, i, i+1)
	case 3: // a piece elsewhere
		j := r.IntN(len(text))
		return slices.Insert(text, j, bytes.Clone(text[i:min(len(text), i+r.IntN(12))])...)
	default:
		text[i] ^= 1 << r.IntN(8)
	}
	return text
}

// signedBy tells whether a letter still bears the whole signature of one of
// others over its very bytes: then it is no forgery, whatever else it bears.
func signedBy(m letter, all []letter) bool {
	return slices.ContainsFunc(all, func(g letter) bool {
		if !bytes.Equal(m.raw, g.raw) {
			return false
		}
		t, v1, _ := strings.Cut(g.headers[0], ",")
		parts := strings.Split(m.headers[0], ",")
		return slices.Contains(parts, t) && slices.Contains(parts, v1)
	})
}
