package floor

import (
	"context"
	"database/sql"
	"encoding/csv"
	"fmt"
	"io"
	"net/url"
	"strconv"

	_ "modernc.org/sqlite" // the driver
)

// sqlite is one connection with its statements compiled, and the settings that
// were found to be the fastest: as the program's, with rarer checkpoints.
type sqlite struct {
	pool   *sql.DB
	conn   *sql.Conn
	redeem []*sql.Stmt
	code   *sql.Stmt
	point  *sql.Stmt
	stock  *sql.Stmt
	flow   *sql.Stmt
}

func openSQLite(ctx context.Context, path string) (_ DB, err error) {
	dsn := url.URL{Scheme: "file", Path: path, RawQuery: url.Values{
		"_busy_timeout": {"10000"}, "_dqs": {"0"},
		"_pragma": {"journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)", "cache_size(-65536)", "journal_size_limit(67108864)", "wal_autocheckpoint(8192)"},
	}.Encode()}
	s := &sqlite{}
	if s.pool, err = sql.Open("sqlite", dsn.String()); err != nil {
		return nil, err
	}
	s.pool.SetMaxOpenConns(1)
	if s.conn, err = s.pool.Conn(ctx); err != nil {
		s.pool.Close()
		return nil, err
	}
	prepare := func(text string) *sql.Stmt {
		if err != nil {
			return nil
		}
		var p *sql.Stmt
		p, err = s.conn.PrepareContext(ctx, text)
		return p
	}
	for _, text := range statements {
		s.redeem = append(s.redeem, prepare(text))
	}
	s.code, s.point, s.stock, s.flow = prepare(addCode), prepare(point), prepare(addStock), prepare(addFlow)
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (s *sqlite) Close() {
	s.conn.Close()
	s.pool.Close()
}

func (s *sqlite) Version(ctx context.Context) (v string, err error) {
	err = s.conn.QueryRowContext(ctx, "SELECT sqlite_version()").Scan(&v)
	return v, err
}

func (s *sqlite) Rest(ctx context.Context) error {
	_, err := s.conn.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
	return err
}

// in runs fn between BEGIN IMMEDIATE and COMMIT.
func (s *sqlite) in(ctx context.Context, fn func() error) error {
	if _, err := s.conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	if err := fn(); err != nil {
		s.conn.ExecContext(ctx, "ROLLBACK")
		return err
	}
	_, err := s.conn.ExecContext(ctx, "COMMIT")
	return err
}

func (s *sqlite) Together(ctx context.Context, tickets []Ticket, size int, now int64) error {
	for len(tickets) > 0 {
		part := tickets[:min(size, len(tickets))]
		tickets = tickets[len(part):]
		err := s.in(ctx, func() error {
			for _, t := range part {
				if err := t.each(now, func(n int, args []any) (int64, error) {
					r, err := s.redeem[n].ExecContext(ctx, args...)
					if err != nil {
						return 0, err
					}
					return r.RowsAffected()
				}); err != nil {
					return err
				}
			}
			for _, c := range count(part, func(t Ticket) int64 { return t.Order }) {
				if _, err := s.stock.ExecContext(ctx, c.account, c.of, 0, -c.n, c.n); err != nil {
					return err
				}
			}
			for _, c := range count(part, func(t Ticket) int64 { return t.Subject }) {
				if _, err := s.flow.ExecContext(ctx, c.account, day(now), c.of, 0, c.n, spanFrom(now)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Issue is the prepared INSERT of one row, again and again, in one transaction.
func (s *sqlite) Issue(ctx context.Context, o Order, codes []Code) error {
	return s.in(ctx, func() error {
		if _, err := s.conn.ExecContext(ctx, addOrder, o.args(len(codes), codes[0].ID)...); err != nil {
			return err
		}
		for _, c := range codes {
			if _, err := s.code.ExecContext(ctx, c.args(o)...); err != nil {
				return err
			}
		}
		_, err := s.stock.ExecContext(ctx, o.Account, o.ID, 0, len(codes), 0)
		return err
	})
}

func (s *sqlite) Point(ctx context.Context, lookup []byte) error {
	var (
		id, order, account, subject, expires, version int64
		state, tail                                   string
	)
	return s.point.QueryRowContext(ctx, lookup).Scan(&id, &order, &account, &subject, &state, &expires, &tail, &version)
}

// CSV is one cursor over all rows, written as they come.
func (s *sqlite) CSV(ctx context.Context, account int64, w io.Writer) (n int, err error) {
	list, err := s.conn.QueryContext(ctx, fmt.Sprintf(rows, account))
	if err != nil {
		return 0, err
	}
	defer list.Close()
	out := csv.NewWriter(w)
	for list.Next() {
		var (
			id, expires, registration         int64
			tail, state, subject, name, order string
			sealed                            []byte
		)
		if err := list.Scan(&id, &tail, &state, &subject, &name, &order, &expires, &registration, &sealed); err != nil {
			return n, err
		}
		if err := out.Write([]string{strconv.FormatInt(id, 10), tail, state, subject, name, order, strconv.FormatInt(expires, 10), strconv.FormatInt(registration, 10), fmt.Sprintf("%x", sealed)}); err != nil {
			return n, err
		}
		n++
	}
	out.Flush()
	return n, list.Err()
}

func (s *sqlite) Count(ctx context.Context, table string) (n int, err error) {
	err = s.conn.QueryRowContext(ctx, "SELECT COUNT(*) FROM "+table).Scan(&n)
	return n, err
}
