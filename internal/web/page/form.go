package page

import (
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"examcode/internal/action"
	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/httpd"
	"examcode/internal/store"
	"examcode/internal/web/view"
)

// Form is what was sent, and what was refused about it.
type Form struct {
	url.Values
	files  map[string][]*multipart.FileHeader
	fields map[string]string // texts of refused fields
	errors []view.FieldError
	cause  error
}

// NewForm is an empty form with values to begin with, given as name, value.
func NewForm(pairs ...string) *Form {
	f := &Form{Values: url.Values{}}
	for i := 0; i+1 < len(pairs); i += 2 {
		f.Set(pairs[i], pairs[i+1])
	}
	return f
}

// ReadForm reads a posted form, with or without files.
func ReadForm(r *http.Request) (*Form, error) {
	err := r.ParseMultipartForm(8 << 20)
	if err == http.ErrNotMultipart {
		err = r.ParseForm()
	}
	if err != nil {
		return nil, formError(err)
	}
	if !httpd.ReadableValues(r.PostForm) {
		return nil, httpd.ErrMalformed
	}
	f := &Form{Values: r.PostForm}
	if r.MultipartForm != nil {
		f.files = r.MultipartForm.File
	}
	return f, nil
}

func formError(err error) error {
	if _, large := err.(*http.MaxBytesError); large {
		return err
	}
	if strings.Contains(err.Error(), "request body too large") {
		return httpd.ErrBodyTooLarge.Wrap(err)
	}
	return httpd.ErrMalformed.Wrap(err)
}

// Text is a value without the space around it.
func (f *Form) Text(name string) string { return strings.TrimSpace(f.Get(name)) }

// Int reads a whole number as people type it ("1,000", full-width digits); ok is
// false for everything else.
func (f *Form) Int(name string) (n int, ok bool) {
	s := strings.Map(func(r rune) rune {
		switch {
		case r >= '０' && r <= '９':
			return r - '０' + '0'
		case r == ',' || r == '，' || r == ' ' || r == '\u00a0':
			return -1
		}
		return r
	}, f.Text(name))
	n, err := strconv.Atoi(s)
	return n, err == nil
}

// Seen is the version of the thing that the page with this form was about, as
// its hidden field "version" carries it. A form without one agrees with nothing.
func (f *Form) Seen() exam.Seen {
	v, err := strconv.ParseInt(f.Get("version"), 10, 64)
	if err != nil {
		v = -1
	}
	return exam.SeenAt(v)
}

// File reads an uploaded file; nil when none was chosen.
func (f *Form) File(name string) (*action.Upload, error) {
	hs := f.files[name]
	if len(hs) == 0 || hs[0].Size == 0 {
		return nil, nil
	}
	in, err := hs[0].Open()
	if err != nil {
		return nil, err
	}
	defer in.Close()
	b, err := io.ReadAll(in)
	return &action.Upload{Name: hs[0].Filename, Content: b}, err
}

// Refuse takes in a refusal that the form can show: the page comes back with it
// and with everything that was typed. It returns false when the refusal is of
// another sort and belongs on a page of its own.
func (f *Form) Refuse(r *http.Request, err error) bool {
	e := fault.Of(err)
	if e == nil || e.Kind == fault.Internal || e.Kind == fault.Unavailable || e.Kind == fault.NotFound || (len(e.Fields) == 0 && e.Kind == fault.Forbidden) {
		return false
	}
	f.cause = err
	l := httpd.From(r.Context()).Locale
	f.fields = map[string]string{}
	f.errors = nil
	for _, x := range e.Fields {
		text := l.FaultField(x)
		if _, twice := f.fields[x.Name]; !twice {
			f.fields[x.Name] = text
			f.errors = append(f.errors, view.FieldError{Name: x.Name, Text: text})
		}
	}
	if len(f.errors) == 0 {
		f.errors = []view.FieldError{{Text: l.Fault(e)}}
	}
	return true
}

// Refused is the refusal that the form took in, or nil: for whoever cannot go on
// with what could not be read.
func (f *Form) Refused() error { return f.cause }

// Error is what is wrong with a field, "" when nothing.
func (f *Form) Error(name string) string { return f.fields[name] }

// Errors are all refused fields, for Page.Errors.
func (f *Form) Errors() []view.FieldError { return f.errors }

// Field fills a view.Field with the value that was typed and its refusal.
func (f *Form) Field(v view.Field) view.Field {
	v.Value, v.Error = f.Get(v.Name), f.Error(v.Name)
	return v
}

// Choice fills a view.Choice with what was chosen and its refusal.
func (f *Form) Choice(c view.Choice) view.Choice {
	c.Error = f.Error(c.Name)
	for i, o := range c.Options {
		for _, v := range f.Values[c.Name] {
			c.Options[i].Chosen = c.Options[i].Chosen || v == o.Value
		}
	}
	return c
}

// Status is what a page with this form answers: 422 when something was refused.
func (f *Form) Status() int {
	if len(f.errors) > 0 {
		return http.StatusUnprocessableEntity
	}
	return http.StatusOK
}

// ListPage reads which page of a list is wanted: ?older= or ?newer=, ?rows=.
// What cannot be read is the first page.
func ListPage(r *http.Request) store.Page {
	q := r.URL.Query()
	read := func(name string) int64 {
		n, _ := strconv.ParseInt(q.Get(name), 36, 64)
		return max(n, 0)
	}
	rows, _ := strconv.Atoi(q.Get("rows"))
	if rows != 20 && rows != 100 && rows != 200 {
		rows = 50
	}
	return store.Page{Older: read("older"), Newer: read("newer"), Limit: rows}
}

// Pager links the pages beside this one. text says which rows are shown.
func Pager[T any](r *http.Request, rows store.Rows[T], text string) view.Pager {
	to := func(name string, id int64) string {
		if id == 0 {
			return ""
		}
		return With(r.URL, name, strconv.FormatInt(id, 36), "older", "", "newer", "", name, strconv.FormatInt(id, 36))
	}
	p := view.Pager{Older: to("older", rows.Older), Newer: to("newer", rows.Newer), Text: text}
	if p.Newer != "" {
		p.Start = With(r.URL, "older", "", "newer", "")
	}
	return p
}

// With is the same address with some query values changed, given as name, value;
// an empty value takes the name away. The state of a list stays in its address,
// but for the text of a code.
func With(u *url.URL, pairs ...string) string {
	q, _ := told(u, isText)
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" || isText(pairs[i+1]) {
			q.Del(pairs[i])
		} else {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	if len(q) == 0 {
		return u.Path
	}
	return u.Path + "?" + q.Encode()
}

// SubjectName is a subject's name in the reader's language.
func SubjectName(r *http.Request, n exam.Names) string {
	return n.In(string(httpd.From(r.Context()).Locale.Lang))
}
