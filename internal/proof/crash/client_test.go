package crash

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// answer is what a call of the API brought; code 0 is no answer.
type answer struct {
	code     int
	replayed bool
	body     []byte
	doc      map[string]any
}

func (a answer) reason() string { s, _ := a.doc["reason"].(string); return s }
func (a answer) text(name string) string {
	s, _ := a.doc[name].(string)
	return s
}

// unsure tells whether it is not known what the call did: no answer, one that
// says so, or one that promises to be done before long.
func (a answer) unsure() bool {
	return a.code == 0 || a.code == http.StatusServiceUnavailable || a.code == http.StatusGatewayTimeout || a.reason() == "idempotency_key_running"
}

// lost tells whether the call was carried out before and its answer is gone.
func (a answer) lost() bool { return a.reason() == "idempotency_answer_lost" }

var wire = &http.Client{Timeout: 60 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 100}}

// call calls the API of one server.
func call(address, token, method, path, body, key string) answer {
	r, err := http.NewRequest(method, "http://"+address+"/api/v1"+path, strings.NewReader(body))
	if err != nil {
		panic(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
	}
	got, err := wire.Do(r)
	if err != nil {
		return answer{}
	}
	defer got.Body.Close()
	a := answer{code: got.StatusCode, replayed: got.Header.Get("Idempotency-Replayed") == "true"}
	if a.body, err = io.ReadAll(got.Body); err != nil {
		return answer{}
	}
	if len(a.body) > 0 {
		if err := json.Unmarshal(a.body, &a.doc); err != nil {
			a.doc = map[string]any{"reason": fmt.Sprintf("no JSON: %v", err)}
		}
	}
	return a
}
