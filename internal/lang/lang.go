// Package lang speaks to people: it holds every sentence of the program in every
// language and writes numbers, money and dates the way a language does.
//
// The catalogues are JSON files, one per area and language, embedded. Templates
// name keys, never text. Sentences are whole, with named placeholders; nothing
// is built from parts. The package does no I/O and keeps no state besides its
// catalogues; the moment it calls "now" is part of the Locale.
package lang

import (
	"context"
	"time"

	"golang.org/x/text/language"
)

// Lang is a language people can choose, as its BCP 47 tag.
type Lang string

const (
	EN Lang = "en"
	ZH Lang = "zh"
	// PSEUDO is English inside [!! … !!]. It shows, in tests, every text that
	// did not come from a catalogue. Nobody can choose it.
	PSEUDO Lang = "en-x-pseudo"
)

// All lists the languages people can choose, in the order of the switch.
var All = []Lang{EN, ZH}

var matcher = language.NewMatcher([]language.Tag{language.English, language.Chinese})

// Match decides the language of a request: the person's setting or cookie when
// it names one of All, else the best of the Accept-Language header, else English.
func Match(preferred, acceptLanguage string) Lang {
	for _, l := range All {
		if string(l) == preferred {
			return l
		}
	}
	tags, _, err := language.ParseAcceptLanguage(acceptLanguage)
	if err != nil || len(tags) == 0 {
		return EN
	}
	_, i, confidence := matcher.Match(tags...)
	if confidence == language.No {
		return EN
	}
	return All[i]
}

// Locale is who is spoken to, and when: the language, the person's time zone
// (nil means UTC) and the moment the page is written.
type Locale struct {
	Lang Lang
	Zone *time.Location
	Now  time.Time
}

type ctxKey struct{}

// With stores the locale for the templates that render under ctx.
func With(ctx context.Context, l Locale) context.Context {
	return context.WithValue(ctx, ctxKey{}, l)
}

// From returns the locale of ctx; without one it is English in UTC.
func From(ctx context.Context) Locale {
	l, ok := ctx.Value(ctxKey{}).(Locale)
	if !ok {
		return Locale{Lang: EN, Zone: time.UTC}
	}
	return l
}

func (l Locale) zone() *time.Location {
	if l.Zone == nil {
		return time.UTC
	}
	return l.Zone
}
