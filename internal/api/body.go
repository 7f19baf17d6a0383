package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/httpd"
)

func isTooLarge(err error) bool {
	var e *http.MaxBytesError
	return errors.As(err, &e)
}

// normal reads a body once and writes it again so that the check of its shape
// and its decoding cannot see two different things: one value, valid UTF-8, no
// NUL, whole numbers without exponent or fraction, huge ones finite.
func normal(raw []byte) ([]byte, error) {
	if len(raw) == 0 {
		return nil, nil
	}
	v, err := decode(raw)
	if err != nil {
		return nil, err
	}
	if _, ok := v.(map[string]any); !ok {
		return nil, httpd.ErrMalformed
	}
	if v, err = tidy(v, ""); err != nil {
		return nil, err
	}
	b, err := json.Marshal(v)
	if err != nil {
		return nil, httpd.ErrMalformed.Wrap(err)
	}
	return b, nil
}

func decode(raw []byte) (any, error) {
	if !utf8.Valid(raw) {
		return nil, httpd.ErrMalformed
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, httpd.ErrMalformed.Wrap(err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, httpd.ErrMalformed
	}
	return v, nil
}

// tidy rewrites the numbers of a value and refuses texts that no database takes.
func tidy(v any, path string) (any, error) {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			y, err := tidy(x, strings.TrimPrefix(path+"."+k, "."))
			if err != nil {
				return nil, err
			}
			v[k] = y
		}
	case []any:
		for i, x := range v {
			y, err := tidy(x, path+"["+strconv.Itoa(i)+"]")
			if err != nil {
				return nil, err
			}
			v[i] = y
		}
	case string:
		if strings.ContainsRune(v, 0) {
			return nil, exam.ErrTextControl.On(path)
		}
	case json.Number:
		return whole(v), nil
	}
	return v, nil
}

// whole is a number as an int64 where it is one, else as a finite float64.
func whole(n json.Number) any {
	if i, err := strconv.ParseInt(n.String(), 10, 64); err == nil {
		return i
	}
	f, _ := strconv.ParseFloat(n.String(), 64) // out of range is infinite
	switch {
	case f == math.Trunc(f) && math.Abs(f) < 1<<53:
		return int64(f)
	case math.Abs(f) > 1e300:
		return math.Copysign(1e300, f)
	}
	return f
}

// noFields refuses a body where none is taken; an empty object is fine.
func noFields(raw []byte) error {
	v, err := decode(raw)
	if err != nil {
		return err
	}
	m, ok := v.(map[string]any)
	if !ok {
		return httpd.ErrMalformed
	}
	var c fault.Check
	for k := range m {
		c.Add(k, ErrUnknownField)
	}
	return c.Err()
}
