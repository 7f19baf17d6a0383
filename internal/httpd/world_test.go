package httpd_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/httpd"
	"examcode/internal/store"
)

var now = time.Date(2026, time.March, 4, 10, 0, 0, 0, time.UTC)

// house is a registry with one face per way to talk, whose actor is named in a
// header of the request.
type house struct {
	*httpd.Registry
	pages, calls *httpd.Face
	log          bytes.Buffer
}

func build(t *testing.T, change ...func(*httpd.Config)) *house {
	t.Helper()
	h := &house{}
	c := httpd.Config{Now: func() time.Time { return now }, Log: slog.New(slog.NewTextHandler(&h.log, nil)), BaseURL: "http://exams.example"}
	for _, f := range change {
		f(&c)
	}
	h.Registry = httpd.NewRegistry(c)
	h.pages = face("pages", exam.Console, 100)
	h.calls = face("calls", exam.API, 1000)
	h.Own("/", h.pages)
	h.Own("/api/", h.calls)
	return h
}

func face(name string, channel exam.Channel, most int64) *httpd.Face {
	return &httpd.Face{Name: name, Channel: channel, MaxBody: most, Headers: map[string]string{"X-Face": name},
		Identify: func(r *http.Request) (store.Identity, string, error) {
			who := r.Header.Get("Who")
			if who == "ended" {
				return store.Identity{}, "", exam.ErrNotSignedIn
			}
			return store.Identity{Actor: people[who], Person: exam.Person{ID: people[who].Person}}, "", nil
		},
		Refuse: func(w http.ResponseWriter, r *http.Request, e *fault.Error) {
			w.WriteHeader(httpd.Status(e))
			fmt.Fprintf(w, "%s refuses: %s, ref %s", name, e.Reason, httpd.From(r.Context()).Ref)
		}}
}

// people are who may ask; nobody is "".
var people = map[string]exam.Actor{
	"root":     {Person: 1, Account: 1, Kind: exam.Enterprise, Role: exam.Root},
	"viewer":   {Person: 2, Account: 1, Kind: exam.Enterprise, Role: exam.Member, Rights: exam.ViewCodes},
	"manager":  {Person: 3, Account: 1, Kind: exam.Enterprise, Role: exam.Member, Rights: exam.ViewCodes | exam.ManageCodes},
	"member":   {Person: 4, Account: 1, Kind: exam.Enterprise, Role: exam.Member},
	"examinee": {Person: 5, Account: 2, Kind: exam.Individual, Role: exam.Root},
	"admin":    {Person: 6, Account: 3, Kind: exam.Operator, Role: exam.Admin},
	"money":    {Person: 7, Account: 3, Kind: exam.Operator, Role: exam.Money},
	"audit":    {Person: 8, Account: 3, Kind: exam.Operator, Role: exam.Audit},
}

func (h *house) send(r *http.Request, headers ...string) *httptest.ResponseRecorder {
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func says(text string) httpd.Handler {
	return func(w http.ResponseWriter, _ *http.Request) error {
		_, err := w.Write([]byte(text))
		return err
	}
}
