package race

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// shot is one request of a scenario; the replica it goes to is a matter of turn.
type shot struct {
	key    string // of the API; "" is a page's form
	method string
	path   string
	once   string // idempotency key
	cookie string
	body   any
	aside  bool // it runs along and wins nothing
}

// reply is what came of a shot.
type reply struct {
	shot
	status int
	reason string
	id     string // of what was made
	body   string
	retry  bool
	err    error
	called time.Time
	told   time.Time
}

func (r reply) won() bool { return r.status >= 200 && r.status < 400 }

var clients = &http.Client{
	Timeout:       2 * time.Minute,
	Transport:     &http.Transport{MaxIdleConnsPerHost: 64},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// fire sends all shots at one moment, in turn to each replica.
func fire(replicas []*replica, shots []shot) []reply {
	replies, ready := make([]reply, len(shots)), make(chan struct{})
	var all sync.WaitGroup
	for i, s := range shots {
		all.Go(func() {
			<-ready
			replies[i] = s.send(replicas[i%len(replicas)])
		})
	}
	close(ready)
	all.Wait()
	return replies
}

func (s shot) send(to *replica) reply {
	r := reply{shot: s, called: time.Now()}
	var body io.Reader
	form, isForm := s.body.(url.Values)
	switch {
	case isForm:
		body = strings.NewReader(form.Encode())
	case s.body != nil:
		b, err := json.Marshal(s.body)
		if err != nil {
			r.err = err
			return r
		}
		body = bytes.NewReader(b)
	}
	prefix := "/api/v1"
	if s.key == "" {
		prefix = ""
	}
	req, err := http.NewRequest(s.method, to.base+prefix+s.path, body)
	if err != nil {
		r.err = err
		return r
	}
	for name, value := range map[string]string{"Authorization": s.key, "Idempotency-Key": s.once, "Cookie": s.cookie} {
		if value != "" {
			req.Header.Set(name, value)
		}
	}
	req.Header.Set("Content-Type", "application/json")
	if isForm {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	a, err := clients.Do(req)
	if err != nil {
		r.err = err
		return r
	}
	defer a.Body.Close()
	text, err := io.ReadAll(a.Body)
	r.told, r.err, r.status, r.retry, r.body = time.Now(), err, a.StatusCode, a.Header.Get("Retry-After") != "", string(text)
	if s.key != "" {
		var said struct{ Reason, ID string }
		_ = json.Unmarshal(text, &said) // an empty body has neither
		r.reason, r.id = said.Reason, said.ID
	}
	return r
}

// faults are what no reply may be: an error of ours, or a refusal without a word.
func (r reply) faults(run counter) []string {
	at := r.method + " " + r.path
	run.Count("requests", 1)
	switch {
	case r.err != nil:
		return []string{fmt.Sprintf("%s has no answer: %v", at, r.err)}
	case r.status == http.StatusServiceUnavailable && r.retry:
		run.Count("busy", 1)
	case r.status >= 500:
		run.Count("server_errors", 1)
		return []string{fmt.Sprintf("%s is %d: %s", at, r.status, r.body)}
	case r.status >= 400 && r.key != "" && r.reason == "":
		return []string{fmt.Sprintf("%s is %d without a word: %s", at, r.status, r.body)}
	}
	return nil
}

type counter interface{ Count(name string, n int64) }
