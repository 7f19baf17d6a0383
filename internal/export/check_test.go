//go:build exportcheck

package export_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"examcode/internal/action"
	"examcode/internal/action/actiontest"
	"examcode/internal/db"
	"examcode/internal/exam"
	"examcode/internal/export"
	"examcode/internal/id"
	"examcode/internal/store"
	"examcode/internal/store/storetest"
)

const (
	fewRows  = 20_000
	manyRows = 200_000
)

// bare reads the same rows as an export does, in one query of the engine's own,
// into the same columns as text.
const bare = `SELECT c.id, c.tail, c.state, s.name_en, COALESCE(g.name, ''), o.number, c.expires_at, COALESCE(c.registration_id, 0), c.sealed
FROM code c JOIN orders o ON o.id = c.order_id JOIN subject s ON s.id = c.subject_id LEFT JOIN registration g ON g.id = c.registration_id
WHERE c.account_id = $1 ORDER BY c.id DESC`

func bulkRead(d *db.DB, account exam.AccountID) (time.Duration, error) {
	ctx, begun, n := context.Background(), time.Now(), 0
	if pool := d.Pool(); pool != nil {
		c, err := pool.Acquire(ctx)
		if err != nil {
			return 0, err
		}
		defer c.Release()
		_, err = c.Conn().PgConn().CopyTo(ctx, io.Discard, "COPY ("+fmt.Sprintf(bare[:len(bare)-len("$1 ORDER BY c.id DESC")]+"%d ORDER BY c.id DESC", account)+") TO STDOUT (FORMAT csv)")
		return time.Since(begun), err
	}
	rows, err := d.Read().Query(ctx, bare, account)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	out := csv.NewWriter(io.Discard)
	for rows.Next() {
		var (
			a, b, c             int64
			s1, s2, s3, s4, num string
			sealed              []byte
		)
		if err := rows.Scan(&a, &s1, &s2, &s3, &s4, &num, &b, &c, &sealed); err != nil {
			return 0, err
		}
		if err := out.Write([]string{fmt.Sprint(a), s1, s2, s3, s4, num, fmt.Sprint(b), fmt.Sprint(c), string(sealed)}); err != nil {
			return 0, err
		}
		n++
	}
	return time.Since(begun), rows.Err()
}

// TestS20_ManyRows exports 200,000 rows with their texts in both formats, opens
// the workbook in LibreOffice, and prints what it took. One engine after another.
func TestS20_ManyRows(t *testing.T) {
	turn := make(chan struct{}, 1)
	storetest.EachDB(t, func(t *testing.T, d *db.DB) {
		turn <- struct{}{}
		defer func() { <-turn }()
		h := actiontest.New(t, store.New(d, id.NewSource(0, time.Now)))
		sub := h.Subject()
		few, many := h.Company(true), h.Company(true)
		for _, b := range []struct {
			who  exam.Actor
			rows int
		}{{few, fewRows}, {many, manyRows / 2}, {many, manyRows / 2}} {
			o, err := h.Actions.BuyCodes(context.Background(), b.who, sub.ID, b.rows)
			h.Must(err)
			_, err = h.Actions.PayOrder(context.Background(), b.who, o.ID, "sandbox", "", "")
			h.Must(err)
		}
		for _, format := range exam.ExportFormats {
			heap := map[int]uint64{}
			for _, x := range []struct {
				who  exam.Actor
				rows int
			}{{few, fewRows}, {many, manyRows}} {
				e, err := h.Actions.AskExport(context.Background(), x.who, action.ExportRequest{Kind: exam.ExportCodes, Format: format, WithTexts: true, Lang: "zh"})
				h.Must(err)
				heap[x.rows] = liveHeap(t, h, e)
				owed := h.Queue.Owed()
				begun := time.Now()
				h.Must(h.Actions.Settle(context.Background(), owed[len(owed)-1]))
				took := time.Since(begun)
				if x.rows == fewRows {
					continue
				}
				bulk, err := bulkRead(d, x.who.Account)
				h.Must(err)
				fmt.Printf("| %s, %s, %d rows with texts, sealed and stored | %.1f s, %.0f rows/s, %.2f of the engine's own bulk read (%.1f s) |\n", d.Engine(), format, x.rows, took.Seconds(), float64(x.rows)/took.Seconds(), bulk.Seconds()/took.Seconds(), bulk.Seconds())
				open(t, h, x.who, e)
			}
			fmt.Printf("| %s, %s, live heap during %d against %d rows | %.1f MiB against %.1f MiB, ratio %.2f |\n", d.Engine(), format, manyRows, fewRows, float64(heap[manyRows])/(1<<20), float64(heap[fewRows])/(1<<20), float64(heap[manyRows])/float64(heap[fewRows]))
			if heap[manyRows] > heap[fewRows]*3/2 {
				t.Errorf("%s: the heap grows from %d to %d", format, heap[fewRows], heap[manyRows])
			}
		}
	})
}

// liveHeap is the most that is alive between the batches of an export's rows.
func liveHeap(t *testing.T, h *actiontest.House, e exam.Export) (most uint64) {
	_, err := export.Write(context.Background(), io.Discard, e, export.Source{Store: h.Read,
		Text: func(id exam.CodeID, sealed []byte) (string, error) {
			text, err := h.Vault.OpenCode(int64(id), sealed)
			return text.Reveal(), err
		},
		Beat: func(rows int64) error {
			if rows%10_000 == 0 {
				runtime.GC()
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				most = max(most, m.HeapAlloc)
			}
			return nil
		}}, h.Clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	return most
}

// open lets LibreOffice read the file, and wants every code as it was sold.
func open(t *testing.T, h *actiontest.House, who exam.Actor, e exam.Export) {
	dir := t.TempDir()
	f, err := h.Actions.OpenExport(context.Background(), who, e.ID)
	h.Must(err)
	file := filepath.Join(dir, "codes."+string(e.Format))
	w, err := os.Create(file)
	h.Must(err)
	h.Must(f.Copy(context.Background(), w))
	h.Must(w.Close())
	begun := time.Now()
	out, err := exec.Command("soffice", "-env:UserInstallation=file://"+dir+"/profile", "--headless", "--infilter=CSV:44,34,76,1", "--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76,1", "--outdir", filepath.Join(dir, "out"), file).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	b, err := os.ReadFile(filepath.Join(dir, "out", "codes.csv"))
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(b, []byte("\ufeff")))).ReadAll()
	if err != nil || len(rows) != manyRows+1 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	seen := map[string]bool{}
	for _, r := range rows[1:] {
		if len(r[0]) != 19 || seen[r[0]] || r[2] != "云计算工程师" || r[1] != "未使用" {
			t.Fatalf("%q", r)
		}
		seen[r[0]] = true
	}
	fmt.Printf("| %s of %d rows opened by LibreOffice | %.1f MiB, every text whole and distinct, %.0f s |\n", e.Format, manyRows, float64(f.Size)/(1<<20), time.Since(begun).Seconds())
}
