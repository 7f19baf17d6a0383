package lang

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"

	"examcode/internal/fault"
	"examcode/internal/money"
)

//go:embed catalogue/*.json
var files embed.FS

// One bundle per language, so that a text missing in one never falls back
// silently to the other.
var localizers = func() map[Lang]*i18n.Localizer {
	all := map[Lang]*i18n.Localizer{}
	for _, l := range All {
		b := i18n.NewBundle(language.MustParse(string(l)))
		b.RegisterUnmarshalFunc("json", json.Unmarshal)
		names, err := fs.Glob(files, "catalogue/*."+string(l)+".json")
		if err != nil {
			panic(err)
		}
		for _, name := range names {
			if _, err := b.LoadMessageFileFS(files, name); err != nil {
				panic("lang: " + name + ": " + err.Error())
			}
		}
		all[l] = i18n.NewLocalizer(b, string(l))
	}
	return all
}()

var missing atomic.Pointer[func(Lang, string)]

// ReportMissing calls f for every text that is asked for and absent, or that
// lacks a placeholder. It is for tests; the returned function undoes it.
func ReportMissing(f func(l Lang, key string)) (undo func()) {
	old := missing.Swap(&f)
	return func() { missing.Store(old) }
}

func report(l Lang, key string) string {
	if f := missing.Load(); f != nil && *f != nil {
		(*f)(l, key)
	}
	return "⟦" + key + "⟧"
}

// T is the text of key. Pairs are placeholder names and values; whole numbers
// are grouped, amounts and instants written by locale. The name "n" drives the
// plural. A key without a text is shown as ⟦key⟧.
func (l Locale) T(key string, pairs ...any) string {
	of := l.Lang
	if of == PSEUDO {
		of = EN
	}
	localizer, ok := localizers[of]
	if !ok {
		localizer = localizers[EN]
	}
	config := &i18n.LocalizeConfig{MessageID: key}
	if len(pairs) > 0 {
		data := make(map[string]any, len(pairs)/2)
		for i := 0; i+1 < len(pairs); i += 2 {
			name := fmt.Sprint(pairs[i])
			if name == "n" {
				config.PluralCount = pairs[i+1]
			}
			data[name] = l.value(pairs[i+1])
		}
		config.TemplateData = data
	}
	text, err := localizer.Localize(config)
	if err != nil {
		return report(l.Lang, key)
	}
	if strings.Contains(text, "<no value>") {
		return report(l.Lang, key)
	}
	if l.Lang == PSEUDO {
		return "[!! " + text + " !!]"
	}
	return text
}

// Has tells whether the key has a text in the locale's language.
func (l Locale) Has(key string) bool {
	of := l.Lang
	if of == PSEUDO {
		of = EN
	}
	localizer, ok := localizers[of]
	if !ok {
		return false
	}
	_, err := localizer.Localize(&i18n.LocalizeConfig{MessageID: key, PluralCount: 2})
	return err == nil
}

func (l Locale) value(v any) any {
	switch v := v.(type) {
	case int:
		return l.Number(int64(v))
	case int64:
		return l.Number(v)
	case money.Amount:
		return l.Money(v)
	case time.Time:
		return l.Instant(v, l.zone())
	case []string:
		return l.List(v)
	}
	return v
}

// Fault is the sentence of a refusal, with its arguments as placeholders.
func (l Locale) Fault(e *fault.Error) string {
	if e == nil {
		return ""
	}
	return l.reason(e.Reason, e.Args)
}

// FaultField is the sentence beside a refused input field.
func (l Locale) FaultField(f fault.Field) string { return l.reason(f.Reason, f.Args) }

func (l Locale) reason(reason string, args fault.Args) string {
	pairs := make([]any, 0, 2*len(args))
	for name, value := range args {
		pairs = append(pairs, name, value)
	}
	return l.T("fault."+reason, pairs...)
}

// State is the one word for a state of a kind of thing: State("code", "bound").
func (l Locale) State(kind, state string) string { return l.T("state." + kind + "." + state) }

// List joins names: "A, B and C".
func (l Locale) List(items []string) string {
	switch len(items) {
	case 0:
		return ""
	case 1:
		return items[0]
	}
	comma, and, last := ", ", " and ", len(items)-1
	if l.Lang == ZH { // one space between Han and Latin, none between Han and Han
		comma, and = "、", "和"
		if before, _ := utf8.DecodeLastRuneInString(items[last-1]); before < utf8.RuneSelf {
			and = " " + and
		}
		if after, _ := utf8.DecodeRuneInString(items[last]); after < utf8.RuneSelf {
			and += " "
		}
	}
	return strings.Join(items[:last], comma) + and + items[last]
}
