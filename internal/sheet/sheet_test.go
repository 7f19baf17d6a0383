package sheet

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

// hostile are texts that some program would run, cut, or take for numbers.
var hostile = []string{"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1+1", "＋1", "－1", "＠a", "a;=1", "a,=1", "a\n=1", "a\t@b", " =1", "\"=1", "'=1", "\u3000=1",
	"00123", "12345678901234567890", "1E5", "7H2K-QW9M-ZX4T-K7QF", "李娜", "𠮷野家", "O'Neil", "a \"b\" c", "a<b>&c", "_x0041_", "_x005F_", "  spaced  ", "Ann-Lee", "a - b", "TRUE", "1/2/2026"}

func written(t *testing.T, format string, rows [][]string) []byte {
	t.Helper()
	var b bytes.Buffer
	book, err := New(&b, format, "Codes: [all]", []Column{{"Code", 22}, {"Rows", 8}})
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range rows {
		if err := book.Row(Text(r[0]), Number(int64(i-3))); err != nil {
			t.Fatal(err)
		}
	}
	if err := book.Next("About", []Column{{"Key", 10}}); err != nil {
		t.Fatal(err)
	}
	if err := book.Row(Text("zone")); err != nil {
		t.Fatal(err)
	}
	if err := book.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func rowsOf(texts []string) (rows [][]string) {
	for i, s := range texts {
		rows = append(rows, []string{s, fmt.Sprint(i - 3)})
	}
	return rows
}

// runs tells whether some program would take a text, or a part of it that
// another separator makes a cell, for a formula.
var runs = regexp.MustCompile(`(^|[,;|\t\r\n])[ \x{a0}\x{3000}"]*[=+\-@＝＋－＠]`)

func TestS20_CSVIsHarmless(t *testing.T) {
	content, marked := bytes.CutPrefix(written(t, CSV, rowsOf(hostile)), []byte("\ufeff"))
	if !marked || bytes.Contains(content, []byte("zone")) || bytes.Contains(bytes.ReplaceAll(content, []byte("\r\n"), nil), []byte("\r\n")) {
		t.Error("no byte order mark, or a second table")
	}
	got, err := csv.NewReader(bytes.NewReader(content)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range got[1:] {
		if runs.MatchString(r[0]) {
			t.Errorf("%q would run", r[0])
		}
		if r[1] != fmt.Sprint(i-3) {
			t.Errorf("the number %q", r[1])
		}
		if want := strings.ReplaceAll(hostile[i], "\r\n", "\n"); strings.ReplaceAll(r[0], "'", "") != strings.ReplaceAll(want, "'", "") {
			t.Errorf("%q became %q", want, r[0])
		}
	}
	for _, fine := range []string{"Ann-Lee", "a - b", "00123", "李娜", "O'Neil"} {
		if harmless(fine) != fine {
			t.Errorf("%q became %q", fine, harmless(fine))
		}
		if fine != "O'Neil" && !calm(fine) {
			t.Errorf("%q is looked at sign by sign", fine)
		}
	}
	seen := 0
	for _, s := range hostile {
		if runs.MatchString(s) {
			seen++
		}
	}
	if seen < 14 {
		t.Errorf("only %d texts would run", seen)
	}
}

// TestS20_XLSXKeepsTexts: read back by another reader, every text is what it was,
// as a text, and nothing is a formula.
func TestS20_XLSXKeepsTexts(t *testing.T) {
	content := written(t, XLSX, rowsOf(hostile))
	f, err := excelize.OpenReader(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if d := cmp.Diff([]string{"Codes   all", "About"}, f.GetSheetList()); d != "" {
		t.Error(d)
	}
	name := f.GetSheetName(0)
	for i, want := range hostile {
		at := fmt.Sprintf("A%d", i+2)
		got, err := f.GetCellValue(name, at)
		kind, _ := f.GetCellType(name, at)
		formula, _ := f.GetCellFormula(name, at)
		if got = strings.ReplaceAll(got, "\r", "\r"); err != nil || got != want || formula != "" || kind != excelize.CellTypeInlineString {
			t.Errorf("%q became %q (%v, formula %q, %v)", want, got, kind, formula, err)
		}
	}
	if panes, err := f.GetPanes(name); err != nil || !panes.Freeze || panes.YSplit != 1 {
		t.Errorf("the head is not frozen: %+v, %v", panes, err)
	}
	z, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range z.File {
		r, _ := part.Open()
		b, _ := io.ReadAll(r)
		if bytes.Contains(b, []byte("<f>")) || bytes.Contains(b, []byte("<f ")) {
			t.Errorf("%s has a formula", part.Name)
		}
	}
}

// A table that is full goes on in another, with its heads.
func TestAFullTableGoesOn(t *testing.T) {
	var b bytes.Buffer
	x, err := newXLSX(&b, "Codes", []Column{{"Code", 9}}, 3)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		if err := x.Row(Text(fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var got []string
	for _, name := range f.GetSheetList() {
		rows, err := f.GetRows(name)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, name+":"+fmt.Sprint(rows))
	}
	if d := cmp.Diff([]string{"Codes:[[Code] [0] [1]]", "Codes (2):[[Code] [2] [3]]", "Codes (3):[[Code] [4]]"}, got); d != "" {
		t.Error(d)
	}
}

// TestS20_LibreOfficeOpensIt as people's programs do: no formula has run and no
// text has become a number.
func TestS20_LibreOfficeOpensIt(t *testing.T) {
	var texts []string
	for len(texts) < 2000 {
		for _, s := range hostile {
			if !strings.ContainsAny(s, "\t\r") { // written back otherwise in CSV
				texts = append(texts, s)
			}
		}
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "codes.xlsx")
	if err := os.WriteFile(file, written(t, XLSX, rowsOf(texts)), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("soffice", "-env:UserInstallation=file://"+dir+"/profile", "--headless", "--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76,1", "--outdir", dir, file).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	b, err := os.ReadFile(filepath.Join(dir, "codes.csv"))
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	got, err := csv.NewReader(bytes.NewReader(b)).ReadAll()
	if err != nil || len(got) != len(texts)+1 {
		t.Fatalf("%d rows, %v", len(got), err)
	}
	for i, r := range got[1:] {
		if r[0] != texts[i] || r[1] != fmt.Sprint(i-3) {
			t.Fatalf("row %d: %q became %q", i, texts[i], r)
		}
	}
}

func FuzzHarmless(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		s = strings.ToValidUTF8(s, "")
		got := harmless(s)
		if runs.MatchString(got) || strings.ContainsRune(got, 0) {
			t.Errorf("%q became %q, which would run", s, got)
		}
		if calm(s) && (got != s || strings.Contains(s, `"`)) {
			t.Errorf("%q is called calm", s)
		}
	})
}
