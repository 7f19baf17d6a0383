package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
)

func get(t *testing.T, method, path string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, r)
	return w.Result()
}

func TestFilesAreServedAsTheyAre(t *testing.T) {
	for name, kind := range map[string]string{
		"app.css": "text/css; charset=utf-8", "app.js": "text/javascript; charset=utf-8",
		"vendor/tabler.min.css": "text/css; charset=utf-8", "vendor/htmx.min.js": "text/javascript; charset=utf-8",
		"vendor/icons.svg": "image/svg+xml", "chart.js": "text/javascript; charset=utf-8", "vendor/echarts.min.js": "text/javascript; charset=utf-8",
	} {
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		plain := get(t, "GET", Path(name))
		body, _ := io.ReadAll(plain.Body)
		if plain.StatusCode != 200 || !bytes.Equal(body, want) || plain.Header.Get("Content-Encoding") != "" {
			t.Errorf("%s: %d, %d bytes", name, plain.StatusCode, len(body))
		}
		for k, v := range map[string]string{
			"Content-Type": kind, "X-Content-Type-Options": "nosniff", "Vary": "Accept-Encoding",
			"Cache-Control": "public, max-age=31536000, immutable",
		} {
			if got := plain.Header.Get(k); got != v {
				t.Errorf("%s: %s is %q", name, k, got)
			}
		}
		packed := get(t, "GET", Path(name), "Accept-Encoding", "br, gzip;q=0.8")
		z, err := gzip.NewReader(packed.Body)
		if err != nil || packed.Header.Get("Content-Encoding") != "gzip" {
			t.Fatalf("%s: not gzip: %v", name, err)
		}
		if body, _ := io.ReadAll(z); !bytes.Equal(body, want) {
			t.Errorf("%s: unpacks to something else", name)
		}
		if r := get(t, "GET", Path(name), "If-None-Match", plain.Header.Get("ETag")); r.StatusCode != 304 {
			t.Errorf("%s: unchanged file answers %d", name, r.StatusCode)
		}
	}
}

func TestWhatIsNotServed(t *testing.T) {
	hash := strings.Split(Path("app.css"), "/")[2]
	for _, path := range []string{
		"/static/000000000000/app.css", "/static/" + hash + "/vendor/icons.svg", "/static/" + hash + "/",
		"/static/" + hash + "/vendor/VERSIONS", "/static/" + hash + "/../static.go", "/static/app.css",
	} {
		if r := get(t, "GET", path); r.StatusCode != 404 {
			t.Errorf("%s answers %d", path, r.StatusCode)
		}
	}
	if r := get(t, "POST", Path("app.css")); r.StatusCode != 405 {
		t.Errorf("POST answers %d", r.StatusCode)
	}
	if r := get(t, "GET", Path("app.css"), "Accept-Encoding", "gzip;q=0"); r.Header.Get("Content-Encoding") != "" {
		t.Error("gzip was refused and sent")
	}
	if r := get(t, "HEAD", Path("app.css")); r.ContentLength <= 0 {
		t.Error("HEAD tells no length")
	}
}

func TestUnknownNamePanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	Path("nothing.css")
}

// The vendored files are the recorded ones, unedited.
func TestVendoredFilesMatchTheirSums(t *testing.T) {
	sums, err := os.ReadFile("vendor/SHA256SUMS")
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir("vendor")
	if err != nil {
		t.Fatal(err)
	}
	if lines := strings.Count(string(sums), "\n"); lines != len(entries)-1 {
		t.Errorf("%d sums for %d files", lines, len(entries)-1)
	}
	for line := range strings.Lines(string(sums)) {
		sum, name, _ := strings.Cut(strings.TrimSpace(line), "  ")
		content, err := os.ReadFile("vendor/" + name)
		if err != nil {
			t.Error(err)
			continue
		}
		if got := sha256.Sum256(content); hex.EncodeToString(got[:]) != sum {
			t.Errorf("%s was changed", name)
		}
	}
}

// Nothing we serve loads anything from another host, and the first visit stays
// within its budget (sizes after gzip).
func TestOwnHostOnlyAndWeight(t *testing.T) {
	load := load()
	away := regexp.MustCompile(`url\(\s*["']?(https?:)?//|@import|@font-face`)
	for _, name := range []string{"app.css", "vendor/tabler.min.css"} {
		if found := away.Find(load[name].plain); found != nil {
			t.Errorf("%s: %s", name, found)
		}
	}
	for what, c := range map[string]struct {
		names []string
		max   int
	}{
		"style sheets": {[]string{"app.css", "vendor/tabler.min.css"}, 86 << 10},
		"scripts":      {[]string{"app.js", "vendor/htmx.min.js"}, 22 << 10},
		"charts":       {[]string{"chart.js", "vendor/echarts.min.js"}, 240 << 10},
		"icons":        {[]string{"vendor/icons.svg"}, 8 << 10},
	} {
		sum := 0
		for _, name := range c.names {
			sum += len(load[name].zips)
		}
		if sum > c.max {
			t.Errorf("%s weigh %d bytes, at most %d", what, sum, c.max)
		}
	}
}
