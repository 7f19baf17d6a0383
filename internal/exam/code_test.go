package exam_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"examcode/internal/exam"
	"examcode/internal/exam/examtest"
	"examcode/internal/fault"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares text with a file in testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (run with -update when the rule changed on purpose):\n%s", path, diff)
	}
}

type codeVerb struct {
	name string
	do   func(c exam.Code, now time.Time) (exam.Code, exam.Event, error)
}

var codeVerbs = []codeVerb{
	{"redeem", func(c exam.Code, now time.Time) (exam.Code, exam.Event, error) {
		return c.Redeem(examtest.Examinee(), 801, c.Subject, now)
	}},
	{"reserve", func(c exam.Code, now time.Time) (exam.Code, exam.Event, error) {
		return c.Reserve(examtest.Examinee(), now)
	}},
	{"reschedule", func(c exam.Code, now time.Time) (exam.Code, exam.Event, error) {
		return c.Reschedule(examtest.Examinee(), now)
	}},
	{"cancel", func(c exam.Code, now time.Time) (exam.Code, exam.Event, error) {
		return c.Release(examtest.Examinee(), now)
	}},
	{"result", func(c exam.Code, now time.Time) (exam.Code, exam.Event, error) {
		return c.Complete(examtest.Staff(exam.Results), now)
	}},
	{"no-show return", func(c exam.Code, now time.Time) (exam.Code, exam.Event, error) {
		return c.Return(examtest.Staff(exam.Results), now)
	}},
	{"seat lost", func(c exam.Code, now time.Time) (exam.Code, exam.Event, error) {
		return c.LoseSeat(examtest.Staff(exam.Results), now)
	}},
	{"correction", func(c exam.Code, now time.Time) (exam.Code, exam.Event, error) {
		return c.Correct(examtest.Staff(exam.Results), now)
	}},
	{"no-show later", func(c exam.Code, now time.Time) (exam.Code, exam.Event, error) {
		return c.CorrectBack(examtest.Staff(exam.Results), now)
	}},
	{"unbind", func(c exam.Code, now time.Time) (exam.Code, exam.Event, error) {
		return c.Unbind(examtest.Root(), now)
	}},
	{"regenerate", func(c exam.Code, now time.Time) (exam.Code, exam.Event, error) {
		return c.Regenerate(examtest.Root(), "NEW0", now)
	}},
	{"refund", func(c exam.Code, now time.Time) (exam.Code, exam.Event, error) {
		return c.BeginRefund(examtest.Root(), now)
	}},
	{"refund settled", func(c exam.Code, now time.Time) (exam.Code, exam.Event, error) {
		return c.SettleRefund(exam.TheSchedule(), now)
	}},
	{"refund refused", func(c exam.Code, now time.Time) (exam.Code, exam.Event, error) {
		return c.UndoRefund(exam.TheSchedule(), now)
	}},
	{"expire", func(c exam.Code, now time.Time) (exam.Code, exam.Event, error) {
		return c.Expire(exam.TheSchedule(), now)
	}},
}

// moments are the last instant of an order, its end, and a day later.
func moments(c exam.Code) []struct {
	name string
	at   time.Time
} {
	return []struct {
		name string
		at   time.Time
	}{{"before the end", c.Expires.Add(-time.Microsecond)}, {"at the end", c.Expires}, {"a day later", c.Expires.Add(24 * time.Hour)}}
}

// TestStateTimesVerb writes down what every verb does to a code in every state,
// before, at and after the order's end.
func TestStateTimesVerb(t *testing.T) {
	var b strings.Builder
	for i := range 3 {
		fmt.Fprintf(&b, "# %s\n", moments(examtest.Code(exam.Unused))[i].name)
		for _, state := range exam.CodeStates {
			for _, v := range codeVerbs {
				c := examtest.Code(state)
				now := moments(c)[i].at
				n, e, err := v.do(c, now)
				if err != nil {
					if n != c || e.Kind != "" {
						t.Errorf("%s × %s: refused and changed", state, v.name)
					}
					fmt.Fprintf(&b, "%-10s × %-15s ✗ %s\n", state, v.name, fault.Of(err).Reason)
					continue
				}
				if n.Version != c.Version+1 || e.Version != n.Version || e.Object != int64(c.ID) || !e.At.Equal(now) {
					t.Errorf("%s × %s: version %d → %d, event %+v", state, v.name, c.Version, n.Version, e)
				}
				if held := n.Registration != 0 && n.Holder != 0; held != (n.State == exam.Bound || n.State == exam.Reserved || n.State == exam.Completed) {
					t.Errorf("%s × %s: state %s with registration %d", state, v.name, n.State, n.Registration)
				}
				if n.ID != c.ID || n.Order != c.Order || n.Subject != c.Subject || n.PricePaid != c.PricePaid || !n.Expires.Equal(c.Expires) {
					t.Errorf("%s × %s: the seat changed", state, v.name)
				}
				fmt.Fprintf(&b, "%-10s × %-15s → %s (%s)\n", state, v.name, n.State, e.Kind)
			}
		}
	}
	golden(t, "states.golden", b.String())
}

