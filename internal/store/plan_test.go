package store_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"examcode/internal/db"
	"examcode/internal/exam"
	"examcode/internal/id"
	"examcode/internal/store"
	"examcode/internal/store/storetest"
)

// TestPlans reads the plan of every statement that a list, a search or a page of
// numbers asks, under every combination of their filters, on both engines: none
// reads a long table row by row, and none sorts one. An index that is missing is
// seen.
func TestPlans(t *testing.T) {
	storetest.EachHooked(t, func(t *testing.T, d *db.DB, set func(db.Hook)) {
		planWorld(t, d)
		p := &planner{t: t, d: d, set: set, seen: map[string]bool{}}
		r := store.New(d, id.NewSource(0, time.Now)).Reader()
		cases := planCases(r)
		for _, c := range cases {
			for _, bad := range p.of(c.ask, c.may) {
				t.Errorf("%s: %s", c.name, bad)
			}
		}
		t.Logf("%d cases, %d statements", len(cases), len(p.seen))
		if t.Failed() {
			return
		}
		for indexes, name := range map[string]string{"code_account_state": "codes refunded", "event_account_kind, event_kind": "trail of 1 member.added", "bulk_item_outcome": "codes of a job", "registration_waits": "work"} {
			p.drop(indexes)
			seen := 0
			for _, c := range cases {
				if c.name == name {
					clear(p.seen)
					seen += len(p.of(c.ask, c.may))
				}
			}
			if seen == 0 {
				t.Errorf("%s: nothing is seen without the index %s", name, indexes)
			}
		}
	})
}

// drop takes indexes away.
func (p *planner) drop(indexes string) {
	for _, index := range strings.Split(indexes, ", ") {
		write(p.t, p.d, "DROP INDEX "+index)
	}
}

// planCase is one thing that a face asks.
type planCase struct {
	name string
	ask  func() error
	may  allowed
}

// pages are the start of a list, a page further on, and the way back.
func pages(id int64) []store.Page {
	return []store.Page{{}, {Older: id}, {Newer: id}}
}

func planCases(r store.Reader) (cases []planCase) {
	ctx := context.Background()
	add := func(name string, may allowed, ask func() error) { cases = append(cases, planCase{name, ask, may}) }
	for _, f := range codeFilters() {
		name := "codes " + f.name
		for i, page := range pages(planCode + 20*planCodes + 17) {
			if i > 0 && f.Tail+f.Holder != "" && f.Subject != 0 {
				continue // it reads what its first page does
			}
			add(name, allowed{names: f.Holder != ""}, func() error {
				_, err := r.Codes(ctx, planAccount, f.CodeFilter, planNow, page)
				return err
			})
		}
		// A job and a name count what they lead to, at most the codes of the job.
		add(name+", counted", allowed{names: f.Holder != "" || f.Bulk != 0}, func() error {
			_, err := r.CountCodes(ctx, planAccount, f.CodeFilter, planNow)
			return err
		})
	}
	for _, state := range []string{"", "pending", "paid", "ended", "closed"} {
		for _, f := range []store.OrderFilter{{}, {Subject: 1}, {EndsBy: planNow.AddDate(0, 3, 0)}, {Number: "EC-107"}, {ID: 7}, {PaidFrom: planNow.AddDate(0, -3, 0)}, {Subject: 2, PaidBefore: planNow}} {
			f.State = state
			for _, page := range pages(30) {
				add("orders "+state, allowed{few: !f.EndsBy.IsZero()}, func() error {
					_, err := r.Orders(ctx, planAccount, f, planNow, page)
					return err
				})
			}
			add("orders "+state+", counted", allowed{}, func() error {
				_, err := r.OrderCounts(ctx, planAccount, f, planNow)
				return err
			})
		}
	}
	for _, f := range examineeFilters() {
		for _, page := range pages(5_000_000 + 20*planCodes) {
			add("examinees "+fmt.Sprint(f), allowed{names: f.Name != ""}, func() error {
				_, err := r.Examinees(ctx, planAccount, f, planNow, page)
				return err
			})
		}
		// A name, a type or an attempt is counted among the company's registrations.
		may := allowed{names: f.Name != "" || f.ExamType != "" || f.Attempt != ""}
		add("numbers "+fmt.Sprint(f), may, func() error {
			_, err := r.ExamineeStats(ctx, planAccount, f, planNow)
			return err
		})
		add("outcomes "+fmt.Sprint(f), may, func() error {
			_, err := r.OutcomesBetween(ctx, planAccount, f, planNow, exam.MonthsBack(planNow, 12, time.UTC))
			return err
		})
	}
	for _, account := range []exam.AccountID{0, planAccount} {
		for _, kind := range []exam.EventKind{"", exam.EventMemberAdded, exam.EventCodeRevealed} {
			for _, page := range pages(20_000) {
				add(fmt.Sprintf("trail of %d %s", account, kind), allowed{all: account == 0}, func() error {
					_, err := r.Trail(ctx, account, kind, page)
					return err
				})
			}
		}
	}
	for _, f := range []store.NoticeFilter{{}, {Unread: true}, {Category: exam.NoticeKinds[exam.NoticeExpired]}, {Unread: true, Category: exam.NoticeKinds[exam.NoticeExpired]}} {
		for _, page := range pages(4_000) {
			add("messages", allowed{}, func() error {
				_, err := r.NoticesBy(ctx, 1, f, page)
				return err
			})
		}
	}
	return append(cases, staffCases(r)...)
}

