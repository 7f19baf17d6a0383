// Package fault is the one vocabulary of refusals. A refusal has a kind (which
// decides the HTTP status, in httpd and nowhere else) and a reason: a stable
// snake_case word that is public in the API and is the key of its translation.
//
// Reasons are declared once, beside the rule they belong to. The package knows
// nothing of HTTP, of languages or of the domain.
package fault

import (
	"errors"
	"fmt"
	"maps"
	"sort"
)

// Kind is the closed list of what can be wrong.
type Kind string

const (
	Invalid         Kind = "invalid"         // the input can never be accepted as it is
	Unauthenticated Kind = "unauthenticated" // we do not know who asks
	Forbidden       Kind = "forbidden"       // we know, and they may not
	NotFound        Kind = "not_found"       // absent, or somebody else's
	Conflict        Kind = "conflict"        // the state of the thing does not allow it
	TooMany         Kind = "too_many"        // slow down
	Unavailable     Kind = "unavailable"     // not now; try again
	Internal        Kind = "internal"        // a defect of ours
)

// Args are the placeholders of the translated sentence.
type Args map[string]any

// Field is one refused input field, by its API name.
type Field struct {
	Name   string
	Reason string
	Args   Args
}

// Error is a refusal. Text is the plain English sentence for logs; what people
// read is looked up by Reason in their language.
type Error struct {
	Kind   Kind
	Reason string
	Text   string
	Args   Args
	Fields []Field
	Err    error
}

var declared = map[string]*Error{}

// New declares a reason. Call it only from package-level variables; declaring a
// reason twice panics at start.
func New(kind Kind, reason, text string) *Error {
	if _, twice := declared[reason]; twice {
		panic("fault: reason declared twice: " + reason)
	}
	e := &Error{Kind: kind, Reason: reason, Text: text}
	declared[reason] = e
	return e
}

// Declared returns every reason of the program, sorted by its word.
func Declared() []*Error {
	all := make([]*Error, 0, len(declared))
	for _, e := range declared {
		all = append(all, e)
	}
	sort.Slice(all, func(i, j int) bool { return all[i].Reason < all[j].Reason })
	return all
}

// Reason finds a declared refusal by its word, as it was stored; an unknown word
// is ErrInternal.
func Reason(word string) *Error {
	if e, ok := declared[word]; ok {
		return e
	}
	return ErrInternal
}

func (e *Error) Error() string {
	s := e.Reason + ": " + e.Text
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *Error) Unwrap() error { return e.Err }

// Is makes two refusals equal when their reasons are, whatever their details.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Reason == e.Reason
}

// With returns a copy that carries placeholders, given as name, value pairs.
func (e *Error) With(pairs ...any) *Error {
	c := *e
	c.Args = maps.Clone(e.Args)
	if c.Args == nil {
		c.Args = Args{}
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		c.Args[fmt.Sprint(pairs[i])] = pairs[i+1]
	}
	return &c
}

// Wrap returns a copy that keeps the cause for the log.
func (e *Error) Wrap(cause error) *Error {
	c := *e
	c.Err = cause
	return &c
}

// On returns a copy that names the input field it is about.
func (e *Error) On(field string) *Error {
	c := *e
	c.Fields = []Field{{Name: field, Reason: e.Reason, Args: e.Args}}
	return &c
}

var (
	// ErrInternal stands for every error that is not a refusal.
	ErrInternal = New(Internal, "internal", "something went wrong on our side; nothing was changed")
	// ErrNotFound is the answer for things that are absent and for things of others.
	ErrNotFound = New(NotFound, "not_found", "there is no such thing, or it is not yours")
	// ErrInput gathers several refused fields into one answer.
	ErrInput = New(Invalid, "invalid_input", "some fields need attention")
)

// Of finds the refusal in err; anything else becomes ErrInternal with the cause kept.
// Of(nil) is nil.
func Of(err error) *Error {
	if err == nil {
		return nil
	}
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return ErrInternal.Wrap(err)
}

// Check collects the refusals of several fields.
type Check struct{ fields []Field }

// Add notes a refused field; a nil error is ignored.
func (c *Check) Add(field string, err error) {
	if err == nil {
		return
	}
	e := Of(err)
	c.fields = append(c.fields, Field{Name: field, Reason: e.Reason, Args: e.Args})
}

// AddField notes a refused field as another check found it.
func (c *Check) AddField(f Field) { c.fields = append(c.fields, f) }

// Err is nil when every field passed; with one refused field it keeps that
// field's reason as its own, with several it is ErrInput.
func (c *Check) Err() error {
	switch len(c.fields) {
	case 0:
		return nil
	case 1:
		f := c.fields[0]
		e := *ErrInput
		if d, ok := declared[f.Reason]; ok {
			e = *d
		}
		e.Args, e.Fields = f.Args, c.fields
		return &e
	}
	e := *ErrInput
	e.Fields = c.fields
	return &e
}
