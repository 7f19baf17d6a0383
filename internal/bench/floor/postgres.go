package floor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Conns is how many connections wait for their own transactions; Writers is how
// many write batches, which two cores do best.
const (
	Conns   = 16
	Writers = 2
)

// Postgres is a pool beside the program's.
type Postgres struct {
	pool *pgxpool.Pool
	url  string
}

func openPostgres(ctx context.Context, url string) (*Postgres, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	cfg.MaxConns = Conns
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, err
	}
	return &Postgres{pool, url}, pool.Ping(ctx)
}

// CreateDatabase makes an empty database on a server and returns its URL and what
// removes it.
func CreateDatabase(ctx context.Context, server, name string) (string, func(), error) {
	u, err := url.Parse(server)
	if err != nil {
		return "", nil, err
	}
	run := func(ctx context.Context, text string) error {
		c, err := pgx.Connect(ctx, server)
		if err != nil {
			return err
		}
		defer c.Close(ctx)
		_, err = c.Exec(ctx, text)
		return err
	}
	if err := run(ctx, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize()+" TEMPLATE template0"); err != nil {
		return "", nil, err
	}
	u.Path = "/" + name
	return u.String(), func() {
		run(context.WithoutCancel(ctx), "DROP DATABASE IF EXISTS "+pgx.Identifier{name}.Sanitize()+" WITH (FORCE)")
	}, nil
}

func (p *Postgres) Close() { p.pool.Close() }

func (p *Postgres) Version(ctx context.Context) (v string, err error) {
	err = p.pool.QueryRow(ctx, "SHOW server_version").Scan(&v)
	return v, err
}

func (p *Postgres) Rest(ctx context.Context) error {
	for _, text := range []string{"VACUUM (ANALYZE)", "CHECKPOINT"} {
		if _, err := p.pool.Exec(ctx, text); err != nil {
			return err
		}
	}
	return nil
}

