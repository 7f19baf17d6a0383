package canary

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"unicode/utf16"

	"examcode/internal/db"
	"examcode/internal/db/dbtest"
	"examcode/internal/proof"
)

// canary is a secret that somebody knows.
type canary struct{ kind, text string }

// forms are the ways in which a program may write a text.
func forms(text string) map[string][]byte {
	all := map[string][]byte{}
	for name, s := range map[string]string{"plain": text, "without dashes": strings.ReplaceAll(text, "-", ""), "lower case": strings.ToLower(text)} {
		b := []byte(s)
		all[name] = b
		all[name+", hex"] = []byte(hex.EncodeToString(b))
		all[name+", HEX"] = []byte(strings.ToUpper(hex.EncodeToString(b)))
		all[name+", URL"] = []byte(url.QueryEscape(s))
		var little, big []byte
		for _, u := range utf16.Encode([]rune(s)) {
			little, big = append(little, byte(u), byte(u>>8)), append(big, byte(u>>8), byte(u))
		}
		all[name+", UTF-16"], all[name+", UTF-16 BE"] = little, big
		for skip := range 3 { // wherever it stands in what is encoded
			padded := append(bytes.Repeat([]byte{0}, skip), b...)
			for i, e := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
				text := e.EncodeToString(padded)
				all[fmt.Sprintf("%s, base64 %d/%d", name, skip, i)] = []byte(text[(skip*8+5)/6 : len(text)-1])
			}
		}
	}
	return all
}

// finder looks for all forms of canaries in one pass over what is there.
type finder struct {
	begins map[[shortest]byte][]form // how those that begin so go on
	may    [1 << 16]bool             // whether one begins with two bytes
}

type form struct {
	canary
	name string
	b    []byte
}

// shortest is how long a form is at least: less is found by chance.
const shortest = 6

func newFinder(canaries []canary) *finder {
	f := &finder{begins: map[[shortest]byte][]form{}}
	for _, c := range canaries {
		for name, b := range forms(c.text) {
			if len(b) >= shortest {
				at := [shortest]byte(b)
				f.begins[at] = append(f.begins[at], form{c, name, b})
				f.may[int(b[0])<<8|int(b[1])] = true
			}
		}
	}
	return f
}

// search lists the canaries that are there at a place, each once.
func (f *finder) search(place string, content []byte) (hits []string) {
	seen := map[canary]bool{}
	for i := range max(0, len(content)-shortest+1) {
		if !f.may[int(content[i])<<8|int(content[i+1])] {
			continue
		}
		for _, x := range f.begins[[shortest]byte(content[i:])] {
			if !seen[x.canary] && bytes.HasPrefix(content[i:], x.b) {
				seen[x.canary] = true
				hits = append(hits, fmt.Sprintf("%s: a %s (%s)", place, x.kind, x.name))
			}
		}
	}
	return hits
}

// TestCanaries lets the program serve on each engine, and looks for what it may
// not have left anywhere.
func TestCanaries(t *testing.T) {
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			run := proof.Begin(t, "canary", engine, 1)
			w := &world{t: t, data: filepath.Join(t.TempDir(), "data"), temp: t.TempDir()}
			if err := os.Mkdir(w.data, 0o700); err != nil {
				t.Fatal(err)
			}
			if engine == "postgres" {
				w.url = dbtest.PostgresURL(t)
			}
			w.begin()
			for run.Next() {
				w.live()
			}
			places := w.places()
			size, found, all := 0, 0, newFinder(w.canaries)
			for name, content := range places {
				size += len(content)
				hits := all.search(name, content)
				found += len(hits)
				for _, h := range hits {
					t.Error(h)
				}
			}
			run.Set("planted", len(w.canaries))
			run.Set("places", len(places))
			run.Set("bytes", size)
			run.Set("hits", found)
			run.Set("control", w.control())
		})
	}
}

// control writes a secret into a row by hand and says another to the output; both
// must be found.
func (w *world) control() string {
	w.server.kill()
	d, err := db.Open(context.Background(), w.config())
	if err == nil {
		err = d.Transact(context.Background(), func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.Exec(ctx, "INSERT INTO setting (name, value) VALUES ('canary', $1)", w.canaries[0].text)
			return err
		})
		d.Close()
	}
	if err != nil {
		w.t.Fatal(err)
	}
	fmt.Fprintf(w.server.out, `{"msg":%q}`, base64.StdEncoding.EncodeToString([]byte("x"+w.canaries[1].text+"yz")))
	var hits []string
	first := newFinder(w.canaries[:2])
	for name, content := range w.places() {
		hits = append(hits, first.search(name, content)...)
	}
	sort.Strings(hits)
	database, output := false, false
	for _, h := range hits {
		output = output || strings.HasPrefix(h, "output")
		database = database || !strings.HasPrefix(h, "output")
	}
	if !database || !output {
		w.t.Errorf("a row and a line with a secret are not found: %q", hits)
		return "missed"
	}
	return "caught"
}
