package store

import (
	"context"
	"encoding/json"

	"examcode/internal/db"
	"examcode/internal/exam"
)

// facts is a row with named facts: an event, a notice or a letter.
type facts struct {
	id, about int64
	kind      string
	data      exam.Data
}

func scanFacts(row db.Row) (facts, error) {
	var f facts
	err := row.Scan(&f.id, &f.about, &f.kind, jsonData{&f.data})
	return f, err
}

// forgetInTrail puts the pseudonym in place of every name in the events of
// things; at most some hundreds of things.
func (tx *Tx) forgetInTrail(ctx context.Context, things []int64) error {
	args := make([]any, 0, len(things)+len(exam.EventNames))
	for _, t := range things {
		args = append(args, t)
	}
	for kind := range exam.EventNames {
		args = append(args, kind)
	}
	found, err := all(ctx, tx.q, scanFacts, "SELECT e.id, e.object_id, e.kind, e.data FROM event e WHERE e.object_id IN "+list(1, len(things))+
		" AND e.kind IN "+list(len(things)+1, len(exam.EventNames))+" ORDER BY e.id", args...)
	if err != nil {
		return err
	}
	for _, f := range found {
		if !f.data.Forget(exam.EventNames[exam.EventKind(f.kind)]...) {
			continue
		}
		if err := tx.run(ctx, []any{dataText(f.data), f.id}, "UPDATE event SET data = $1 WHERE id = $2"); err != nil {
			return err
		}
	}
	return nil
}

// eraseTold puts the pseudonym in place of their name in what others were told:
// their colleagues, and the companies whose codes they held.
func (tx *Tx) eraseTold(ctx context.Context, g leaving) error {
	kinds := []any{}
	for kind := range exam.NoticeNames {
		kinds = append(kinds, kind)
	}
	about := map[int64]bool{}
	for _, t := range g.things {
		about[t] = true
	}
	for _, account := range g.accounts {
		args := append([]any{account}, kinds...)
		for table, sql := range map[string]string{
			"message": "SELECT m.id, m.about_id, m.kind, m.data FROM message m WHERE m.person_id IN (SELECT p.id FROM person p WHERE p.account_id = $1) AND m.kind IN " + list(2, len(kinds)),
			"letter":  "SELECT l.id, l.about_id, l.kind, l.data FROM letter l WHERE l.receiver_id IN (SELECT v.id FROM receiver v WHERE v.account_id = $1) AND l.kind IN " + list(2, len(kinds)),
		} {
			found, err := all(ctx, tx.q, scanFacts, sql, args...)
			if err != nil {
				return err
			}
			for _, f := range found {
				if !g.forgottenIn(f, about[f.about]) {
					continue
				}
				if err := tx.run(ctx, []any{dataText(f.data), f.id}, "UPDATE "+table+" SET data = $1 WHERE id = $2"); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// forgottenIn forgets the person in one notice: who it is about when that is
// them, and who did it when that is their name.
func (g leaving) forgottenIn(f facts, aboutThem bool) bool {
	changed := false
	for _, name := range exam.NoticeNames[exam.NoticeKind(f.kind)] {
		if name == "who" && f.data[name] == g.Name || name != "who" && (aboutThem || f.data[name] == g.Email) {
			changed = f.data.Forget(name) || changed
		}
	}
	return changed
}

// known is what facts a copy may show: those that name somebody else are left out.
func knownFacts(data exam.Data, names []string, self ...string) json.RawMessage {
	shown := exam.Data{}
	for k, v := range data {
		shown[k] = v
	}
	for _, n := range names {
		text, _ := shown[n].(string)
		if text != self[0] && text != self[1] {
			delete(shown, n)
		}
	}
	b, err := json.Marshal(shown)
	if err != nil {
		return json.RawMessage("{}")
	}
	return b
}
