package action_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"examcode/internal/action"
	"examcode/internal/action/actiontest"
	"examcode/internal/db"
	"examcode/internal/exam"
	"examcode/internal/export"
	"examcode/internal/fault"
	"examcode/internal/id"
	"examcode/internal/store"
	"examcode/internal/store/storetest"
)

// exporting is a company with codes and examinees, and the database below it.
type exporting struct {
	*actiontest.House
	db    *db.DB
	root  exam.Actor
	sub   exam.Subject
	order exam.Order
	texts []string
}

func eachExporting(t *testing.T, quantity int, test func(t *testing.T, x *exporting)) {
	t.Helper()
	storetest.EachDB(t, func(t *testing.T, d *db.DB) {
		h := actiontest.New(t, store.New(d, id.NewSource(0, time.Now)))
		x := &exporting{House: h, db: d, root: h.Company(true), sub: h.Subject()}
		x.order, x.texts = h.Buy(x.root, x.sub, quantity)
		test(t, x)
	})
}

// ask asks for an export and returns it with its promise.
func (x *exporting) ask(who exam.Actor, in action.ExportRequest) (exam.Export, exam.OwedID) {
	x.T.Helper()
	if in.Kind == "" {
		in.Kind = exam.ExportCodes
	}
	if in.Format == "" {
		in.Format = exam.CSV
	}
	e, err := x.Actions.AskExport(context.Background(), who, in)
	x.Must(err)
	owed := x.Queue.Owed()
	return e, owed[len(owed)-1]
}

func (x *exporting) now(e exam.Export) exam.Export {
	x.T.Helper()
	row, err := x.Read.Export(context.Background(), e.Account, e.ID)
	x.Must(err)
	return row.Export
}

// ready asks for an export and lets it be written.
func (x *exporting) ready(who exam.Actor, in action.ExportRequest) exam.Export {
	x.T.Helper()
	e, owed := x.ask(who, in)
	x.Must(x.Actions.Settle(context.Background(), owed))
	if e = x.now(e); e.State != exam.ExportReady {
		x.T.Fatalf("the export is %+v", e)
	}
	return e
}

func (x *exporting) file(who exam.Actor, e exam.Export) []byte {
	x.T.Helper()
	f, err := x.Actions.OpenExport(context.Background(), who, e.ID)
	x.Must(err)
	var b bytes.Buffer
	x.Must(f.Copy(context.Background(), &b))
	if int64(b.Len()) != f.Size {
		x.T.Errorf("%s has %d bytes, promised are %d", f.Name, b.Len(), f.Size)
	}
	return b.Bytes()
}

// table reads the rows of a file by its own kind of reader, the head first.
func (x *exporting) table(e exam.Export, content []byte) [][]string {
	x.T.Helper()
	if e.Format == exam.CSV {
		rest, marked := bytes.CutPrefix(content, []byte("\ufeff"))
		rows, err := csv.NewReader(bytes.NewReader(rest)).ReadAll()
		if err != nil || !marked {
			x.T.Fatalf("%v, byte order mark %v", err, marked)
		}
		return rows
	}
	f, err := excelize.OpenReader(bytes.NewReader(content))
	x.Must(err)
	defer f.Close()
	rows, err := f.GetRows(f.GetSheetName(0))
	x.Must(err)
	for i := range rows {
		rows[i] = append(rows[i], make([]string, len(rows[0])-len(rows[i]))...)
	}
	return rows
}

func column(rows [][]string, n int) []string {
	var all []string
	for _, r := range rows[1:] {
		all = append(all, r[n])
	}
	return all
}

func (x *exporting) count(sql string, args ...any) (n int64) {
	x.T.Helper()
	x.Must(x.db.Read().QueryRow(context.Background(), sql, args...).Scan(&n))
	return n
}

