package net

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"examcode/internal/exam"
)

var wire = &http.Client{Timeout: 2 * time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 50}}

// client buys, pays and gives back, and remembers what it was told.
type client struct {
	w       *world
	n       int
	token   string
	account int64
	subject exam.SubjectID
	dice    *rand.Rand
	calls   int
	orders  map[exam.OrderID]string // what was said of each: placed, paid, refunded
	open    *ask                    // the call without a clear answer
	bad     []string
}

type ask struct{ path, body, key string }

type answer struct {
	code int
	doc  map[string]any
}

func (a answer) text(name string) string { s, _ := a.doc[name].(string); return s }

func (c *client) badly(format string, args ...any) {
	c.bad = append(c.bad, fmt.Sprintf("client %d: ", c.n)+fmt.Sprintf(format, args...))
}

// post makes a call that changes something.
func (c *client) post(a ask) (got answer) {
	r, err := http.NewRequest(http.MethodPost, c.w.server.URL+"/api/v1"+a.path, strings.NewReader(a.body))
	if err != nil {
		panic(err)
	}
	r.Header.Set("Authorization", "Bearer "+c.token)
	r.Header.Set("Idempotency-Key", a.key)
	if a.body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	c.w.run.Count("requests", 1)
	reply, err := wire.Do(r)
	if err != nil {
		c.badly("POST %s: %v", a.path, err) // the line to the program itself is well
		return got
	}
	defer reply.Body.Close()
	body, err := io.ReadAll(reply.Body)
	if err != nil {
		c.badly("POST %s: %v", a.path, err)
	}
	got.code = reply.StatusCode
	if err := json.Unmarshal(body, &got.doc); err != nil {
		c.badly("POST %s: %d %s", a.path, got.code, body)
	}
	if got.code >= 500 {
		c.w.run.Count("refused", 1)
		if got.text("reason") == "commit_unknown" {
			c.w.run.Count("commit_unknown", 1)
		}
		if got.code != http.StatusServiceUnavailable && got.code != http.StatusGatewayTimeout || got.text("reason") == "" {
			c.badly("POST %s: %d %s", a.path, got.code, body)
		}
	}
	return got
}

// change makes a call with a key of its own; ok is false when nothing is sure.
func (c *client) change(path, body string) (answer, bool) {
	c.calls++
	a := ask{path, body, fmt.Sprintf("%d-%d", c.n, c.calls)}
	got := c.post(a)
	if got.code >= 500 || got.text("reason") == "idempotency_key_running" {
		c.open = &a
		return got, false
	}
	if got.text("reason") == "too_many_pending" {
		c.tidy()
	} else if got.code >= 300 {
		c.badly("POST %s was refused: %d %v", path, got.code, got.doc)
	} else {
		c.told(path, got)
	}
	return got, got.code < 300
}

// tidy closes orders that were declined or never paid, as far as the lines allow.
func (c *client) tidy() {
	for _, id := range c.placed() {
		if c.orders[id] == "placed" {
			c.calls++
			c.post(ask{path: "/orders/" + id.String() + "/cancel", key: fmt.Sprintf("%d-%d", c.n, c.calls)})
		}
	}
}

// told remembers what an answer says.
func (c *client) told(path string, got answer) {
	verb := path[strings.LastIndex(path, "/")+1:]
	if verb == "orders" {
		c.orders[exam.ParseID[exam.OrderID](got.text("id"))] = "placed"
		return
	}
	order := exam.ParseID[exam.OrderID](strings.Split(path, "/")[2])
	switch {
	case verb == "pay" && got.text("state") == "succeeded":
		c.orders[order] = "paid"
	case verb == "refund" && got.text("state") == "refunded":
		c.orders[order] = "refunded"
	}
}

// story buys two codes, pays them and gives them back half of the time.
func (c *client) story() {
	got, ok := c.change("/orders", `{"subject_id":"`+c.subject.String()+`","quantity":2}`)
	if !ok {
		return
	}
	order := "/orders/" + got.text("id")
	paid, ok := c.change(order+"/pay", `{"provider":"gateway"}`)
	if ok && paid.text("state") == "succeeded" && c.dice.IntN(2) == 0 {
		c.change(order+"/refund", "")
	}
}

// resolve asks again what was not answered, over good lines.
func (c *client) resolve() {
	a := c.open
	if a == nil {
		return
	}
	c.open = nil
	c.w.run.Count("unknown", 1)
	got := c.post(*a)
	switch {
	case got.text("reason") == "idempotency_answer_lost":
		c.w.run.Count("landed", 1)
		if a.path == "/orders" {
			c.adopt()
		}
	case got.code >= 200 && got.code < 300:
		c.told(a.path, got)
	case got.text("reason") == "too_many_pending": // it had not landed, and is refused now
		c.tidy()
	default:
		c.badly("POST %s asked again: %d %v", a.path, got.code, got.doc)
	}
}

// adopt takes the order that was placed without an answer.
func (c *client) adopt() {
	for _, id := range c.placed() {
		if _, known := c.orders[id]; !known {
			c.orders[id] = "placed"
			return
		}
	}
	c.badly("an order is said to be placed and is not there")
}

// placed lists the client's orders as they are.
func (c *client) placed() (all []exam.OrderID) {
	rows, err := c.w.direct.Read().Query(c.w.t.Context(), "SELECT id FROM orders WHERE account_id = $1 ORDER BY id DESC", c.account)
	if err != nil {
		c.badly("%v", err)
		return nil
	}
	defer rows.Close()
	for rows.Next() {
		var id exam.OrderID
		if err := rows.Scan(&id); err != nil {
			c.badly("%v", err)
		}
		all = append(all, id)
	}
	return all
}
