package interleave

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"examcode/internal/db"
)

// free is a stop that is never reached.
const free = 1 << 30

// actor is one command that is under way and stops where it is told to.
type actor struct {
	order lockOrder
	stop  int // it pauses before the step that would be its stop+1st
	steps int
	is    status

	paused, resume chan struct{}
	ended          chan error
	told           error
	open           atomic.Bool // a transaction of its is open
}

type status int

const (
	fresh   status = iota
	paused         // before a step
	waiting        // for a lock of the other
	ended
)

func newActor() *actor {
	return &actor{paused: make(chan struct{}, 1), resume: make(chan struct{}), ended: make(chan error, 1)}
}

type actorKey struct{}

// hook stops the actor whose step it is before what it would do next. Steps are
// statements, reads and commits.
func hook(ctx context.Context, at db.Point) error {
	a, _ := ctx.Value(actorKey{}).(*actor)
	if a == nil {
		return nil
	}
	a.order.see(at)
	switch {
	case at.Op == db.Statement && !at.Done:
		a.open.Store(true)
	case at.Op == db.Begin, at.Op == db.Read, at.Op == db.Commit && at.Done:
		a.open.Store(false)
	}
	if at.Done || at.Op == db.Begin {
		return nil
	}
	if a.steps == a.stop {
		a.paused <- struct{}{}
		<-a.resume
	}
	a.steps++
	return nil
}

// scheduler lets two actors take turns on one database.
type scheduler struct {
	t         testing.TB
	d         *db.DB
	deadlocks int // of the present schedule
}

// play lets two commands take turns: plan says how many steps each turn has, the
// last turns are to the end. It returns the actors as they ended.
func (s *scheduler) play(plan []int, commands [2]func(ctx context.Context) error) [2]*actor {
	both := [2]*actor{newActor(), newActor()}
	s.deadlocks = 0
	turn := 0
	for _, n := range plan {
		s.run(both, turn, n, commands)
		turn = 1 - turn
	}
	for both[0].is != ended || both[1].is != ended {
		s.run(both, turn, free, commands)
		turn = 1 - turn
	}
	return both
}

// run lets one actor go on for n steps, and returns when it paused, ended or
// waits for the other.
func (s *scheduler) run(both [2]*actor, which, n int, commands [2]func(ctx context.Context) error) {
	a := both[which]
	switch a.is {
	case ended:
		return
	case waiting:
		if a.look(); a.is != waiting {
			s.run(both, which, n, commands)
			return
		}
	case fresh:
		a.stop = n
		ctx := context.WithValue(context.Background(), actorKey{}, a)
		go func() { a.ended <- commands[which](ctx) }()
	case paused:
		a.stop = a.steps + n
		a.resume <- struct{}{}
	}
	s.await(a, both[1-which])
}

// await returns when an actor stands: paused, ended, or waiting for the other one.
func (s *scheduler) await(a, other *actor) {
	limit := time.Now().Add(time.Minute)
	for pause := time.Millisecond; ; pause = min(2*pause, 20*time.Millisecond) {
		select {
		case <-a.paused:
			a.is = paused
			return
		case a.told = <-a.ended:
			a.is = ended
			a.open.Store(false)
			return
		case <-time.After(pause):
		}
		other.look()
		if other.is != ended && other.is != fresh && s.waits(other) {
			a.is = waiting
			return
		}
		if time.Now().After(limit) {
			s.t.Fatal("a command neither ends nor waits")
		}
	}
}

// look notes that an actor who waited went on to its stop or its end.
func (a *actor) look() {
	if a.is != waiting {
		return
	}
	select {
	case <-a.paused:
		a.is = paused
	case a.told = <-a.ended:
		a.is = ended
	default:
	}
}

// waits tells whether the actor that does not move waits for a lock, seen from
// outside. When both do it is a deadlock, which PostgreSQL ends after a while.
func (s *scheduler) waits(other *actor) bool {
	if s.d.Engine() == db.SQLite { // the other one has the only writer, or its group is open
		return other.is == paused && other.open.Load()
	}
	var n int
	err := s.d.Pool().QueryRow(context.Background(),
		"SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'").Scan(&n)
	if err != nil {
		s.t.Fatal(err)
	}
	if other.is != waiting {
		return n > 0
	}
	if n > 1 {
		s.deadlocks++
		time.Sleep(150 * time.Millisecond) // one of them is chosen and tries again
	}
	return false
}
