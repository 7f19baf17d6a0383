package cli

import (
	"context"
	"errors"
	"time"

	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/store"
)

// catalogue puts the subjects on sale, and one off it.
func (s *seeder) catalogue(ctx context.Context) error {
	*s.clock = s.daysAgo(415)
	both := exam.ExamTypes
	list := []exam.Subject{
		{Code: "CLOUD-A", Name: exam.Names{EN: "Cloud Associate", ZH: "云计算工程师"}, About: exam.Names{EN: "Runs workloads in public clouds safely and within budget.", ZH: "能够在公有云上安全、经济地运行业务系统。"}, Price: usd(120_00), ExamTypes: both, CancelCutoff: 24 * time.Hour, NoShow: exam.Forfeit, PassMark: 60},
		{Code: "DATA-P", Name: exam.Names{EN: "Data Professional", ZH: "数据分析师（专业级）"}, About: exam.Names{EN: "Turns raw data into decisions others can check.", ZH: "能够把原始数据转化为可验证的决策依据。"}, Price: cny(680_00), ExamTypes: both, CancelCutoff: 48 * time.Hour, NoShow: exam.Forfeit, PassMark: 65},
		{Code: "SEC-F", Name: exam.Names{EN: "Security Foundations", ZH: "信息安全基础"}, About: exam.Names{EN: "Knows common attacks and the habits that stop them.", ZH: "了解常见攻击方式以及有效的防护习惯。"}, Price: usd(95_00), ExamTypes: both, CancelCutoff: 12 * time.Hour, NoShow: exam.GivenBack, PassMark: 70},
		{Code: "NET-A", Name: exam.Names{EN: "Network Associate", ZH: "网络工程师"}, About: exam.Names{EN: "Designs, runs and repairs company networks.", ZH: "能够设计、运维和修复企业网络。"}, Price: cny(450_00), ExamTypes: both, CancelCutoff: 24 * time.Hour, NoShow: exam.Forfeit, PassMark: 60},
		{Code: "AI-OPS", Name: exam.Names{EN: "Artificial Intelligence Systems and Responsible Operations Specialist", ZH: "人工智能系统与可信运营专家"}, About: exam.Names{EN: "Operates AI systems people can rely on.", ZH: "能够运营值得信赖的人工智能系统。"}, Price: usd(240_50), ExamTypes: both, CancelCutoff: 72 * time.Hour, NoShow: exam.Forfeit, PassMark: 75},
		{Code: "PM-E", Name: exam.Names{EN: "Project Management Essentials", ZH: "项目管理基础"}, About: exam.Names{EN: "Brings small projects home on time.", ZH: "能够让小型项目按时交付。"}, Price: usd(99_99), ExamTypes: both, CancelCutoff: 24 * time.Hour, NoShow: exam.Forfeit, PassMark: 60, MaxQuantity: 5000},
		{Code: "LEGACY-1", Name: exam.Names{EN: "Mainframe Operator", ZH: "大型机操作员"}, Price: usd(80_00), ExamTypes: []exam.ExamType{exam.TestCenter}, NoShow: exam.Forfeit, PassMark: 60},
	}
	for _, sub := range list {
		added, err := s.actions.AddSubject(ctx, s.admin, sub)
		if err != nil {
			return err
		}
		s.subjects = append(s.subjects, added)
	}
	_, err := s.actions.RetireSubject(ctx, s.admin, s.subjects[len(s.subjects)-1].ID)
	s.subjects = s.subjects[:len(s.subjects)-1]
	return err
}

// planSessions opens sessions through the past year and the next months, each
// published two months ahead.
func (s *seeder) planSessions() {
	places := []struct{ zone, place string }{
		{"Asia/Shanghai", "Shanghai Test Centre, Pudong"}, {"Europe/London", "London Test Centre, Holborn"}, {"Asia/Shanghai", "Beijing Test Centre, Haidian"},
	}
	open := func(sub exam.Subject, t exam.ExamType, start time.Time, seats int, zone, place string) {
		publish := start.AddDate(0, -2, 0)
		if first := s.daysAgo(414); publish.Before(first) {
			publish = first
		}
		if publish.After(s.end) {
			publish = s.end.Add(-time.Hour)
		}
		s.at(publish, func(ctx context.Context) error {
			n, err := s.actions.AddSession(ctx, s.registrar, exam.Session{Subject: sub.ID, ExamType: t, Starts: start, Duration: 90 * time.Minute, Zone: zone, Place: place, Seats: seats})
			s.sessions = append(s.sessions, n)
			return err
		})
	}
	for i, sub := range s.subjects {
		for day := -400; day <= 150; day += 12 {
			p := places[(i+day+1200)%len(places)]
			loc, err := time.LoadLocation(p.zone)
			if err != nil {
				loc = time.UTC
			}
			at := func(d, hour int) time.Time {
				y, m, dd := s.end.In(loc).AddDate(0, 0, d).Date()
				return time.Date(y, m, dd, hour, 0, 0, 0, loc)
			}
			open(sub, exam.Online, at(day+i, 9+i%3*2), 40, p.zone, "")
			open(sub, exam.TestCenter, at(day+i+5, 14), 18, p.zone, p.place)
			if day == -4 {
				open(sub, exam.Online, at(1, 10), 6, p.zone, "")
				open(sub, exam.TestCenter, at(9, 9), 1, p.zone, p.place)
			}
		}
	}
}