// TestS16_NothingMovesAfterTheEnd: every verb of the company and the examinee is
// refused from the end on, whatever a job has or has not written down.
func TestS16_NothingMovesAfterTheEnd(t *testing.T) {
	for _, v := range codeVerbs {
		switch v.name {
		case "redeem", "reserve", "unbind", "regenerate", "refund":
		default:
			continue
		}
		for _, state := range []exam.CodeState{exam.Unused, exam.Bound, exam.Expired} {
			for _, m := range moments(examtest.Code(state))[1:] {
				if _, _, err := v.do(examtest.Code(state), m.at); fault.Of(err) == nil || fault.Of(err).Reason != "order_expired" {
					t.Errorf("%s of an %s code %s: %v", v.name, state, m.name, err)
				}
			}
		}
	}
	c := examtest.Code(exam.Unused)
	if c.Effective(c.Expires.Add(-1)) != exam.Unused || c.Effective(c.Expires) != exam.Expired {
		t.Error("the end is not exclusive")
	}
}

func TestS2_OnlyVerifiedIndividualsRedeem(t *testing.T) {
	unverified := examtest.Examinee()
	unverified.Verified = exam.Waiting
	nobody := exam.Actor{}
	member := examtest.Examinee()
	member.Role = exam.Member
	for _, c := range []struct {
		who    exam.Actor
		reason string
	}{
		{examtest.Root(), "not_individual"}, {examtest.Member(exam.AllRights), "not_individual"}, {examtest.Staff(exam.Admin), "not_individual"},
		{unverified, "account_not_verified"}, {nobody, "not_signed_in"}, {member, "examinee_not_root"},
	} {
		code := examtest.Code(exam.Unused)
		if _, _, err := code.Redeem(c.who, 801, code.Subject, examtest.Now); fault.Of(err) == nil || fault.Of(err).Reason != c.reason {
			t.Errorf("%s %s: %v, want %s", c.who.Kind, c.who.Role, err, c.reason)
		}
	}
}

// TestS21_RefusalsAndWhoMayKnowThem: to a stranger unknown, foreign and dead
// texts look the same; whoever has a tie is told exactly.
func TestS21_RefusalsAndWhoMayKnowThem(t *testing.T) {
	for _, state := range exam.CodeStates[1:] {
		c := examtest.Code(state)
		_, _, err := c.Redeem(examtest.Examinee(), 801, c.Subject, examtest.Now)
		if err == nil {
			t.Fatalf("a %s code was redeemed", state)
		}
		if got := fault.Of(exam.Tell(err, false)).Reason; got != "code_not_usable" {
			t.Errorf("a stranger learns %q about a %s code", got, state)
		}
		if got := fault.Of(exam.Tell(err, true)).Reason; got == "code_not_usable" {
			t.Errorf("a holder learns nothing about a %s code", state)
		}
	}
	if got := fault.Of(exam.Tell(exam.ErrCodeReplaced, false)).Reason; got != "code_not_usable" {
		t.Errorf("a stranger learns %q about a replaced text", got)
	}
	c := examtest.Code(exam.Unused)
	if _, _, err := c.Redeem(examtest.Examinee(), 801, c.Subject+1, examtest.Now); fault.Of(exam.Tell(err, false)).Reason != "subject_mismatch" {
		t.Errorf("a living code of another subject: %v", err)
	}
}

// TestS24_S25_OnlyTheCompanyWithTheRight: foreign codes are not found, and a
// right is needed.
func TestS24_S25_OnlyTheCompanyWithTheRight(t *testing.T) {
	for _, c := range []struct {
		who    exam.Actor
		reason string
	}{
		{examtest.Stranger(), "not_found"}, {examtest.Member(exam.ViewCodes), "not_allowed"}, {examtest.Examinee(), "not_found"}, {examtest.Member(exam.ManageCodes), ""},
	} {
		_, _, unbind := examtest.Code(exam.Bound).Unbind(c.who, examtest.Now)
		_, _, regenerate := examtest.Code(exam.Unused).Regenerate(c.who, "NEW0", examtest.Now)
		for _, err := range []error{unbind, regenerate} {
			got := ""
			if err != nil {
				got = fault.Of(err).Reason
			}
			if got != c.reason {
				t.Errorf("%s %s: %q, want %q", c.who.Kind, c.who.Role, got, c.reason)
			}
		}
	}
	if _, err := examtest.Code(exam.Unused).Reveal(examtest.Member(exam.ManageCodes), examtest.Now); fault.Of(err) == nil || fault.Of(err).Reason != "not_allowed" {
		t.Errorf("revealing is a right of its own: %v", err)
	}
}
