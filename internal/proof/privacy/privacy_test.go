package privacy

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"examcode/internal/action"
	"examcode/internal/action/actiontest"
	"examcode/internal/db"
	"examcode/internal/exam"
	"examcode/internal/export"
	"examcode/internal/id"
	"examcode/internal/proof"
	"examcode/internal/store"
	"examcode/internal/store/storetest"
)

// places are the columns where something of somebody must have been before, or
// the harness has not been everywhere.
var places = strings.Fields(`account.name person.email person.name login.agent api_key.name idempotency.name idempotency.answer blob.name blob_chunk.data
verification.legal_name verification.document_number verification.note registration.name registration.name_folded result_file.content event.data message.data owed.detail
export.asked invitation.email ticket.email receiver.email receiver.label letter.data`)

// People go through everything, take their copy, are erased, and nothing is left.
func TestPrivacy(t *testing.T) {
	caught := ""
	if !proof.Unguarded() {
		caught = leavesSomething(t)
	}
	storetest.EachDB(t, func(t *testing.T, d *db.DB) {
		r := proof.Begin(t, "privacy", string(d.Engine()), 1)
		h := actiontest.New(t, store.New(d, id.NewSource(0, time.Now)))
		h.Admin = h.Staff(exam.Admin)
		seen := map[place]bool{}
		for r.Next() {
			round(t, r, d, h, seen)
		}
		missing := 0
		for _, p := range places {
			if !seen[place(p)] {
				missing++
				t.Errorf("nothing of anybody was ever in %s", p)
			}
		}
		if d.Engine() == db.SQLite && !seen["the file"] {
			t.Error("nothing of anybody was ever in the file")
		}
		r.Set("columns", fmt.Sprintf("%d/%d", len(places)-missing, len(places)))
		r.Set("control", caught)
	})
}

// round is one town from its first day to the year after everybody left.
func round(t *testing.T, r *proof.Run, d *db.DB, h *actiontest.House, seen map[place]bool) {
	ctx := context.Background()
	chance := r.Rand(uint64(h.Store.IDs().Next()))
	w := newTown(h, chance)
	root, _ := w.company()
	w.examinees(root, 3+chance.IntN(4))
	stays := w.person("stays")
	w.join(stays, exam.Individual)
	w.live(stays)
	stays.unerased = true

	r.Set("export_complete", fmt.Sprintf("%.3f", w.copies(t)))
	for _, at := range w.found(t, d, w.people) {
		for p := range at {
			seen[p] = true
		}
	}
	w.leave(t)
	h.Clock.Move(200 * 24 * time.Hour)
	if _, err := h.Actions.SweepEnded(ctx); err != nil {
		t.Fatal(err)
	}
	h.Must(h.Actions.Tidy(ctx))

	residual := int64(0)
	left := w.found(t, d, w.people)
	for _, p := range w.people {
		switch {
		case p.unerased && left[p.token] == nil:
			t.Errorf("%s was not erased and is gone", p.name)
		case !p.unerased && left[p.token] != nil:
			residual += int64(len(left[p.token]))
			t.Errorf("%s was erased and is in %s", p.name, told(left[p.token]))
		}
	}
	r.Count("people", int64(len(w.people)))
	r.Count("residual", residual)
	w.Must(h.Actions.ErasePerson(ctx, h.Who(stays.who.Person), stays.who.Person, 0))
	if n, err := h.Store.Verify(ctx, func(v store.Verified) {
		if v.Violations > 0 {
			t.Errorf("%s: %d of %d break it: %s", v.ID, v.Violations, v.Checked, v.Says)
		}
	}); err != nil {
		t.Errorf("%d, %v", n, err)
	}
}

// copies takes everybody's copy and compares: all of theirs, nothing of anybody
// else's. The answer is which part of what was to be in them was.
func (w *town) copies(t *testing.T) float64 {
	t.Helper()
	expected, there := 0, 0
	for _, p := range w.people {
		var zip, plain bytes.Buffer
		err := w.Actions.CopyData(context.Background(), p.who, func(read action.ReadCopy) error {
			if err := export.WriteCopy(&zip, w.Clock.Now(), read); err != nil {
				return err
			}
			return read(func(c store.Copied) error {
				return json.NewEncoder(&plain).Encode(export.RowOf(c))
			})
		})
		w.Must(err)
		text := plain.String()
		for field, value := range p.own {
			expected++
			if strings.Contains(text, value) {
				there++
			} else {
				t.Errorf("the copy of %s lacks %s %q", p.name, field, value)
			}
		}
		for _, other := range w.people {
			if other != p && strings.Contains(strings.ToLower(text), other.token) {
				at := strings.Index(strings.ToLower(text), other.token)
				t.Errorf("the copy of %s has something of %s: …%s…", p.name, other.name, text[max(0, at-200):min(len(text), at+60)])
			}
		}
		if zip.Len() == 0 {
			t.Errorf("the file of %s is empty", p.name)
		}
	}
	return float64(there) / float64(expected)
}

// leave lets everybody go who is to go, half of them by the staff; whoever is
// erased is gone at once, but for what runs out.
func (w *town) leave(t *testing.T) {
	t.Helper()
	ctx, reviewer := context.Background(), w.Staff(exam.Review)
	for i, p := range w.people {
		if p.unerased {
			continue
		}
		by := reviewer
		if i%2 == 0 {
			by = w.Who(p.who.Person)
		}
		w.Must(w.Actions.ErasePerson(ctx, by, p.who.Person, 0))
	}
	w.settle() // what is still owed reaches nobody
	for _, p := range w.people {
		if _, _, err := w.Actions.SignIn(ctx, p.email, actiontest.Password, "", ""); (err == nil) != p.unerased {
			t.Errorf("%s signs in: %v", p.name, err)
		}
	}
}

// leavesSomething runs the harness over a program that leaves one part of the
// erasing out: it must find what is left, and where.
func leavesSomething(t *testing.T) string {
	t.Helper()
	out, err := proof.WithoutGuards(t, "^TestPrivacy$/^postgres$", rand.Uint64())
	if err == nil || !strings.Contains(out, "registration.name: ") {
		t.Fatalf("a program that keeps names of registrations is not caught: %v\n%s", err, out)
	}
	return "caught"
}

func TestMain(m *testing.M) {
	code := m.Run()
	proof.Sweep()
	os.Exit(code)
}