// TestS20_AllPagesOfTheFilterAreExported, in both formats: every row that the
// list has, in its order, and none besides; the trail tells as many rows.
func TestS20_AllPagesOfTheFilterAreExported(t *testing.T) {
	eachExporting(t, 450, func(t *testing.T, x *exporting) {
		ctx, other := context.Background(), x.Subject()
		x.Buy(x.root, other, 3)
		x.Buy(x.Company(true), x.sub, 5)
		for _, text := range x.texts[:3] {
			_, err := x.Redeem(x.Examinee(true), x.sub, text)
			x.Must(err)
		}
		for _, c := range []struct {
			filter store.CodeFilter
			want   int
		}{{store.CodeFilter{}, 453}, {store.CodeFilter{Order: x.order.ID}, 450}, {store.CodeFilter{Subject: other.ID}, 3},
			{store.CodeFilter{State: exam.Unused, Number: x.order.Number}, 447}, {store.CodeFilter{Used: true}, 3}, {store.CodeFilter{Tail: x.texts[5][15:]}, 1}} {
			var ids []string
			for page := (store.Page{Limit: store.MaxLimit}); ; {
				rows, err := x.Read.Codes(ctx, x.root.Account, c.filter, x.Clock.Now(), page)
				x.Must(err)
				for _, r := range rows.Items {
					ids = append(ids, r.ID.String())
				}
				if page.Older = rows.Older; page.Older == 0 {
					break
				}
			}
			if len(ids) != c.want && c.filter.Tail == "" {
				t.Fatalf("%+v lists %d codes, want %d", c.filter, len(ids), c.want)
			}
			for _, format := range exam.ExportFormats {
				e := x.ready(x.root, action.ExportRequest{Format: format, Filter: export.Filter{Codes: c.filter}})
				rows := x.table(e, x.file(x.root, e))
				if d := cmp.Diff(ids, column(rows, 7)); d != "" {
					t.Errorf("%+v as %s: %s", c.filter, format, d)
				}
				if e.Rows != int64(len(ids)) || e.Total != e.Rows {
					t.Errorf("%d of %d rows, want %d", e.Rows, e.Total, len(ids))
				}
				trail, err := x.Read.TrailOf(ctx, store.Page{}, int64(e.ID))
				x.Must(err)
				for _, v := range trail.Items {
					if fmt.Sprint(v.Data["count"]) != fmt.Sprint(len(ids)) || v.Data["texts"] != "masked" {
						t.Errorf("%s tells %v", v.Kind, v.Data)
					}
				}
				if len(trail.Items) != 3 || trail.Items[0].Kind != exam.EventExportDownloaded || trail.Items[1].Kind != exam.EventExportReady || trail.Items[2].Kind != exam.EventExportAsked {
					t.Errorf("the trail has %d entries", len(trail.Items))
				}
			}
		}
	})
}

// TestS20_TextsNeedTheirRight when they are asked for, when they are written and
// when they are taken; without it the codes are masked.
func TestS20_TextsNeedTheirRight(t *testing.T) {
	eachExporting(t, 4, func(t *testing.T, x *exporting) {
		ctx, request := context.Background(), action.ExportRequest{Kind: exam.ExportCodes, Format: exam.XLSX, WithTexts: true}
		viewer, teller := x.Member(x.root, exam.ViewCodes), x.Member(x.root, exam.ViewCodes|exam.RevealCodes)
		for who, want := range map[exam.Actor]*struct{ err error }{viewer: {exam.ErrNotAllowed}, x.Member(x.root, exam.RevealCodes): {exam.ErrNotAllowed}, x.Examinee(true): {exam.ErrNotEnterprise}, x.Admin: {exam.ErrNotEnterprise}} {
			if _, err := x.Actions.AskExport(ctx, who, request); !errors.Is(err, want.err) {
				t.Errorf("%s is told %v", who.Role, err)
			}
		}
		e := x.ready(teller, request)
		rows := x.table(e, x.file(teller, e))
		want := []string{}
		for _, text := range x.texts {
			want = append(want, text)
		}
		if d := cmp.Diff(want, column(rows, 0)); d != "" {
			t.Errorf("the texts are not those of the codes: %s", d)
		}
		before := x.count("SELECT COUNT(*) FROM event WHERE kind = 'export.downloaded'")
		if _, err := x.Actions.OpenExport(ctx, viewer, e.ID); !errors.Is(err, exam.ErrNotAllowed) {
			t.Errorf("a viewer takes the texts: %v", err)
		}
		if n := x.count("SELECT COUNT(*) FROM event WHERE kind = 'export.downloaded'"); n != before {
			t.Error("a refused download is told as one")
		}
		masked := x.ready(viewer, action.ExportRequest{Format: exam.XLSX})
		for _, cell := range column(x.table(masked, x.file(viewer, masked)), 0) {
			if !strings.HasPrefix(cell, "••••-••••-••••-") {
				t.Errorf("%q is not masked", cell)
			}
		}
		// The right is taken away before the file is written.
		late, owed := x.ask(teller, request)
		x.Must(x.db.Transact(ctx, func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.Exec(ctx, "UPDATE person SET rights = $1 WHERE id = $2", exam.ViewCodes, teller.Person)
			return err
		}))
		x.Must(x.Actions.Settle(ctx, owed))
		if late = x.now(late); late.State != exam.ExportFailed || late.Error != "not_allowed" || late.Blob != 0 {
			t.Errorf("without the right: %+v", late)
		}
		if _, err := x.Actions.OpenExport(ctx, x.root, late.ID); !errors.Is(err, exam.ErrExportOpen) {
			t.Errorf("a failed export is taken: %v", err)
		}
		if _, err := x.Actions.AskExport(ctx, x.root, action.ExportRequest{Kind: exam.ExportExaminees, Format: exam.CSV, WithTexts: true}); err == nil {
			t.Error("examinees have texts")
		}
	})
}

