package model

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"examcode/internal/db/dbtest"
	"examcode/internal/id"
	"examcode/internal/store"
	"examcode/internal/store/storetest"
)

// control runs the harness against a reference with a wrong rule: it must see
// the difference.
func control(t *testing.T) string {
	t.Helper()
	setRapid(t, "nofailfile", true)
	setRapid(t, "shrinktime", time.Duration(0))
	defer setRapid(t, "nofailfile", false)
	defer setRapid(t, "shrinktime", 20*time.Second)
	w := newWorld(t, store.New(dbtest.SQLite(t, "store", storetest.Prepare), id.NewSource(0, time.Now)), nil)
	w.wrong = "bound codes are refunded"
	p := &probe{}
	done := make(chan bool)
	go func() {
		defer close(done)
		w.check(p, t, 1, 50)
	}()
	<-done
	if !p.Failed() || !strings.Contains(p.String(), "refund") {
		t.Fatalf("a wrong rule was not seen:\n%s", p)
	}
	return "caught"
}

// probe is a test that may fail without any harm.
type probe struct {
	testing.TB
	mu     sync.Mutex
	text   strings.Builder
	failed bool
}

func (p *probe) say(text string, failed bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.text.WriteString(text)
	p.failed = p.failed || failed
}

func (p *probe) Helper()                      {}
func (p *probe) Name() string                 { return "control" }
func (p *probe) Log(args ...any)              { p.say(fmt.Sprintln(args...), false) }
func (p *probe) Logf(f string, args ...any)   { p.say(fmt.Sprintf(f+"\n", args...), false) }
func (p *probe) Error(args ...any)            { p.say(fmt.Sprintln(args...), true) }
func (p *probe) Errorf(f string, args ...any) { p.say(fmt.Sprintf(f+"\n", args...), true) }
func (p *probe) Fatal(args ...any)            { p.Error(args...); p.FailNow() }
func (p *probe) Fatalf(f string, args ...any) { p.Errorf(f, args...); p.FailNow() }
func (p *probe) Fail()                        { p.say("", true) }
func (p *probe) FailNow()                     { p.Fail(); runtime.Goexit() }
func (p *probe) Failed() bool                 { p.mu.Lock(); defer p.mu.Unlock(); return p.failed }
func (p *probe) String() string               { p.mu.Lock(); defer p.mu.Unlock(); return p.text.String() }