// staffCases are what staff ask, and the pages of numbers.
func staffCases(r store.Reader) (cases []planCase) {
	ctx := context.Background()
	add := func(name string, may allowed, ask func() error) { cases = append(cases, planCase{name, ask, may}) }
	for _, f := range []store.PaymentFilter{{}, {Provider: exam.ByTransfer, State: exam.PaymentPending}, {Open: true}, {State: exam.PaymentUnknown}, {Provider: "sandbox"}, {Search: "ED-107"}, {State: exam.PaymentFailed, Search: "r7"}} {
		for _, page := range pages(100) {
			add("payments", allowed{all: f == store.PaymentFilter{}, few: f.Open || f.Search != ""}, func() error {
				_, err := r.PaymentRows(ctx, f, page)
				return err
			})
		}
	}
	for _, f := range []store.RefundFilter{{}, {Open: true}, {State: exam.RefundReview}, {Search: "ED-107"}} {
		add("refunds", allowed{all: true, few: true}, func() error { _, err := r.RefundRows(ctx, f, store.Page{}); return err })
	}
	for _, which := range []store.Deliveries{store.DeliveryWaiting, store.DeliveryFailing, store.DeliveryDead, store.DeliverySent} {
		for _, page := range pages(4_000) {
			add("mails "+string(which), allowed{all: which == store.DeliverySent}, func() error { _, err := r.Deliveries(ctx, which, "", page); return err })
		}
	}
	add("mails counted", allowed{}, func() error { _, err := r.DeliveryCounts(ctx); return err })
	add("work", allowed{}, func() error { _, err := r.Work(ctx, planNow); return err })
	add("results missing", allowed{few: true}, func() error { _, err := r.SessionsLackingResults(ctx, planNow, 50); return err })
	add("sessions", allowed{}, func() error {
		_, err := r.Sessions(ctx, store.SessionFilter{To: planNow, Past: true}, nil, 50)
		return err
	})
	add("health", allowed{}, func() error { _, err := r.Health(ctx, planNow); return err })
	add("erasing", allowed{}, func() error {
		_, err := r.Affairs(ctx, exam.Person{ID: 77, Account: planAccount, Email: "p@example.com"}, planNow)
		return err
	})
	add("by the end of a text", allowed{few: true}, func() error { _, err := r.CodesEnding(ctx, "T7", 50); return err })
	add("a person's registrations", allowed{}, func() error { _, err := r.RegistrationsOf(ctx, 7, store.Page{}); return err })
	add("unread", allowed{}, func() error { _, err := r.Unread(ctx, 1); return err })
	add("a thing's trail", allowed{}, func() error { _, err := r.TrailOf(ctx, store.Page{}, planCode, 7); return err })
	for _, account := range []exam.AccountID{planAccount, 2} {
		add("overview", allowed{}, func() error {
			_, err := r.Overview(ctx, account, planNow, exam.CourseBack(planNow, 12, time.UTC))
			return err
		})
	}
	return cases
}