// TestS20_NoTextLiesInClear: neither the file nor its rows can be read in the
// database, and parts can be neither exchanged nor left out.
func TestS20_NoTextLiesInClear(t *testing.T) {
	eachExporting(t, 300, func(t *testing.T, x *exporting) {
		ctx := context.Background()
		e := x.ready(x.root, action.ExportRequest{WithTexts: true})
		content := x.file(x.root, e)
		sealed, err := x.Read.Chunk(ctx, e.Blob, 0)
		x.Must(err)
		for _, text := range x.texts {
			if !bytes.Contains(content, []byte(text)) {
				t.Fatal("a text is missing")
			}
			if bytes.Contains(sealed, []byte(text)) || bytes.Contains(sealed, []byte(strings.ReplaceAll(text, "-", ""))) {
				t.Fatal("a text can be read in the database")
			}
		}
		if bytes.Contains(sealed, []byte(x.order.Number)) {
			t.Error("the file is not sealed")
		}
		other := x.ready(x.root, action.ExportRequest{WithTexts: true})
		for what, sql := range map[string]string{
			"exchanged": "UPDATE blob_chunk SET data = (SELECT h.data FROM blob_chunk h WHERE h.blob_id = $2 AND h.part = 0) WHERE blob_id = $1 AND part = 0",
			"cut":       "UPDATE export SET size = 2097153 WHERE blob_id = $1 AND blob_id <> $2",
		} {
			undo := errors.New("undo")
			err := x.db.Transact(ctx, func(ctx context.Context, tx *db.Tx) error {
				n, err := tx.Exec(ctx, sql, e.Blob, other.Blob)
				if err == nil && n != 1 {
					err = fmt.Errorf("%d rows", n)
				}
				return err
			})
			if err != nil && !errors.Is(err, undo) {
				t.Fatal(what, err)
			}
			f, err := x.Actions.OpenExport(ctx, x.root, e.ID)
			x.Must(err)
			if err := f.Copy(ctx, io.Discard); err == nil {
				t.Errorf("a part was %s and nobody notices", what)
			}
		}
	})
}

