package api

import (
	"encoding"
	"time"

	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/money"
)

// body is an answer with a body.
type body[T any] struct{ Body T }

// created is the answer to a POST that made something.
type created[T any] struct {
	Location string `header:"Location" doc:"Where the new thing is"`
	Body     T
}

func made[T any](path string, v T) *created[T] { return &created[T]{Location: Prefix + path, Body: v} }

// nothing is an answer without a body, or an input without one.
type nothing struct{}

// Item names the thing that a path is about.
type Item struct {
	ID string `path:"id"`
}

// Amount is money in minor units.
type Amount struct {
	Minor    int64  `json:"minor" minimum:"-1000000000000000" maximum:"1000000000000000" example:"12000"`
	Currency string `json:"currency" pattern:"^[A-Z]{3}$" patternDescription:"an ISO 4217 code" example:"USD"`
}

func amount(a money.Amount) Amount { return Amount(a) }

// Names is a text in both languages.
type Names struct {
	EN string `json:"en"`
	ZH string `json:"zh"`
}

// instant is a moment as it is shown and as the database keeps it.
func instant(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// maybe is nil for the zero time.
func maybe(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = instant(t)
	return &t
}

// parse reads an id of a kind; ok is false for anything else.
func parse[I ~int64, P interface {
	*I
	encoding.TextUnmarshaler
}](text string) (id I, ok bool) {
	if err := P(&id).UnmarshalText([]byte(text)); err != nil {
		return 0, false
	}
	return id, id != 0
}

// pathID reads the id of a path; a malformed one names nothing.
func pathID[I ~int64, P interface {
	*I
	encoding.TextUnmarshaler
}](text string) (I, error) {
	id, ok := parse[I, P](text)
	if !ok {
		return 0, fault.ErrNotFound
	}
	return id, nil
}

// fieldID reads the id in a field; a malformed one is that field's refusal.
func fieldID[I ~int64, P interface {
	*I
	encoding.TextUnmarshaler
}](field, text string) (I, error) {
	id, ok := parse[I, P](text)
	if ok {
		return id, nil
	}
	if e := ruleOf(field); e != nil {
		return 0, e.On(field)
	}
	return 0, malformed(field)
}

// filterID is fieldID for filters, where no text is no filter.
func filterID[I ~int64, P interface {
	*I
	encoding.TextUnmarshaler
}](field, text string) (I, error) {
	if text == "" {
		return 0, nil
	}
	return fieldID[I, P](field, text)
}

// subjectFilter is the filter that most lists have.
func subjectFilter(text string) (exam.SubjectID, error) {
	return filterID[exam.SubjectID]("subject_id", text)
}