type namedCodes struct {
	name string
	store.CodeFilter
}

func codeFilters() (list []namedCodes) {
	for _, state := range append([]exam.CodeState{"", "used"}, exam.CodeStates...) {
		for _, subject := range []exam.SubjectID{0, 1} {
			for _, order := range []store.CodeFilter{{}, {Order: 30}, {Number: "EC-13"}, {EndsBy: planNow.AddDate(0, 3, 0)}} {
				for _, led := range []store.CodeFilter{{}, {Tail: "T7"}, {Holder: "name 7"}, {Bulk: 1, Outcome: "code_not_bound"}, {Code: planCode + 77}} {
					f := led
					f.Order, f.Number, f.EndsBy, f.Subject = order.Order, order.Number, order.EndsBy, subject
					if f.State = state; state == "used" {
						f.State, f.Used = "", true
					}
					name := fmt.Sprintf("%s %+v", state, f)
					switch f {
					case store.CodeFilter{State: exam.Refunded}:
						name = "refunded"
					case store.CodeFilter{Bulk: 1, Outcome: "code_not_bound"}:
						name = "of a job"
					}
					list = append(list, namedCodes{name, f})
				}
			}
		}
	}
	return list
}

func examineeFilters() (list []store.ExamineeFilter) {
	for _, name := range []string{"", "name 77"} {
		for _, subject := range []exam.SubjectID{0, 1} {
			for _, kind := range []exam.ExamType{"", exam.TestCenter} {
				for _, attempt := range []string{"", exam.RetakeAttempt} {
					for _, outcome := range []string{"", string(exam.Absent)} {
						list = append(list, store.ExamineeFilter{Name: name, Subject: subject, ExamType: kind, Attempt: attempt, Outcome: outcome},
							store.ExamineeFilter{Name: name, Subject: subject, ExamType: kind, Attempt: attempt, Outcome: outcome, SatFrom: planNow.AddDate(0, -1, 0), SatBefore: planNow})
					}
				}
			}
		}
	}
	return list
}

// TestPlansOfThoseWhoBoughtLongAgo: most rows are of one company, and the newest
// of another. A first page of the one reads its own rows, not those of the other.
func TestPlansOfThoseWhoBoughtLongAgo(t *testing.T) {
	storetest.EachHooked(t, func(t *testing.T, d *db.DB, set func(db.Hook)) {
		planWorld(t, d)
		const newest = 90_000_000
		fill(t, d, 4_000, "orders", "id, number, account_id, buyer_id, subject_id, quantity, unit_price, total, currency, state, zone, created_at, version",
			fmt.Sprintf("n.i + %d, 'EN-' || CAST(n.i AS TEXT), 2, 1, 1, 1, 100, 100, 'USD', 'closed', 'UTC', n.i, 1", newest))
		fill(t, d, 10_000, "code", "id, order_id, account_id, subject_id, state, price, currency, expires_at, lookup, sealed, tail, generation, changed_at, version",
			fmt.Sprintf("n.i + %d, %d, 2, 1, 'unused', 100, 'USD', %d, CAST('newest-newest' || CAST(n.i AS TEXT) AS BYTES), CAST('sealed-sealed-sealed' AS BYTES), 'N', 1, 0, 1", newest, newest, 900*planDay))
		fill(t, d, 10_000, "event", "id, kind, object_id, version, at, account_id, channel, request, data",
			fmt.Sprintf("n.i + %d, 'code.redeemed', n.i + %d, 1, 0, 2, 'console', '', '{}'", newest, newest))
		fill(t, d, 10_000, "registration", "id, code_id, order_id, account_id, person_id, name, name_folded, subject_id, exam_type, attempt, state, session_id, expires_at, created_at, why, version",
			fmt.Sprintf("n.i + %d, n.i + %d, %d, 2, 1, 'Name', 'name', 1, 'online', 'first', 'completed', 1, %d, 0, '', 1", newest, newest, newest, 900*planDay))
		p := &planner{t: t, d: d, set: set, seen: map[string]bool{}}
		r, ctx := store.New(d, id.NewSource(0, time.Now)).Reader(), context.Background()
		for name, ask := range map[string]func() error{
			"examinees": func() error {
				_, err := r.Examinees(ctx, planAccount, store.ExamineeFilter{}, planNow, store.Page{})
				return err
			},
			"examinees of a subject": func() error {
				_, err := r.Examinees(ctx, planAccount, store.ExamineeFilter{Subject: 1}, planNow, store.Page{})
				return err
			},
			"the first examinees of a file": func() error {
				_, err := r.ExamineeBatch(ctx, planAccount, store.ExamineeFilter{}, planNow, 0, 100)
				return err
			},
			"codes": func() error {
				_, err := r.Codes(ctx, planAccount, store.CodeFilter{}, planNow, store.Page{})
				return err
			},
			"codes of a subject": func() error {
				_, err := r.Codes(ctx, planAccount, store.CodeFilter{Subject: 1}, planNow, store.Page{})
				return err
			},
			"orders": func() error {
				_, err := r.Orders(ctx, planAccount, store.OrderFilter{}, planNow, store.Page{})
				return err
			},
			"trail": func() error {
				_, err := r.Trail(ctx, planAccount, "", store.Page{})
				return err
			},
			"trail of what happened to codes": func() error {
				_, err := r.Trail(ctx, planAccount, exam.EventCodeRedeemed, store.Page{})
				return err
			},
			"the first lines of a file": func() error {
				_, err := r.CodeLines(planAccount, store.CodeFilter{}, planNow, false, 100).Next(ctx)
				return err
			},
		} {
			for _, bad := range p.of(ask, allowed{}) {
				t.Errorf("%s: %s", name, bad)
			}
		}
	})
}