// share lets n workers take parts of a list until it ends.
func share[T any](n int, list []T, size int, do func(part []T) error) error {
	var (
		next atomic.Int64
		all  sync.WaitGroup
		errs = make([]error, n)
	)
	for w := range n {
		all.Go(func() {
			for errs[w] == nil {
				from := int(next.Add(int64(size))) - size
				if from >= len(list) {
					return
				}
				errs[w] = do(list[from:min(from+size, len(list))])
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

// Each redeems in a transaction each, a round trip a statement.
func (p *Postgres) Each(ctx context.Context, tickets []Ticket, now int64) error {
	return share(Conns, tickets, 1, func(part []Ticket) error {
		return pgx.BeginFunc(ctx, p.pool, func(tx pgx.Tx) error {
			if err := part[0].each(now, func(n int, args []any) (int64, error) {
				tag, err := tx.Exec(ctx, statements[n], args...)
				return tag.RowsAffected(), err
			}); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, addStock, part[0].Account, part[0].Order, rand.IntN(slots), -1, 1); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, addFlow, part[0].Account, day(now), part[0].Subject, rand.IntN(flowSlots), 1, spanFrom(now))
			return err
		})
	})
}

// coalesced is a whole batch of redemptions in one statement.
const coalesced = `WITH t AS MATERIALIZED (
  SELECT u.lookup, u.person, u.registration, u.event, u.message, u.owed, u.name, u.key
  FROM unnest($1::bytea[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::text[], $8::text[])
    AS u(lookup, person, registration, event, message, owed, name, key) ORDER BY u.lookup
), won AS (
  UPDATE code c SET state = 'bound', registration_id = t.registration, holder_id = t.person, changed_at = $9, version = c.version + 1
  FROM t WHERE c.lookup = t.lookup AND c.state = 'unused' AND c.expires_at > $9
  RETURNING c.id, c.order_id, c.account_id, c.subject_id, c.expires_at, t.person, t.registration, t.event, t.message, t.owed, t.name, t.key
), r AS (
  INSERT INTO registration (id, code_id, order_id, account_id, person_id, name, name_folded, subject_id, exam_type, attempt, state, expires_at, created_at, why, version)
  SELECT registration, id, order_id, account_id, person, name, name, subject_id, 'online', 'first', 'registered', expires_at, $9, '', 1 FROM won
), e AS (
  INSERT INTO event (id, kind, object_id, version, at, account_id, registration_id, actor_id, channel, request, data)
  SELECT event, 'code.redeemed', id, 1, $9, account_id, registration, person, 'api', key, $10 FROM won
), m AS (
  INSERT INTO message (id, person_id, account_id, kind, about_id, about_version, link, data, created_at)
  SELECT message, person, account_id, 'registered', registration, 1, $11, $12, $9 FROM won
), o AS (
  INSERT INTO owed (id, channel, target_id, account_id, state, created_at, tries, detail, next_at)
  SELECT owed, 'mail', message, account_id, 'owed', $9, 0, '', $9 FROM won
), i AS (
  INSERT INTO idempotency (person_id, name, request, effect, status, answer, created_at)
  SELECT person, key, $13, 1, 201, $14, $9 FROM won
), s AS (
  INSERT INTO stock (account_id, order_id, slot, unused, bound, reserved, completed, refunding, refunded, expired, gone)
  SELECT account_id, order_id, $15, -count(*), count(*), 0, 0, 0, 0, 0, count(*) FROM won GROUP BY account_id, order_id ORDER BY account_id, order_id
  ON CONFLICT (account_id, order_id, slot) DO UPDATE SET unused = stock.unused + excluded.unused, bound = stock.bound + excluded.bound, gone = stock.gone + excluded.gone
), f AS (
  INSERT INTO flow (account_id, days, day, subject_id, slot, gone)
  SELECT won.account_id, d.days, d.day, won.subject_id, $18, count(*) FROM won CROSS JOIN (VALUES (1, $16::bigint), (8, $17::bigint)) d(days, day)
  GROUP BY won.account_id, d.days, d.day, won.subject_id ORDER BY won.account_id, d.days, d.day, won.subject_id
  ON CONFLICT (account_id, days, day, subject_id, slot) DO UPDATE SET gone = flow.gone + excluded.gone
) SELECT count(*) FROM won`

// Together redeems size tickets with one statement, Writers at a time.
func (p *Postgres) Together(ctx context.Context, tickets []Ticket, size int, now int64) error {
	return share(Writers, tickets, size, func(part []Ticket) error {
		var (
			lookups                                      [][]byte
			people, registrations, events, messages, owe []int64
			names, keys                                  []string
		)
		for _, t := range part {
			lookups, people, registrations = append(lookups, t.Lookup), append(people, t.Person), append(registrations, t.Registration)
			events, messages, owe = append(events, t.Event), append(messages, t.Message), append(owe, t.Owed)
			names, keys = append(names, t.Name), append(keys, t.Key)
		}
		var n int
		err := p.pool.QueryRow(ctx, coalesced, lookups, people, registrations, events, messages, owe, names, keys,
			now, eventData, messageLink, messageData, requestHash, answer, rand.IntN(slots), day(now), spanFrom(now), rand.IntN(flowSlots)).Scan(&n)
		if err == nil && n != len(part) {
			err = fmt.Errorf("floor: %d of %d codes were redeemed", n, len(part))
		}
		return err
	})
}

// Issue is COPY into the indexed table.
func (p *Postgres) Issue(ctx context.Context, o Order, codes []Code) error {
	return pgx.BeginFunc(ctx, p.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, addOrder, o.args(len(codes), codes[0].ID)...); err != nil {
			return err
		}
		columns := []string{"id", "order_id", "account_id", "subject_id", "expires_at", "lookup", "sealed", "tail", "changed_at", "state", "price", "currency", "generation", "version"}
		_, err := tx.CopyFrom(ctx, pgx.Identifier{"code"}, columns, pgx.CopyFromSlice(len(codes), func(i int) ([]any, error) {
			return slices.Concat(codes[i].args(o), []any{"unused", 12000, "USD", 1, 0}), nil
		}))
		if err == nil {
			_, err = tx.Exec(ctx, addStock, o.Account, o.ID, 0, len(codes), 0)
		}
		return err
	})
}

func (p *Postgres) Point(ctx context.Context, lookup []byte) error {
	var (
		id, order, account, subject, expires, version int64
		state, tail                                   string
	)
	return p.pool.QueryRow(ctx, point, lookup).Scan(&id, &order, &account, &subject, &state, &expires, &tail, &version)
}

// CSV is COPY TO.
func (p *Postgres) CSV(ctx context.Context, account int64, w io.Writer) (int, error) {
	c, err := p.pool.Acquire(ctx)
	if err != nil {
		return 0, err
	}
	defer c.Release()
	tag, err := c.Conn().PgConn().CopyTo(ctx, w, "COPY ("+fmt.Sprintf(rows, account)+") TO STDOUT (FORMAT csv)")
	return int(tag.RowsAffected()), err
}

func (p *Postgres) Count(ctx context.Context, table string) (n int, err error) {
	err = p.pool.QueryRow(ctx, "SELECT COUNT(*) FROM "+table).Scan(&n)
	return n, err
}
