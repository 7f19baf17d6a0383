package api

import (
	"crypto/hmac"
	"encoding/base64"
	"encoding/binary"
	"strings"

	"examcode/internal/store"
)

// Paging is what every list takes.
type Paging struct {
	Limit  int    `query:"limit" default:"50" minimum:"1" maximum:"200" doc:"The most entries of a page"`
	Cursor string `query:"cursor" doc:"next_cursor of the page before"`
}

// List is one page of a list.
type List[T any] struct {
	Items      []T     `json:"items" nullable:"false"`
	NextCursor *string `json:"next_cursor" doc:"null on the last page"`
}

// macSize is how much of the signature a cursor carries, in bytes.
const macSize = 16

func (s *server) mac(kind string, b []byte) []byte { return s.Cursor("cursor "+kind, b)[:macSize] }

// next makes the cursor of a list of a kind from the place of its last row.
func (s *server) next(kind string, place ...int64) *string {
	var b []byte
	for _, n := range place {
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	text := base64.RawURLEncoding.EncodeToString(append(s.mac(kind, b), b...))
	return &text
}

// place reads a cursor of a list of a kind: n numbers, or nil for the start.
func (s *server) place(kind, cursor string, n int) ([]int64, error) {
	if cursor == "" {
		return nil, nil
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil || strings.ContainsAny(cursor, "\r\n") || len(b) != macSize+8*n || !hmac.Equal(b[:macSize], s.mac(kind, b[macSize:])) {
		return nil, ErrCursor.On("cursor")
	}
	numbers := make([]int64, n)
	for i := range numbers {
		numbers[i] = int64(binary.BigEndian.Uint64(b[macSize+8*i:]))
	}
	return numbers, nil
}

// page is the store's page that a list was asked for.
func (s *server) page(kind string, p Paging) (store.Page, error) {
	at, err := s.place(kind, p.Cursor, 1)
	if err != nil || at == nil {
		return store.Page{Limit: p.Limit}, err
	}
	return store.Page{Older: at[0], Limit: p.Limit}, nil
}

// list reads a page and shows its rows.
func list[R, T any](s *server, kind string, p Paging, read func(store.Page) (store.Rows[R], error), show func(R) T) (*body[List[T]], error) {
	page, err := s.page(kind, p)
	if err != nil {
		return nil, err
	}
	rows, err := read(page)
	if err != nil {
		return nil, err
	}
	out := &body[List[T]]{List[T]{Items: make([]T, len(rows.Items))}}
	for i, r := range rows.Items {
		out.Body.Items[i] = show(r)
	}
	if rows.Older != 0 {
		out.Body.NextCursor = s.next(kind, rows.Older)
	}
	return out, nil
}
