package store

import (
	"context"
	"strings"
	"time"

	"examcode/internal/db"
	"examcode/internal/exam"
)

const eventColumns = "e.id, e.kind, e.object_id, COALESCE(e.version, 0), e.at, e.account_id, COALESCE(e.registration_id, 0), COALESCE(e.actor_id, 0), e.channel, COALESCE(e.key_id, 0), e.request, e.data"

// TrailEntry is an event with the name of its actor, as people read it.
type TrailEntry struct {
	exam.Event
	ActorName    string
	ActorAccount exam.AccountID
	KeyName      string
}

func scanTrail(row db.Row) (TrailEntry, error) {
	var e TrailEntry
	err := row.Scan(&e.ID, &e.Kind, &e.Object, &e.Version, (*when)(&e.At), &e.Account, &e.Registration,
		&e.Actor, &e.Channel, &e.Key, &e.Request, jsonData{&e.Data}, &e.ActorName, &e.ActorAccount, &e.KeyName)
	return e, err
}

const trailSelect = "SELECT " + eventColumns + `, COALESCE(p.name, ''), COALESCE(p.account_id, 0), COALESCE(k.name, '')
FROM event e LEFT JOIN person p ON p.id = e.actor_id LEFT JOIN api_key k ON k.id = e.key_id`

func trailKey(e TrailEntry) int64 { return int64(e.ID) }

// TrailOf lists the events of things (a code and its order, say), newest first.
// The caller has checked that the asker may see them.
func (r Reader) TrailOf(ctx context.Context, page Page, objects ...int64) (Rows[TrailEntry], error) {
	var b query
	b.in("e.object_id", anys(objects))
	return paged(ctx, r.q, &b, page, trailSelect, "e.id", trailKey, scanTrail)
}

// TrailOfRegistration lists what happened to one registration: its part of its
// code's trail, newest first.
func (r Reader) TrailOfRegistration(ctx context.Context, g exam.Registration, page Page) (Rows[TrailEntry], error) {
	var b query
	b.and("e.object_id = ? AND e.registration_id = ?", g.Code, g.ID)
	return paged(ctx, r.q, &b, page, trailSelect, "e.id", trailKey, scanTrail)
}

// Trail lists the events of one account, or of all with the zero account,
// newest first; kind "" is every kind.
func (r Reader) Trail(ctx context.Context, account exam.AccountID, kind exam.EventKind, page Page) (Rows[TrailEntry], error) {
	var b query
	if account != 0 {
		b.and("e.account_id = ?", account)
	}
	switch {
	case kind == "":
	case strings.HasPrefix(string(kind), "code."): // of which there are so many that no index has them
		rest := b.clone()
		rest.and("e.kind = ?", kind)
		return walked(ctx, r.q, "event e", "e.id", &b, &rest, page, trailSelect, trailKey, scanTrail)
	default:
		b.and("e.kind = ? AND (e.kind < 'code.' OR e.kind >= 'code/')", kind) // which the index is of
	}
	return paged(ctx, r.q, &b, page, trailSelect, "e.id", trailKey, scanTrail)
}

// AddEvents records events that change nothing: reveals and refusals.
func (tx *Tx) AddEvents(ctx context.Context, events ...exam.Event) error {
	if len(events) == 0 {
		return nil
	}
	var args []any
	first := tx.ids.Block(len(events))
	for i, e := range events {
		at := e.At
		if at.IsZero() {
			at = time.Unix(0, 0)
		}
		args = append(args, first+int64(i), string(e.Kind), e.Object, null(e.Version), at.UnixMicro(), int64(e.Account),
			null(e.Registration), null(e.Actor), string(e.Channel), null(e.Key), e.Request, dataText(e.Data))
	}
	_, err := tx.tx.ExecSet(ctx, db.Set{
		Before: "WITH v(id, kind, object_id, version, at, account_id, registration_id, actor_id, channel, key_id, request, data) AS (",
		After: `)
INSERT INTO event (id, kind, object_id, version, at, account_id, registration_id, actor_id, channel, key_id, request, data)
SELECT v.id, v.kind, v.object_id, v.version, ` + forwards("v.at") + `, v.account_id, v.registration_id, v.actor_id, v.channel, v.key_id, v.request, v.data
FROM v LEFT JOIN event b ON b.object_id = v.object_id AND b.version = v.version - 1`,
		Types: []string{"BIGINT", "TEXT", "BIGINT", "BIGINT", "BIGINT", "BIGINT", "BIGINT", "BIGINT", "TEXT", "BIGINT", "TEXT", "TEXT"},
	}, args)
	return err
}

// forwards is an event's instant, no earlier than that of the event b before it:
// a clock may have gone back, or be another replica's, and a trail runs forwards.
func forwards(at string) string {
	return "CASE WHEN b.at > " + at + " THEN b.at ELSE " + at + " END"
}
