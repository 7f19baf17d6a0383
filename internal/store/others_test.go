package store_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"examcode/internal/exam"
	"examcode/internal/store"
)

// What one person changes of their own leaves alone what others have.
func TestChangesOfOnesOwnLeaveOthersAlone(t *testing.T) {
	onSite(t, func(t *testing.T, s site) {
		other := s.Add(s.root, exam.AllRights).Person
		its := s.plantFor(s.account, int64(other), "c@x.example", "rejected")
		me, now, at := s.root.Person, s.Clock.Now(), time.UnixMicro(1)
		claim := func(p exam.PersonID) string {
			return s.text("SELECT LENGTH(request) || '/' || effect || '/' || status || '/' || created_at FROM idempotency WHERE person_id = $1", int64(p))
		}
		was := claim(other)
		for _, do := range []change{
			func(ctx context.Context, tx *store.Tx) error { return tx.Retake(ctx, me, "N", at, at) },
			func(ctx context.Context, tx *store.Tx) error { return tx.MarkEffect(ctx, me, "N", at) },
			func(ctx context.Context, tx *store.Tx) error { return tx.KeepAnswer(ctx, me, "N", 200, []byte{2}) },
			func(ctx context.Context, tx *store.Tx) error {
				for _, p := range []exam.PersonID{me, other} {
					if _, err := tx.Remember(ctx, p, "cut off", []byte{1}, at); err != nil {
						return err
					}
				}
				return tx.DropClaim(ctx, store.Claim{Person: me, Key: "cut off"}, at)
			},
			func(ctx context.Context, tx *store.Tx) error { return tx.EndLoginOf(ctx, me, its.token) },
			func(ctx context.Context, tx *store.Tx) error { return tx.EndLoginsOf(ctx, me, nil) },
			func(ctx context.Context, tx *store.Tx) error {
				return tx.MarkRead(ctx, me, now, exam.MessageID(its.message))
			},
			func(ctx context.Context, tx *store.Tx) error { return tx.SetMailOff(ctx, me, nil) },
			func(ctx context.Context, tx *store.Tx) error {
				return tx.EndTickets(ctx, me, exam.TicketPassword, exam.TicketReplaced)
			},
		} {
			s.Must(s.in(do))
		}
		if known := get[*store.Remembered](t)(remembered(s.House, other)); known.Effect || known.Status != 0 {
			t.Errorf("the other's claim is read as %+v", known)
		}
		if is := claim(other); is != was {
			t.Errorf("the claim was %s and is %s", was, is)
		}
		for what, sql := range map[string]string{
			"session":    "SELECT COUNT(*) FROM login WHERE person_id = $1",
			"claim":      "SELECT COUNT(*) FROM idempotency WHERE person_id = $1 AND name = 'cut off'",
			"unread":     "SELECT COUNT(*) FROM message WHERE person_id = $1 AND kind = 'member_joined' AND read_at IS NULL",
			"no mail of": "SELECT COUNT(*) FROM mail_off WHERE person_id = $1 AND category = 'planted'",
			"link":       "SELECT COUNT(*) FROM ticket WHERE person_id = $1 AND state = 'open'",
		} {
			if n := s.number(sql, int64(other)); n != 1 {
				t.Errorf("%s of the other: %d", what, n)
			}
		}
		for what, do := range map[string]change{
			"an effect of a claim that another has": func(ctx context.Context, tx *store.Tx) error { return tx.MarkEffect(ctx, other, "N", now) },
			"a claim that another has":              func(ctx context.Context, tx *store.Tx) error { return tx.Retake(ctx, other, "N", now, now) },
			"a claim dropped that another has": func(ctx context.Context, tx *store.Tx) error {
				return tx.DropClaim(ctx, store.Claim{Person: other, Key: "N"}, now)
			},
		} {
			refusesLate(t, what, s.in(do))
		}
	})
}

// Links that were used stay used.
func TestOnlyOpenLinksEnd(t *testing.T) {
	onSite(t, func(t *testing.T, s site) {
		used := s.again("ticket", s.ticket, set{"token": []byte("used"), "state": "used"})
		asked := s.again("ticket", s.ticket, set{"token": []byte("asked"), "state": "used", "kind": "invitation", "person_id": nil, "invitation_id": s.invitation})
		s.Must(s.in(func(ctx context.Context, tx *store.Tx) error {
			if err := tx.EndInvitationTickets(ctx, exam.InvitationID(s.invitation), exam.TicketReplaced); err != nil {
				return err
			}
			return tx.EndTickets(ctx, s.root.Person, exam.TicketPassword, exam.TicketReplaced)
		}))
		for id, want := range map[int64]string{used: "used", asked: "used", s.ticket: "replaced"} {
			if is := s.text("SELECT state FROM ticket WHERE id = $1", id); is != want {
				t.Errorf("a link is %s, want %s", is, want)
			}
		}
	})
}

