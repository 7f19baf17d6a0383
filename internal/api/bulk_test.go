package api_test

import (
	"context"
	"testing"
	"time"

	"examcode/internal/db"
	"examcode/internal/id"
	"examcode/internal/store"
	"examcode/internal/store/storetest"
)

// S19, S24, S25 over the API: a filter is counted first and then done as a job,
// whose outcomes open their codes.
func TestS24_S25_AFilterAsAJob(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.company("buyer", true)
		w.company("other", true)
		w.person("lina", true)
		subject := w.subject("EX-100")
		order := w.bought("buyer", subject, 3)
		codes := w.codesOf("buyer", order)
		old := w.reveal("buyer", codes[0])
		w.redeem("lina", subject, old).want(201)
		for _, q := range []string{"holder=LIN", "state=used", "code_id=" + codes[0], "code=" + old, "state=bound&holder=ina"} {
			if got := w.get("buyer", "/codes?"+q).want(200).list("items"); len(got) != 1 {
				t.Errorf("%s finds %d", q, len(got))
			}
		}
		filter := `"filter":{"order_id":"` + order + `"}`
		w.post("buyer", "/codes/unbind", `{`+filter+`,"dry_run":true}`).want(200).field("job.state", "dry_run").field("job.total", 3).field("job.fit", 1).field("job.states.unused", 2)
		w.get("buyer", "/codes/"+codes[0]).want(200).field("state", "bound")
		w.post("buyer", "/codes/unbind", `{`+filter+`,"ids":["`+codes[0]+`"]}`).refused(422, "codes_not_chosen")
		w.post("buyer", "/codes/unbind", `{"ids":["`+codes[0]+`"],"dry_run":true}`).refused(422, "codes_not_chosen")
		job := w.post("buyer", "/codes/unbind", `{`+filter+`,"new_text":true}`).want(200).field("job.total", 3).field("job.state", "done").field("job.outcomes.done", 1).text("job.id")
		w.get("buyer", "/bulks/"+job).want(200).field("state", "done").field("outcomes.done", 1).field("outcomes.code_not_bound", 2).field("settled", 3)
		if got := w.get("buyer", "/codes?bulk_id="+job+"&outcome=done").want(200).list("items"); len(got) != 1 {
			t.Errorf("%d codes were done", len(got))
		}
		w.get("other", "/bulks/"+job).refused(404, "not_found")
		w.redeem("lina", subject, old).refused(409, "code_replaced")
		w.post("buyer", "/codes/regenerate", `{"filter":{"state":"completed"}}`).refused(422, "bulk_empty")
	})
}

// A job whose first part fails is confirmed all the same: it is answered as
// running, and goes on later.
func TestAJobThatCannotRunYetIsRunning(t *testing.T) {
	storetest.EachDB(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, store.New(d, id.NewSource(0, time.Now)))
		w.company("buyer", true)
		w.person("lina", true)
		subject := w.subject("EX-100")
		order := w.bought("buyer", subject, 1)
		w.redeem("lina", subject, w.reveal("buyer", w.codesOf("buyer", order)[0])).want(201)
		rename := func(from, to string) {
			t.Helper()
			if err := d.Transact(context.Background(), func(ctx context.Context, tx *db.Tx) error {
				_, err := tx.Exec(ctx, "ALTER TABLE "+from+" RENAME TO "+to)
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		rename("registration", "registration_away")
		job := w.post("buyer", "/codes/unbind", `{"filter":{"order_id":"`+order+`"}}`).want(200).field("job.state", "running").text("job.id")
		rename("registration_away", "registration")
		if n, err := w.actions.RunBulks(context.Background()); n != 1 || err != nil {
			t.Fatalf("%d, %v", n, err)
		}
		w.get("buyer", "/bulks/"+job).want(200).field("state", "done").field("outcomes.done", 1)
	})
}