// planOrders plans the purchases and what became of their codes.
func (s *seeder) planOrders() {
	const xinghe, brightwater = 0, 1
	for _, o := range []struct {
		company, subject, quantity int
		days                       float64 // ago
		use                        float64 // share of codes that are given out
	}{
		{xinghe, 0, 60, 381, .85}, {xinghe, 1, 80, 353.5, .5}, {brightwater, 0, 40, 330, .9}, {xinghe, 3, 120, 300, .7},
		{brightwater, 2, 50, 285.5, .6}, {xinghe, 2, 90, 240, .6}, {xinghe, 0, 150, 200, .45}, {brightwater, 4, 25, 170, .7},
		{xinghe, 4, 60, 140, .6}, {brightwater, 1, 30, 110, .5}, {xinghe, 1, 100, 80, .35}, {brightwater, 0, 60, 50, .4},
		{xinghe, 0, 200, 30, .15}, {xinghe, 5, 40, 14, .15}, {brightwater, 2, 35, 6, .2},
	} {
		s.at(s.daysAgo(o.days), func(ctx context.Context) error {
			buyer, sub := s.companies[o.company], s.subjects[o.subject]
			order, err := s.actions.BuyCodes(ctx, buyer, sub.ID, o.quantity)
			if err != nil {
				return err
			}
			if _, err = s.actions.PayOrder(ctx, buyer, order.ID, "sandbox", "", ""); err != nil {
				return err
			}
			if err := s.readTexts(ctx, order); err != nil {
				return err
			}
			given := int(float64(o.quantity) * o.use)
			for i := range given {
				after := time.Duration(float64(i+1)/float64(given)*150*24+s.dice.Float64()*48) * time.Hour
				s.at(s.clock.Add(after), func(ctx context.Context) error { return s.redeem(ctx, order, sub) })
			}
			return nil
		})
	}
}

// readTexts opens the texts of an order's codes, as if they had been handed out.
func (s *seeder) readTexts(ctx context.Context, o exam.Order) error {
	r := s.store.Reader()
	rows, err := r.Codes(ctx, o.Account, store.CodeFilter{Order: o.ID}, *s.clock, store.Page{Limit: store.MaxLimit})
	if err != nil {
		return err
	}
	for _, c := range rows.Items {
		sealed, err := r.Sealed(ctx, o.Account, c.ID)
		if err != nil {
			return err
		}
		text, err := s.vault.OpenCode(int64(c.ID), sealed)
		if err != nil {
			return err
		}
		s.texts[o.ID] = append(s.texts[o.ID], text.Reveal())
	}
	return nil
}

// redeem lets somebody register with the next code of an order. The first two
// examinees of the list are left out: one has a story of their own, the other
// shows the first steps.
func (s *seeder) redeem(ctx context.Context, o exam.Order, sub exam.Subject) error {
	left := s.texts[o.ID]
	if len(left) == 0 {
		return nil
	}
	for range 20 {
		who := s.examinees[2+s.dice.IntN(len(s.examinees)-2)]
		t := exam.ExamTypes[s.dice.IntN(2)]
		reg, err := s.actions.RedeemCode(ctx, who, redemption(sub.ID, left[0], t))
		if errors.Is(err, exam.ErrAlreadyRegistered) {
			continue
		}
		if fault.Of(err) != nil && fault.Of(err).Reason != "internal" {
			return nil // the order has ended meanwhile
		}
		if err != nil {
			return err
		}
		s.texts[o.ID] = left[1:]
		if s.dice.Float64() < .9 {
			s.at(s.clock.Add(time.Duration(2+s.dice.IntN(90))*time.Hour), func(ctx context.Context) error { return s.reserve(ctx, who, reg) })
		}
		return nil
	}
	return nil
}

// reserve takes the next session that fits, or tries again a week later.
func (s *seeder) reserve(ctx context.Context, who exam.Actor, reg exam.Registration) error {
	var best *exam.Session
	lead := time.Duration(20+s.dice.IntN(24*24)) * time.Hour
	for i, n := range s.sessions {
		if n.Subject == reg.Subject && n.ExamType == reg.ExamType && n.Starts.After(s.clock.Add(lead)) && (best == nil || n.Starts.Before(best.Starts)) {
			best = &s.sessions[i]
		}
	}
	if best == nil {
		s.at(s.clock.Add(7*24*time.Hour), func(ctx context.Context) error { return s.reserve(ctx, who, reg) })
		return nil
	}
	_, err := s.actions.Reserve(ctx, who, reg.ID, best.ID)
	switch f := fault.Of(err); {
	case f == nil:
	case f.Kind == fault.Conflict:
		s.at(s.clock.Add(4*24*time.Hour), func(ctx context.Context) error { return s.reserve(ctx, who, reg) })
		return nil
	default:
		return err
	}
	// The latest sessions still wait for their results.
	if best.Starts.Before(s.end.Add(-4 * 24 * time.Hour)) {
		s.at(best.Ends().Add(time.Duration(6+s.dice.IntN(40))*time.Hour), func(ctx context.Context) error { return s.record(ctx, reg) })
	}
	return nil
}

// record ends a registration with a result, by the odds of its subject.
func (s *seeder) record(ctx context.Context, reg exam.Registration) error {
	odds, mark := .7, 60
	for i, sub := range s.subjects {
		if sub.ID == reg.Subject {
			odds, mark = []float64{.82, .64, .93, .71, .46, .8}[i], sub.PassMark
		}
	}
	n := exam.Result{Registration: reg.ID, Outcome: exam.Failed}
	score := mark - 1 - s.dice.IntN(25)
	switch p := s.dice.Float64(); {
	case p < .05:
		n.Outcome = exam.Absent
	case p < .05+.95*odds:
		n.Outcome = exam.Passed
		score = mark + s.dice.IntN(100-mark+1)
	}
	if n.Outcome != exam.Absent {
		n.Score = &score
	}
	out, err := s.actions.RecordResults(ctx, s.registrar, []exam.Result{n})
	if err == nil && out[0].Err != nil && !errors.Is(out[0].Err, exam.ErrNotReserved) {
		err = out[0].Err
	}
	return err
}