// text reads one.
func (s site) text(sql string, args ...any) (text string) {
	s.t.Helper()
	s.Must(s.d.Read().QueryRow(s.ctx, sql, args...).Scan(&text))
	return text
}

// rows are all rows of all tables as text, but for the queue's.
func (s site) rows() (rows []string) {
	s.t.Helper()
	columns := map[string][]string{}
	for _, l := range schema(s.t, s.d) {
		if table, rest, ok := strings.Cut(l, ": column "); ok && !strings.HasPrefix(table, "river") && !strings.HasPrefix(table, "goose") {
			name := strings.Fields(rest)[0]
			if strings.Contains(rest, "bytes") {
				name = "LENGTH(" + name + ")"
			}
			columns[table] = append(columns[table], "COALESCE(CAST("+name+" AS TEXT), '-')")
		}
	}
	for table, names := range columns {
		got, err := s.d.Read().Query(s.ctx, "SELECT "+strings.Join(names, " || ' ' || ")+" FROM "+table)
		s.Must(err)
		for got.Next() {
			var text string
			s.Must(got.Scan(&text))
			rows = append(rows, table+" "+text+" ")
		}
		s.Must(got.Err())
		got.Close()
	}
	return rows
}

// Erasing somebody changes no row that is not about them: not those of namesakes,
// of colleagues, of others whose exam they took or who are told the same.
func TestErasingLeavesOthersAlone(t *testing.T) {
	onSite(t, func(t *testing.T, s site) {
		theirs := plantAll(s.House, s.d)
		other := s.Add(s.root, exam.AllRights)
		its := s.plantFor(s.account, int64(other.Person), "c@x.example", "rejected")
		erase := func(who exam.Actor, about ...string) {
			t.Helper()
			was := get[exam.Person](t)(s.Read.Person(s.ctx, who.Person))
			// Somebody else of that name did, and is named in, what others were told.
			named := fmt.Sprintf(`{"who":%q,"name":%q}`, was.Name, was.Name)
			s.do("UPDATE message SET kind = 'receivers_changed', data = $1 WHERE id = $2", named, theirs.message)
			s.do("UPDATE letter SET kind = 'receivers_changed', data = $1 WHERE id = $2", named, theirs.letter)
			for _, thing := range []int64{theirs.key, theirs.told, theirs.invitation, theirs.registration} {
				s.plant("event", set{"kind": "member_joined", "object_id": thing, "at": 1, "account_id": theirs.account, "channel": "", "request": "", "data": "{}"})
			}
			s.do("UPDATE event SET kind = $1, data = $2 WHERE object_id IN ($3, $4, $5, $6) AND version IS NULL", string(exam.EventMemberJoined), named, theirs.key, theirs.told, theirs.invitation, theirs.registration)
			about = append(about, fmt.Sprintf(" %d ", who.Person), was.Email)
			for _, m := range query(t, s.d, 1, "SELECT CAST(id AS TEXT) FROM message WHERE person_id = $1 UNION SELECT CAST(id AS TEXT) FROM ticket WHERE person_id = $1", int64(who.Person)) {
				about = append(about, " "+m[0]+" ")
			}
			before := s.rows()
			n := was
			n.Name, n.Email, n.Erased, n.Suspended, n.Version = exam.ErasedName, fmt.Sprintf("erased-%d@erased.invalid", n.ID), s.Clock.Now(), s.Clock.Now(), was.Version+1
			s.Must(s.in(func(ctx context.Context, tx *store.Tx) error {
				return tx.ErasePerson(ctx, was, n, who.Kind, exam.Event{})
			}))
			after := s.rows()
			slices.Sort(after)
			gone := 0
			for _, row := range before {
				if _, still := slices.BinarySearch(after, row); still {
					continue
				}
				gone++
				if !slices.ContainsFunc(about, func(a string) bool { return strings.Contains(row, a) }) {
					t.Errorf("erasing %v changes %s", who.Person, row)
				}
			}
			if gone == 0 {
				t.Errorf("erasing %v changes nothing", who.Person)
			}
		}
		erase(other, fmt.Sprintf(" %d ", its.document)) // who waits for no decision
		erase(s.root, fmt.Sprintf(" %d ", s.document), fmt.Sprintf(" %d enterprise ", s.account))
		erase(s.examinee, fmt.Sprintf(" %d ", s.examinee.Account))
	})
}
