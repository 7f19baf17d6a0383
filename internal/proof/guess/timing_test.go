package guess

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"examcode/internal/action/actiontest"
	"examcode/internal/proof"
	"examcode/internal/store"
	"examcode/internal/store/storetest"
)

// far is Welch's t beyond which two samples do not come from the same place.
const far = 4.5

// welch compares the means of two samples, without their slowest tenth, which is
// the machine's and not ours.
func welch(a, b []float64) float64 {
	mean := func(s []float64) (m, v, n float64) {
		s = slices.Clone(s)
		slices.Sort(s)
		s = s[:len(s)-len(s)/10]
		for _, x := range s {
			m += x / float64(len(s))
		}
		for _, x := range s {
			v += (x - m) * (x - m) / float64(len(s)-1)
		}
		return m, v, float64(len(s))
	}
	ma, va, na := mean(a)
	mb, vb, nb := mean(b)
	return (ma - mb) / math.Sqrt(va/na+vb/nb+1e-9)
}

// sample times two things by turns, in pairs whose order changes.
func sample(n int, hit, miss func()) float64 {
	var times [2][]float64
	took := func(f func()) float64 {
		began := time.Now()
		f()
		return float64(time.Since(began).Nanoseconds())
	}
	for i := range n {
		a, b := 0.0, 0.0
		if i%2 == 0 {
			a, b = took(hit), took(miss)
		} else {
			b, a = took(miss), took(hit)
		}
		times[0], times[1] = append(times[0], a), append(times[1], b)
	}
	return welch(times[0], times[1])
}

// TestTiming listens to what a stranger may ask: texts of others and of nobody,
// keys and sessions that are nearly right, sign-ins to addresses that are known and
// not. A difference counts when it is there three times in a row, with one sign.
func TestTiming(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		run := proof.Begin(t, "timing", t.Name()[strings.LastIndexByte(t.Name(), '/')+1:], 1)
		g := prepare(t, s, run, 2)
		pairs := 100
		if run.Long() {
			pairs = 2000
		}
		ask := func(text func() string) func() {
			n := 0
			return func() {
				g.Clock.Move(10 * time.Minute)
				n++
				g.guess(n%2, 1000+n%20, text())
			}
		}
		dead := ask(func() string { return g.dead[0] })
		unknown := ask(func() string { return g.near(g.live[0]) })
		email := g.email()
		things := map[string][2]func(){
			"text":    {dead, unknown},
			"key":     {g.key(g.keys[0][:len(g.keys[0])-1] + "_"), g.key("exk_" + strings.Repeat("A", 43))},
			"sign_in": {g.signIn(email), g.signIn("nobody@people.example")},
		}
		for run.Next() {
			for name, pair := range things {
				n := pairs
				if name == "sign_in" { // each hashes a password
					n = max(pairs/20, 10)
				}
				run.Count("pairs", int64(n))
				worst := sample(n, pair[0], pair[1])
				for again := 0; math.Abs(worst) > far && again < 2; again++ {
					if next := sample(n, pair[0], pair[1]); next*worst > 0 {
						worst = math.Copysign(min(math.Abs(worst), math.Abs(next)), worst)
					} else {
						worst = 0
					}
				}
				run.Set("t_"+name, math.Round(worst*100)/100)
				if limit := far; math.Abs(worst) > limit && (run.Long() || math.Abs(worst) > 10*far) {
					t.Errorf("%s: hit and miss are told apart by time: t = %.1f, three times", name, worst)
				}
			}
		}
		late := func() { dead(); time.Sleep(5 * time.Millisecond) }
		if x := sample(40, late, unknown); math.Abs(x) < far {
			t.Errorf("a difference of 5 ms is not heard: t = %.1f", x)
			run.Set("control", "missed")
			return
		}
		run.Set("control", "caught")
	})
}

func (g *guessers) key(key string) func() {
	return func() {
		if _, err := g.Actions.ByKey(context.Background(), key); err == nil {
			g.T.Errorf("%s is taken", key)
		}
	}
}

func (g *guessers) email() string {
	p, err := g.Read.Person(context.Background(), g.Company(false).Person)
	g.Must(err)
	return p.Email
}

func (g *guessers) signIn(email string) func() {
	return func() {
		g.Clock.Move(time.Hour)
		if _, _, err := g.Actions.SignIn(context.Background(), email, actiontest.Password+"x", "203.0.113.0/24", ""); err == nil {
			g.T.Errorf("%s is let in", email)
		}
	}
}
