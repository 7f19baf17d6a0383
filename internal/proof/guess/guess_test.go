package guess

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	mathrand "math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"examcode/internal/action"
	"examcode/internal/action/actiontest"
	"examcode/internal/api"
	"examcode/internal/codetext"
	"examcode/internal/exam"
	"examcode/internal/httpd"
	"examcode/internal/proof"
	"examcode/internal/store"
	"examcode/internal/store/storetest"
)

// What the program allows: tries in a row, then one in each time.
const (
	personBurst, networkBurst = 10, 30
	personPer, networkPer     = 6 * time.Minute, 2 * time.Minute
)

// guessers are people behind networks in front of the program.
type guessers struct {
	*actiontest.House
	reg     *httpd.Registry
	run     *proof.Run
	rand    *mathrand.Rand
	subject exam.Subject
	keys    []string
	live    []string // texts that would hit
	dead    []string // of others: redeemed, replaced, refunded, expired
	passed  map[string]int
	began   map[string]time.Time // when a name was first tried under
	answers map[string]int
	hits    int
	overrun int
}

func prepare(t *testing.T, s *store.Store, run *proof.Run, people int) *guessers {
	h := actiontest.New(t, s)
	g := &guessers{House: h, run: run, rand: run.Rand(1), passed: map[string]int{}, began: map[string]time.Time{}, answers: map[string]int{}}
	g.reg = httpd.NewRegistry(httpd.Config{Actions: h.Actions, Now: h.Clock.Now, Log: slog.New(slog.DiscardHandler), BaseURL: "http://exams.example", TrustProxy: true})
	api.Mount(g.reg, api.Deps{Actions: h.Actions, Store: h.Read, Now: h.Clock.Now, BaseURL: "http://exams.example", Cursor: h.Vault.Sign, Seal: h.Vault.Seal, Open: h.Vault.Open})
	ctx, root := context.Background(), h.Company(true)
	g.subject = h.Subject()

	order, texts := h.Buy(root, g.subject, 8)
	other := h.Examinee(true)
	_, err := h.Redeem(other, g.subject, texts[0])
	h.Must(err)
	_, err = h.Actions.RegenerateCodes(ctx, root, []exam.CodeID{h.Codes(order)[1].ID})
	h.Must(err)
	g.dead, g.live = texts[:2:2], texts[2:]
	back, texts := h.Buy(root, g.subject, 1)
	_, err = h.Actions.RefundOrder(ctx, root, back.ID, action.RefundRequest{})
	h.Must(err)
	g.dead = append(g.dead, texts[0])
	for range people {
		_, key, err := h.Actions.CreateKey(ctx, h.Examinee(true), "guess")
		h.Must(err)
		g.keys = append(g.keys, key)
	}
	return g
}

// text is a guess: drawn, next to a living text, or a dead one of somebody else.
func (g *guessers) text() string {
	switch g.rand.IntN(4) {
	case 0:
		return g.dead[g.rand.IntN(len(g.dead))]
	case 1:
		return g.near(g.live[g.rand.IntN(len(g.live))])
	}
	t, err := codetext.New(rand.Reader)
	g.Must(err)
	return t.Reveal()
}

// near is a well-formed text that differs from another in two symbols.
func (g *guessers) near(text string) string {
	const symbols = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	plain := strings.ReplaceAll(text, "-", "")
	i, j := g.rand.IntN(15), 15
	b := []byte(plain)
	for b[i] == plain[i] {
		b[i] = symbols[g.rand.IntN(32)]
	}
	for _, s := range []byte(symbols) {
		b[j] = s
		if _, err := codetext.FromPlain(string(b)); err == nil {
			break
		}
	}
	return string(b)
}

// guess tries a text as somebody from an address, and counts what passed.
func (g *guessers) guess(person, network int, text string) *httptest.ResponseRecorder {
	body, _ := json.Marshal(map[string]string{"subject_id": g.subject.ID.String(), "code": text, "exam_type": "online"})
	q := httptest.NewRequest("POST", "http://exams.example/api/v1/registrations", strings.NewReader(string(body)))
	q.Header.Set("Content-Type", "application/json")
	q.Header.Set("Authorization", "Bearer "+g.keys[person])
	q.Header.Set("X-Forwarded-For", fmt.Sprintf("10.%d.%d.%d", network/256, network%256, g.rand.IntN(254)+1))
	rec := httptest.NewRecorder()
	g.reg.ServeHTTP(rec, q)
	g.run.Count("tries", 1)
	if rec.Code == http.StatusTooManyRequests {
		return rec
	}
	g.pass(fmt.Sprint("person ", person), personBurst, personPer)
	if !slices.Contains(g.dead, text) { // texts that somebody had are not held against a network
		g.pass(fmt.Sprint("network ", network), networkBurst, networkPer)
	}
	if rec.Code < 400 {
		g.hits++
		g.T.Errorf("%s hits: %d %s", text, rec.Code, rec.Body)
	}
	g.answers[plain(rec)]++
	return rec
}