// TestS20_StrangersExportsDoNotExist.
func TestS20_StrangersExportsDoNotExist(t *testing.T) {
	eachExporting(t, 2, func(t *testing.T, x *exporting) {
		ctx, other := context.Background(), x.Company(true)
		e, _ := x.ask(x.root, action.ExportRequest{})
		if _, err := x.Read.Export(ctx, other.Account, e.ID); err == nil {
			t.Error("it is shown")
		}
		_, stop := x.Actions.StopExport(ctx, other, e.ID)
		_, open := x.Actions.OpenExport(ctx, other, e.ID)
		_, again := x.Actions.RepeatExport(ctx, other, e.ID, "en")
		_, empty := x.Actions.AskExport(ctx, other, action.ExportRequest{Kind: exam.ExportCodes, Format: exam.CSV})
		got := []string{}
		for _, err := range []error{stop, open, again, empty} {
			got = append(got, fault.Of(err).Reason)
		}
		if want := []string{"not_found", "not_found", "not_found", "export_empty"}; !slices.Equal(got, want) {
			t.Errorf("a stranger is told %q", got)
		}
	})
}

func (x *exporting) exec(sql string, args ...any) error {
	return x.db.Transact(context.Background(), func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, sql, args...)
		return err
	})
}

// TestS26_ExamineesAreExported as Data statistics lists them: every filter, names
// whole and harmless, scores as numbers.
func TestS26_ExamineesAreExported(t *testing.T) {
	eachExporting(t, 6, func(t *testing.T, x *exporting) {
		ctx, session := context.Background(), x.Session(x.sub, 48*time.Hour, 10)
		names := []string{`=HYPERLINK("x","y")`, "李娜", "00123", "Ann, \"the first\"", "@SUM(A1)"}
		for i, name := range names {
			who := x.Verify(x.Join(action.SignUp{Kind: exam.Individual, Name: name, Email: fmt.Sprintf("n%d@people.example", i)}), exam.Verification{LegalName: "N", DocumentKind: "passport", DocumentNumber: "P1234567"})
			g, err := x.Redeem(who, x.sub, x.texts[i])
			x.Must(err)
			if i < 2 {
				_, err := x.Actions.Reserve(ctx, who, g.ID, session.ID)
				x.Must(err)
			}
		}
		x.Clock.Set(session.Ends())
		roster, err := x.Read.Roster(ctx, session.ID)
		x.Must(err)
		score := 88
		_, err = x.Actions.RecordResults(ctx, x.Admin, []exam.Result{{Registration: roster[0].ID, Outcome: exam.Passed, Score: &score}, {Registration: roster[1].ID, Outcome: exam.Absent}})
		x.Must(err)
		for _, f := range []store.ExamineeFilter{{}, {Outcome: "passed"}, {Outcome: store.OutcomeSat}, {Name: "李"}, {Subject: x.sub.ID, ExamType: exam.Online, Attempt: exam.FirstAttempt}} {
			list, err := x.Read.Examinees(ctx, x.root.Account, f, x.Clock.Now(), store.Page{})
			x.Must(err)
			want := []string{}
			for _, g := range list.Items {
				want = append(want, g.Name)
			}
			for _, format := range exam.ExportFormats {
				e := x.ready(x.root, action.ExportRequest{Kind: exam.ExportExaminees, Format: format, Filter: export.Filter{Examinees: f}, Lang: "zh"})
				rows := x.table(e, x.file(x.root, e))
				got := column(rows, 0)
				if format == exam.CSV {
					for i, name := range got { // only CSV needs the sign
						if strings.HasPrefix(name, "'=") || strings.HasPrefix(name, "'@") {
							got[i] = name[1:]
						} else if strings.ContainsAny(name[:1], "=@") {
							t.Errorf("%q would be a formula", name)
						}
					}
				}
				if d := cmp.Diff(want, got); d != "" {
					t.Errorf("%+v as %s: %s", f, format, d)
				}
				if rows[0][0] != "考生" || rows[0][7] != "参考时间（UTC）" {
					t.Errorf("heads %q", rows[0])
				}
				for i, g := range list.Items {
					switch {
					case g.Result == nil || g.Result.Outcome == exam.Absent:
						if rows[i+1][6] != "" || rows[i+1][7] != "" {
							t.Errorf("%s has a score: %q", g.Name, rows[i+1])
						}
					case rows[i+1][6] != "88" || rows[i+1][7] != session.Starts.Format("2006-01-02 15:04"):
						t.Errorf("%q", rows[i+1])
					}
				}
			}
		}
	})
}
