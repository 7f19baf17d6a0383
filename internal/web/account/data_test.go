package account

import (
	"archive/zip"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"examcode/internal/exam"
)

// filesOf reads a ZIP file.
func filesOf(t *testing.T, body string) map[string]string {
	t.Helper()
	z, err := zip.NewReader(strings.NewReader(body), int64(len(body)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[f.Name] = string(text)
	}
	return files
}

// The copy needs a password given just now, holds everything as JSON and as
// tables, and is recorded; erasing goes through the page that says what happens,
// signs out, and leaves an address that anybody can sign up with again.
func TestYourData(t *testing.T) {
	each(t, nil, func(t *testing.T, w *world) {
		who := w.Verify(w.join(exam.Individual, "Lin Xia", "lin@people.example"), exam.Verification{LegalName: "Lin Xiaoyu", DocumentKind: "passport", DocumentNumber: "E7654321"})
		b := w.As(who)
		b.Get("/account").Has("/account/data")
		b.Get("/account/data").Is(200, "Download my data", "1 sent;", "See what would be erased")
		w.Clock.Move(6 * time.Minute)
		b.Post("/account/data").Leads()
		b.Get("/account/data/erase").Leads()
		b.Post("/sign-in/again", "password", password, "next", "/account/data").Goes("/account/data")
		files := filesOf(t, b.Post("/account/data").Is(200).Body)
		var data map[string]json.RawMessage
		if err := json.Unmarshal([]byte(files["data.json"]), &data); err != nil {
			t.Fatalf("%v in\n%s", err, files["data.json"])
		}
		for _, want := range []string{"lin@people.example", "Lin Xiaoyu", "E7654321", "person.data_copied"} {
			if !strings.Contains(files["data.json"], want) {
				t.Errorf("data.json lacks %s", want)
			}
		}
		if !strings.Contains(files["verifications.csv"], "E7654321") || !strings.Contains(files["profile.csv"], "lin@people.example") {
			t.Errorf("the tables lack something: %v", files)
		}
		page := b.Get("/account/data/erase").Is(200, "Verifications sent: 1", "Erase for good")
		b.Post("/account/data/erase").Is(409, "nothing was erased")
		b.Submit("/account/data/erase", page.Form()).Goes("/sign-in")
		b.Get("/sign-in").Is(200, "Your data are erased")
		b.Get("/account/data").Goes("/sign-in?next=%2Faccount%2Fdata")
		w.Browser().Post("/sign-in", "email", "lin@people.example", "password", password).Is(422)
		w.join(exam.Individual, "Lin Xia", "lin@people.example")
	})
}

// Whoever holds what stands in the way is told what to do.
func TestYourDataWhenNothingCanBeErased(t *testing.T) {
	each(t, nil, func(t *testing.T, w *world) {
		money := w.Staff(exam.Money)
		b := w.As(money)
		b.Get("/account/data").Is(200, "erased by an administrator", "Download my data").Lacks("See what would be erased")
		b.Get("/account/data/erase").Is(403, "erased by an administrator")
		if !slices.Contains(strings.Fields(b.Get("/account/data").Page), "Messages") {
			t.Error("the page does not say what is kept")
		}
	})
}
