package view

import (
	"strconv"
	"strings"
)

// Field is one input. Name is the API's parameter name; texts are translated.
type Field struct {
	Name, Label, Hint, Value string
	Type                     string // HTML input type; "text" when empty
	Error                    string // what to do about the value; "" when it is fine
	Autocomplete, InputMode  string
	Optional                 bool
	Short                    bool   // a few symbols wide
	Mono                     bool   // code texts and ids
	Min, Max                 string // of numbers and dates
	Rows                     int    // of a Textarea
	Accept                   string // of a File
	Suffix                   string // unit behind the input
}

// Choice is one out of, or several of, Options.
type Choice struct {
	Name, Label, Hint, Error string
	Options                  []Option
	Optional                 bool
	Blank                    string // Select: text of the first, empty option; "" for none
}

// Option is one answer of a Choice.
type Option struct {
	Value, Label, Hint string
	Chosen             bool
}

// FormData is where a form goes. Upload is needed for files. Bare is a form
// without a surface of its own, inside a card.
type FormData struct {
	Action string
	Get    bool
	Upload bool
	Bare   bool
	Hidden []Pair
}

func (f FormData) method() string {
	if f.Get {
		return "get"
	}
	return "post"
}

// described lists the ids of hint and error for aria-describedby.
func described(name, hint, err string) string {
	var ids []string
	if hint != "" {
		ids = append(ids, FieldID(name)+"-hint")
	}
	if err != "" {
		ids = append(ids, FieldID(name)+"-error")
	}
	return strings.Join(ids, " ")
}

// optionID is the id of an answer; the first one carries the field's own id, so
// that the error summary leads to it.
func optionID(name string, i int) string {
	if i == 0 {
		return FieldID(name)
	}
	return FieldID(name) + "-" + strconv.Itoa(i)
}
