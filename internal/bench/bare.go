package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"time"
)

// bare is a call that stores nothing: a key is checked, JSON is read and answered.
// A text with a wrong check symbol is refused before anything is looked up.
type bare struct{}

func (bare) Name() string { return "authenticated POST without storage" }

func (bare) Prepare(ctx context.Context, b *Bench) (Contest, error) {
	h, err := b.main(ctx)
	if err != nil {
		return Contest{}, err
	}
	some, err := h.stock.take(ctx, 1)
	if err != nil {
		return Contest{}, err
	}
	body := fmt.Appendf(nil, `{"subject_id":%q,"code":"AAAA-AAAA-AAAA-AAAA","exam_type":"online"}`, some[0].subject.String())
	var answer []byte
	const callers, calls = 64, 6400
	ours, err := h.posting("ours", h.addr, callers, calls, Bearer(some[0].bearer), body, 422, &answer)
	if err != nil {
		return Contest{}, err
	}
	addr, stop, err := plainServer(answer)
	if err != nil {
		return Contest{}, err
	}
	b.done = append(b.done, stop)
	theirs, err := h.posting("net/http with the same JSON", addr, callers, calls, "", body, 422, &answer)
	return Contest{Ours: ours, Floors: []Floor{{Side: theirs, Goal: AtLeast(0.6)}}}, err
}

// posting sends one request again and again; answer becomes what was answered
// first.
func (h *House) posting(name, addr string, callers, calls int, headers string, body []byte, want int, answer *[]byte) (Side, error) {
	crowd, err := Dial(h.b.Now, addr, callers)
	if err != nil {
		return Side{}, err
	}
	h.b.done = append(h.b.done, crowd.Close)
	post := func(x *Caller) error {
		var got []byte
		status, err := x.Call("POST", "/api/v1/registrations", headers, body, &got)
		if *answer == nil {
			*answer = got
		}
		return wantStatus(status, want, got, err)
	}
	if err := post(crowd.callers[0]); err != nil {
		return Side{}, err
	}
	return Side{Name: name, Go: func(ctx context.Context) (Round, error) {
		return crowd.Do(ctx, calls, func(x *Caller, _ int) error { return post(x) })
	}}, nil
}

// plainServer reads JSON of the same shape and answers what it is given.
func plainServer(answer []byte) (string, func(), error) {
	var shape map[string]any
	if err := json.Unmarshal(answer, &shape); err != nil {
		return "", nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	s := &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			Subject string `json:"subject_id"`
			Code    string `json:"code"`
			Type    string `json:"exam_type"`
		}
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil || in.Code == "" {
			http.Error(w, "no", http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusUnprocessableEntity)
		json.NewEncoder(w).Encode(shape)
	})}
	go s.Serve(l)
	return l.Addr().String(), func() { s.Close() }, nil
}
