// Package static holds the files every page loads: the vendored Tabler style
// sheet, htmx, ECharts and icons, and our own style sheet and script. They are embedded,
// named by their content and served as immutable; nothing is ever loaded from
// another host. The vendored files are made by tools/vendor-web.sh and are not
// edited by hand.
package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
)

//go:embed app.css app.js chart.js logo.svg vendor
var files embed.FS

// Prefix is where Handler must be mounted.
const Prefix = "/static/"

var types = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
}

type file struct {
	hash, kind  string
	plain, zips []byte
}

// load reads every served file once; licences and sums stay in the source tree.
var load = sync.OnceValue(func() map[string]*file {
	all := map[string]*file{}
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		kind, served := types[path.Ext(name)]
		if !served {
			return nil
		}
		plain, err := files.ReadFile(name)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(plain)
		all[name] = &file{hash: hex.EncodeToString(sum[:6]), kind: kind, plain: plain, zips: zipped(plain)}
		return nil
	})
	if err != nil {
		panic("static: " + err.Error())
	}
	return all
})

func zipped(plain []byte) []byte {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		panic(err)
	}
	if _, err := w.Write(plain); err != nil {
		panic(err)
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// Path is the address of a file, for instance Path("vendor/icons.svg"); it
// changes with the content. A name that is not embedded panics: it is a typing
// error in a template.
func Path(name string) string {
	f, ok := load()[name]
	if !ok {
		panic(fmt.Sprintf("static: no file %q", name))
	}
	return Prefix + f.hash + "/" + name
}

// Handler answers GET and HEAD below Prefix. An address whose hash is not the
// file's is 404, so that an old page never gets a newer file for ever.
func Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
			return
		}
		hash, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, Prefix), "/")
		f, ok := load()[name]
		if !ok || f.hash != hash {
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		h.Set("Content-Type", f.kind)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		h.Set("ETag", `"`+f.hash+`"`)
		h.Add("Vary", "Accept-Encoding")
		if r.Header.Get("If-None-Match") == `"`+f.hash+`"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		body := f.plain
		if acceptsGzip(r.Header.Get("Accept-Encoding")) {
			h.Set("Content-Encoding", "gzip")
			body = f.zips
		}
		h.Set("Content-Length", strconv.Itoa(len(body)))
		if r.Method == http.MethodGet {
			// A client that went away is not our concern.
			_, _ = w.Write(body)
		}
	})
}

func acceptsGzip(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		coding, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			q := strings.ReplaceAll(params, " ", "")
			return q != "q=0" && q != "q=0.0" && q != "q=0.00" && q != "q=0.000"
		}
	}
	return false
}