// pass counts a try that a limit let through, and those that it should not have.
func (g *guessers) pass(name string, burst int, per time.Duration) {
	now := g.Clock.Now()
	if _, known := g.began[name]; !known {
		g.began[name] = now
	}
	g.passed[name]++
	if g.passed[name] > burst+int(now.Sub(g.began[name])/per) {
		g.overrun++
		g.T.Errorf("%s passes the %d. time after %s", name, g.passed[name], now.Sub(g.began[name]))
	}
}

// plain is an answer without what names the request.
func plain(rec *httptest.ResponseRecorder) string {
	ref := rec.Header().Get("X-Request-Id")
	h := rec.Header().Clone()
	h.Del("X-Request-Id")
	return fmt.Sprint(rec.Code, h, strings.ReplaceAll(rec.Body.String(), ref, "REF"))
}

// TestGuesses tries texts, a thousand in a round, as 100 people from 1,000 networks
// (few when nobody asked for more), while the hours go by.
func TestGuesses(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		run := proof.Begin(t, "guess", t.Name()[strings.LastIndexByte(t.Name(), '/')+1:], 1)
		people, networks := 8, 80
		if run.Long() {
			people, networks = 100, 1000
		}
		g := prepare(t, s, run, people)
		for run.Next() {
			for n := range 1000 {
				g.guess(g.rand.IntN(people), g.rand.IntN(networks), g.text())
				if n%50 == 49 {
					g.Clock.Move(time.Duration(g.rand.IntN(60)) * time.Minute)
				}
				if t.Failed() {
					break
				}
			}
		}
		g.alike()
		control := g.control()
		g.Clock.Move(366 * 24 * time.Hour)
		for i, text := range g.live[1:] { // ended orders are nobody's business either
			g.guess(i%people, 61_000+i, text)
		}
		run.Set("hits", g.hits)
		run.Set("limiter_overrun", g.overrun)
		run.Set("distinct_answers", len(g.answers))
		if len(g.answers) != 1 {
			t.Errorf("the answers differ: %v", g.answers)
		}
		run.Set("control", control)
	})
}

// alike uses up a network with texts of one kind after the other. Texts that nobody
// has are held against it to the last try; dead ones of others against the person
// alone, so that a classroom full of mistakes blocks no good code.
func (g *guessers) alike() {
	kinds := map[string]func() string{"unknown": func() string { x, _ := codetext.New(rand.Reader); return x.Reveal() }}
	for i, text := range g.dead {
		kinds[fmt.Sprint("dead ", i)] = func() string { return text }
	}
	g.Clock.Move(24 * time.Hour)
	n := 60_000
	for name, text := range kinds {
		passed := 0
		n++
		for i := range 40 {
			if g.guess(i%len(g.keys), n, text()).Code != http.StatusTooManyRequests {
				passed++
			}
		}
		if want := map[bool]int{true: networkBurst, false: 40}[name == "unknown"]; passed != want {
			g.T.Errorf("%s texts: %d tries of a network pass, not %d", name, passed, want)
		}
		g.run.Set(strings.ReplaceAll(name, " ", "_")+"_pass", passed)
		g.Clock.Move(24 * time.Hour)
	}
}

// control guesses right, counts a limit too low, and changes an answer by a byte;
// the harness must see each.
func (g *guessers) control() string {
	spy := &silent{TB: g.T}
	c := &guessers{House: &actiontest.House{T: spy, Actions: g.Actions, Clock: g.Clock, Read: g.Read, Store: g.Store}, reg: g.reg, run: proof.Begin(spy, "control", "", 0), rand: g.rand,
		subject: g.subject, keys: g.keys, passed: map[string]int{}, began: map[string]time.Time{}, answers: map[string]int{}}
	g.Clock.Move(48 * time.Hour)
	c.guess(0, 50_000, g.live[0])
	c.guess(1, 50_000, g.text())
	for range 2 {
		c.pass("somebody", 1, time.Hour)
	}
	if c.hits != 1 || c.overrun != 1 || len(c.answers) < 2 || !spy.failed {
		g.T.Errorf("a hit, a limit that is passed and another answer are not seen: %d %d %d", c.hits, c.overrun, len(c.answers))
		return "missed"
	}
	return "caught"
}

// silent takes the failures of a control.
type silent struct {
	testing.TB
	failed bool
}

func (s *silent) Errorf(string, ...any) { s.failed = true }
func (s *silent) Cleanup(func())        {}
