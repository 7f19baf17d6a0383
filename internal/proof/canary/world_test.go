package canary

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"examcode/internal/action/actiontest"
	"examcode/internal/db"
	"examcode/internal/exam"
	"examcode/internal/id"
	"examcode/internal/mail/mailtest"
	"examcode/internal/store"
	"examcode/internal/store/storetest"
	"examcode/internal/vault"
)

// world is a served program, those who use it, and what they know.
type world struct {
	t          *testing.T
	data, temp string
	url        string // of PostgreSQL; "" is SQLite
	server     *server
	sink       *mailtest.Server
	canaries   []canary

	root, examinee   string // keys
	session, subject string
}

func (w *world) config() db.Config {
	if w.url != "" {
		return db.Config{URL: w.url, Now: time.Now}
	}
	return db.Config{Path: filepath.Join(w.data, "examcode.db"), Now: time.Now}
}

func (w *world) know(kind, text string) string {
	if len(text) < 6 {
		w.t.Fatalf("the %s %q cannot be told from anything", kind, text)
	}
	w.canaries = append(w.canaries, canary{kind, text})
	return text
}

// begin fills the database with people and starts the program over it.
func (w *world) begin() {
	ctx := context.Background()
	d, err := db.Open(ctx, w.config())
	if err == nil {
		err = storetest.Prepare(ctx, d)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	v, err := vault.LoadOrCreate(filepath.Join(w.data, "keyring.json"))
	if err != nil {
		w.t.Fatal(err)
	}
	h := actiontest.NewWith(w.t, store.New(d, id.NewSource(0, time.Now)), v)
	h.Spoiled = true // the store is closed by then; others verify
	h.Clock.Set(time.Now())
	root, examinee := h.Company(true), h.Examinee(true)
	for who, to := range map[exam.Actor]*string{root: &w.root, examinee: &w.examinee} {
		_, key, err := h.Actions.CreateKey(ctx, who, "canary")
		h.Must(err)
		*to = key
	}
	token, _, err := h.Actions.OpenSession(ctx, root.Person, "canary")
	h.Must(err)
	w.session, w.subject = token, h.Subject().ID.String()
	d.Close()
	w.sink = mailtest.Start(w.t, mailtest.Options{})
	args := []string{"serve", "--data", w.data, "--providers", "sandbox,transfer", "--smtp-host", w.sink.Host, "--smtp-port", fmt.Sprint(w.sink.Port), "--smtp-tls", "none", "--mail-from", "exams@programme.example"}
	if w.url != "" {
		args = append(args, "--database-url", w.url, "--allow-unsafe-database")
	}
	w.server = serve(w.t, w.temp, args...)
}

// live does what people do, and remembers every secret that comes up.
func (w *world) live() {
	order := w.call(w.root, "POST", "/orders", `{"subject_id": "`+w.subject+`", "quantity": 4}`, 201)
	w.call(w.root, "POST", "/orders/"+order["id"].(string)+"/pay", `{"provider": "sandbox"}`, 200, 201)
	var codes []string
	for _, c := range w.call(w.root, "GET", "/codes?order_id="+order["id"].(string), "", 200)["items"].([]any) {
		codes = append(codes, c.(map[string]any)["id"].(string))
	}
	var texts []string
	for _, c := range codes {
		texts = append(texts, w.reveal(c))
	}
	w.call(w.examinee, "POST", "/registrations", `{"subject_id": "`+w.subject+`", "code": "`+texts[0]+`", "exam_type": "online"}`, 201, 409)
	w.call(w.root, "POST", "/codes/"+codes[1]+"/regenerate", "{}", 200)
	w.reveal(codes[1])
	for _, text := range texts[:2] {
		w.call(w.examinee, "POST", "/registrations", `{"subject_id": "`+w.subject+`", "code": "`+text+`x", "exam_type": "online"}`, 422)
		w.call(w.examinee, "POST", "/registrations", `{"subject_id": "`+w.subject+`", "code": "`+text+`", "exam_type": "online"}`, 201, 409, 404, 422, 403) // 201 is the first answer again
		w.call(w.root, "GET", "/codes?code="+text, "", 200, 404, 422)
		w.call(w.root, "POST", "/no-such-call", `{"code": "`+text+`"}`, 404)
		for _, path := range []string{"/enterprise/search?q=", "/enterprise/codes?code=", "/redeem?code=", "/no/such/page?code="} {
			w.page(path + url.QueryEscape(text))
		}
	}
	export := w.call(w.root, "POST", "/exports", `{"kind": "codes", "format": "csv", "with_texts": true}`, 201)["id"].(string)
	for range 600 {
		if w.call(w.root, "GET", "/exports/"+export, "", 200)["state"] == "ready" {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if file := w.fetch(w.root, "/exports/"+export+"/file"); !strings.Contains(file, texts[2]) {
		w.t.Errorf("the file holds no texts: %.200s", file)
	}
	w.call(w.root, "POST", "/orders/"+order["id"].(string)+"/refund", `{"reason": "canary"}`, 200, 201, 202, 409, 422)
	key := w.call(w.root, "POST", "/keys", `{"name": "second"}`, 201)["key"].(string)
	w.know("API key", key)
	w.call(key+"x", "GET", "/me", "", 401)
	w.call(w.root, "POST", "/members", `{"email": "invited@people.example", "rights": ["view"], "lang": "en"}`, 201, 422, 403)
	for _, form := range []url.Values{{"email": {"root@people.example"}, "password": {actiontest.Password}}, {"email": {actiontest.Password}, "password": {"x"}}} {
		if a, err := http.PostForm("http://"+w.server.address+"/sign-in", form); err == nil {
			a.Body.Close()
		}
	}
	w.know("API key", w.root)
	w.know("API key", w.examinee)
	w.know("session", w.session)
	w.know("password", actiontest.Password)
	w.know("document number", "P1234567")
}

// reveal shows a text twice under one Idempotency-Key, which keeps the answer.
func (w *world) reveal(code string) string {
	a := w.call(w.root, "POST", "/codes/"+code+"/reveal", "", 200)
	w.call(w.root, "POST", "/codes/"+code+"/reveal", "", 200)
	for _, v := range a {
		if s, ok := v.(string); ok && regexp.MustCompile(`^[0-9A-Z]{4}(-[0-9A-Z]{4}){3}$`).MatchString(s) {
			return w.know("code text", s)
		}
	}
	w.t.Fatalf("no text in %v", a)
	return ""
}

func (w *world) call(key, method, path, body string, want ...int) map[string]any {
	w.t.Helper()
	q, err := http.NewRequest(method, "http://"+w.server.address+"/api/v1"+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	q.Header.Set("Authorization", "Bearer "+key)
	q.Header.Set("Content-Type", "application/json")
	if method == "POST" {
		sum := sha256.Sum256([]byte(method + path + body))
		q.Header.Set("Idempotency-Key", hex.EncodeToString(sum[:]))
	}
	a, err := http.DefaultClient.Do(q)
	if err != nil {
		w.t.Fatal(err)
	}
	defer a.Body.Close()
	raw, _ := io.ReadAll(a.Body)
	for _, code := range want {
		if code == a.StatusCode {
			var doc map[string]any
			_ = json.Unmarshal(raw, &doc) // a list of none is nil
			return doc
		}
	}
	w.t.Fatalf("%s %s: %d %s", method, path, a.StatusCode, raw)
	return nil
}

func (w *world) fetch(key, path string) string {
	q, _ := http.NewRequest("GET", "http://"+w.server.address+"/api/v1"+path, nil)
	q.Header.Set("Authorization", "Bearer "+key)
	a, err := http.DefaultClient.Do(q)
	if err != nil {
		w.t.Fatal(err)
	}
	defer a.Body.Close()
	raw, _ := io.ReadAll(a.Body)
	return string(raw)
}

// page looks at a page as the root.
func (w *world) page(path string) string {
	q, _ := http.NewRequest("GET", "http://"+w.server.address+path, nil)
	q.AddCookie(&http.Cookie{Name: "examcode", Value: w.session})
	still := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	a, err := still.Do(q)
	if err != nil {
		w.t.Fatal(err)
	}
	defer a.Body.Close()
	raw, _ := io.ReadAll(a.Body)
	return fmt.Sprint(a.Status, a.Header) + string(raw)
}

// places are all that could hold a secret, by name.
func (w *world) places() map[string][]byte {
	all := map[string][]byte{"output": []byte(w.server.out.String())}
	for _, dir := range []string{w.data, w.temp} {
		err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
			if err == nil && e.Type().IsRegular() {
				all["file "+strings.TrimPrefix(path, filepath.Dir(dir))], err = os.ReadFile(path)
			}
			return err
		})
		if err != nil {
			w.t.Fatal(err)
		}
	}
	if w.server.cmd != nil {
		for _, name := range []string{"environ", "cmdline"} {
			b, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", w.server.cmd.Process.Pid, name))
			if err != nil {
				w.t.Fatal(err)
			}
			all[name] = b
		}
		for _, path := range []string{"/healthz", "/readyz", "/api/v1/openapi.json", "/metrics"} {
			all["page "+path] = []byte(w.page(path))
		}
	}
	for i, m := range w.sink.Messages() {
		all[fmt.Sprint("mail ", i)] = m.Data
	}
	if w.url != "" {
		w.tables(all)
	}
	return all
}
