package model

import (
	"context"
	"slices"

	"examcode/internal/action"
	"examcode/internal/codetext"
	"examcode/internal/exam"
)

// unusedText is of nobody: made anew each time.
func unusedText(s *seq) string {
	text, err := codetext.New(reader{s})
	s.w.Must(err)
	return text.Reveal()
}

// reader draws bytes.
type reader struct{ s *seq }

func (r reader) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = byte(r.s.below(256))
	}
	return len(b), nil
}

// redeem lets somebody enter a text: mostly of a code that can be used.
func (s *seq) redeem() {
	p, in := s.examinee(), typed{kind: exam.Online}
	if s.oneIn(4) {
		in.kind = exam.TestCenter
	}
	sub, text := s.subject.ID, ""
	switch k := s.below(32); {
	case k == 0:
		in.mistyped, text = true, "ABCD-EFGH"
	case k == 1:
		text = unusedText(s)
	case k == 2:
		in.kind = "by post"
	case k == 3:
		p = s.company[0]
	}
	if text == "" {
		in.code = s.someCode("unused")
		text = s.textOf(in.code)
		if len(in.code.dead) > 0 && s.oneIn(5) {
			in.dead, text = true, in.code.dead[s.below(len(in.code.dead))]
		}
	}
	if s.oneIn(24) {
		in.other, sub = true, s.other.ID
	}
	s.redeemBy(p, in, sub, text)
	if s.oneIn(10) { // the same once more
		s.w.count("duplicates")
		s.redeemBy(p, in, sub, text)
	}
}

func (s *seq) redeemBy(p *person, in typed, sub exam.SubjectID, text string) {
	if in.code != nil {
		s.touch(in.code.order)
		s.hit("redeem", in.code)
	}
	if g := s.m.living(p); g != nil {
		s.touch(g.code.order)
	}
	var g exam.Registration
	word, died := s.call(func(ctx context.Context) (err error) {
		g, err = s.w.svc.RedeemCode(ctx, p.who, action.Redemption{Subject: sub, Text: text, ExamType: in.kind})
		return err
	})
	if died != "" {
		s.redeemDied(p, in)
		return
	}
	want := s.m.redeem(p, in)
	s.same("redeem", word, want)
	if want == "" {
		made := s.m.regs[len(s.m.regs)-1]
		if made.id = g.ID; g.Attempt != made.attempt {
			s.t.Fatalf("the attempt is %q, not %q", g.Attempt, made.attempt)
		}
	}
}

// redeemDied is what stays of a redemption whose program died: the try it took,
// and the end of a registration that was written down before.
func (s *seq) redeemDied(p *person, in typed) {
	p.take(s.m.now)
	if g := s.m.living(p); g != nil && !s.m.now.Before(g.code.order.ends) && !in.other {
		rows, err := s.w.Read.AnyRegistration(s.ctx, g.id)
		s.w.Must(err)
		if rows.State == exam.RegCancelled {
			g.code.expire()
		}
	}
}

// someCode is mostly one in a state.
func (s *seq) someCode(state string) *code {
	all := s.codes()
	if s.oneIn(3) {
		return pick(s, all)
	}
	return pick(s, slices.DeleteFunc(all, func(c *code) bool { return c.state != state }))
}

// some draws a batch of codes, mostly in a state, now and then one twice.
func (s *seq) someCodes(state string) (list []*code, ids []exam.CodeID) {
	for range 1 + s.below(2)*s.below(5) {
		c := s.someCode(state)
		list, ids = append(list, c), append(ids, c.id)
	}
	return list, ids
}

func (s *seq) manager() *person {
	if s.oneIn(12) {
		return pick(s, s.examinees)
	}
	return s.company[s.below(3)]
}

func (s *seq) unbind() {
	list, ids := s.someCodes("bound")
	newText := s.oneIn(3)
	s.batch("unbind", list, s.manager(), func(ctx context.Context, p exam.Actor, seen []exam.Seen) ([]action.Outcome[exam.CodeID], error) {
		return s.w.svc.UnbindCodes(ctx, p, ids, newText, seen...)
	}, func(c *code) string { return s.m.unbind(c, newText) })
}

func (s *seq) regenerate() {
	list, ids := s.someCodes("unused")
	for _, c := range list {
		s.textOf(c)
	}
	s.batch("regenerate", list, s.manager(), func(ctx context.Context, p exam.Actor, seen []exam.Seen) ([]action.Outcome[exam.CodeID], error) {
		return s.w.svc.RegenerateCodes(ctx, p, ids, seen...)
	}, s.m.regenerate)
}

// batch does a verb to many codes and compares the answer of each. Now and then
// the actor looked at an older version.
func (s *seq) batch(verb string, list []*code, p *person, do func(context.Context, exam.Actor, []exam.Seen) ([]action.Outcome[exam.CodeID], error), rule func(*code) string) {
	seen, stale := []exam.Seen{}, map[*code]bool{}
	if s.oneIn(6) {
		for _, c := range list {
			version := c.version
			if s.oneIn(3) {
				version--
			}
			stale[c] = version != c.version // of one named twice the last counts
			seen = append(seen, exam.SeenAt(version))
		}
	}
	for _, c := range list {
		s.touch(c.order)
	}
	s.hit(verb, list...)
	var out []action.Outcome[exam.CodeID]
	word, died := s.call(func(ctx context.Context) (err error) {
		out, err = do(ctx, p.who, seen)
		return err
	})
	if died != "" {
		return
	}
	want := s.m.company(p, exam.ManageCodes, "not_allowed", true)
	if s.same(verb, word, want); want != "" {
		return
	}
	answer := map[*code]string{}
	for _, c := range list {
		if _, done := answer[c]; done {
			continue
		}
		if answer[c] = "changed_meanwhile"; !stale[c] {
			answer[c] = rule(c)
		}
	}
	for i, c := range list {
		s.same(verb+" each", s.reason(out[i].Err), answer[c])
	}
}

// right changes what a member may do, or removes them.
func (s *seq) right() {
	p := s.company[1+s.below(2)]
	by := s.company[0]
	if s.oneIn(6) {
		by = pick(s, s.company[1:])
	}
	rights, remove := exam.Rights(s.below(32)), s.oneIn(12)
	word, died := s.call(func(ctx context.Context) error {
		if remove {
			return s.w.svc.RemoveMember(ctx, by.who, p.who.Person, 0)
		}
		return s.w.svc.ChangeRights(ctx, by.who, p.who.Person, rights, 0)
	})
	if died != "" {
		return
	}
	want := ""
	switch {
	case !by.root:
		want = "not_root"
	case p.removed:
		want = "not_found"
	case remove:
		p.removed = true
	case rights == p.rights:
		want = "rights_unchanged"
	default:
		p.rights = rights
	}
	if want == "" && s.oneIn(2) {
		p.who.Rights = p.rights // they have looked since
	}
	s.same("change a member", word, want)
}

// reveal looks at a text: the right is asked for, and the text is the code's.
func (s *seq) reveal() {
	p, c := s.manager(), pick(s, s.codes())
	var text codetext.Text
	word, _ := s.call(func(ctx context.Context) (err error) {
		text, err = s.w.svc.RevealCode(ctx, p.who, c.id)
		return err
	})
	want := ""
	switch {
	case p.removed:
		want = "not_signed_in"
	case p.kind != "company":
		want = "not_found"
	case !p.root && p.rights&exam.RevealCodes == 0:
		want = "not_allowed"
	}
	s.same("reveal", word, want)
	if want == "" && text.Reveal() != s.textOf(c) {
		s.t.Fatalf("another text was shown")
	}
}