// TestPlansOfAFullBatch: what is asked of as many redemptions as one transaction
// takes is looked up, one by one; no table is read to its end for them.
func TestPlansOfAFullBatch(t *testing.T) {
	const n = 256
	storetest.EachHooked(t, func(t *testing.T, d *db.DB, set func(db.Hook)) {
		planWorld(t, d)
		p := &planner{t: t, d: d, set: set, seen: map[string]bool{}}
		r, ctx := store.New(d, id.NewSource(0, time.Now)).Reader(), context.Background()
		var (
			people   []exam.PersonID
			subjects []exam.SubjectID
			names    []string
			hashes   [][]byte
			claims   []store.Claim
			held     []store.Held
		)
		for i := range n {
			people, names = append(people, exam.PersonID(i+1)), append(names, fmt.Sprint("redeem:", i))
			hashes = append(hashes, []byte(fmt.Sprint("lookup-lookup", i)))
			claims, held = append(claims, store.Claim{Person: people[i], Key: names[i]}), append(held, store.Held{Code: exam.CodeID(planCode + i), Person: people[i]})
		}
		for i := range 20 {
			subjects = append(subjects, exam.SubjectID(i+1))
		}
		for name, ask := range map[string]func() error{
			"who asks":     func() error { _, err := r.IdentitiesByKey(ctx, hashes); return err },
			"in browsers":  func() error { _, err := r.IdentitiesBySession(ctx, hashes); return err },
			"who they are": func() error { _, err := r.IdentitiesOf(ctx, people...); return err },
			"claims":       func() error { _, err := r.RememberedAmong(ctx, claims); return err },
			"tries":        func() error { _, err := r.Debts(ctx, names); return err },
			"enrolments":   func() error { _, err := r.Enrolments(ctx, people, subjects); return err },
			"texts":        func() error { _, err := r.FindTexts(ctx, hashes); return err },
			"sat earlier":  func() error { _, err := r.SatEarlier(ctx, people, subjects); return err },
			"ties":         func() error { _, err := r.HeldAmong(ctx, held); return err },
		} {
			before := len(p.seen)
			for _, bad := range p.of(ask, allowed{}) {
				t.Errorf("%s: %s", name, bad)
			}
			if len(p.seen) == before {
				t.Errorf("%s asks nothing", name)
			}
		}
	})
}
