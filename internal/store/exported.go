package store

import (
	"context"
	"maps"
	"slices"
	"time"

	"examcode/internal/db"
	"examcode/internal/exam"
)

// CodeLine is what a file tells of a code.
type CodeLine struct {
	ID           exam.CodeID
	State        exam.CodeState // as stored
	Expires      time.Time
	Tail         string
	Registration exam.RegistrationID
	HolderName   string
	Sealed       []byte // the text; nil unless it was asked for
	*Shared
}

// Shared is what a code has in common with the others of its order and subject.
type Shared struct {
	OrderNumber string
	SubjectName exam.Names
}

// Effective is the state at an instant.
func (c CodeLine) Effective(now time.Time) exam.CodeState {
	return exam.Code{State: c.State, Expires: c.Expires}.Effective(now)
}

// CodeLines reads the list that Codes shows, newest first, in short queries: so
// many rows each, whatever the list's length.
type CodeLines struct {
	r       Reader
	account exam.AccountID
	filter  CodeFilter
	now     time.Time
	sealed  bool
	limit   int
	older   exam.CodeID // than all that were read; 0 at the start

	// What many codes share is looked up once, not joined to each.
	shared map[sharing]*Shared
	of     []sharing // of the rows at hand
}

// sharing names what a code shares.
type sharing struct {
	order   exam.OrderID
	subject exam.SubjectID
}

// CodeLines begins at the newest code.
func (r Reader) CodeLines(account exam.AccountID, f CodeFilter, now time.Time, sealed bool, limit int) *CodeLines {
	return &CodeLines{r: r, account: account, filter: f, now: now, sealed: sealed, limit: limit}
}

// Next reads the next rows; fewer than the limit are the last.
func (l *CodeLines) Next(ctx context.Context) ([]CodeLine, error) {
	lines, err := l.read(ctx)
	if err != nil || len(lines) == 0 {
		return nil, err
	}
	if err := l.share(ctx, lines); err != nil {
		return nil, err
	}
	l.older = lines[len(lines)-1].ID
	return lines, nil
}

// read scans into the few types that need no conversion, and into the same places
// for every row: conversions were a third of a file's price.
func (l *CodeLines) read(ctx context.Context) ([]CodeLine, error) {
	first, last, err := l.r.codeRange(ctx, l.account, l.filter)
	if err != nil {
		return nil, err
	}
	b := codeWhere(l.account, l.filter, first, last, l.now)
	if l.older != 0 {
		b.and("c.id < ?", l.older)
	}
	var (
		id, order, subject, expires, registration int64
		state, holder, tail                       string
		sealed                                    []byte
	)
	text, into := "c.tail", any(&tail)
	if l.sealed {
		text, into = "c.sealed", &sealed
	}
	where, by := ofAccount(b.String(), "c.id", "DESC")
	rows, err := l.r.q.Query(ctx, "SELECT c.id, c.order_id, c.subject_id, c.expires_at, COALESCE(c.registration_id, 0), c.state, COALESCE(g.name, ''), "+text+
		" FROM code c LEFT JOIN registration g ON g.id = c.registration_id WHERE "+where+" ORDER BY "+by+" LIMIT "+b.arg(l.limit), b.args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	lines := make([]CodeLine, 0, l.limit)
	l.of = l.of[:0]
	places := []any{&id, &order, &subject, &expires, &registration, &state, &holder, into}
	for rows.Next() {
		if err := rows.Scan(places...); err != nil {
			return nil, err
		}
		lines = append(lines, CodeLine{ID: exam.CodeID(id), State: exam.CodeState(state), Expires: time.UnixMicro(expires).UTC(), Tail: tail,
			Registration: exam.RegistrationID(registration), HolderName: holder, Sealed: sealed})
		l.of = append(l.of, sharing{exam.OrderID(order), exam.SubjectID(subject)})
	}
	return lines, rows.Err()
}

// mostShared is up to how many orders are remembered.
const mostShared = 10_000

// share gives rows what they share, and looks up what is not known yet.
func (l *CodeLines) share(ctx context.Context, lines []CodeLine) error {
	if l.shared == nil || len(l.shared) > mostShared {
		l.shared = map[sharing]*Shared{}
	}
	var missing []sharing
	for i, of := range l.of {
		if i > 0 && of == l.of[i-1] {
			lines[i].Shared = lines[i-1].Shared
			continue
		}
		s, known := l.shared[of]
		if !known {
			s = &Shared{}
			l.shared[of] = s
			missing = append(missing, of)
		}
		lines[i].Shared = s
	}
	return l.know(ctx, missing)
}

// know looks up what is missing.
func (l *CodeLines) know(ctx context.Context, missing []sharing) error {
	var (
		numbers  = map[exam.OrderID]string{}
		subjects = map[exam.SubjectID]exam.Names{}
	)
	for _, of := range missing {
		numbers[of.order], subjects[of.subject] = "", exam.Names{}
	}
	orders, err := byID(ctx, l.r.q, func(row db.Row) (o exam.Order, err error) {
		err = row.Scan(&o.ID, &o.Number)
		return o, err
	}, "SELECT o.id, o.number FROM orders o", "o.id", slices.Collect(maps.Keys(numbers)))
	if err != nil {
		return err
	}
	for _, o := range orders {
		numbers[o.ID] = o.Number
	}
	names, err := byID(ctx, l.r.q, func(row db.Row) (s exam.Subject, err error) {
		err = row.Scan(&s.ID, &s.Name.EN, &s.Name.ZH)
		return s, err
	}, "SELECT s.id, s.name_en, s.name_zh FROM subject s", "s.id", slices.Collect(maps.Keys(subjects)))
	for _, s := range names {
		subjects[s.ID] = s.Name
	}
	for _, of := range missing {
		*l.shared[of] = Shared{numbers[of.order], subjects[of.subject]}
	}
	return err
}

// ExamineeBatch reads the next rows of the list that Examinees shows, older than
// one (0 is the start), up to limit.
func (r Reader) ExamineeBatch(ctx context.Context, account exam.AccountID, f ExamineeFilter, now time.Time, older exam.RegistrationID, limit int) ([]RegistrationRow, error) {
	b := examineeWhere(account, f, now)
	if older != 0 {
		b.and("g.id < ?", older)
	}
	where, by := ofAccount(b.String(), "g.id", "DESC")
	return all(ctx, r.q, scanRegistrationRow, registrationRowSelect+" WHERE "+where+" ORDER BY "+by+" LIMIT "+b.arg(limit), b.args...)
}
